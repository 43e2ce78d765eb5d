"""What a client is: how it climbs, how it matches names, and its rules in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from certkit.verify.clients.flaws import FLAWS
from certkit.verify.clients.general_names import mended

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.climb import Climb
    from certkit.verify.clients.hostnames import Matching
from certkit.verify.clients.sight import Sight

Answer = Literal["accept", "reject", "unknown"]

HANDSHAKE: Final = "handshake"
"""The source of a rule that was seen in a real handshake: tests/e2e/test_predictions.py."""


REMARKS: Final = (
    ("read-in-common-name", "it reads the name in the common name"),
    ("matched-alone", "it takes a match that most others refuse"),
)
UNMEASURED: Final = (
    ("leaf-subject-no-text", "a common name that is no text was not measured"),
    ("odd-key", "this kind of key was not measured"),
    ("odd-signature", "this kind of signature was not measured"),
    ("odd-extension", "a critical extension, or a constraint of other names, was not measured"),
    ("issuer-empty", "the issuer is empty, which RFC 5280 section 4.1.2.4 forbids"),
)


_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """The client rejects a chain with this flaw and says these words.

    ``says`` are the words, or a function that makes them; ``{name}`` in them is what was asked
    for, ``{host}`` the same without a dot at the end. Beside a flaw of ``unless`` the rule does
    not apply; if flaws are given as ``beside``, it applies beside one of them only. ``source`` is
    a measurement or a document.
    """

    flaw: str
    says: str | Callable[[Sight], str]
    unless: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    source: str = HANDSHAKE

    def applies(self, sight: Sight) -> bool:
        def any_holds(flaws: tuple[str, ...]) -> bool:
            return any(FLAWS[flaw].holds(sight) for flaw in flaws)

        return (
            FLAWS[self.flaw].holds(sight)
            and not any_holds(self.unless)
            and (not self.beside or any_holds(self.beside))
        )

    def words(self, sight: Sight) -> str:
        """At most a thousand characters: some clients list every name there is."""
        said = (
            self.says(sight)
            if callable(self.says)
            else self.says.format(name=sight.name, host=sight.asked.value)
        )
        return said[:_LONGEST]


@dataclass(frozen=True, slots=True)
class Largest:
    """The longest message of certificates that a client takes, and its words about a longer one.

    ``{length}`` in them is the length of that message. Nothing in it has been read then.
    """

    octets: int
    says: str


@dataclass(frozen=True, slots=True)
class Client:
    """``rules``: the first that applies decides; a chain that none applies to is accepted.

    ``notes`` are flaws that the client accepts and others do not, with what to say of that.
    ``unsure`` are flaws of which it is not known what the client makes of them. ``version`` is
    what the measurements were made with.
    """

    name: str
    version: str
    climb: Climb
    matching: Matching
    rules: tuple[Rule, ...]
    notes: tuple[tuple[str, str], ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()
    reads: Callable[[Certificate], Certificate] = mended
    """The certificate of the server as this client reads its names."""
    largest: Largest | None = None
    """None where it is not known."""

    def remarks(self) -> tuple[tuple[str, str], ...]:
        """``notes``, and what is worth a word with any client."""
        return (*self.notes, *REMARKS)

    def doubts(self) -> tuple[tuple[str, str], ...]:
        """``unsure``, and what is not known of any client."""
        return (*self.unsure, *UNMEASURED)
