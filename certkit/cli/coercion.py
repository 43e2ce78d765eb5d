"""Keeps pydantic out of the start-up.

Typer 0.29 converts every value through a pydantic TypeAdapter, built when the parameter is first
used: 80 ms of a 200 ms process (benchmarks/cli_startup.py). certkit's parameters are ``str``,
``int``, ``bool``, ``Path`` and lists of those, for which the constructor of the type is enough.
Where Typer's inside looks different from what is expected here, its own conversion stays.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import typer

if TYPE_CHECKING:
    from collections.abc import Callable


def _text(value: Any) -> str:
    text = str(value)
    if "\0" in text:  # no shell can pass one, and no path may hold one
        raise typer.BadParameter("it holds a NUL character")
    return text


def _integer(value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not a whole number") from None


def _path(value: Any) -> Path:
    # An unset variable in a script must not mean the current folder: --home "$NOWHERE".
    text = _text(value)
    if not text:
        raise typer.BadParameter("it is empty")
    return Path(text)


_PLAIN: Final[dict[object, Callable[[Any], Any]]] = {
    str: _text,
    int: _integer,
    bool: bool,
    Path: _path,
}


_MISSING: Final = object()


class _Plain:
    """Stands in for Typer's RuntimeParam: ``coerce`` is all that Typer calls."""

    def __init__(self, convert: Callable[[Any], Any], *, many: bool) -> None:
        self._convert = convert
        self._many = many

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            if self._many:
                return [self._convert(item) for item in value or ()]
            return None if value is None else self._convert(value)
        except typer.BadParameter as error:
            raise typer.BadParameter(error.message, ctx=ctx, param=param) from None


def made_plain(parameters: list[Any]) -> list[Any]:
    """The same parameters, those of a plain type with a conversion that needs no pydantic."""
    for parameter in parameters:
        descriptor = getattr(parameter, "type_descriptor", None)
        if descriptor is None or getattr(parameter, "_runtime_param", _MISSING) is not None:
            continue
        annotation = descriptor.annotation
        many = get_origin(annotation) is list
        convert = _PLAIN.get(get_args(annotation)[0] if many else annotation)
        if convert is not None:
            parameter._runtime_param = _Plain(convert, many=many)  # noqa: SLF001 - see above
    return parameters
