"""HTTP heads and WebSocket frames, read from any octets."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certkit.diagnose.frames import BINARY, CLOSE, PING, Frame, masked_frame, read_frame
from certkit.diagnose.http_head import is_http2, odd_line, parse_head


def test_a_head_is_read() -> None:
    head = parse_head(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket \r\n"
        b"Connection: keep-alive\r\nConnection: Upgrade\r\n\r\n"
    )
    assert head is not None
    assert (head.version, head.status, head.reason) == ("1.1", 101, "Switching Protocols")
    assert head.get("upgrade") == "websocket"
    assert head.tokens("connection") == {"keep-alive", "upgrade"}
    assert head.get("server") is None


@pytest.mark.parametrize(
    "octets",
    [b"HTTP/1.0 200\n\n", b"HTTP/1.1 200 \r\n\r\n", b"HTTP/1.1 404 Nicht gefunden \xfc\r\n\r\n"],
)
def test_odd_heads_are_read_too(octets: bytes) -> None:
    assert parse_head(octets) is not None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 099 no\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
    ],
)
def test_what_is_no_http_is_none(octets: bytes) -> None:
    assert parse_head(octets) is None


@pytest.mark.parametrize(
    ("octets", "shortest"),
    [
        ("817d" + "00" * 125, True),
        ("817e007e" + "00" * 126, True),
        ("817e0002" + "6869", False),
        ("817f0000000000000002" + "6869", False),
    ],
)
def test_a_length_is_written_in_as_few_octets_as_it_needs(octets: str, *, shortest: bool) -> None:
    found = read_frame(bytes.fromhex(octets), 1000)
    assert found is not None
    assert found[0].shortest is shortest


def test_a_frame_that_has_only_begun_can_be_read() -> None:
    octets = bytes.fromhex("c17e0200") + b"half"
    assert read_frame(octets, 1000) is None
    frame, _ = read_frame(octets, 1000, unfinished=True) or (None, 0)
    assert frame is not None
    assert (frame.reserved, frame.length, frame.payload, frame.whole) == (4, 512, b"half", False)
    assert read_frame(b"\x81", 1000, unfinished=True) is None


def test_a_folded_field_is_one_field() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\n   c\r\nY: d\r\n\r\n")
    assert head is not None
    assert head.fields == (("x", "a b c"), ("y", "d"))


@pytest.mark.parametrize(
    ("octets", "line"),
    [
        (b"HTTP/1.1 200 OK\r\nno colon\r\nX: y\r\n\r\n", b"no colon"),
        (b"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", b"X : y"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n", None),
        (b"SSH-2.0-x\r\nno colon\r\n", None),
    ],
)
def test_the_line_that_spoils_a_head_is_found(octets: bytes, line: bytes | None) -> None:
    assert odd_line(octets) == line


@pytest.mark.parametrize("filler", [b" ", b"\t", b"\r\n ", b": ", b"a:", b"\n"])
def test_no_header_keeps_it_busy(filler: bytes) -> None:
    """A value of blanks once took a minute; what is linear takes a few milliseconds."""
    octets = b"HTTP/1.1 200 OK\r\nX: a" + filler * (65_536 // len(filler)) + b"b\r\n\r\n"
    begun = time.process_time()
    parse_head(octets)
    odd_line(octets)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("00001204000000000000030000008000040001", True),
        ("000000040000000000", True),
        ("0000120400000000", False),
        ("160303004a02000046", False),
        ("485454502f312e3120", False),
    ],
)
def test_settings_are_those_of_http2(octets: str, *, expected: bool) -> None:
    assert is_http2(bytes.fromhex(octets)) is expected


@given(st.binary(max_size=200), st.booleans())
def test_any_octets_are_a_head_or_none(octets: bytes, started: bool) -> None:
    head = parse_head((b"HTTP/1.1 200 OK\r\n" if started else b"") + octets)
    assert head is None or 100 <= head.status <= 999


@given(
    st.sampled_from([BINARY, CLOSE, PING]),
    st.binary(max_size=125),
    st.binary(min_size=4, max_size=4),
    st.binary(max_size=20),
)
def test_a_frame_that_is_made_is_read_back(
    opcode: int, payload: bytes, mask: bytes, rest: bytes
) -> None:
    octets = masked_frame(opcode, payload, mask)
    assert read_frame(octets + rest, 1000) == (
        Frame(opcode, payload, len(payload), masked=True),
        len(octets),
    )
    for end in range(len(octets)):
        assert read_frame(octets[:end], 1000) is None


@given(st.binary(max_size=40), st.integers(1, 50))
def test_any_octets_are_a_frame_or_not_yet(octets: bytes, limit: int) -> None:
    found = read_frame(octets, limit)
    if found is not None:
        frame, size = found
        assert len(frame.payload) == min(frame.length, limit)
        assert size >= 2 + frame.length


def test_a_long_frame_is_given_before_it_is_whole() -> None:
    frame, size = read_frame(b"\x82\x7f" + (2**62).to_bytes(8) + bytes(100), 100)
    assert not frame.whole
    assert size == 2**62 + 10
    assert frame.close_code is None


def test_a_frame_of_a_client_has_its_limits() -> None:
    with pytest.raises(ValueError, match="125"):
        masked_frame(PING, bytes(126), bytes(4))
