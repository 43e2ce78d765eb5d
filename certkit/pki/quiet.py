"""Certificates are read in silence."""

from __future__ import annotations

import warnings


def quietly() -> warnings.catch_warnings[None]:
    """A context in which cryptography's warnings about odd certificates are dropped.

    It warns on stderr of serial numbers, lengths and encodings; a finding says it better.
    """
    return warnings.catch_warnings(action="ignore")
