"""What to paste or type for the faults of a proxy in front of a WebSocket server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.findings import Fix
from certkit.verify.wording import advice

if TYPE_CHECKING:
    from certkit.diagnose.http_head import Head

_MAP: Final = """\
# in http{}, once:
map $http_upgrade $connection_upgrade {
    default   '';
    websocket upgrade;
}"""
_LOCATION: Final = """\
# in the location{} with proxy_pass:
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;
proxy_set_header Host $http_host;
proxy_read_timeout 1h;"""
_OTHERS: Final = (
    "the proxy must pass Upgrade and Connection on, in HTTP/1.1: certkit snippet nginx, "
    "certkit snippet apache, certkit snippet --list"
)


def pass_upgrade(head: Head) -> Fix:
    """The lines of nginx, unless another server says that it answered."""
    server = (head.get("server") or "nginx").lower()
    proxied = "nginx" in server or not any(each in server for each in _PROXIES)
    return Fix("patch", f"{_MAP}\n{_LOCATION}") if proxied else advice(_OTHERS)


_PROXIES: Final = ("apache", "caddy", "envoy", "haproxy", "iis")
ORIGINAL_HOST: Final = Fix("patch", "proxy_set_header Host $http_host;")
LONGER: Final = Fix("patch", "proxy_read_timeout 1h;\nproxy_send_timeout 1h;")


def is_nginx(head: Head) -> bool:
    return "nginx" in (head.get("server") or "").lower()
