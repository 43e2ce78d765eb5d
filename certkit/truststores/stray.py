"""A root that certkit put into a store, and whose CA is gone: it is known by its label alone."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from certkit.errors import CertkitError
from certkit.truststores.chromium_policy import FILE
from certkit.truststores.store import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from certkit.pki.certificate import Certificate
    from certkit.truststores.store import Store


def find(stores: Iterable[Store], fingerprint: str) -> Certificate | None:
    """The root whose SHA-256 begins with ``fingerprint``, where certkit gave it its label.

    What others put there is never meant, whatever fingerprint is asked for. Raises CertkitError
    ``trust.bad-fingerprint``.
    """
    wanted = fingerprint.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{16,64}", wanted):
        raise CertkitError(
            "trust.bad-fingerprint",
            f"{fingerprint!r} is no fingerprint",
            hint="16 or more hex digits of the root's SHA-256, as in the names certkit-... "
            "of its files, nicknames and aliases",
        )
    for store in stores:
        for place in store.places:
            with suppress(CertkitError):  # an unreadable place is told of when it is to be changed
                for held in place.held():
                    is_ours = label_of(held.certificate) in held.label or held.label == FILE
                    if is_ours and held.certificate.sha256.startswith(wanted):
                        return held.certificate
    return None


class NoReceipts:
    """For a root of no home."""

    def add(self, store: str, where: Path, label: str, root: Certificate) -> None:
        """Remembers nothing."""

    def remove(self, store: str, where: Path, root: Certificate) -> None:
        """Has nothing to forget."""
