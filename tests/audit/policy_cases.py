"""What browsers say of policies: whether a page of https://app.test:PORT may open a URL.

Measured with Chromium 156 and Firefox 153; tests/e2e/test_policy_browsers.py measures it again. A
``<meta>`` and a header are one and the same to both.
"""

from __future__ import annotations

from typing import Literal

ROOM = "wss://ws.app.test:19001/a/b"
Who = Literal["both", "chromium", "firefox", "none"]
# A policy, a URL, and who opens it.
CASES: tuple[tuple[str, str, Who], ...] = (
    ("connect-src 'self'", "wss://app.test:PORT/x", "both"),
    ("connect-src 'self'", "wss://app.test:19001/x", "none"),
    ("connect-src https:", ROOM, "none"),
    ("connect-src http:", ROOM, "none"),
    ("connect-src wss:", ROOM, "both"),
    ("connect-src ws:", ROOM, "both"),
    ("connect-src *", ROOM, "both"),
    ("connect-src https://ws.app.test:19001", ROOM, "none"),
    ("connect-src http://ws.app.test:19001", ROOM, "none"),
    ("connect-src ws.app.test:19001", ROOM, "none"),
    ("connect-src wss://ws.app.test:19001", ROOM, "both"),
    ("connect-src ws://ws.app.test:19001", ROOM, "firefox"),
    ("connect-src WSS://WS.APP.TEST:19001", ROOM, "both"),
    ("connect-src wss://ws.app.test", ROOM, "none"),
    ("connect-src wss://ws.app.test", "wss://ws.app.test/a", "both"),
    ("connect-src wss://ws.app.test:443", "wss://ws.app.test/a", "both"),
    ("connect-src wss://ws.app.test:*", ROOM, "both"),
    ("connect-src wss://*.app.test:19001", ROOM, "both"),
    ("connect-src wss://*.app.test:19001", "wss://app.test:19001/", "none"),
    ("connect-src wss://*:19001", ROOM, "both"),
    ("connect-src wss://*", ROOM, "none"),
    ("connect-src wss://*", "wss://ws.app.test/", "both"),
    ("connect-src *:19001", ROOM, "none"),
    ("connect-src *:*", ROOM, "none"),
    ("connect-src ws.app.test:*", ROOM, "none"),
    ("connect-src ws.app.test", "wss://ws.app.test/", "none"),
    ("connect-src https://ws.app.test", "wss://ws.app.test/", "none"),
    ("connect-src wss://ws.app.test:19001/a", ROOM, "none"),
    ("connect-src wss://ws.app.test:19001/a/", ROOM, "both"),
    ("connect-src wss://ws.app.test:19001/a/b", ROOM, "both"),
    ("connect-src wss://ws.app.test:19001/c", ROOM, "none"),
    ("connect-src 'none'", ROOM, "none"),
    ("connect-src 'none' wss://ws.app.test:19001", ROOM, "both"),
    ("connect-src", ROOM, "none"),
    ("default-src 'self' 'unsafe-inline'", ROOM, "none"),
    ("default-src 'self' 'unsafe-inline'", "wss://app.test:PORT/x", "both"),
    (
        "default-src 'none'; script-src 'unsafe-inline'; img-src 'self'; connect-src wss://ws.app.test:19001",
        ROOM,
        "both",
    ),
    ("connect-src wss://127.0.0.1:19001", "wss://127.0.0.1:19001/", "both"),
    ("connect-src wss://127.0.0.2:19001", "wss://127.0.0.2:19001/", "both"),
    ("connect-src wss://[::1]:19001", "wss://[::1]:19001/", "none"),
    ("connect-src 127.0.0.1:*", "wss://127.0.0.1:19001/", "none"),
    ("connect-src wss://ws.app.test:19001, connect-src 'self'", ROOM, "none"),
    ("connect-src 'self'; connect-src wss://ws.app.test:19001", ROOM, "none"),
    ("script-src 'unsafe-inline'", ROOM, "both"),
    ("connect-src wss://ws.app.test:19001.", ROOM, "none"),
    ("connect-src wss://ws.app.test.:19001", ROOM, "none"),
    ("connect-src wss://ws.app.test:19001?x", ROOM, "firefox"),
    ("CONNECT-SRC WSS:", ROOM, "both"),
    ("connect-src https://app.test:PORT", "wss://app.test:PORT/x", "none"),
    ("connect-src app.test:PORT", "wss://app.test:PORT/x", "none"),
    ("connect-src wss://ws.app.test:019001", ROOM, "chromium"),
    ("connect-src wss://ws.app.test:19001 'report-sample'", ROOM, "both"),
    ("connect-src ftp: wss://ws.app.test:19001", ROOM, "both"),
    ("connect-src https://*:19001", ROOM, "none"),
    ("connect-src wss://ws.app.test:80", "wss://ws.app.test/", "firefox"),
    ("connect-src ws://ws.app.test:80", "wss://ws.app.test/", "both"),
    ("connect-src ws://ws.app.test", "wss://ws.app.test/", "both"),
)
