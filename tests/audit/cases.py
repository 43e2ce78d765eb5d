"""nginx configurations with one fault each, and the same without it.

Shared by the tests of the checks and by those that run them through real nginx.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import certkit

PORT = 18443
"""Replaced by a free port where nginx is run."""
BACKEND = 19808

SOUND = """\
events {}
http {
    access_log off;
    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }
    server {
        listen 18443 ssl;
        server_name app.test;
        ssl_certificate server.pem;
        ssl_certificate_key server-key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
        location / {
            proxy_pass http://127.0.0.1:19808;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_read_timeout 1h;
        }
    }
}
"""
RECIPE_2018 = """\
worker_processes 1;  # from a forum, 2018
events { worker_connections 1024; }
http {
    access_log off;
    upstream websocket { server 127.0.0.1:19808; }

    # wss
    server {
        listen 18443;
        ssl on;
        ssl_certificate      server.pem;   # beside nginx.conf
        ssl_certificate_key  server-key.pem;
        ssl_session_timeout 20m;
        ssl_protocols SSLv3 SSLv2 TLSv1 TLSv1.1 TLSv1.2;
        ssl_ciphers ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP;
        ssl_prefer_server_ciphers on;
        ssl_verify_client off;
        location / {
            proxy_pass http://websocket;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "Upgrade";   # as everybody has it
        }
    }
}
"""
SECOND = """\
    server {
        listen 18443 ssl{default};
        server_name {name};
        {lines}
        return 204;
    }
"""
CERTIFIED = """\
ssl_certificate server.pem;
        ssl_certificate_key server-key.pem;
        """


def changed(*pairs: tuple[str, str], text: str = SOUND) -> str:
    """``text`` with each old replaced by new; every old must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def second(name: str, lines: str, *, default: bool = False, first: bool = False) -> str:
    """:data:`SOUND` with a second server on its socket, read after it or before it."""
    server = (
        SECOND.replace("{default}", " default_server" if default else "")
        .replace("{name}", name)
        .replace("{lines}", lines)
    )
    if first:
        return SOUND.replace("    server {\n", server + "    server {\n", 1)
    return SOUND.removesuffix("}\n") + server + "}\n"


@dataclass(frozen=True)
class Case:
    """``text`` has the fault ``code`` and no other; ``twin`` looks like it and is sound.

    ``mended``: the patch repairs it (otherwise a person must). ``loads``: nginx takes the faulty
    text, so that only a client would notice.
    """

    name: str
    code: str
    text: str
    twin: str = SOUND
    mended: bool = True
    loads: bool = True

    def __str__(self) -> str:
        return self.name


