"""What a snippet is made from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, get_args

from certkit.errors import CertkitError
from certkit.pki.names import Name
from certkit.snippets.upstream import Upstream, bracketed
from certkit.text import printable

if TYPE_CHECKING:
    from pathlib import Path

Profile = Literal["intermediate", "modern"]
"""Mozilla's guideline 6.0: TLS 1.2 and 1.3, or TLS 1.3 alone."""

# Names of other people's certificates are as they stand there; only these go into a file.
_DNS_NAME: Final = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE)
_LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetInput:
    """The certificate, its key and what the server does with them.

    ``certificate`` is the file that the server sends: the leaf, then the intermediates; ``key``
    its private key, which only the snippets of clients can do without.
    ``ca`` is the root that clients of the snippet trust, and that a ``wss://`` upstream is
    checked against. ``bundle`` is key and chain in one file, for the servers that want that.
    Names other than DNS names and IP addresses are left out. Raises CertkitError
    ``snippet.bad-path``, ``snippet.bad-name``, ``snippet.no-name``, ``snippet.bad-port`` or
    ``snippet.bad-profile``.
    """

    certificate: Path
    key: Path | None
    names: tuple[Name, ...]
    ca: Path | None = None
    bundle: Path | None = None
    listen: int = 443
    upstream: Upstream = field(default=Upstream(Name("ip", "127.0.0.1"), 19808))
    profile: Profile = "intermediate"
    redirect: bool = False

    def __post_init__(self) -> None:
        for path in (self.certificate, self.key, self.ca, self.bundle):
            if path is not None:
                _check_path(path)
        names = [Name(n.type, n.value.lower()) for n in self.names if n.type in ("dns", "ip")]
        for name in names:
            _check_name(name)
        # nginx warns about a name that is there twice; DNS names are the same in any case.
        object.__setattr__(self, "names", tuple(dict.fromkeys(names)))
        if not names:
            raise CertkitError(
                "snippet.no-name",
                "the certificate has no DNS name and no IP address that a server could answer to",
                hint="certkit issue NAME makes one for a server",
            )
        _check_port(self.listen)
        if self.profile not in get_args(Profile):
            raise CertkitError(
                "snippet.bad-profile",
                f"there is no profile {self.profile!r}",
                hint=f"choose one of: {', '.join(get_args(Profile))}",
            )

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names as a URL and a Host header spell them."""
        return tuple(map(bracketed, self.names))

    @property
    def has_ip(self) -> bool:
        """Whether clients may dial it without naming a host in their TLS handshake."""
        return any(name.type == "ip" for name in self.names)

    @property
    def host(self) -> str:
        """One host that the certificate is for; a wildcard's is below it."""
        return _dialled(min(self.names, key=lambda name: name.is_wildcard))

    @property
    def dns_host(self) -> str:
        """The same, a DNS name wherever the certificate has one."""
        return _dialled(min(self.names, key=lambda name: (name.type != "dns", name.is_wildcard)))

    @property
    def url(self) -> str:
        """What a client dials."""
        port = "" if self.listen == _DEFAULT_PORT else f":{self.listen}"
        return f"wss://{self.host}{port}/"

    @property
    def label(self) -> str:
        """A file name for these names."""
        return self.names[0].value.replace("*", "_wildcard").replace(":", "_")

    @property
    def tag(self) -> str:
        """8 hex digits that two snippets in one configuration do not share.

        The same names on the same port keep theirs when the certificate is renewed.
        """
        identity = " ".join([str(self.listen), *self.hosts])
        return sha256(identity.encode()).hexdigest()[:8]


_DEFAULT_PORT: Final = 443


def _dialled(name: Name) -> str:
    return f"www.{name.base}" if name.is_wildcard else bracketed(name)


def _check_path(path: Path) -> None:
    text = path.as_posix()
    if printable(text, limit=len(text)) != text:
        problem = "has characters in it that do not print"
    elif not path.is_absolute():
        problem = "is not absolute, and every server resolves it against another folder"
    elif ".." in path.parts:
        problem = "has .. in it"
    else:
        return
    raise CertkitError(
        "snippet.bad-path",
        f"the path {text!r} {problem}",
        hint="give the absolute path of a file whose name prints",
    )


def _check_name(name: Name) -> None:
    if name.type == "dns" and _DNS_NAME.fullmatch(name.value):
        return
    if name.type == "ip":
        try:
            _ = name.address
        except ValueError:
            pass
        else:
            return
    raise CertkitError(
        "snippet.bad-name",
        f"{name.value!r} in the certificate is no name that a server can have",
        hint="certkit inspect shows the names; issue a certificate for a valid one",
    )


def _check_port(port: int) -> None:
    if not 1 <= port <= _LAST_PORT:
        raise CertkitError(
            "snippet.bad-port", f"{port} is not a TCP port", hint="a port is 1 to 65535"
        )
