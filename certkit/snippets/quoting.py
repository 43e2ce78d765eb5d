"""A text as one word of a file's language: quoted, or refused.

Each function was tried with the real parser on paths full of that language's own characters.
What a parser expands inside its quotes and offers no escape for is refused.
Control characters never arrive here (:class:`.inputs.SnippetInput`).
"""

from __future__ import annotations

import json
import shlex
from typing import Final

from certkit.errors import CertkitError


def nginx(text: str) -> str:
    """Double quotes. ``$`` has no escape: since 1.15.9 ssl_certificate takes variables."""
    return _backslashed(_without(text, ("$",), "nginx"))


def apache(text: str) -> str:
    """Double quotes. ``${name}`` is replaced by a Define or the environment, quoted or not."""
    return _backslashed(_without(text, ("${",), "Apache"))


def caddy(text: str) -> str:
    r"""Double quotes, where only ``\"`` is an escape; placeholders are expanded after parsing."""
    return '"' + _without(text, ("{", "}", "\\"), "Caddy").replace('"', '\\"') + '"'


def shell(text: str) -> str:
    """A word of sh; HAProxy reads single and double quotes in the same way."""
    return shlex.quote(text)


def literal(text: str) -> str:
    """A string of JSON, which Python, JavaScript and YAML read as the same string."""
    return json.dumps(text, ensure_ascii=False)


_BACKSLASHED: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


def _backslashed(text: str) -> str:
    return f'"{text.translate(_BACKSLASHED)}"'


def _without(text: str, refused: tuple[str, ...], language: str) -> str:
    for sequence in refused:
        if sequence in text:
            raise CertkitError(
                "snippet.unquotable",
                f"{language} cannot read {text!r}: {sequence!r} has a meaning of its own there",
                hint=f"move the file to a path without {sequence!r}",
            )
    return text
