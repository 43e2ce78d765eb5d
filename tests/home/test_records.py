from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certkit.errors import CertkitError
from certkit.home.home import Home
from certkit.home.output import Output
from certkit.pki.names import parse

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_new_home_lists_nothing(folder: Path) -> None:
    with Home.open(folder) as home:
        assert home.certificates() == ()


def test_the_list_has_every_certificate_with_its_kind_and_its_files(
    folder: Path, out: Path
) -> None:
    with Home.open(folder) as home:
        home.init(intermediate=True)
        published = home.issue(["localhost"], Output(out))
        home.issue(["localhost"], Output(out), client=True)
        home.issue(["self.test"], Output(out), self_signed=True)
        listed = home.certificates()
    assert [each.kind for each in listed] == [
        *("root", "intermediate", "server", "client", "self-signed")
    ]
    assert {each.status for each in listed} == {"valid"}
    assert listed[2].certificate == published.issued.certificate
    assert [(file.role, file.path, file.state) for file in listed[2].files] == [
        ("key", out / "localhost-key.pem", "unchanged"),
        ("certificate", out / "localhost.pem", "unchanged"),
    ]


def test_a_file_that_was_changed_or_removed_is_listed_so(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        published = home.issue(["localhost"], Output(out))
        published.files["key"].unlink()
        published.files["certificate"].write_text("changed")
        (_, leaf) = home.certificates()
    assert [file.state for file in leaf.files] == ["missing", "changed"]


@pytest.mark.parametrize(("seconds", "status"), [(0, "valid"), (1, "expired")])
def test_a_certificate_is_valid_to_its_last_second(
    folder: Path, out: Path, seconds: int, status: str
) -> None:
    with Home.open(folder, now=NOW) as home:
        end = home.issue(["localhost"], Output(out)).issued.certificate.not_after
    with Home.open(folder, now=end + timedelta(seconds=seconds)) as home:
        assert home.find("localhost").status == status


def test_a_replaced_certificate_is_superseded(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.issue(["localhost"], Output(out))
        home.issue(["localhost"], Output(out / "elsewhere"))
        home.issue(["localhost"], Output(out))
        statuses = [each.status for each in home.certificates() if each.kind == "server"]
    assert statuses == ["superseded", "valid", "valid"]


def test_a_certificate_is_found_by_all_that_names_it(
    folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Home.open(folder) as home:
        wanted = home.issue(["*.bücher.test", "10.0.0.5", "fd00::5"], Output(out))
        home.issue(["other.test"], Output(out))
        certificate = wanted.issued.certificate
        monkeypatch.chdir(out)
        for text in (
            str(wanted.files["certificate"]),
            str(wanted.files["key"]),
            wanted.files["certificate"].name,
            f"../{out.name}/{wanted.files['key'].name}",
            certificate.serial,
            certificate.serial.upper(),
            certificate.sha256,
            ":".join(certificate.sha256[at : at + 2] for at in range(0, 64, 2)).upper(),
            "bücher.test",
            "*.xn--bcher-kva.test",
            "10.0.0.5",
            "FD00:0::5",
        ):
            assert home.find(text).certificate == certificate, text


def test_of_several_the_newest_valid_one_is_meant(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        home.issue(["localhost"], Output(out / "a"))
        newest = home.issue(["localhost"], Output(out / "b"))
        assert home.find("localhost").certificate == newest.issued.certificate
    with Home.open(folder, now=NOW) as home:
        short = home.issue(["short.test"], Output(out / "a"), days=1)
        long = home.issue(["short.test"], Output(out / "b"), days=300)
        home.issue(["short.test"], Output(out / "c"), days=1)
    with Home.open(folder, now=NOW + timedelta(days=2)) as home:
        assert home.find("short.test").certificate == long.issued.certificate
        assert home.find(short.issued.certificate.serial).status == "expired"


def test_an_email_name_is_found_as_it_is(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        issued = home.issue([parse("Ann@x.test", "email")], Output(out), client=True)
        assert home.find("Ann@x.test").certificate == issued.issued.certificate


@pytest.mark.parametrize("text", ["unknown.test", "/no/such/file.pem", "ffff", "", "\x1b[31m", "/"])
def test_what_means_no_certificate_is_refused(folder: Path, out: Path, text: str) -> None:
    with Home.open(folder) as home:
        home.issue(["localhost"], Output(out))
        with pytest.raises(CertkitError) as caught:
            home.find(text)
    assert (caught.value.code, caught.value.exit_code) == ("home.unknown-certificate", 2)
    assert caught.value.hint == "certkit list"


def test_the_paths_of_a_certificate_are_known_by_their_role(folder: Path, out: Path) -> None:
    with Home.open(folder) as home:
        published = home.issue(["localhost"], Output(out))
        found = home.find("localhost")
    assert found.path("key") == published.files["key"]
    assert found.path("p12") is None
