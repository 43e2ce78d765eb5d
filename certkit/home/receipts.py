"""Receipts: which trust stores the root of this home was put into, and which version of it.

What is in a store only the store knows; a receipt says where to look when the profile, the JDK or
the variable that once led there is gone, and who still has the root of before ``ca permit``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certkit.home.rows import key_id
from certkit.home.schema import ReceiptRow
from certkit.pki.certificate import rfc3339

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from certkit.home.ledger import Ledger
    from certkit.pki.certificate import Certificate


class Receipts:
    """The receipts of one home; one for each store, path and CA key."""

    def __init__(self, ledger: Ledger, now: datetime) -> None:
        self._ledger = ledger
        self._now = now

    def add(self, store: str, where: Path, label: str, root: Certificate) -> None:
        """Remember that ``root`` is about to be at ``where``, in place of any older version."""
        key = key_id(root.x509.public_key())
        row = ReceiptRow(store, where, label, root.sha256, key, rfc3339(self._now))
        self._ledger.add_receipt(row)

    def remove(self, store: str, where: Path, root: Certificate) -> None:
        """Forget every version of ``root`` at ``where``."""
        self._ledger.remove_receipt(store, where, key_id(root.x509.public_key()))

    def all(self) -> tuple[ReceiptRow, ...]:
        """In the order in which they were written."""
        return self._ledger.receipts()

    def outdated(self, root: Certificate) -> tuple[ReceiptRow, ...]:
        """Those of another version of ``root`` than this one."""
        key = key_id(root.x509.public_key())
        return tuple(row for row in self.all() if row.key_id == key and row.sha256 != root.sha256)
