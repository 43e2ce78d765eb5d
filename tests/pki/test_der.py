"""The outer shell of DER: what is written is read, and nothing is read past its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.pki import der


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_a_sequence_gives_back_its_elements(values: list[bytes]) -> None:
    encoded = der.sequence(*map(der.octets, values))
    assert [der.inside(one) for one in der.elements(der.inside(encoded))] == values


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_take_as_few_bytes_as_they_can(size: int) -> None:
    encoded = der.octets(bytes(size))
    assert der.span(encoded, 0)[1] == len(encoded)
    assert len(encoded) - size == (
        2 if size < 128 else 3 if size < 256 else 4 if size < 65536 else 5
    )


@given(st.integers(0, 2**70))
def test_integers_are_signed_and_as_short_as_they_can(value: int) -> None:
    content = der.inside(der.integer(value))
    assert int.from_bytes(content, "big", signed=True) == value
    assert len(content) == 1 or content[0] != 0 or content[1] & 0x80


@given(st.binary(min_size=1, max_size=300), st.data())
def test_an_element_that_is_cut_short_is_refused(value: bytes, data: st.DataObject) -> None:
    encoded = der.octets(value)
    cut = data.draw(st.integers(1, len(encoded) - 1))
    with pytest.raises(ValueError, match=r"cut short|no length"):
        list(der.elements(encoded[:cut]))


@pytest.mark.parametrize("data", ["3080020100", "308500000000000201", "30ff"])
def test_an_indefinite_or_absurd_length_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        der.inside(bytes.fromhex(data))


@given(st.binary(max_size=200))
def test_any_bytes_end_in_elements_or_a_value_error(data: bytes) -> None:
    try:
        parts = list(der.elements(data))
    except ValueError:
        return
    assert b"".join(parts) == data
