"""nginx configurations as people write them, good and bad, in any layout: for Hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

HEADERS = (
    "proxy_set_header Upgrade $http_upgrade;",
    'proxy_set_header Upgrade "";',
    "proxy_set_header Upgrade websocket;",
    "proxy_set_header Connection $connection_upgrade;",
    'proxy_set_header Connection "Upgrade";',
    "proxy_set_header Connection '';",
    "proxy_set_header Connection $http_connection;",
    "proxy_set_header Host $host;",
    "proxy_set_header Host $http_host;",
    "proxy_set_header X-Real-IP $remote_addr;",
)
PROXY = (
    "proxy_http_version 1.0;",
    "proxy_http_version 1.1;",
    "proxy_read_timeout 5s;",
    "proxy_read_timeout '1h 30m';",
    "proxy_buffering off;",
    "include proxy.inc;",
)
TLS = (
    "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;",
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_protocols SSLv3;",
    "ssl_protocols TLSv1.3;",
    "ssl_ciphers ALL:!ADH:RC4+RSA:+HIGH;",
    "ssl_ciphers 'HIGH:!aNULL:!MD5';",
    "ssl_ecdh_curve X25519;",
    "ssl_ecdh_curve prime256v1:X25519;",
    "ssl_prefer_server_ciphers on;",
    "ssl_reject_handshake on;",
    'add_header Content-Security-Policy "default-src https:; img-src *" always;',
    "add_header Content-Security-Policy 'connect-src https:';",
)
SWITCH = ("", "", "", "", "ssl on;", "ssl off;")
CERTIFICATES = (
    *("ssl_certificate server.pem; ssl_certificate_key server-key.pem;",) * 3,
    'ssl_certificate "other.pem"; ssl_certificate_key "other-key.pem";',
    "",
)
TARGETS = (
    *("http://127.0.0.1:19808", "http://app", "https://app", "$to") * 4,
    "ws://app",  # never loads
)
PATHS = ("/", "/ws/", "/ws", "= /ws", "~ ^/ws", "^~ /chat/", "/socket.io/", "/news/", '"/a b/ws/"')
ADDRESSES = ("18443", "127.0.0.1:18443", "[::1]:18443", "18080", "19443")
NAMES = ("app.test", "127.0.0.1", "ws.app.test", "_", '""', "b.test www.b.test", "[::1]")
PROXY_INC = "proxy_set_header X-Forwarded-Proto $scheme; # shared\nproxy_send_timeout 5s;\n"


def some(values: tuple[str, ...], most: int) -> SearchStrategy[list[str]]:
    """A few of them, each directive at most once: nginx refuses the second of most."""
    return st.lists(
        st.sampled_from(values),
        max_size=most,
        unique_by=lambda text: " ".join(text.split()[: 2 if "header" in text else 1]),
    )


@st.composite
def locations(draw: DrawFn, path: str) -> str:
    parts = draw(some(HEADERS, 4)) + draw(some(PROXY, 3))
    target = f"proxy_pass {draw(st.sampled_from(TARGETS))};"
    kind = draw(st.sampled_from(("plain", "if", "limit", "page")))
    if kind == "if":
        target = f"if ($request_method ~ '^(GET|HEAD){{1}}$') {{ {target} }}"
    elif kind == "limit":
        target = f"{target} limit_except GET {{ deny all; }}"
    elif kind == "page":
        target = "return 200 'a;b{c}# not a comment';"
    parts.insert(draw(st.integers(0, len(parts))), target)
    if path == "/" and draw(st.booleans()):
        parts.append(draw(locations("/inner/ws/")))
    return f"location {path} {{ {' '.join(parts)} }}"


@st.composite
def servers(draw: DrawFn) -> str:
    parts = ["set $to http://127.0.0.1:19808;"]
    for address in draw(st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True)):
        options = draw(st.sampled_from(("", " ssl", " ssl", " ssl", " ssl default_server")))
        parts.append(f"listen {address}{options};")
    parts.append(f"server_name {draw(st.sampled_from(NAMES))};")
    parts.append(draw(st.sampled_from(CERTIFICATES)))
    parts += draw(some(TLS, 3)) + draw(some(HEADERS, 2)) + draw(some(PROXY, 1))
    parts.append(draw(st.sampled_from(SWITCH)))
    paths = draw(st.lists(st.sampled_from(PATHS), max_size=3, unique=True))
    parts += [draw(locations(path)) for path in paths]
    return f"server {{ {' '.join(parts)} }}"


@st.composite
def layouts(draw: DrawFn, text: str) -> str:
    """The same statements on one line, or each on its own, indented and commented somehow."""
    newline = draw(st.sampled_from(("\n", "\r\n")))
    indent = draw(st.sampled_from(("", "  ", "\t")))
    lines, depth, quoted, word = [], 0, "", ""
    for character in text:
        word += character
        if quoted or character in "'\"":
            quoted = "" if character == quoted else (quoted or character)
        elif character in ";{}":
            depth -= character == "}"
            lines.append(indent * depth + word.strip())
            depth += character == "{"
            word = ""
    if not draw(st.booleans()):
        return " ".join(line.strip() for line in lines) + newline
    ends = draw(st.lists(st.sampled_from(("", "  # why", "", newline)), min_size=4, max_size=4))
    return "".join(f"{line}{ends[i % 4]}{newline}" for i, line in enumerate(lines))


@st.composite
def configurations(draw: DrawFn) -> str:
    """A whole nginx.conf; :data:`PROXY_INC` and the certificates of .cases stand beside it."""
    parts = ["access_log off;", "upstream app { server 127.0.0.1:19808; }"]
    if draw(st.booleans()):
        parts.append("map $http_upgrade $connection_upgrade { default upgrade; '' close; }")
    parts += draw(some(TLS[:-1], 2)) + draw(some(HEADERS, 1)) + draw(some(PROXY[:5], 1))
    parts += draw(st.lists(servers(), min_size=1, max_size=3))
    return draw(layouts(f"events {{ }} http {{ {' '.join(parts)} }}"))
