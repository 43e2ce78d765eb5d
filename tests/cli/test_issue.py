"""`certkit issue`: from nothing to a certificate and its key."""

from __future__ import annotations

import grp
import json
import os
import shlex
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certkit import Certificate
from tests.peers import clean_env, program


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def openssl(*arguments: str) -> bool:
    done = subprocess.run(
        [program("openssl"), "verify", "-x509_strict", *map(str, arguments)],
        env=clean_env(),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_an_address_with_no_ca_makes_the_ca_and_the_pair(certkit, folder):
    outcome = certkit("issue", "--ip", "10.0.0.5")
    assert outcome.code == 0
    assert "created a CA in " in outcome.err
    assert len((outcome.err + outcome.out).splitlines()) < 10
    assert "certkit snippet nginx 10.0.0.5.pem" in outcome.out
    assert mode(folder / "10.0.0.5-key.pem") == 0o600
    assert mode(folder / "10.0.0.5.pem") == 0o644
    root = folder.parent / "home" / "root.pem"
    leaf = folder / "10.0.0.5.pem"
    assert openssl("-CAfile", root, "-verify_ip", "10.0.0.5", leaf)
    assert not openssl("-CAfile", root, "-verify_ip", "10.0.0.6", leaf)


def test_a_wildcard_covers_one_level_and_its_base_name(certkit, folder):
    certkit("issue", "*.dev.test")
    root = folder.parent / "home" / "root.pem"
    leaf = folder / "_wildcard.dev.test.pem"
    verdicts = {
        name: openssl("-CAfile", root, "-verify_hostname", name, leaf)
        for name in ("a.dev.test", "dev.test", "a.b.dev.test", "test")
    }
    assert verdicts == {"a.dev.test": True, "dev.test": True, "a.b.dev.test": False, "test": False}
    for name, accepted in verdicts.items():
        assert certkit("verify", leaf, "--host", name).code == (0 if accepted else 1)


def test_the_envelope_has_absolute_paths_and_the_certificate(certkit, folder):
    data = certkit("issue", "localhost", "127.0.0.1", "::1", "--json").data
    assert data["files"] == {
        "certificate": str(folder / "localhost+2.pem"),
        "key": str(folder / "localhost+2-key.pem"),
        "ca": str(folder.parent / "home" / "root.pem"),
    }
    assert data["ca"] == {"created": True, "permitted": []}
    assert [name["value"] for name in data["certificate"]["names"]] == [
        "localhost",
        "127.0.0.1",
        "::1",
    ]
    again = certkit("issue", "localhost", "127.0.0.1", "::1", "--json").data
    assert again["ca"]["created"] is False


def test_first_use_permits_the_names_asked_for_and_later_ones_are_refused(certkit, folder):
    data = certkit("issue", "--domain", "*.dev.example.com", "--json").data
    assert data["ca"] == {"created": True, "permitted": ["dev.example.com"]}
    refused = certkit("issue", "app.example.org", "--json")
    assert refused.code == 2
    error = refused.envelope["errors"][0]
    assert error["code"] == "chain.name-constraint"
    assert error["hint"] == "certkit ca permit app.example.org"
    assert not list(folder.glob("app*"))
    assert certkit("ca", "permit", "app.example.org").code == 0
    assert certkit("issue", "app.example.org").code == 0


@pytest.mark.parametrize("name", ["com", "*.com", "*.co.uk", "dev", "8.8.8.8/8"])
def test_a_public_suffix_is_not_permitted_on_first_use_either(certkit, folder, name):
    outcome = certkit("issue", name)
    assert outcome.code == 2
    assert "certkit: hint:" in outcome.err
    assert not list(folder.iterdir())
    assert not (folder.parent / "home").exists()


def test_the_same_names_again_keep_the_key_and_new_key_replaces_it(certkit, folder):
    certkit("issue", "localhost")
    key, leaf = folder / "localhost-key.pem", folder / "localhost.pem"
    first_key, first_leaf = key.read_bytes(), leaf.read_bytes()
    certkit("issue", "localhost")
    assert key.read_bytes() == first_key
    assert leaf.read_bytes() != first_leaf
    certkit("issue", "localhost", "--new-key")
    assert key.read_bytes() != first_key


def test_a_foreign_file_is_replaced_by_force_only(certkit, folder):
    foreign = folder / "localhost-key.pem"
    foreign.write_text("mine")
    foreign.chmod(0o644)
    refused = certkit("issue", "localhost")
    assert refused.code == 2
    assert "--force" in refused.err
    assert foreign.read_text() == "mine"
    assert certkit("issue", "localhost", "--force").code == 0
    assert mode(foreign) == 0o600


def test_a_link_in_the_place_of_a_key_is_replaced_not_followed(certkit, folder, tmp_path):
    target = tmp_path / "elsewhere"
    target.write_text("mine")
    (folder / "localhost-key.pem").symlink_to(target)
    assert certkit("issue", "localhost", "--force").code == 0
    assert target.read_text() == "mine"
    assert not (folder / "localhost-key.pem").is_symlink()


def test_every_format_is_written_beside(certkit, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    data = certkit(
        "issue", "localhost", "--bundle", "--p12", "--truststore", "--der",
        "--passphrase-file", secret, "--json",
    ).data  # fmt: skip
    files = {role: Path(path) for role, path in data["files"].items()}
    assert set(files) == {"certificate", "key", "ca", "bundle", "p12", "truststore", "der"}
    for role in ("key", "bundle", "p12"):
        assert mode(files[role]) == 0o600
    assert Certificate.from_der(files["der"].read_bytes()).sha256 == data["certificate"]["sha256"]
    assert files["bundle"].read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_passphrase_is_never_guessed(certkit, folder):
    outcome = certkit("issue", "localhost", "--p12")
    assert outcome.code == 2
    assert "--passphrase-file" in outcome.err
    assert not list(folder.iterdir())


def test_one_certificate_a_line(certkit, folder):
    (folder / "names.txt").write_text("# lab\nlocalhost 127.0.0.1\n*.dev.test # wildcard\n\n")
    data = certkit("issue", "--from", "names.txt", "--out", "certs", "--json").data
    assert [Path(each["files"]["certificate"]).name for each in data["certificates"]] == [
        "localhost+1.pem",
        "_wildcard.dev.test.pem",
    ]
    bad = folder / "bad.txt"
    bad.write_text("localhost\n*.com\n")
    refused = certkit("issue", "--from", bad, "--out", "other")
    assert refused.code == 2
    assert "line 2" in refused.err
    assert not (folder / "other").exists()


def test_a_request_is_signed_without_its_key(certkit, folder):
    subprocess.run(
        [program("openssl"), "req", "-new", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=me", "-addext",
         "subjectAltName=DNS:app.test", "-addext", "basicConstraints=critical,CA:TRUE",
         "-keyout", "app.key", "-out", "app.csr"],
        check=True, capture_output=True, env=clean_env(),
    )  # fmt: skip
    outcome = certkit("issue", "--csr", "app.csr", "--json")
    assert "key" not in outcome.data["files"]
    assert outcome.data["certificate"]["is_ca"] is False
    assert [finding["code"] for finding in outcome.envelope["findings"]] == [
        "usage.csr-extensions-ignored"
    ]


def test_a_self_signed_certificate_needs_no_ca(certkit, folder):
    data = certkit("issue", "localhost", "--self-signed", "--json").data
    assert data["certificate"]["self_signed"] is True
    assert data["certificate"]["is_ca"] is False
    assert "ca" not in data["files"]
    assert not (folder.parent / "home" / "root.pem").exists()


def test_a_snippet_is_printed_ready_to_paste(certkit, folder):
    outcome = certkit("issue", "localhost", "--snippet", "nginx")
    assert str(folder / "localhost.pem") in outcome.out
    assert "server {" in outcome.out
    assert "-----BEGIN" not in outcome.out


def test_an_idn_is_shown_both_ways(certkit, folder):
    outcome = certkit("issue", "bücher.test")
    assert "bücher.test (xn--bcher-kva.test)" in outcome.out
    assert (folder / "xn--bcher-kva.test.pem").exists()


def test_the_snippet_of_a_self_signed_certificate_trusts_it(certkit, folder):
    outcome = certkit("issue", "localhost", "--self-signed", "--snippet", "env")
    assert str(folder / "localhost.pem") in outcome.out


def test_every_next_step_works_as_printed(certkit, folder):
    """For a pair, for a self-signed certificate, for a signed request."""
    subprocess.run(
        [program("openssl"), "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=b.test",
         "-keyout", "b.key", "-out", "b.csr"],
        check=True, capture_output=True, env=clean_env(),
    )  # fmt: skip
    (folder / "-old").mkdir()
    for arguments in (
        ["a.test"],
        ["c.test", "--self-signed"],
        ["--csr", "b.csr"],
        ["a.test", "--out", "-old"],
    ):
        printed = certkit("issue", *arguments).out.partition("next:\n")[2]
        steps = [line.partition("     ")[0].split()[1:] for line in printed.splitlines()]
        assert [step[0] for step in steps] == ["snippet", "snippet", "verify"]
        for step in steps:
            outcome = certkit(*(word.replace("KEY", "b.key") for word in step))
            assert outcome.code == 0, outcome.err


def test_the_next_steps_and_repairs_name_the_home_that_was_named(certkit, folder):
    home = ("--home", "my ca")
    printed = certkit("issue", "a.test", *home).out.partition("next:\n")[2]
    steps = [shlex.split(line.partition("     ")[0])[1:] for line in printed.splitlines()]
    assert all(step[-2:] == [*home] for step in steps)
    assert certkit(*steps[-1]).code == 0
    outcome = certkit("verify", "a.test.pem", "--host", "b.test", *home, "--json")
    repair = outcome.envelope["findings"][0]["fix"]["text"]
    assert certkit(*shlex.split(repair)[1:]).code == 0
    assert certkit("verify", "a.test.pem", "--host", "b.test", *home).code == 0
    (error,) = certkit("issue", "a.example", "--json", *home).envelope["errors"]
    assert error["hint"] == "certkit ca permit a.example --home 'my ca'"
    assert certkit(*shlex.split(error["hint"])[1:]).code == 0
    assert certkit("issue", "a.example", "--home=my ca").code == 0


def test_a_key_that_is_kept_is_said_to_be(certkit, folder):
    assert "the same as before" not in certkit("issue", "localhost").out
    assert "the same as before" in certkit("issue", "localhost").out


def test_a_key_that_a_group_may_read_is_not_called_private(certkit, folder):
    group = grp.getgrgid(os.getgid()).gr_name
    outcome = certkit("issue", "localhost", "--group", group)
    assert "for you and its group" in outcome.out
    assert mode(folder / "localhost-key.pem") == 0o640


def test_a_kept_or_foreign_key_that_browsers_refuse_is_warned_about(certkit, folder):
    warned = ["crypto.browser-unsupported-key"]
    for arguments in (["issue", "a.test", "--key", "ed25519"], ["issue", "a.test"]):
        findings = certkit(*arguments, "--json").envelope["findings"]
        assert [finding["code"] for finding in findings] == warned
    subprocess.run(
        [program("openssl"), "req", "-new", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-521", "-nodes", "-subj", "/CN=b.test", "-keyout", "b.key",
         "-out", "b.csr"],
        check=True, capture_output=True, env=clean_env(),
    )  # fmt: skip
    findings = certkit("issue", "--csr", "b.csr", "--json").envelope["findings"]
    assert [finding["code"] for finding in findings] == ["name.cn-only", *warned]


def test_a_device_is_never_replaced(certkit, folder):
    os.mkfifo(folder / "pipe")
    outcome = certkit("issue", "localhost", "--cert-file", "pipe", "--force")
    assert outcome.code == 2
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


def test_a_key_in_a_git_work_tree_draws_a_warning(certkit, folder):
    subprocess.run([program("git"), "init", "-q", str(folder)], check=True, env=clean_env())
    outcome = certkit("issue", "localhost", "--json")
    assert [finding["code"] for finding in outcome.envelope["findings"]] == ["files.key-in-git"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["issue"],
        ["issue", "localhost", "--csr", "x"],
        ["issue", "localhost", "--days", "0"],
        ["issue", "localhost", "--days", "1000"],
        ["issue", "localhost", "--days", "many"],
        ["issue", "localhost", "--key", "rsa1024"],
        ["issue", "--ip", "example.com"],
        ["issue", "a\nb.test"],
        ["issue", "foo.test; rm -rf /"],
        ["issue", "../../etc/passwd"],
        ["issue", "localhost", "--no-such-option"],
        ["issue", "localhost", "--snippet", "iis"],
        ["issue", "localhost", "--group", "no-such-group-here"],
        ["issue", "--csr", "missing.csr"],
        ["issue", "--csr", "app.csr", "--p12"],
        ["issue", "--csr", "app.csr", "--self-signed"],
        ["issue", "--csr", "app.csr", "--key", "rsa4096"],
        ["issue", "--csr", "app.csr", "--new-key"],
        ["issue", "--csr", "app.csr", "--key-file", "other.pem"],
        ["issue", "--csr", "app.csr", "--common-name"],
        ["issue", "--csr", "app.csr", "--group", "daemon"],
        ["issue", "localhost", "--cert-file", ""],
        ["issue", "localhost", "--cert-file", "."],
        ["issue", "localhost", "--key-file", ".."],
        ["issue", "localhost", "--home", ""],
        ["issue", "--csr", "app.csr", "--snippet", "nginx"],
        ["issue", "--email", "me@dev.test", "--snippet", "nginx"],
    ],
)
def test_bad_input_is_refused_in_words_and_nothing_is_written(certkit, folder, arguments):
    outcome = certkit(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "certkit: error: " in outcome.err
    assert "certkit: hint: " in outcome.err
    assert not list(folder.iterdir())
    assert not (folder.parent / "home" / "root.pem").exists()
    failed = certkit(*arguments, "--json")
    assert failed.envelope["status"] == "error"


def test_a_folder_that_cannot_be_written_to_is_a_fault_of_the_environment(certkit, folder):
    blocker = folder / "file"
    blocker.write_text("")
    outcome = certkit("issue", "localhost", "--out", blocker / "below")
    assert outcome.code == 3
    assert "certkit: hint: " in outcome.err


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_no_text_leads_to_a_traceback_or_out_of_the_folder(certkit, folder, texts):
    before = set(folder.parent.iterdir())
    outcome = certkit("issue", "--out", "certs", "--", *texts)
    assert outcome.code in (0, 2)
    assert set(folder.parent.iterdir()) <= before | {folder.parent / "home"}
    assert {path.name for path in folder.iterdir()} <= {"certs"}


def test_twenty_processes_in_an_empty_home_agree_on_one_ca(folder):
    """Real processes, because threads would share what a lock is there for."""
    certkit = str(Path(sys.executable).with_name("certkit"))
    home = folder.parent / "shared"

    def run(number: int) -> dict[str, object]:
        done = subprocess.run(
            [certkit, "issue", f"app{number}.test", "--json", "--home", str(home)],
            cwd=folder, env=dict(os.environ), capture_output=True, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)["data"]

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(run, range(20)))
    assert sum(result["ca"]["created"] for result in results) == 1
    assert len({result["certificate"]["aki"] for result in results}) == 1
    assert len({result["certificate"]["serial"] for result in results}) == 20
    assert len(list(folder.glob("*-key.pem"))) == 20


def test_a_copy_of_the_old_certificate_that_stays_is_named(certkit, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    certkit("issue", "localhost", "--p12", "--passphrase-file", secret)
    stale = certkit("issue", "localhost", "--json").envelope["findings"]
    assert [finding["code"] for finding in stale] == ["files.outdated"]
    assert str(folder / "localhost.p12") in stale[0]["summary"]
    again = certkit("issue", "localhost", "--p12", "--passphrase-file", secret, "--json")
    assert again.envelope["findings"] == []


def test_the_fix_of_verify_mends_the_very_file(certkit, folder):
    certkit("issue", "*.a.test", "b.test")
    failed = certkit("verify", "_wildcard.a.test+1.pem", "--host", "c.test", "--json")
    fix = shlex.split(failed.envelope["findings"][0]["fix"]["text"])
    assert certkit(*fix[1:]).code == 0
    assert certkit("verify", "_wildcard.a.test+1.pem", "--host", "c.test").code == 0
    assert len(list(folder.iterdir())) == 2


def test_an_endpoint_without_a_scheme_is_told_how_to_be_written(certkit, folder):
    outcome = certkit("verify", "127.0.0.1:39443", "--ip", "127.0.0.1")
    assert "certkit verify wss://127.0.0.1:39443" in outcome.err


def test_a_relative_path_upwards_is_fine_for_a_snippet(certkit, folder, monkeypatch):
    certkit("issue", "localhost")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    assert certkit("snippet", "nginx", "../localhost.pem").code == 0
