"""certkit audit: what it prints, what it writes, what it answers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.audit.cases import RECIPE_2018, SOUND, changed, write_certificates
from tests.peers import clean_env, program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Outcome

    Certkit = Callable[..., Outcome]

SCRIPT = "// one\nconst socket = new WebSocket('ws://app.test/');\n"
MENDED = SCRIPT.replace("ws://", "wss://")


@pytest.fixture
def site(folder: Path) -> Path:
    """An nginx.conf with its certificates, in the working directory."""
    write_certificates(folder)
    (folder / "nginx.conf").write_text(SOUND)
    return folder


def test_a_sound_configuration_is_answered_with_yes(certkit: Certkit, site: Path) -> None:
    outcome = certkit("audit", "nginx.conf")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "1 file read: 0 errors, 0 warnings, 0 notes\n"
    assert certkit("audit", "nginx.conf", "--json").data == {
        "files": ["nginx.conf"],
        "unread": [],
        "places": [],
        "fixed": [],
    }


def test_a_finding_has_its_place_its_reason_and_the_text(certkit: Certkit, site: Path) -> None:
    (site / "nginx.conf").write_text(changed(("listen 18443 ssl", "listen 18443")))
    outcome = certkit("audit", "nginx.conf")
    assert outcome.code == 1
    assert outcome.out.startswith("error: nginx.conf:6: the server 'localhost' speaks plain HTTP")
    assert "[nginx.listen-without-ssl]" in outcome.out
    assert "  fix: -        listen 18443;\n  fix: +        listen 18443 ssl;\n" in outcome.out
    envelope = certkit("audit", "nginx.conf", "--json").envelope
    (finding,) = envelope["findings"]
    (place,) = envelope["data"]["places"]
    assert envelope["status"] == "no"
    assert place == {
        "code": finding["code"],
        "file": "nginx.conf",
        "line": 6,
        "patch": finding["fix"]["text"],
    }
    assert finding["fix"]["kind"] == "patch"
    assert finding["summary"].startswith("nginx.conf:6: ")


def test_places_stand_in_the_order_of_the_findings(certkit: Certkit, site: Path) -> None:
    (site / "nginx.conf").write_text(RECIPE_2018)
    (site / "app.js").write_text(SCRIPT)
    envelope = certkit("audit", ".", "--json").envelope
    places, findings = envelope["data"]["places"], envelope["findings"]
    assert [each["code"] for each in places] == [each["code"] for each in findings]
    for place, finding in zip(places, findings, strict=True):
        assert finding["summary"].startswith(f"{place['file']}:{place['line']}: ")


def test_notes_alone_are_no_fault(certkit: Certkit, site: Path) -> None:
    (site / "nginx.conf").write_text(changed(("            proxy_read_timeout 1h;\n", "")))
    outcome = certkit("audit", "nginx.conf", "--json")
    assert (outcome.code, outcome.envelope["findings"][0]["severity"]) == (0, "note")


def test_fix_writes_a_copy_beside_and_leaves_the_file(certkit: Certkit, folder: Path) -> None:
    (folder / "app.js").write_text(SCRIPT)
    (folder / "app.js").chmod(0o640)
    outcome = certkit("audit", "app.js", "--fix")
    assert (outcome.code, "written: " in outcome.out) == (1, True)
    assert (folder / "app.js").read_text() == SCRIPT
    copy = folder / "app.js.fixed"
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == (MENDED, 0o640)
    assert certkit("audit", "app.js.fixed").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["app.js", "app.js.fixed"]


def test_in_place_mends_the_file_itself_and_keeps_its_mode_and_its_link(
    certkit: Certkit, folder: Path
) -> None:
    (folder / "real").mkdir()
    real = folder / "real" / "app.js"
    real.write_text(SCRIPT)
    real.chmod(0o604)
    (folder / "app.js").symlink_to(real)
    outcome = certkit("audit", "app.js", "--in-place", "--json")
    assert (outcome.code, outcome.data["fixed"]) == (
        1,
        [{"file": "app.js", "written": str(real.resolve())}],
    )
    assert (real.read_text(), real.stat().st_mode & 0o777) == (MENDED, 0o604)
    assert (folder / "app.js").is_symlink()
    assert certkit("audit", "app.js", "--in-place").code == 0


def test_a_file_without_a_finding_is_not_touched(certkit: Certkit, folder: Path) -> None:
    (folder / "good.js").write_text(MENDED)
    (folder / "bad.js").write_text(SCRIPT)
    before = (folder / "good.js").stat()
    certkit("audit", ".", "--in-place")
    after = (folder / "good.js").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (folder / "bad.js").read_text() == MENDED


def test_a_copy_that_somebody_changed_is_kept(certkit: Certkit, folder: Path) -> None:
    (folder / "app.js").write_text(SCRIPT)
    assert certkit("audit", "app.js", "--fix").code == 1
    assert certkit("audit", "app.js", "--fix").code == 1  # the same again is no matter
    (folder / "app.js.fixed").write_text("mine")
    outcome = certkit("audit", "app.js", "--fix", "--json")
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (2, "files.exists")
    assert (folder / "app.js.fixed").read_text() == "mine"
    certkit("audit", "app.js", "--fix", "--force")
    assert (folder / "app.js.fixed").read_text() == MENDED


@pytest.mark.parametrize(
    ("name", "include"),
    [("sites-enabled/site", "sites-enabled/*"), ("conf.d/site.conf", "conf.d/*")],
)
def test_a_copy_that_nginx_would_load_is_not_written(
    name: str, include: str, certkit: Certkit, site: Path
) -> None:
    path = site / name
    path.parent.mkdir()
    path.write_text("server { listen 80; location /ws { proxy_pass http://127.0.0.1:1; } }\n")
    (site / "nginx.conf").write_text(f"events {{}} http {{ include {include}; }}")
    outcome = certkit("audit", "nginx.conf", "--fix", "--json")
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (2, "audit.copy-would-load")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert certkit("audit", "nginx.conf", "--in-place").code == 1
    assert certkit("audit", "nginx.conf").code == 0


def test_a_link_in_sites_enabled_gets_its_copy_beside_what_it_leads_to(
    certkit: Certkit, site: Path
) -> None:
    for folder in ("sites-available", "sites-enabled"):
        (site / folder).mkdir()
    text = "server { listen 80; location /ws { proxy_pass http://127.0.0.1:1; } }\n"
    (site / "sites-available/site").write_text(text)
    (site / "sites-enabled/site").symlink_to("../sites-available/site")
    (site / "nginx.conf").write_text("events {} http { include sites-enabled/*; }")
    assert certkit("audit", "nginx.conf", "--fix").code == 1
    assert (site / "sites-available/site.fixed").exists()
    assert len(list((site / "sites-enabled").iterdir())) == 1


@pytest.mark.peer("git")
def test_the_patches_of_one_finding_are_what_git_applies(certkit: Certkit, site: Path) -> None:
    (site / "nginx.conf").write_text(RECIPE_2018)
    places = certkit("audit", "nginx.conf", "--json").data["places"]
    for place in places:
        (site / "nginx.conf").write_text(RECIPE_2018)
        subprocess.run(
            [program("git"), "apply", "--unidiff-zero", "-p0", "-"],
            input=place["patch"] + "\n",
            text=True,
            env=clean_env() | {"GIT_CEILING_DIRECTORIES": str(site.parent)},
            check=True,
        )
        left = [each["code"] for each in certkit("audit", "nginx.conf", "--json").data["places"]]
        assert place["code"] not in left


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["missing.conf"], "files.not-found", 2),
        (["notes.txt"], "audit.not-nginx", 2),
        ([], "usage.bad-arguments", 2),
        (["nginx.conf", "missing.html"], "files.not-found", 2),
    ],
)
def test_bad_input_is_told(
    arguments: list[str], code: str, exit_code: int, certkit: Certkit, site: Path
) -> None:
    (site / "notes.txt").write_text("buy milk;\n")
    outcome = certkit("audit", *arguments, "--json")
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (exit_code, code)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_others_is_a_fault_of_the_environment(certkit: Certkit, folder: Path) -> None:
    (folder / "app.js").write_text(SCRIPT)
    (folder / "app.js").chmod(0)
    outcome = certkit("audit", "app.js", "--json")
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (3, "files.cannot-read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_of_others_is_no_folder_without_faults(certkit: Certkit, folder: Path) -> None:
    (folder / "site" / "below").mkdir(parents=True)
    (folder / "site" / "below").chmod(0)
    outcome = certkit("audit", "site")
    assert outcome.code == 0
    assert outcome.err == "not read: site/below cannot be read: permission denied\n"
    (folder / "site").chmod(0)
    outcome = certkit("audit", "site", "--json")
    (folder / "site").chmod(0o700)
    (folder / "site" / "below").chmod(0o700)
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (3, "files.cannot-read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_a_fault_of_the_environment(
    certkit: Certkit, folder: Path
) -> None:
    (folder / "app.js").write_text(SCRIPT)
    folder.chmod(0o500)
    outcome = certkit("audit", "app.js", "--fix", "--json")
    folder.chmod(0o700)
    assert (outcome.code, outcome.envelope["errors"][0]["code"]) == (3, "files.cannot-write")


def test_what_was_not_read_is_told_apart(certkit: Certkit, folder: Path) -> None:
    (folder / "nginx.conf").write_text("events {} http { include mime.types; }")
    outcome = certkit("audit", "nginx.conf")
    assert (outcome.code, outcome.err) == (0, "not read: mime.types is not there\n")
    assert certkit("audit", "nginx.conf", "--json").data["unread"] == [
        {"file": "mime.types", "reason": "is not there"}
    ]


def test_foreign_text_does_not_reach_the_terminal(certkit: Certkit, folder: Path) -> None:
    (folder / "\x1b[31m.conf").write_text("server { listen 443; server_name '\x1b[2Jx'; }\n")
    outcome = certkit("audit", "\x1b[31m.conf")
    assert outcome.code == 1
    assert "\x1b" not in outcome.out + outcome.err
