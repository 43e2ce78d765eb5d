"""What ``certkit verify`` trusts: the root of this home, files, the machine's roots."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from certkit.cli.targets import read_with_passphrase
from certkit.errors import CertkitError
from certkit.home.location import home_path
from certkit.pki.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class Anchors:
    """The roots to trust, and in words where they come from."""

    def __init__(
        self,
        files: Sequence[Path],
        *,
        home: Path | None,
        system: bool,
        passphrase: tuple[Path | None, str | None],
    ) -> None:
        own = _root_that_explains(home) if files else _home_root(home)
        self.sources: dict[Certificate, str] = {}
        if system:
            from certkit.probe.system_roots import system_roots

            self._add(system_roots(), "this machine's roots")
        for path in files:
            contents = read_with_passphrase(path, *passphrase)
            if not contents.certificates:
                raise CertkitError(
                    "files.no-certificate",
                    f"{str(path)!r} holds no certificate to trust",
                    hint="give the root certificate: certkit ca export",
                )
            self._add(contents.certificates, str(path))
        if own is not None and not files:
            self._add([own], "the CA of this home")
        # An old version of the home's root is told from a foreign one by the newer one.
        self.context = [own] if own is not None and files else []
        self.none = not self.sources

    @property
    def roots(self) -> tuple[Certificate, ...]:
        """All of them, each once."""
        return tuple(self.sources)

    def _add(self, certificates: Iterable[Certificate], source: str) -> None:
        self.sources.update((certificate, source) for certificate in certificates)

    def source(self, certificate: Certificate) -> str | None:
        """Where the trust in ``certificate`` comes from; None when there is none."""
        return self.sources.get(certificate)


def _home_root(home: Path | None) -> Certificate | None:
    """The root of the home, if there is one; looking neither makes a home nor waits for its lock.

    Raises CertkitError ``home.under-sudo``, ``files.wrong-format``.
    """
    try:
        return Certificate.from_pem((home_path(home, os.environ) / "root.pem").read_bytes())
    except OSError:
        return None


def _root_that_explains(home: Path | None) -> Certificate | None:
    """The same where it only helps to explain, so that no trouble with it matters."""
    try:
        return _home_root(home)
    except CertkitError:
        return None
