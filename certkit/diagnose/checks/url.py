"""What a client refuses before it sends one octet."""

from __future__ import annotations

import shlex
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from certkit.findings import Finding, Fix, Severity
from certkit.pki.refusal import quoted
from certkit.verify.wording import advice, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case

# https://fetch.spec.whatwg.org/#port-blocking: ports that browsers never open.
BAD_PORTS: Final = frozenset(
    {
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
        101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179,
        389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601,
        636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566,
        6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    }
)  # fmt: skip


def check_scheme(case: Case) -> Iterator[Finding]:
    problem = case.target.problem
    if problem is not None and problem.what == "scheme":
        yield error(
            "url.bad-scheme",
            problem.text,
            "new WebSocket() throws a SyntaxError for it in every browser",
            advice("a WebSocket over TLS has a URL that begins with wss://"),
        )


def check_host(case: Case) -> Iterator[Finding]:
    problem = case.target.problem
    if problem is not None and problem.what == "host":
        yield error(
            "url.bad-host",
            problem.text,
            "no client can resolve it or compare it with a certificate",
            advice("the host is a DNS name or an IP address: wss://10.0.0.5, wss://[::1]:8443"),
        )


def check_port(case: Case) -> Iterator[Finding]:
    problem, port = case.target.problem, case.target.url_port
    if problem is not None:
        if problem.what == "port":
            yield error(
                "url.bad-port",
                problem.text,
                "a port is a number from 1 to 65535",
                advice("name the port on which the server listens: wss://10.0.0.5:8443"),
            )
    elif port in BAD_PORTS:
        yield error(
            "url.bad-port",
            f"port {port} is on the list of ports that browsers never open",
            "the Fetch standard blocks ports of old protocols: Chromium says ERR_UNSAFE_PORT, "
            "Firefox closes with 1006; clients that are no browsers connect",
            advice("let the server listen on another port, such as 8443"),
        )


def check_fragment(case: Case) -> Iterator[Finding]:
    target = case.target
    if target.websocket and target.fragment and target.problem is None:
        without = target.url.partition("#")[0]
        yield error(
            "url.fragment",
            f"{quoted(target.url)} has a fragment",
            "RFC 6455 section 3 forbids #fragments; some browsers throw a SyntaxError for one",
            Fix("command", shlex.join(["certkit", "doctor", without])),
        )


def check_mixed_content(case: Case) -> Iterator[Finding]:
    """An error where the page is known to be on https, a warning where it may be."""
    target = case.target
    if target.scheme != "ws" or target.problem is not None or is_loopback(target.name):
        return
    browsers = (
        "Firefox throws a SecurityError; Chromium connects, with a warning, because this is a "
        "private address or a .local name"
        if chromium_allows(target.name)
        else "Chromium and Firefox throw a SecurityError (an insecure WebSocket connection may not "
        "be initiated from a page loaded over HTTPS)"
    )
    known = (target.origin or "").startswith("https://")
    yield (error if known else warning)(
        "url.mixed-content",
        f"{quoted(target.url)} is not encrypted, "
        + (
            f"and the page at {quoted(target.origin or '')} is"
            if known
            else "so that no page on https can open it"
        ),
        browsers,
        _go_secure(target.url),
    )


def _go_secure(url: str) -> Fix:
    return Fix("command", shlex.join(["certkit", "doctor", f"wss{url[2:]}"]))


def check_tls_port(case: Case) -> Iterator[Finding]:
    secure = case.seen.secure
    if secure is not None and secure.complete:
        target = case.target
        safe = {"ws": "wss", "http": "https"}[target.scheme]
        url = safe + target.url[len(target.scheme) :]
        yield error(
            "url.tls-port",
            f"port {target.port} speaks TLS, and the URL begins with {target.scheme}://",
            "nginx and Apache answer a plain request on a TLS port with 400, others close",
            Fix("command", shlex.join(["certkit", "doctor", url])),
        )


def check_local_network(case: Case) -> Iterator[Finding]:
    """Only where another page is named: of its own page a private server is no stranger."""
    target, lookup = case.target, case.seen.lookup
    try:
        page = urlsplit(target.origin or "").hostname or ""
    except ValueError:
        return
    if not target.websocket or page == target.name or not _is_public(page):
        return
    if lookup is not None and any(map(is_private, lookup.addresses)):
        yield Finding(
            "page.local-network-access",
            Severity.NOTE,
            f"a page of {quoted(target.origin or '')} needs the user's permission to reach "
            f"{lookup.addresses[0]}",
            "Chromium 147 and later: a page from a public address may open a WebSocket to a "
            "private one only after the user allowed it (Local Network Access)",
            advice("allow it when the browser asks, or serve the page from the same network"),
        )


def _is_public(host: str) -> bool:
    """A name or an address of the Internet, as far as the letters tell."""
    try:
        return not ip_address(host).is_private
    except ValueError:
        return "." in host and not host.endswith(_LOCAL)


_LOCAL: Final = tuple(
    f".{name}" for name in ("test", "localhost", "local", "internal", "home.arpa", "lan", "example")
)


def is_private(host: str) -> bool:
    """Of loopback, a private or a link-local block (Chromium's local and loopback spaces)."""
    address = ip_address(host.partition("%")[0])
    shared = address.version == 4 and 0x64400000 <= int(address) < 0x64800000
    return shared or ((address.is_private or address.is_link_local) and not _documentation(host))


def is_loopback(host: str) -> bool:
    """Potentially trustworthy without TLS (W3C Secure Contexts section 3.1)."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")


def chromium_allows(host: str) -> bool:
    """Measured with Chromium 156: private addresses and .local names."""
    try:
        return is_private(host)
    except ValueError:
        return host.lower().removesuffix(".").endswith(".local")


def _documentation(host: str) -> bool:
    """Python calls the documentation's blocks private, browsers do not."""
    return host.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"))


CHECKS: Final = (
    check_scheme,
    check_host,
    check_port,
    check_fragment,
    check_tls_port,
    check_mixed_content,
    check_local_network,
)
