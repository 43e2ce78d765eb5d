"""The servers and clients that certkit writes a snippet for, one row each.

To add one: a template, a row here, a golden text, the server's own check in tests/e2e.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from certkit.errors import CertkitError
from certkit.snippets import quoting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Snippet:
    """One kind of text. ``place`` and ``check`` may hold ``{label}``, ``{host}`` and ``{listen}``.

    ``proxies``: it passes connections on to an upstream; the others answer by themselves.
    ``verifies_ip``: it can tell from a certificate that an upstream has an IP address.
    ``wants_bundle``: it reads key and chain from one file.
    """

    name: str
    title: str
    kind: Literal["server", "client", "shell"]
    template: str
    comment: Literal["#", "//"]
    quote: Callable[[str], str]
    place: str
    """The file that the text is meant for."""
    check: str
    """The command by which the program itself checks the file."""
    proxies: bool = False
    verifies_ip: bool = False
    wants_bundle: bool = False


_ROWS: Final = (
    Snippet(
        "nginx",
        "nginx 1.22 and later, a proxy for WebSocket",
        "server",
        "nginx.conf.j2",
        "#",
        quoting.nginx,
        "/etc/nginx/conf.d/{label}.conf",
        "sudo nginx -t",
        proxies=True,
    ),
    Snippet(
        "caddy",
        "Caddy 2, a proxy for WebSocket",
        "server",
        "caddy.j2",
        "#",
        quoting.caddy,
        "Caddyfile",
        "caddy validate --config Caddyfile --adapter caddyfile",
        proxies=True,
        verifies_ip=True,
    ),
    Snippet(
        "haproxy",
        "HAProxy 2.6 and later, a proxy for WebSocket",
        "server",
        "haproxy.cfg.j2",
        "#",
        quoting.shell,
        "/etc/haproxy/haproxy.cfg, at its end",
        "sudo haproxy -c -f /etc/haproxy/haproxy.cfg",
        proxies=True,
        wants_bundle=True,
    ),
    Snippet(
        "apache",
        "Apache 2.4.47 and later, a proxy for WebSocket",
        "server",
        "apache.conf.j2",
        "#",
        quoting.apache,
        "/etc/apache2/sites-available/{label}.conf",
        "sudo apachectl configtest",
        proxies=True,
    ),
    Snippet(
        "envoy",
        "Envoy, a proxy for WebSocket",
        "server",
        "envoy.yaml.j2",
        "#",
        quoting.literal,
        "envoy.yaml",
        "envoy --mode validate -c envoy.yaml",
        proxies=True,
    ),
    Snippet(
        "python",
        "Python, a WebSocket server and a client (websockets 13 and later)",
        "server",
        "python.py.j2",
        "#",
        quoting.literal,
        "wss.py",
        "python3 -m py_compile wss.py",
    ),
    Snippet(
        "uvicorn",
        "uvicorn, for FastAPI, Starlette and every other ASGI application",
        "server",
        "uvicorn.py.j2",
        "#",
        quoting.literal,
        "main.py",
        "python3 -m py_compile main.py",
    ),
    Snippet(
        "node",
        "Node.js, a WebSocket server and a client (npm install ws)",
        "server",
        "node.cjs.j2",
        "//",
        quoting.literal,
        "wss.cjs",
        "node --check wss.cjs",
    ),
    Snippet(
        "env",
        "the variables by which clients in a POSIX shell trust the CA",
        "shell",
        "env.sh.j2",
        "#",
        quoting.shell,
        "trust.sh, then: . ./trust.sh",
        "curl --verbose --output /dev/null https://{host}:{listen}/",
    ),
)

SNIPPETS: Final[Mapping[str, Snippet]] = MappingProxyType({row.name: row for row in _ROWS})


def find(name: str) -> Snippet:
    """The row called ``name``. Raises CertkitError ``snippet.unknown``.

    >>> find("nginx").comment
    '#'
    """
    try:
        return SNIPPETS[name]
    except KeyError:
        raise CertkitError(
            "snippet.unknown",
            f"there is no snippet called {name!r}",
            hint=f"certkit snippet --list; there are: {', '.join(SNIPPETS)}",
        ) from None