MAP = "    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }\n"
LOCATION = "        location / {\n"
CASES = (
    Case(
        "ssl on",
        "nginx.ssl-on",
        changed(("listen 18443 ssl;", "listen 18443;\n        ssl on;")),
        loads=False,
    ),
    Case(
        "ssl off",
        "nginx.ssl-on",
        changed(("server_name app.test;", "server_name app.test; ssl off;")),
        loads=False,
    ),
    Case(
        "TLS 1.1 allowed",
        "nginx.old-protocol",
        changed(("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2 TLSv1.3")),
        changed(("TLSv1.2 TLSv1.3", "TLSv1.3")),
    ),
    Case(
        "TLS 1.0 among others, in http",
        "nginx.old-protocol",
        changed(
            ("        ssl_protocols TLSv1.2 TLSv1.3;\n", ""),
            ("    access_log off;", "    access_log off;\n    ssl_protocols TLSv1.3 TLSv1;"),
        ),
        changed(
            ("        ssl_protocols TLSv1.2 TLSv1.3;\n", ""),
            ("    access_log off;", "    access_log off;\n    ssl_protocols TLSv1.3 TLSv1.2;"),
        ),
    ),
    Case(
        "anonymous suites",
        "nginx.weak-cipher",
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "ALL:!ADH")),
    ),
    Case(
        "RC4 named",
        "nginx.weak-cipher",
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "'HIGH:!aNULL:RC4-SHA'")),
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "'HIGH:!aNULL:!MD5'")),
    ),
    Case(
        "no TLS 1.3",
        "nginx.no-tls13",
        changed(("TLSv1.2 TLSv1.3", "TLSv1.2")),
        changed(("ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1.2; ssl_protocols TLSv1.3")),
    ),
    Case(
        "listen without ssl",
        "nginx.listen-without-ssl",
        changed(("listen 18443 ssl;", "listen 18443;")),
        # The parameter of one server counts for all on the socket.
        changed(
            (
                "listen 18443 ssl;\n        server_name app",
                "listen 18443;\n        server_name app",
            ),
            text=second("b.test", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;"),
        ),
    ),
    Case(
        "no Upgrade",
        "nginx.missing-upgrade",
        changed(("            proxy_set_header Upgrade $http_upgrade;\n", "")),
    ),
    Case(
        "Upgrade set where a location starts its own list",
        "nginx.missing-upgrade",
        changed(
            (LOCATION, "        proxy_set_header Upgrade $http_upgrade;\n" + LOCATION),
            ("            proxy_set_header Upgrade $http_upgrade;\n", ""),
        ),
        changed(
            ("            proxy_set_header Upgrade $http_upgrade;\n", ""),
            ("            proxy_set_header Connection $connection_upgrade;\n", ""),
            ("            proxy_set_header Host $http_host;\n", ""),
            (
                LOCATION,
                "        proxy_set_header Upgrade $http_upgrade;\n"
                "        proxy_set_header Connection $connection_upgrade;\n"
                "        proxy_set_header Host $http_host;\n" + LOCATION,
            ),
        ),
    ),
    Case(
        "Upgrade emptied",
        "nginx.missing-upgrade",
        changed(("Upgrade $http_upgrade", 'Upgrade ""')),
    ),
    Case(
        "no Connection",
        "nginx.missing-connection",
        changed(("            proxy_set_header Connection $connection_upgrade;\n", "")),
        changed(("Connection $connection_upgrade", "Connection $http_connection")),
    ),
    Case(
        "a variable without its map",
        "nginx.missing-connection",
        changed(
            ("    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }\n", "")
        ),
        changed(
            ("map $http_upgrade $connection_upgrade", "map $http_upgrade $connection_upgrade_2"),
            ("Connection $connection_upgrade", "Connection $connection_upgrade_2"),
        ),
        loads=False,
    ),
    Case(
        "the map inside of server",
        "nginx.missing-connection",
        changed(
            (MAP, ""),
            (
                "server_name app.test;",
                "server_name app.test;\n    " + MAP.replace(" { ", " {\n").rstrip(),
            ),
        ),
        loads=False,
    ),
    Case(
        "no proxy_http_version",
        "nginx.http10-upstream",
        changed(("            proxy_http_version 1.1;\n", "")),
        changed(
            ("            proxy_http_version 1.1;\n", ""),
            ("    access_log off;", "    access_log off;\n    proxy_http_version 1.1;"),
        ),
    ),
    Case("HTTP/1.0", "nginx.http10-upstream", changed(("version 1.1", "version 1.0"))),
    Case(
        "fixed Connection",
        "nginx.fixed-connection",
        changed(("Connection $connection_upgrade", 'Connection "Upgrade"')),
    ),
    Case(
        "fixed Connection and no map",
        "nginx.fixed-connection",
        changed(
            ("    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }\n", ""),
            ("Connection $connection_upgrade", "'Connection' upgrade"),
        ),
    ),
    Case(
        "fixed Upgrade",
        "nginx.fixed-connection",
        changed(("Upgrade $http_upgrade", "Upgrade websocket")),
    ),
    Case(
        "short timeout",
        "nginx.short-read-timeout",
        changed(("proxy_read_timeout 1h", "proxy_read_timeout 3s")),
        changed(("proxy_read_timeout 1h", "proxy_read_timeout '1m 15s'")),
    ),
    Case(
        "short timeout around the location",
        "nginx.short-read-timeout",
        changed(
            ("            proxy_read_timeout 1h;\n", ""),
            (LOCATION, "        proxy_read_timeout 60;\n" + LOCATION),
        ),
        changed(
            ("            proxy_read_timeout 1h;\n", ""),
            (LOCATION, "        proxy_read_timeout 90;\n" + LOCATION),
        ),
    ),
    Case(
        "Host without its port",
        "nginx.host-loses-port",
        changed(("Host $http_host", "Host $host")),
        changed(("Host $http_host", "Host $host:$server_port")),
    ),
    Case(
        "proxy_pass ws://",
        "nginx.upstream-scheme",
        changed(("http://127.0.0.1:19808", "ws://127.0.0.1:19808")),
        loads=False,
    ),
    Case(
        "proxy_pass ws:// in quotes, with a path",
        "nginx.upstream-scheme",
        changed(("http://127.0.0.1:19808", '"ws://127.0.0.1:19808/chat"')),
        loads=False,
    ),
    Case(
        "proxy_pass ws:// by way of a variable",
        "nginx.upstream-scheme",
        changed(
            ("proxy_pass http://127.0.0.1:19808;", "set $to ws://127.0.0.1:19808; proxy_pass $to;")
        ),
        changed(("proxy_pass http", "set $example ws://127.0.0.1; proxy_pass http")),
    ),
    Case(
        "upstream with a scheme",
        "nginx.upstream-scheme",
        changed(
            (
                "    access_log off;",
                "    access_log off;\n    upstream app { server ws://127.0.0.1:19808; }",
            ),
            ("proxy_pass http://127.0.0.1:19808", "proxy_pass http://app"),
        ),
        loads=False,
    ),
    Case(
        "trailing slash",
        "nginx.trailing-slash-redirect",
        changed(("location / {", "location /ws/ {")),
        changed(
            ("location / {", "location = /ws { rewrite ^ /ws/ last; }\n        location /ws/ {")
        ),
    ),
    Case(
        "default server without ssl_protocols",
        "nginx.default-server-wins",
        second("b.test", CERTIFIED, first=True),
        second("b.test", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;", first=True),
    ),
    Case(
        "default server with other groups",
        "nginx.default-server-wins",
        changed(
            ("ssl_ciphers", "ssl_ecdh_curve X25519;\n        ssl_ciphers"),
            text=second("b.test", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;", default=True),
        ),
        changed(
            ("ssl_ciphers", "ssl_ecdh_curve X25519;\n        ssl_ciphers"),
            text=second(
                "b.test",
                CERTIFIED + "ssl_ecdh_curve X25519; ssl_protocols TLSv1.2 TLSv1.3;",
                default=True,
            ),
        ),
    ),
    Case(
        "another server answers for an address",
        "nginx.default-server-wins",
        changed(
            ("server_name app.test", "server_name 127.0.0.1"),
            text=second(
                "b.test",
                CERTIFIED.replace("server", "other") + "ssl_protocols TLSv1.2 TLSv1.3;",
                first=True,
            ),
        ),
        changed(
            ("server_name app.test", "server_name 127.0.0.1"),
            text=second(
                "b.test", CERTIFIED.replace("server", "other") + "ssl_protocols TLSv1.2 TLSv1.3;"
            ),
        ),
    ),
    Case(
        "handshakes rejected by default",
        "nginx.reject-handshake-ip",
        changed(
            ("server_name app.test", "server_name 127.0.0.1"),
            text=second(
                "_", "ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3;", default=True
            ),
        ),
        second("_", "ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3;", default=True),
    ),
    Case(
        "the key of another certificate",
        "nginx.key-mismatch",
        changed(("server-key.pem", "other-key.pem")),
        mended=False,
        loads=False,
    ),
    Case(
        "a key of another kind",
        "nginx.key-mismatch",
        changed(("server-key.pem", "rsa-key.pem")),
        mended=False,
    ),
)


def write_certificates(
    folder: Path, names: tuple[str, ...] = ("app.test",)
) -> certkit.CertificateAuthority:
    """server.pem for ``names``, other.pem for b.test, rsa-key.pem; the CA in root.pem."""
    ca = certkit.CertificateAuthority.create()
    server, other = ca.issue(*names), ca.issue("b.test")
    (folder / "server.pem").write_bytes(server.chain_pem)
    (folder / "server-key.pem").write_bytes(server.key_pem)
    (folder / "other.pem").write_bytes(other.chain_pem)
    (folder / "other-key.pem").write_bytes(other.key_pem)
    (folder / "rsa-key.pem").write_bytes(ca.issue("c.test", key="rsa2048").key_pem)
    (folder / "root.pem").write_bytes(ca.root.pem)
    return ca
