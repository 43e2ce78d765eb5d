"""Faults of pages: what a browser refuses to open before a byte is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.lab.folder import File, FolderScenario

if TYPE_CHECKING:
    from certkit.lab.folder import MakeFiles

WITHOUT_POLICY: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Chat</title>
<p id="said">connecting</p>
<script>
  const socket = new WebSocket('wss://chat.test:8443/room');
  socket.onopen = () => socket.send("hello");
  socket.onmessage = (event) => { document.getElementById("said").textContent = event.data; };
</script>
</html>
"""
_POLICY: Final = """\
<meta http-equiv="Content-Security-Policy"
      content="default-src 'self'; script-src 'unsafe-inline'; connect-src wss://chat.test:8443">
"""
SOUND: Final = WITHOUT_POLICY.replace("<title>", f"{_POLICY}<title>")


def page(text: str) -> MakeFiles:
    return lambda _: {"index.html": File(text.encode())}


_AUDIT: Final = ("audit {folder}/index.html",)
FOLDERS: Final = (
    FolderScenario(
        "ws-in-page", "page.insecure-websocket",
        "the page moved to https, and its script still opens ws://",
        page(SOUND.replace("Socket('wss:", "Socket('ws:")), _AUDIT,
    ),
    FolderScenario(
        "policy-names-https", "page.csp-connect-src",
        "the page's policy allows https:// to the server, and its script opens wss://",
        page(SOUND.replace("connect-src wss:", "connect-src https:")), _AUDIT,
    ),
)  # fmt: skip
