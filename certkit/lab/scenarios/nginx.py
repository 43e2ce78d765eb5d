"""Faults of nginx's configuration, each in an nginx.conf that is otherwise sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from certkit.lab.folder import File, FolderScenario, Site, certificates, key, pair
from certkit.lab.scenario import Options
from certkit.lab.scenarios.page import WITHOUT_POLICY as PAGE

if TYPE_CHECKING:
    from certkit.lab.certificates import Maker
    from certkit.lab.folder import Files

SOUND: Final = """\
events {}
http {
    access_log off;
    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }
    server {
        listen 18443 ssl;
        server_name localhost;
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
_SECOND: Final = """\
    server {
        listen 18443 ssl{default};
        server_name {name};
        {lines}
        return 204;
    }
"""
CERTIFIED: Final = """\
ssl_certificate server.pem;
        ssl_certificate_key server-key.pem;
        """
SILENT: Final = Site()
"""WebSockets pass all the same."""
# As websockets and ws answer a plain request; the first of them says 505 to HTTP/1.0.
_NOT_ASKED: Final = Site(symptom="http.upgrade-required")
_POLICY: Final = """\
add_header Content-Security-Policy "default-src 'self'; script-src 'unsafe-inline'";"""
_PROTOCOLS: Final = "ssl_protocols TLSv1.2 TLSv1.3;"
_MAP: Final = "    map $http_upgrade $connection_upgrade { default ''; websocket upgrade; }\n"


def changed(*pairs: tuple[str, str], text: str = SOUND) -> str:
    """``text`` with each old replaced by new; raises LookupError where an old is not there."""
    for old, new in pairs:
        if old not in text:
            raise LookupError(old)
        text = text.replace(old, new)
    return text


def second(name: str, lines: str, *, default: bool = False, first: bool = False) -> str:
    """:data:`SOUND` with a second server on its socket, read after it or before it."""
    server = (
        _SECOND.replace("{default}", " default_server" if default else "")
        .replace("{name}", name)
        .replace("{lines}", lines)
    )
    if first:
        return SOUND.replace("    server {\n", server + "    server {\n", 1)
    return SOUND.removesuffix("}\n") + server + "}\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """``text`` has it. ``site`` is what a client meets; None where nginx does not start with it.

    ``page`` is what the site itself serves.
    """

    name: str
    code: str
    broken: str
    text: str
    site: Site | None = SILENT
    page: str = ""

    @property
    def command(self) -> str:
        return "audit {folder}/nginx.conf" + (" {folder}/html" if self.page else "")

    def files(self, maker: Maker) -> Files:
        """nginx.conf, and beside it the certificates and keys that it names."""
        leaf = maker.leaf(maker.root)
        files = pair(leaf, maker.root) | {"nginx.conf": File(self.text.encode())}
        if "other" in self.text:
            other = maker.leaf(maker.root, "other.localhost")
            files |= {"other.pem": certificates(other), "other-key.pem": key(other)}
        if "rsa-key.pem" in self.text:
            files["rsa-key.pem"] = key(replace(leaf, key=maker.rsa_key))
        if self.page:
            files["html/index.html"] = File(self.page.encode())
        return files


FAULTS: Final = (
    Fault(
        "ssl-on", "nginx.ssl-on",
        "'ssl on' as in recipes from before 2018",
        changed(("listen 18443 ssl;", "listen 18443;\n        ssl on;")), None,
    ),
    Fault(
        "tls-1.1-allowed", "nginx.old-protocol",
        "TLS 1.1 is allowed, which OpenSSL does not speak all the same",
        changed(("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2 TLSv1.3")),
    ),
    Fault(
        "all-ciphers", "nginx.weak-cipher",
        "the suites are ALL:!ADH, and some of them need no certificate",
        changed(("ECDHE+AESGCM:ECDHE+CHACHA20", "ALL:!ADH:@SECLEVEL=0")),
        Site(options=Options(deep=True), symptom="tls.weak-cipher"),
    ),
    Fault(
        "no-tls-1.3", "nginx.no-tls13",
        "TLS 1.2 is allowed and nothing newer", changed(("TLSv1.2 TLSv1.3", "TLSv1.2")),
    ),
    Fault(
        "listen-without-ssl", "nginx.listen-without-ssl",
        "there is a certificate, and 'listen' has no 'ssl'",
        changed(("listen 18443 ssl;", "listen 18443;")), Site(symptom="tls.plain-http"),
    ),
    Fault(
        "upgrade-dropped", "nginx.missing-upgrade",
        "nginx does not pass the header Upgrade on",
        changed(("            proxy_set_header Upgrade $http_upgrade;\n", "")), _NOT_ASKED,
    ),
    Fault(
        "connection-dropped", "nginx.missing-connection",
        "nginx does not pass the header Connection on",
        changed(("            proxy_set_header Connection $connection_upgrade;\n", "")), _NOT_ASKED,
    ),
    Fault(
        "map-forgotten", "nginx.missing-connection",
        "a recipe was copied without its map", changed((_MAP, "")), None,
    ),
    Fault(
        "http-1.0-to-backend", "nginx.http10-upstream",
        "nginx asks the backend in HTTP/1.0, which has no upgrade",
        changed(("version 1.1", "version 1.0")), _NOT_ASKED,
    ),
    Fault(
        "connection-fixed", "nginx.fixed-connection",
        "each request asks the backend for an upgrade, a page too",
        changed(("Connection $connection_upgrade", 'Connection "Upgrade"')),
    ),
    Fault(
        "short-timeout", "nginx.short-read-timeout",
        "nginx closes a WebSocket that is silent for two seconds",
        changed(("proxy_read_timeout 1h", "proxy_read_timeout 2s")),
        Site(options=Options(idle=4), symptom="websocket.idle-timeout"),
    ),
    Fault(
        "host-without-port", "nginx.host-loses-port",
        "the backend compares Host with Origin, and nginx passes Host on without its port",
        changed(("Host $http_host", "Host $host")), Site(symptom="websocket.origin-refused"),
    ),
    Fault(
        "ws-backend", "nginx.upstream-scheme",
        "the backend is written as ws://",
        changed(("http://127.0.0.1:19808", "ws://127.0.0.1:19808")), None,
    ),
    Fault(
        "ws-backend-in-variable", "nginx.upstream-scheme",
        "the backend is written as ws:// in a variable, so that nginx starts",
        changed(
            ("proxy_pass http://127.0.0.1:19808;", "set $to ws://127.0.0.1:19808; proxy_pass $to;")
        ),
        Site(symptom="http.server-error"),
    ),
    Fault(
        "slash", "nginx.trailing-slash-redirect",
        "the location is /ws/, and the page opens /ws",
        changed(("location / {", "location /ws/ {")),
        Site("wss://localhost:{port}/ws", symptom="http.redirect"),
    ),
    Fault(
        "other-server-first", "nginx.default-server-wins",
        "another server on the port answers for the address",
        changed(
            ("server_name localhost", "server_name 127.0.0.1"),
            text=second(
                "other.localhost", CERTIFIED.replace("server", "other") + _PROTOCOLS, first=True
            ),
        ),
        Site("wss://127.0.0.1:{port}/chat", symptom="name.ip-missing"),
    ),
    Fault(
        "handshakes-rejected", "nginx.reject-handshake-ip",
        "the default server of the port refuses each client that asks for no name",
        changed(
            ("server_name localhost", "server_name 127.0.0.1"),
            text=second("_", "ssl_reject_handshake on; " + _PROTOCOLS, default=True),
        ),
        Site("wss://127.0.0.1:{port}/chat", symptom="tls.sni-rejected"),
    ),
    Fault(
        "key-exchanged", "nginx.key-mismatch",
        "the key is the one of another certificate",
        changed(("server-key.pem", "other-key.pem")), None,
    ),
    Fault(
        "key-of-another-kind", "nginx.key-mismatch",
        "the certificate is of an elliptic curve and the key is RSA, which nginx -t takes",
        changed(("server-key.pem", "rsa-key.pem")), Site(symptom="tls.no-shared-cipher"),
    ),
    Fault(
        "policy-of-the-site", "page.csp-connect-src",
        "nginx sends a policy with 'self' alone, and the page opens another port",
        changed(
            ("location / {", f"root html;\n        {_POLICY}\n        location /chat {{"),
        ),
        page=PAGE,
    ),
)  # fmt: skip
FOLDERS: Final = tuple(
    FolderScenario(row.name, row.code, row.broken, row.files, (row.command,), row.site)
    for row in FAULTS
)
