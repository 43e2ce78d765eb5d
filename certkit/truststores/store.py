"""What a trust store is: places that hold certificates, and plans that change one of them exactly.

A certificate is known by its SHA-256, never by a name: two CAs may share a subject, and one
certificate may stand under several labels. A *version* of a CA has the CA's subject and the CA's
public key; a CA of the same subject with another key is a stranger, and is never touched.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certkit.errors import CertkitError, ExitCode
from certkit.pki import pem
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from certkit.truststores.machine import Answer, Machine
    from certkit.truststores.steps import Step


class State(StrEnum):
    """How a place stands to one root."""

    PRESENT = "present"
    ABSENT = "absent"
    OTHER = "other version"
    """Another version of the same CA is trusted here, with or without the root itself."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate in a place, under its file name, nickname or alias there.

    ``trusted`` is False for one that lies there and counts for nothing: an NSS entry without the
    trust flag, a file that the system's bundle does not have yet.
    """

    label: str
    certificate: Certificate
    trusted: bool = True


class Place(Protocol):
    """One bundle, database or keystore."""

    @property
    def where(self) -> Path:
        """What a person would look at; also what a receipt remembers."""

    @property
    def shared(self) -> bool:
        """Whether it counts for every user of the machine."""

    @property
    def fed_by(self) -> str:
        """The store that fills it, or nothing: a root for that store comes here by itself."""

    def held(self) -> tuple[Held, ...]:
        """Everything in it. Raises CertkitError when that cannot be known."""

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """The steps that add ``root``, or not, and take out ``drop`` and what it left behind.

        ``drop`` is what :meth:`held` gave. Raises CertkitError with exit code 4 when only a person
        can do it.
        """


@dataclass(frozen=True, slots=True)
class ClosedPlace:
    """What may hide places of the user's and cannot be looked into; ``why`` in the system's words.

    A scan that passed over it would call the store installed.
    """

    where: Path
    why: str
    shared: bool = False
    fed_by: str = ""

    def held(self) -> tuple[Held, ...]:
        """Raises CertkitError ``trust.unreadable``."""
        raise unreadable(f"cannot read {self.where}: {self.why}", "check its owner and its mode")

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Never reached: nobody knows what is held."""
        del root, add, drop
        return ()


@dataclass(frozen=True, slots=True)
class Store:
    """One kind of trust store on one machine.

    ``missing`` says why there are no places.
    """

    name: str
    title: str
    places: tuple[Place, ...]
    missing: str = ""

    def available(self) -> bool:
        """Whether there is such a store on this machine."""
        return bool(self.places)

    def contains(self, sha256: str) -> bool:
        """Whether every place trusts the certificate. Raises CertkitError for an unreadable one."""
        return self.available() and all(
            any(held.trusted and held.certificate.sha256 == sha256 for held in place.held())
            for place in self.places
        )

    def plan_install(self, root: Certificate) -> tuple[Step, ...]:
        """What is left to do until every place trusts ``root`` and no other version of it."""
        return tuple(step for place in self.places for step in install_steps(place, root))

    def plan_remove(self, root: Certificate) -> tuple[Step, ...]:
        """What is left to do until no place has any version of ``root``."""
        return tuple(step for place in self.places for step in removal_steps(place, root))


def label_of(root: Certificate) -> str:
    """The file name, nickname or alias that certkit gives ``root``.

    It holds the fingerprint and not the CA's name: a re-signed root gets another label than the
    version it replaces, so neither is ever taken for the other.
    """
    return f"{LABEL_PREFIX}{root.sha256[:16]}"


LABEL_PREFIX: Final = "certkit-"


def is_version(certificate: Certificate, root: Certificate) -> bool:
    """Whether both are of the same CA: the same subject, and the same key.

    >>> import certkit
    >>> ca = certkit.CertificateAuthority.create()
    >>> wider = ca.permit("dev.example.com")
    >>> is_version(wider.root, ca.root), wider.root == ca.root
    (True, False)
    """
    try:
        same_subject = certificate.x509.subject == root.x509.subject
    except ValueError:  # of somebody else's broken certificate
        return False
    return same_subject and _key(certificate) == _key(root)


def _key(certificate: Certificate) -> bytes | None:
    key = certificate.public_key
    if key is None:
        return None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def versions(place: Place, root: Certificate) -> tuple[Held, ...]:
    """What ``place`` holds of the CA of ``root``."""
    return tuple(held for held in place.held() if is_version(held.certificate, root))


def state(place: Place, root: Certificate) -> State:
    """Raises CertkitError when ``place`` cannot be read."""
    trusted = [held.certificate for held in versions(place, root) if held.trusted]
    if any(certificate != root for certificate in trusted):
        return State.OTHER
    return State.PRESENT if trusted else State.ABSENT


def install_steps(place: Place, root: Certificate) -> tuple[Step, ...]:
    """Nothing when ``root`` is trusted and no other version of it is there.

    Other versions go first. So does the root itself where it lies untrusted: what made it so, such
    as an import that was cut short, is not to be guessed.
    """
    found = versions(place, root)
    add = not any(held.trusted for held in found if held.certificate == root)
    drop = tuple(held for held in found if held.certificate != root or add)
    return place.change(root, add=add, drop=drop) if add or drop else ()


def removal_steps(place: Place, root: Certificate) -> tuple[Step, ...]:
    """Nothing when no version is there and none has left anything behind."""
    return place.change(root, add=False, drop=versions(place, root))


def certificates_in(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of a bundle but for what cannot be read, which clients skip too."""
    text, _ = pem.text_of(data)
    found = []
    with warnings.catch_warnings(action="ignore"):  # of serial numbers of well-known roots
        for block in pem.blocks(text):
            if block.label in ("CERTIFICATE", "TRUSTED CERTIFICATE") and block.der is not None:
                with suppress(CertkitError):
                    found.append(Certificate.from_der(block.der))
    return tuple(found)


def ask(machine: Machine, command: Sequence[str]) -> Answer:
    """What a program says about a place. Raises CertkitError ``trust.unreadable``."""
    try:
        return machine.run(command)
    except (OSError, TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise unreadable(
            f"cannot run {command[0]}: {reason}", "see that the program is there and works"
        ) from error


def by_hand(message: str, hint: str) -> CertkitError:
    """What only a person can do, with what to type."""
    return CertkitError("trust.by-hand", message, hint=hint, exit_code=ExitCode.TODO)


def unreadable(message: str, hint: str) -> CertkitError:
    return CertkitError("trust.unreadable", message, hint=hint, exit_code=ExitCode.ENVIRONMENT)


def missing_tool(tool: str, needed_for: str, packages: str) -> CertkitError:
    return CertkitError(
        "trust.no-tool",
        f"{tool} is not installed, and {needed_for} cannot be read or changed without it",
        hint=packages,
        exit_code=ExitCode.TODO,
    )
