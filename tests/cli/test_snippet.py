"""certkit snippet: which files it finds, what it prints where."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from certkit.pki.authority import CertificateAuthority
from certkit.pki.keys import dump_private_key, load_private_key
from certkit.snippets import SNIPPETS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Certkit = Callable[..., Outcome]


@pytest.fixture
def foreign(folder: Path) -> Path:
    """A certificate that this home knows nothing of, and its key beside it."""
    issued = CertificateAuthority.create().issue("10.0.0.7", "nas.test")
    (folder / "nas.pem").write_bytes(issued.chain_pem)
    (folder / "nas-key.pem").write_bytes(issued.key_pem)
    return folder / "nas.pem"


def test_the_list_names_every_snippet(certkit: Certkit) -> None:
    listed = certkit("snippet", "--list")
    assert (listed.code, [line.split()[0] for line in listed.out.splitlines()]) == (
        0,
        list(SNIPPETS),
    )
    data = certkit("snippet", "--list", "--json").data
    assert [row["name"] for row in data["snippets"]] == list(SNIPPETS)


@pytest.mark.parametrize("name", SNIPPETS)
def test_stdout_is_the_text_and_nothing_else(certkit: Certkit, name: str) -> None:
    certkit("issue", "10.0.0.5", "localhost")
    printed = certkit("snippet", name, "10.0.0.5+1.pem")
    answered = certkit("snippet", name, "10.0.0.5+1.pem", "--json")
    assert (printed.code, answered.code) == (0, 0)
    assert printed.out == answered.data["text"]
    assert printed.err.splitlines() == [
        f"goes to {answered.data['place']}",
        f"check it there: {answered.data['check']}",
    ]


def test_the_paths_are_absolute_and_the_home_s_root_is_the_one_to_trust(
    certkit: Certkit, folder: Path
) -> None:
    certkit("issue", "localhost", "--bundle")
    data = certkit("snippet", "python", "localhost.pem", "--json").data
    assert data["files"] == {
        "certificate": str(folder / "localhost.pem"),
        "key": str(folder / "localhost-key.pem"),
        "ca": str(folder.parent / "home" / "root.pem"),
    }
    haproxy = certkit("snippet", "haproxy", "localhost.pem").out
    assert f"crt {folder / 'localhost-bundle.pem'} " in haproxy
    assert "umask" not in haproxy


@pytest.mark.parametrize("by", ["path", "name", "serial", "nothing"])
def test_a_certificate_is_meant_by_path_name_serial_or_being_the_newest(
    certkit: Certkit, by: str
) -> None:
    certkit("issue", "first.test")
    serial = certkit("issue", "second.test", "--json").data["certificate"]["serial"]
    certkit("issue", "--client", "--email", "me@second.test")
    meant = {"path": ["second.test.pem"], "name": ["second.test"], "serial": [serial]}.get(by, [])
    assert certkit("snippet", "nginx", *meant, "--json").data["url"] == "wss://second.test/"


def test_the_options_reach_the_text(certkit: Certkit) -> None:
    certkit("issue", "localhost")
    options = ("--to", "wss://backend.internal:9001", "--listen", 8443, "--profile", "modern")
    text = certkit("snippet", "nginx", *options, "--redirect").out
    for line in (
        "server backend.internal:9001;",
        "listen 8443 ssl;",
        "ssl_protocols TLSv1.3;",
        "proxy_ssl_name backend.internal;",
        "return 308 https://$host:8443$request_uri;",
    ):
        assert line in text


def test_options_without_effect_are_said(certkit: Certkit) -> None:
    certkit("issue", "localhost")
    printed = certkit("snippet", "python", "--to", "ws://127.0.0.1:1", "--redirect")
    assert printed.code == 0
    assert "--to changes nothing in the python snippet" in printed.err
    assert "--redirect changes nothing in the python snippet" in printed.err
    assert "--profile" not in printed.err


def test_a_file_that_the_home_does_not_know(certkit: Certkit, foreign: Path) -> None:
    data = certkit("snippet", "nginx", foreign, "--json").data
    key = str(foreign.with_name("nas-key.pem"))
    assert data["files"] == {"certificate": str(foreign), "key": key}
    assert not (foreign.parent.parent / "home").exists()  # looking makes no home


def test_a_root_is_not_claimed_for_a_stranger_s_certificate(
    certkit: Certkit, foreign: Path
) -> None:
    certkit("issue", "localhost")
    assert "ca" not in certkit("snippet", "nginx", foreign, "--json").data["files"]
    certkit("issue", "mine.test")
    copy = foreign.with_name("copy.pem")
    copy.write_bytes(foreign.with_name("mine.test.pem").read_bytes())
    files = certkit("snippet", "nginx", copy, "--key", "mine.test-key.pem", "--json").data["files"]
    assert files["ca"] == str(foreign.parent.parent / "home" / "root.pem")


def test_a_self_signed_certificate_is_its_own_root(certkit: Certkit, folder: Path) -> None:
    certkit("issue", "--self-signed", "localhost")
    for text in "localhost.pem", "localhost":
        files = certkit("snippet", "python", text, "--json").data["files"]
        assert files["ca"] == files["certificate"] == str(folder / "localhost.pem")


def test_a_key_in_the_certificate_s_file_is_found(certkit: Certkit, foreign: Path) -> None:
    both = foreign.with_name("both.pem")
    both.write_bytes(foreign.read_bytes() + foreign.with_name("nas-key.pem").read_bytes())
    assert certkit("snippet", "nginx", both, "--json").data["files"]["key"] == str(both)


def test_the_key_of_another_certificate_is_refused(certkit: Certkit, foreign: Path) -> None:
    certkit("issue", "localhost", "--key", "rsa2048")
    refused = certkit("snippet", "nginx", foreign, "--key", "localhost-key.pem")
    assert (refused.code, refused.out) == (2, "")
    assert "[files.key-mismatch]" in refused.err


def test_an_encrypted_key_is_said(certkit: Certkit, foreign: Path) -> None:
    key = load_private_key(foreign.with_name("nas-key.pem").read_bytes())
    foreign.with_name("locked.pem").write_bytes(dump_private_key(key, b"correct horse"))
    said = certkit("snippet", "nginx", foreign, "--key", "locked.pem", "--json")
    assert (said.code, [finding["code"] for finding in said.envelope["findings"]]) == (
        0,
        ["files.encrypted-key"],
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_key_that_is_not_ours_to_read_is_no_obstacle(certkit: Certkit, foreign: Path) -> None:
    foreign.with_name("nas-key.pem").chmod(0)
    assert certkit("snippet", "nginx", foreign).code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "usage.bad-arguments"),
        (("nosuch",), "snippet.unknown"),
        (("nginx",), "snippet.no-certificate"),
        (("nginx", "nosuch.pem"), "files.not-found"),
        (("nginx", "nas.pem", "--key", "nosuch.pem"), "files.not-found"),
        (("nginx", "nas-key.pem"), "files.wrong-format"),
        (("nginx", "nas.der"), "files.wrong-format"),
        (("nginx", "alone.pem"), "snippet.no-key"),
        (("nginx", "nas.pem", "--listen", "0"), "snippet.bad-port"),
        (("nginx", "nas.pem", "--profile", "old"), "snippet.bad-profile"),
        (("nginx", "nas.pem", "--to", "http://x:1"), "snippet.bad-upstream"),
        (("nginx", "nas.pem", "--to", "wss://x:1"), "snippet.no-ca"),
        (("nginx", "a$b.pem", "--key", "nas-key.pem"), "snippet.unquotable"),
        (("nginx", "a\nb.pem", "--key", "nas-key.pem"), "snippet.bad-path"),
        (("env", "nas.pem"), "snippet.no-ca"),
    ],
)
def test_what_cannot_be_done_is_exit_2_and_prints_no_text(
    certkit: Certkit, foreign: Path, arguments: tuple[str, ...], code: str
) -> None:
    for copy in ("alone.pem", "a$b.pem", "a\nb.pem"):
        foreign.with_name(copy).write_bytes(foreign.read_bytes())
    certkit("bundle", foreign, "--to", "der", "--out", "nas.der")
    refused = certkit("snippet", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert f"[{code}]" in refused.err
    assert certkit("snippet", *arguments, "--json").envelope["errors"][0]["code"] == code


def test_a_certificate_whose_file_is_gone_is_said(certkit: Certkit, folder: Path) -> None:
    certkit("issue", "localhost")
    (folder / "localhost.pem").unlink()
    refused = certkit("snippet", "nginx", "localhost")
    assert refused.code == 2
    assert "[files.not-found]" in refused.err


def test_issue_prints_it_too(certkit: Certkit) -> None:
    issued = certkit("issue", "localhost", "--snippet", "nginx", "--snippet", "python", "--json")
    for name, text in issued.data["snippets"].items():
        assert certkit("snippet", name, "localhost.pem").out == text


@pytest.mark.parametrize("arguments", [("issue", "10.0.0.5"), ("snippet", "--list")])
def test_templates_are_loaded_for_a_snippet_alone(folder: Path, arguments: tuple[str]) -> None:
    code = (
        "import sys\nfrom certkit.cli.app import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('jinja2' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "False"
