"""Hostile input costs a bounded time, never the square of its size."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from certkit.audit import audit
from certkit.audit.files import Source
from certkit.audit.page.policy import problems as policy_problems
from certkit.audit.page.websockets import MAX_PROBLEMS, problems
from certkit.errors import CertkitError
from tests.audit.conftest import NOW

MEBIBYTE = 2**20
META = "<meta http-equiv=content-security-policy content=\"default-src 'unsafe-inline'\">"
PATIENCE = 20.0  # seconds of this process, whatever else runs; quadratic work takes hours


@pytest.fixture(autouse=True)
def _bounded() -> object:
    began = time.process_time()
    yield
    assert time.process_time() - began < PATIENCE


@pytest.mark.parametrize(
    "piece",
    ['"\\', "'", "`", "${", "`${", "/", "/[", "/*", "ws:", '"ws:', "{", "}", "<a x=", '<a x="',
     "<a x='", "<a x={", "<!--", "<script", "<script>", "&quot;ws://", "ws://@", "(", "a", "\\",
     "'ws'+", "p='ws';", "x.protocol='ws:';", ")/", "if(a)/"],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".js", ".html"])
def test_a_mebibyte_of_anything_in_a_page(piece: str, suffix: str) -> None:
    text = "'ws:'" + piece * (MEBIBYTE // len(piece))
    for _ in problems(Source(Path("x"), text), suffix):
        pass


@pytest.mark.parametrize(
    "piece",
    [META, "<!-- >", "<!-->", "<!x", "<title>", "<title></title>", "<script src=a.js>", '<meta "',
     "<meta ", "<meta a='b>", "wss://a.test ", "new WebSocket('wss://a.test/');", "const abc='wss:",
     "<script>const abc='wss://a.test/';new WebSocket(abc)</script>", "connect-src ", "';'"],
)  # fmt: skip
def test_a_mebibyte_of_anything_behind_a_policy(piece: str) -> None:
    text = META + "<script>" + piece * (MEBIBYTE // len(piece))
    for page in (text, text.replace("<script>", "", 1), text.removeprefix(META)):
        for _ in policy_problems(Source(Path("x"), page), ".html", {"a.js": text}.get):
            pass


@pytest.mark.parametrize(
    "piece",
    ["a;", "{", "a{", "}", '"', "'a' ", "#", "\\", "${", "a ", "server{}", "include x;",
     "server{listen 443;}", "server{listen 1 ssl;location/ws{proxy_pass http://a;}}",
     "map $http_upgrade $a { }", "ssl on;", "ssl_ciphers ALL:RC4;"],
)  # fmt: skip
def test_a_quarter_mebibyte_of_anything_in_a_configuration(piece: str, tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text("server { }" + piece * (MEBIBYTE // 4 // len(piece)))
    with suppress(CertkitError):
        for problem in audit([path], now=NOW).problems[:50]:
            problem.finding()


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"location /ws{n}/ {{ proxy_pass http://a; }}\n" for n in range(5000)),
        "".join(f"proxy_set_header X{n} y;\n" for n in range(5000))
        + "".join(f"location /x{n}/ws {{ proxy_pass http://a; }}\n" for n in range(2000)),
        "".join(f"include {n}.conf;\n" for n in range(5000)),
        'add_header Content-Security-Policy "connect-src https:";\n' * 3000
        + "location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; }"
        + f"server_name {' '.join(f'{n}.test' for n in range(64))};",
    ],
    ids=["locations", "headers", "includes", "policies"],
)
def test_thousands_of_lines_that_look_at_each_other(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.conf"
    path.write_text(f"server {{ listen 443 ssl; {text} }}")
    for problem in audit([path], now=NOW).problems[:50]:
        problem.finding()


def test_a_page_with_endless_findings_is_cut_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.js"
    path.write_text("'ws://a.test'\n" * (MAX_PROBLEMS + 5))
    report = audit([path], now=NOW)
    assert len(report.problems) == MAX_PROBLEMS
    assert "more than" in report.unread[path]
