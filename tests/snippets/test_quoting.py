"""Each language's quoting against that language's own parser."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import certkit
from certkit.errors import CertkitError
from certkit.pki.names import parse
from certkit.snippets import SNIPPETS, SnippetInput, quoting, render, rendering
from tests.e2e.wss import check
from tests.peers import clean_env, program

# What SnippetInput lets through: text that prints. The characters of the languages come often.
# What `printable` leaves as it is; drawn so, not filtered, which Hypothesis finds too slow.
_SHOWN = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
texts = st.text(
    st.one_of(st.sampled_from("""\\"'`$;#{}%<>&|*?[]()!~=,@: """), _SHOWN), min_size=1, max_size=40
)
file_names = texts.filter(
    lambda text: "/" not in text and text not in (".", "..") and len(text.encode()) < 200
)


@given(texts)
def test_a_literal_is_the_same_string_in_python_and_json(text: str) -> None:
    quoted = quoting.literal(text)
    assert ast.literal_eval(quoted) == json.loads(quoted) == text


@given(st.lists(texts, min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_a_shell_word_is_one_argument(words: list[str]) -> None:
    script = f"printf '%s\\0' {' '.join(map(quoting.shell, words))}"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == words


@given(st.lists(texts, min_size=1, max_size=50))
@settings(max_examples=5, deadline=None)
def test_a_literal_is_the_same_string_in_javascript(words: list[str]) -> None:
    script = f"process.stdout.write([{', '.join(map(quoting.literal, words))}].join('\\0'))"
    done = subprocess.run(
        [program("node"), "-e", script], capture_output=True, check=True, env=clean_env()
    )
    assert done.stdout.decode().split("\0") == words


@cache
def key_and_certificate() -> bytes:
    issued = certkit.CertificateAuthority.create().issue("localhost")
    return issued.key_pem + issued.chain_pem


def read_by(name: str, folder: Path, quoted: str) -> bool:
    """Whether the real parser opens the file whose path was quoted (absent: it would say no)."""
    configuration = folder / "configuration"
    configuration.write_text(PARSERS[name].format(quoted=quoted, folder=folder))
    command = {
        "nginx": [program("nginx"), "-t", "-q", "-e", "stderr", "-p", folder, "-c", configuration],
        "haproxy": [program("haproxy"), "-c", "-q", "-f", configuration],
        "apache": [program("apache2"), "-t", "-d", folder, "-f", configuration],
    }[name]
    done = subprocess.run(command, capture_output=True, env=clean_env(), check=False)
    return done.returncode == 0


REFUSED = {"nginx": ("$",), "haproxy": (), "apache": ("${",)}
PARSERS = {
    "nginx": """\
pid {folder}/pid;
events {{ }}
http {{
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:18443; ssl_certificate {quoted}; ssl_certificate_key {quoted}; }}
    access_log off;
}}
""",
    "haproxy": """\
defaults
    mode http
    timeout client 1s
    timeout connect 1s
    timeout server 1s
frontend test
    bind 127.0.0.1:8443 ssl crt {quoted}
""",
    "apache": """\
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
ServerName test
PidFile {folder}/pid
ErrorLog {folder}/log
Listen 127.0.0.1:8443
<VirtualHost *:8443>
    SSLEngine on
    SSLCertificateFile {quoted}
    SSLCertificateKeyFile {quoted}
</VirtualHost>
""",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("nginx", marks=pytest.mark.peer("nginx")),
        pytest.param("haproxy", marks=pytest.mark.peer("haproxy")),
        pytest.param("apache", marks=pytest.mark.peer("apache2")),
    ],
)
@given(file_name=file_names)
@settings(max_examples=60, deadline=None)
def test_the_real_parser_opens_the_file_that_was_meant(name: str, file_name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / file_name
        if any(sequence in file_name for sequence in REFUSED[name]):
            with pytest.raises(CertkitError) as caught:
                SNIPPETS[name].quote(str(path))
            assert caught.value.code == "snippet.unquotable"
            return
        quoted = SNIPPETS[name].quote(str(path))
        assert not read_by(name, Path(folder), quoted)
        path.write_bytes(key_and_certificate())
        assert read_by(name, Path(folder), quoted)


@pytest.mark.peer("caddy")
@given(st.lists(file_names, min_size=1, max_size=50))
@settings(max_examples=5, deadline=None)
def test_caddy_reads_the_path_that_was_meant(names: list[str]) -> None:
    paths = [f"/tls/{name}" for name in names if not set(name) & set("{}\\")]
    with TemporaryDirectory() as folder:
        lines = "\n".join(f"\ttls {quoting.caddy(path)} /key" for path in paths)
        (Path(folder) / "Caddyfile").write_text(f"https://localhost {{\n{lines}\n}}\n")
        adapted = check(
            [program("caddy"), "adapt", "--config", "Caddyfile", "--adapter", "caddyfile"],
            cwd=Path(folder),
        )
    tls = json.loads(adapted.splitlines()[0])["apps"].get("tls", {"certificates": {}})
    read = [pair["certificate"] for pair in tls["certificates"].get("load_files", [])]
    assert set(read) == set(paths)


@given(texts)
def test_caddy_never_gets_a_placeholder_or_a_backslash(text: str) -> None:
    if set(text) & set("{}\\"):
        with pytest.raises(CertkitError):
            quoting.caddy(text)
    else:
        assert quoting.caddy(text)[1:-1].replace('\\"', '"') == text


PLAIN = SnippetInput(
    certificate=Path("/tls/a.pem"),
    key=Path("/tls/k.pem"),
    ca=Path("/tls/r.pem"),
    bundle=Path("/tls/b.pem"),
    names=(parse("a.test"),),
)


@pytest.mark.parametrize("name", SNIPPETS)
@given(file_name=file_names)
def test_a_path_adds_no_line_and_changes_no_other(name: str, file_name: str) -> None:
    assume(SNIPPETS[name].quote is not quoting.caddy or not set(file_name) & set("{}\\"))
    assume("$" not in file_name or name not in ("nginx", "apache"))
    path = Path("/tls", file_name)
    given = replace(PLAIN, certificate=path, key=path, ca=path, bundle=path)
    quoted = SNIPPETS[name].quote(path.as_posix())
    # env names its bundle after the path of the root.
    lines, plain = (
        re.sub("roots-[0-9a-f]{8}", "", render(name, each)).splitlines() for each in (given, PLAIN)
    )
    assert len(lines) == len(plain)
    assert all(line == other or quoted in line for line, other in zip(lines, plain, strict=True))


def test_a_template_cannot_print_what_nobody_quoted() -> None:
    environment = rendering._environment()
    with pytest.raises(TypeError, match="unquoted"):
        environment.from_string("{{ path }}").render(path="/tls/a.pem; evil")
    with pytest.raises(TypeError, match="unquoted"):
        environment.from_string("{{ paths | words }}").render(paths=["/tls/a.pem; evil"])
    assert environment.from_string("{{ path }}").render(path=rendering.Word("/tls/a.pem")) == (
        "/tls/a.pem"
    )


def test_every_template_has_a_row() -> None:
    folder = Path(rendering.__file__).parent / "templates"
    assert {path.name for path in folder.iterdir()} == {row.template for row in SNIPPETS.values()}
