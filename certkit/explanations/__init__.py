"""The page of each finding code: one Markdown file a layer, one ``## code`` heading each."""

from __future__ import annotations

import re
from importlib.resources import files


def explanation(code: str) -> str:
    """The text below the heading of ``code``, Markdown. Raises LookupError without one."""
    layer = code.partition(".")[0]
    page = files(__package__).joinpath(f"{layer}.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(code)}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    if section is None:
        raise LookupError(f"no explanation of {code}")
    return section[1].strip()
