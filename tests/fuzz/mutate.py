"""Damage to DER: octets anywhere, or whole elements with the lengths around them put right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from certkit.pki import der

if TYPE_CHECKING:
    from random import Random

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
# Tags that a reader treats each in its own way: strings, times, numbers, what is constructed.
_TAGS = bytes.fromhex("0102030405060a0c1012131416171a1c1e30318081828687a0a1a2a3")
_CONSTRUCTED = 0x20
_OCTET_STRING = 0x04
_BIT_STRING = 0x03


@dataclass
class Element:
    """One element of DER; ``inner`` is what its content holds when that is DER again."""

    tag: int
    content: bytes
    inner: list[Element] = field(default_factory=list)
    prefix: bytes = b""
    """What stands before ``inner``: the number of unused bits in a BIT STRING."""

    def encode(self) -> bytes:
        body = (
            self.prefix + b"".join(map(Element.encode, self.inner)) if self.inner else self.content
        )
        size = len(body)
        if size < 0x80:
            return bytes([self.tag, size]) + body
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes([self.tag, 0x80 | len(length)]) + length + body

    def all(self) -> list[Element]:
        return [self, *(below for each in self.inner for below in each.all())]


def parse(data: bytes) -> list[Element]:
    """The elements of ``data``, and what is in them. Raises ValueError when it is no DER."""
    return [_element(each) for each in der.elements(data)]


def _element(data: bytes) -> Element:
    element = Element(data[0], der.inside(data))
    prefix = b""
    if element.tag == _BIT_STRING and element.content[:1] == b"\0":
        prefix = b"\0"
    elif not element.tag & _CONSTRUCTED and element.tag != _OCTET_STRING:
        return element
    try:
        element.inner = parse(element.content[len(prefix) :])
    except (ValueError, IndexError):
        return element
    element.prefix = prefix
    return element


def mutated(data: bytes, random: Random) -> bytes:
    """``data`` with one to three flaws, mostly one: most files are refused for their first."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        damage = _elements if random.random() < 0.7 else _octets
        data = damage(data, random)
    return data


def _octets(data: bytes, random: Random) -> bytes:
    octets = bytearray(data)
    at = random.randrange(len(octets) or 1)
    match random.randrange(6):
        case 0:
            octets[at : at + 1] = bytes([random.choice(_INTERESTING)])
        case 1:
            octets[at : at + 1] = bytes([random.randrange(256)])
        case 2:
            del octets[at : at + random.randint(1, 20)]
        case 3:
            octets[at:at] = octets[at : at + random.randint(1, 60)]
        case 4:
            octets[at:at] = random.randbytes(random.randint(1, 8))
        case _:
            del octets[at:]
    return bytes(octets)


def _elements(data: bytes, random: Random) -> bytes:
    try:
        tree = parse(data)
        every = [each for top in tree for each in top.all()]
        if not every:
            return data
        change, chosen = random.choice(_CHANGES), random.choice(every)
        if change is _graft:
            _graft(chosen, random.choice(every))
        else:
            change(chosen, random)
        return b"".join(map(Element.encode, tree))
    except (ValueError, IndexError, RecursionError):
        return _octets(data, random)


def _retag(chosen: Element, random: Random) -> None:
    chosen.tag = random.choice(_TAGS)


def _refill(chosen: Element, random: Random) -> None:
    chosen.inner = []
    chosen.content = random.choice(
        (
            b"",
            random.randbytes(random.randint(1, 40)),
            bytes([random.choice(_INTERESTING)]) * random.randint(1, 30),
            chosen.content * random.choice((2, 200)),
        )
    )


def _damage(chosen: Element, random: Random) -> None:
    if not chosen.inner:
        chosen.content = _octets(chosen.content, random)


def _drop(chosen: Element, random: Random) -> None:
    if chosen.inner:
        chosen.inner.pop(random.randrange(len(chosen.inner)))
        chosen.content = b""


def _repeat(chosen: Element, random: Random) -> None:
    chosen.inner *= random.choice((2, 3, 50))


def _shuffle(chosen: Element, random: Random) -> None:
    random.shuffle(chosen.inner)


def _graft(chosen: Element, other: Element) -> None:
    if not any(each is chosen for each in other.all()):
        chosen.tag, chosen.content, chosen.inner = other.tag, other.content, other.inner


_CHANGES = (_retag, _refill, _damage, _damage, _damage, _drop, _repeat, _shuffle, _graft)
