"""nginx configurations with one fault each, the lab's and more, and the same without it.

Shared by the tests of the checks and by those that run them through real nginx.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import certkit
from certkit.lab.scenarios.nginx import CERTIFIED, FAULTS, SOUND, changed, second

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CASES", "RECIPE_2018", "SOUND", "Case", "changed", "write_certificates"]

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


def lab(name: str, twin: str = SOUND, *, mended: bool = True) -> Case:
    """The fault of this name in the lab."""
    (row,) = (each for each in FAULTS if each.name == name)
    return Case(name, row.code, row.text, twin, mended, loads=row.site is not None)


MAP = "    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }\n"
LOCATION = "        location / {\n"
CASES = (
    lab("ssl-on"),
    Case(
        "ssl off",
        "nginx.ssl-on",
        changed(("server_name localhost;", "server_name localhost; ssl off;")),
        loads=False,
    ),
    lab(
        "tls-1.1-allowed",
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
    lab("all-ciphers"),
    Case(
        "RC4 named",
        "nginx.weak-cipher",
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "'HIGH:!aNULL:RC4-SHA'")),
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "'HIGH:!aNULL:!MD5'")),
    ),
    lab(
        "no-tls-1.3",
        changed(("ssl_protocols TLSv1.2 TLSv1.3", "ssl_protocols TLSv1.2; ssl_protocols TLSv1.3")),
    ),
    lab(
        "listen-without-ssl",
        # The parameter of one server counts for all on the socket.
        changed(
            (
                "listen 18443 ssl;\n        server_name localhost",
                "listen 18443;\n        server_name localhost",
            ),
            text=second("other.localhost", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;"),
        ),
    ),
    lab("upgrade-dropped"),
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
    lab(
        "connection-dropped",
        changed(("Connection $connection_upgrade", "Connection $http_connection")),
    ),
    lab(
        "map-forgotten",
        changed(
            ("map $http_upgrade $connection_upgrade", "map $http_upgrade $connection_upgrade_2"),
            ("Connection $connection_upgrade", "Connection $connection_upgrade_2"),
        ),
    ),
    Case(
        "a map the wrong way round",
        "nginx.missing-connection",
        changed(("{ default ''; websocket upgrade; }", "{ default close; '' upgrade; }")),
        changed(("{ default ''; websocket upgrade; }", "{ default upgrade; '' close; }")),
    ),
    Case(
        "a map of another token",
        "nginx.missing-connection",
        changed(("{ default ''; websocket upgrade; }", "{ default close; ~*^h2c$ upgrade; }")),
        changed(
            ("{ default ''; websocket upgrade; }", "{ default close; ~*^WEBsocket$ upgrade; }")
        ),
    ),
    Case(
        "a map of another field",
        "nginx.missing-connection",
        changed(("map $http_upgrade", "map $http_connection")),
        changed(
            ("map $http_upgrade", "map $http_connection"),
            ("{ default ''; websocket upgrade; }", "{ default ''; ~*upgrade $http_connection; }"),
        ),
    ),
    Case(
        "the map inside of server",
        "nginx.missing-connection",
        changed(
            (MAP, ""),
            (
                "server_name localhost;",
                "server_name localhost;\n    " + MAP.replace(" { ", " {\n").rstrip(),
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
    lab("http-1.0-to-backend"),
    lab("connection-fixed"),
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
    lab(
        "short-timeout",
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
    lab(
        "host-without-port",
        changed(("Host $http_host", "Host $host:$server_port")),
    ),
    lab("ws-backend"),
    Case(
        "proxy_pass ws:// in quotes, with a path",
        "nginx.upstream-scheme",
        changed(("http://127.0.0.1:19808", '"ws://127.0.0.1:19808/chat"')),
        loads=False,
    ),
    lab(
        "ws-backend-in-variable",
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
    lab(
        "slash",
        changed(
            ("location / {", "location = /ws { rewrite ^ /ws/ last; }\n        location /ws/ {")
        ),
    ),
    Case(
        "default server without ssl_protocols",
        "nginx.default-server-wins",
        second("other.localhost", CERTIFIED, first=True),
        second("other.localhost", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;", first=True),
    ),
    Case(
        "default server with other groups",
        "nginx.default-server-wins",
        changed(
            ("ssl_ciphers", "ssl_ecdh_curve X25519;\n        ssl_ciphers"),
            text=second(
                "other.localhost", CERTIFIED + "ssl_protocols TLSv1.2 TLSv1.3;", default=True
            ),
        ),
        changed(
            ("ssl_ciphers", "ssl_ecdh_curve X25519;\n        ssl_ciphers"),
            text=second(
                "other.localhost",
                CERTIFIED + "ssl_ecdh_curve X25519; ssl_protocols TLSv1.2 TLSv1.3;",
                default=True,
            ),
        ),
    ),
    lab(
        "other-server-first",
        changed(
            ("server_name localhost", "server_name 127.0.0.1"),
            text=second(
                "other.localhost",
                CERTIFIED.replace("server", "other") + "ssl_protocols TLSv1.2 TLSv1.3;",
            ),
        ),
    ),
    lab(
        "handshakes-rejected",
        second("_", "ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3;", default=True),
    ),
    lab("key-exchanged", mended=False),
    lab("key-of-another-kind", mended=False),
)


def write_certificates(
    folder: Path, names: tuple[str, ...] = ("localhost",)
) -> certkit.CertificateAuthority:
    """server.pem for ``names``, other.pem for other.localhost, rsa-key.pem; the CA in root.pem."""
    ca = certkit.CertificateAuthority.create()
    server, other = ca.issue(*names), ca.issue("other.localhost")
    (folder / "server.pem").write_bytes(server.chain_pem)
    (folder / "server-key.pem").write_bytes(server.key_pem)
    (folder / "other.pem").write_bytes(other.chain_pem)
    (folder / "other-key.pem").write_bytes(other.key_pem)
    (folder / "rsa-key.pem").write_bytes(ca.issue("c.test", key="rsa2048").key_pem)
    (folder / "root.pem").write_bytes(ca.root.pem)
    return ca
