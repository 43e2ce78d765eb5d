"""Commands that issue a certificate again name the files of the one that they repair."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from certkit.cli.options import home_option
from certkit.errors import CertkitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate


def in_our_files(
    findings: Sequence[Finding], leaf: Certificate | None, home: Path | None
) -> tuple[Finding, ...]:
    """``findings`` whose `certkit issue` writes to where this home wrote ``leaf``, if it did.

    Other names give other file names, and the server goes on with the old certificate.
    """
    again = _options(leaf, home) if leaf is not None and any(map(_issues, findings)) else None
    if again is None:
        return tuple(findings)
    return tuple(
        replace(finding, fix=replace(finding.fix, text=f"{finding.fix.text} {again}"))
        if _issues(finding)
        else finding
        for finding in findings
    )


def _issues(finding: Finding) -> bool:
    return finding.fix.kind == "command" and finding.fix.text.startswith("certkit issue ")


def _options(leaf: Certificate, home: Path | None) -> str | None:
    """None when the certificate is not from here. Looking makes no home."""
    from certkit.home.home import Home

    try:
        with Home.open(home, create=False) as store:
            record = store.find(leaf.sha256)
            certificate, key = record.path("certificate"), record.path("key")
    except (CertkitError, OSError):
        return None
    if certificate is None or key is None:
        return None
    files = ["--cert-file", str(certificate), "--key-file", str(key), "--force"]
    return shlex.join(files) + home_option(home)
