"""Which clients of this machine look where: measured with every variable of the table unset.

A client follows a store, or it follows none and wants a variable. A variable that *replaces* the
store makes the store count for nothing; one that *adds* leaves it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.truststores import firefox, java, linux, nss
from certkit.truststores.store import certificates_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from certkit.truststores.machine import Machine
    from certkit.truststores.store import Store


@dataclass(frozen=True, slots=True)
class Kind:
    """A client that is a program of this name.

    ``replaces`` are variables whose file stands in for the store, the first that is set wins;
    ``adds`` is one whose file is read beside it. ``advice`` is for clients that follow no store.
    """

    name: str
    programs: tuple[str, ...]
    store: str | None
    replaces: tuple[str, ...] = ()
    adds: str = ""
    advice: str = ""


_ENV: Final = 'eval "$(certkit trust env)"'
KINDS: Final = (
    Kind("curl", ("curl",), linux.NAME, ("CURL_CA_BUNDLE", "SSL_CERT_FILE")),
    Kind("wget", ("wget",), linux.NAME),
    Kind("openssl", ("openssl",), linux.NAME, ("SSL_CERT_FILE",)),
    Kind("git", ("git",), linux.NAME, ("GIT_SSL_CAINFO",)),
    Kind("python (ssl)", ("python3",), linux.NAME, ("SSL_CERT_FILE",)),
    Kind("go", ("go",), linux.NAME, ("SSL_CERT_FILE",)),
    Kind(
        "python (requests)",
        ("python3",),
        None,
        ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        advice=f"{_ENV} sets REQUESTS_CA_BUNDLE; or pip install truststore",
    ),
    Kind(
        "node",
        ("node",),
        None,
        adds="NODE_EXTRA_CA_CERTS",
        advice=f"{_ENV} sets NODE_EXTRA_CA_CERTS; Node 22.15 and later: NODE_USE_SYSTEM_CA=1",
    ),
    Kind(
        "deno",
        ("deno",),
        None,
        adds="DENO_CERT",
        advice=f"{_ENV} sets DENO_CERT; or DENO_TLS_CA_STORE=system",
    ),
    *(
        Kind(
            name,
            tuple(program for program in nss.BROWSERS if nss.BROWSERS[program] == name),
            nss.NAME,
        )
        for name in dict.fromkeys(nss.BROWSERS.values())
    ),
    Kind("Firefox", firefox.PROGRAMS, firefox.NAME),
)

TRUST_VARIABLES: Final = frozenset(
    {variable for kind in KINDS for variable in (*kind.replaces, kind.adds) if variable}
    | {"SSL_CERT_DIR", "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY", "NODE_TLS_REJECT_UNAUTHORIZED"}
    | {"NODE_OPTIONS", "NODE_USE_SYSTEM_CA", "DENO_TLS_CA_STORE", "CURL_HOME"}
)
"""What changes whom a client trusts; none of it is set where a handshake is to prove a store."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client on this machine.

    ``store`` is what it follows, ``where`` the place of it if it reads just one, ``variable`` the
    one that is set and decides instead, with ``bundle``, the file it names.
    """

    name: str
    program: Path
    store: str | None
    where: Path | None = None
    variable: str = ""
    bundle: Path | None = None
    advice: str = ""

    def trusts(self, sha256: str, trusted: Mapping[Path, bool], places: Iterable[Path]) -> bool:
        """Whether it trusts the certificate, by what stands in the places and files that it reads.

        ``trusted`` says so of every place that was read, ``places`` are those of its store.
        """
        if self.bundle is not None:
            return bundle_has(self.bundle, sha256)
        if self.store is None:
            return False
        read = [self.where] if self.where is not None else list(places)
        return bool(read) and all(trusted.get(place, False) for place in read)


def clients(machine: Machine, stores: Iterable[Store]) -> tuple[Client, ...]:
    """Every client of :data:`KINDS` that is installed, and one Java for each keystore."""
    found = [
        _client(kind, Path(program), machine)
        for kind in KINDS
        if (program := _first(machine, kind.programs)) is not None
    ]
    for store in stores:
        for place in store.places:
            if isinstance(place, java.Keystore):
                java_program = place.jdk / "bin/java"
                found.append(Client("java", java_program, java.NAME, place.where))
    return tuple(found)


def _first(machine: Machine, programs: Iterable[str]) -> str | None:
    return next(filter(None, map(machine.which, programs)), None)


def _client(kind: Kind, program: Path, machine: Machine) -> Client:
    variable = next(
        (name for name in (*kind.replaces, kind.adds) if machine.variables.get(name)), ""
    )
    bundle = Path(machine.variables[variable]) if variable else None
    return Client(kind.name, program, kind.store, None, variable, bundle, kind.advice)


def bundle_has(bundle: Path, sha256: str) -> bool:
    """Whether the PEM file holds the certificate; no when it cannot be read."""
    try:
        data = bundle.read_bytes()
    except OSError:
        return False
    return any(certificate.sha256 == sha256 for certificate in certificates_in(data))
