"""What to paste or type for the faults of a proxy in front of a WebSocket server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from certkit.findings import Fix
from certkit.verify.wording import advice

if TYPE_CHECKING:
    from certkit.diagnose.http_head import Head
    from certkit.diagnose.observation import Target

_MAP: Final = """\
# in http{}, once:
map $http_upgrade $connection_upgrade {
    default   '';
    websocket upgrade;
}"""
_LINES: Final = (
    "proxy_http_version 1.1;",
    "proxy_set_header Upgrade $http_upgrade;",
    "proxy_set_header Connection $connection_upgrade;",
    "proxy_set_header Host $http_host;",
    "proxy_read_timeout 1h;",
)
_LOCATION: Final = "\n".join(("# in the location{} with proxy_pass:", *_LINES))
_IN_LOCATION: Final = "\n".join(f"    {line}" for line in _LINES)
_OTHERS: Final = (
    "the proxy must pass Upgrade and Connection on, in HTTP/1.1: certkit snippet nginx, "
    "certkit snippet apache, certkit snippet --list"
)
ENVOY: Final = Fix(
    "patch",
    """\
# in the http_connection_manager:
upgrade_configs:
  - upgrade_type: websocket""",
)
# What another proxy than nginx is told, by a word of its Server field.
_OF_PROXIES: Final = {
    "apache": advice(
        "write upgrade=websocket behind the URL of ProxyPass (Apache 2.4.47 and later): "
        "certkit snippet apache"
    ),
    "caddy": advice(_OTHERS),
    "envoy": ENVOY,
    "haproxy": advice(_OTHERS),
    "iis": advice(_OTHERS),
}


def pass_upgrade(head: Head) -> Fix:
    """The lines of the server that says that it answered, else those of nginx."""
    server = (head.get("server") or "").lower()
    known = next((fix for word, fix in _OF_PROXIES.items() if word in server), None)
    whose = "" if is_nginx(head) else "# nginx; for other proxies: certkit snippet --list\n"
    return known or Fix("patch", f"{whose}{_MAP}\n{_LOCATION}")


def is_nginx(head: Head) -> bool:
    return "nginx" in (head.get("server") or "").lower()


def location(target: Target) -> Fix:
    """A location of nginx that takes the path of the URL."""
    path = target.resource.partition("?")[0]
    if not _PLAIN_PATH.fullmatch(path):
        return advice("write a location with proxy_pass that takes this path")
    return Fix("patch", f"{_MAP}\nlocation {path} {{\n    proxy_pass ...;\n{_IN_LOCATION}\n}}")


def site_address(target: Target) -> str:
    """The URL's host and port as the address of a site of Caddy."""
    scheme = "https" if target.secure else "http"
    return f"{scheme}://{target.authority}"


def speak_tls(target: Target, head: Head | None) -> Fix:
    """The lines of nginx where it answered, else where to find those of others."""
    if head is None or not is_nginx(head):
        return advice(
            "let the server on this port speak TLS, with a certificate and its key: "
            "certkit snippet --list; or put a proxy that does in front of it"
        )
    return Fix(
        "patch",
        f"listen {target.port} ssl;\n"
        "ssl_certificate     /etc/nginx/tls/cert.pem;\n"
        "ssl_certificate_key /etc/nginx/tls/key.pem;",
    )


def lacks_socket_io(target: Target) -> bool:
    """Whether it is a Socket.IO server's path without what its client adds."""
    path, _, query = target.resource.partition("?")
    return "/socket.io" in path and not {"EIO", "transport"} <= set(_PARAMETER.findall(query))


def socket_io(target: Target) -> str:
    """The URL as a client of Socket.IO opens it."""
    scheme = "wss" if target.secure else "ws"
    path = target.resource.partition("?")[0]
    return f"{scheme}://{target.authority}{path}?EIO=4&transport=websocket"


_PARAMETER: Final = re.compile(r"(?:^|&)(\w+)=")
_PLAIN_PATH: Final = re.compile(r"[\w./~-]+", re.ASCII)
ORIGINAL_HOST: Final = Fix("patch", "proxy_set_header Host $http_host;")
_IDLE: Final = {
    "nginx": Fix("patch", "proxy_read_timeout 1h;\nproxy_send_timeout 1h;"),
    "envoy": Fix("patch", "stream_idle_timeout: 3600s"),
    "apache": Fix("patch", "TimeOut 3600"),
}
_IDLE_ANYWHERE: Final = advice(
    "nginx: proxy_read_timeout 1h; Apache: TimeOut 3600; HAProxy: timeout tunnel 1h; Envoy: "
    "stream_idle_timeout: 3600s; Caddy: stream_timeout; or let the server send pings"
)


def longer(head: Head | None) -> Fix:
    """The line that lets a silent connection live, where the proxy says what it is."""
    server = (head.get("server") or "").lower() if head is not None else ""
    return next((fix for word, fix in _IDLE.items() if word in server), _IDLE_ANYWHERE)
