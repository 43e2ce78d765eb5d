from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certkit.home.naming import SUFFIXES, file_stem
from certkit.home.output import Output
from certkit.pki.names import Name, NameType, parse
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Sequence


def names(*texts: str) -> list[Name]:
    return [parse(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "stem"),
    [
        (["10.0.0.5"], "10.0.0.5"),
        (["localhost", "127.0.0.1", "::1"], "localhost+2"),
        (["*.dev.test"], "_wildcard.dev.test"),
        (["*.dev.test", "dev.test"], "_wildcard.dev.test+1"),
        (["::1"], "__1"),
        (["2001:db8::1"], "2001_db8__1"),
        (["bücher.test"], "xn--bcher-kva.test"),
        (["a.test", "a.test", "b.test"], "a.test+1"),
    ],
)
def test_files_are_named_as_mkcert_names_them(texts: list[str], stem: str) -> None:
    assert file_stem(names(*texts)) == stem


def test_a_client_certificate_says_so_in_its_name() -> None:
    assert file_stem([parse("ann@example.test", "email")], client=True) == "ann@example.test-client"


@pytest.mark.peer("mkcert")
@pytest.mark.parametrize(
    "texts",
    [
        ["localhost"],
        ["localhost", "127.0.0.1", "::1"],
        ["::1"],
        ["*.dev.test", "dev.test", "10.0.0.5"],
        ["-client", "app.test"],
        ["ann@example.test"],
    ],
)
def test_mkcert_itself_writes_the_same_names(texts: list[str], tmp_path: Path) -> None:
    environment = clean_env() | {"CAROOT": str(tmp_path / "ca"), "TRUST_STORES": ""}
    (tmp_path / "out").mkdir()
    subprocess.run(
        [program("mkcert"), *texts],
        cwd=tmp_path / "out",
        env=environment,
        check=True,
        capture_output=True,
    )
    client = texts[0] == "-client"
    given_names = [
        parse(text, "email" if "@" in text else None) for text in texts if text != "-client"
    ]
    stem = file_stem(given_names, client=client)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"{stem}.pem",
        f"{stem}-key.pem",
    }


@pytest.mark.parametrize(
    "text", ["nul", "con.example.test", "com1", "lpt9.test", "AUX.lee@x.test", "prn"]
)
def test_no_file_has_the_name_of_a_windows_device(text: str) -> None:
    stem = file_stem([parse(text, "email" if "@" in text else "dns")])
    assert stem == f"_{text}"


@pytest.mark.parametrize("text", ["console.test", "null.test", "com.test", "lpt10.test"])
def test_a_name_that_only_begins_like_a_device_stays(text: str) -> None:
    assert file_stem(names(text)) == text


def test_long_names_are_cut_and_stay_apart() -> None:
    labels = ".".join(["x" * 60] * 4)
    one, other = f"{labels}.test", f"{labels}.lan"
    stems = {file_stem(names(one)), file_stem(names(other))}
    assert len(stems) == 2
    assert {len(stem) for stem in stems} == {100}


TYPED = st.tuples(
    st.sampled_from(["dns", "ip", "email", "uri"]),
    st.text(max_size=300) | st.text("./\\:-_*~@+ \0\n\u202e%", max_size=30),
)


@given(typed=st.lists(TYPED, min_size=1, max_size=3), client=st.booleans())
@example(typed=[("uri", "../../etc/passwd")], client=False)
@example(typed=[("email", "-rf@x.test")], client=False)
@example(typed=[("uri", "file:///etc/passwd")], client=True)
@example(typed=[("uri", "..")], client=False)
@example(typed=[("dns", "/")], client=False)
def test_no_name_leaves_its_folder(typed: Sequence[tuple[NameType, str]], client: bool) -> None:
    """Also for names that parse() would never let through: this is the second wall."""
    listed = [Name(type_, text or "x") for type_, text in typed]
    folder = Path("/srv/out")
    also = {role: lambda _: b"" for role in SUFFIXES if role not in ("key", "certificate")}
    paths = Output(folder, also=also).paths(listed, client=client, with_key=True)
    assert set(paths) == set(SUFFIXES)
    assert len(set(paths.values())) == len(SUFFIXES)
    for path in paths.values():
        assert path.parent == folder
        assert re.fullmatch(r"[A-Za-z0-9_@][A-Za-z0-9.@_+~-]*", path.name, re.ASCII)
        assert len(path.name) <= 143, "what eCryptfs takes"
