"""``ws`` and ``ws:`` where a script puts a URL together from pieces."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.audit.page.javascript import Literal

_BEFORE: Final = 80
_JOINED: Final = re.compile(r"""["'`]\s*\+\s*["'`]""")
_ASSIGNED: Final = re.compile(r"""\.protocol\s*=\s*["'`]$""")
_NAMED: Final = re.compile(r"""(?:^|[^\w$.])([A-Za-z_$][\w$]*)\s*(?::\s*\w+\s*)?=\s*["'`]$""")
# A variable in the place of a scheme: `${p}://`, p + "://", and with the colon in the variable.
_USED: Final = re.compile(r"""\$\{\s*([\w$]+)\s*\}:?//|([\w$]+)\s*\+\s*["'`]:?//""")


_SECURE: Final = re.compile(r"""([\w$]+)\s*=\s*["'`]wss:?["'`]""")


class Schemes:
    """The variables that a script puts before ``://``, found once when they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _variables(self) -> frozenset[str]:
        """Those that nothing sets to ``wss``: with such a line the script chooses."""
        used = {name for pair in _USED.findall(self._text) for name in pair}
        return frozenset(used.difference(_SECURE.findall(self._text)))

    def is_one(self, literal: Literal) -> bool:
        """Whether the literal is the scheme of a URL that is put together."""
        content = self._text[literal.start : literal.end]
        return not literal.dynamic and any(
            content == text and found(self, literal) for text, found in _WAYS
        )

    def _is_joined(self, literal: Literal, rest: str) -> bool:
        """``"ws:" + "//" + host``"""
        found = _JOINED.match(self._text, literal.end)
        return found is not None and self._text.startswith(rest, found.end())

    def _is_protocol(self, literal: Literal) -> bool:
        """``url.protocol = "ws:"``"""
        return _ASSIGNED.search(self._before(literal)) is not None

    def _is_variable(self, literal: Literal) -> bool:
        """``scheme = "ws"``, and somewhere ``${scheme}://``"""
        named = _NAMED.search(self._before(literal))
        return named is not None and named[1] in self._variables

    def _before(self, literal: Literal) -> str:
        return self._text[max(0, literal.start - _BEFORE) : literal.start]


_WAYS: Final[tuple[tuple[str, Callable[[Schemes, Literal], bool]], ...]] = (
    ("ws:", lambda schemes, literal: schemes._is_joined(literal, "//")),  # noqa: SLF001
    ("ws", lambda schemes, literal: schemes._is_joined(literal, "://")),  # noqa: SLF001
    ("ws:", Schemes._is_protocol),  # noqa: SLF001
    ("ws:", Schemes._is_variable),  # noqa: SLF001
    ("ws", Schemes._is_variable),  # noqa: SLF001
)
