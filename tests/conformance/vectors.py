"""Where other projects' test data lie: they are read from outside the repository, never copied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_REPOSITORY = Path(__file__).parents[3] / "shared" / "vectors"


def vector_file(name: str) -> Path:
    """The file ``name`` in ``$CERTKIT_VECTORS``, else beside the repository; skips without it."""
    folder = Path(os.environ.get("CERTKIT_VECTORS") or _BESIDE_THE_REPOSITORY)
    path = folder / name
    if not path.is_file():
        pytest.skip(f"no test vectors {name} (see CERTKIT_VECTORS)", allow_module_level=True)
    return path
