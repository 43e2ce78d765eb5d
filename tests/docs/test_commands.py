"""Every command that README and the documentation show is run, and answers as is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.docs import runner
from tests.docs.generated import ROOT, load_generate
from tests.docs.markdown import blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGES = load_generate().written_pages()
RUNNABLE = ("console", "python", *runner.SHELLS)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def shows_commands(page: Path) -> bool:
    return any(
        block.language in RUNNABLE and not block.file
        for block in blocks(page.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("page", list(filter(shows_commands, PAGES)), ids=name_of)
def test_a_page_shows_what_happens(page: Path, tmp_path: Path) -> None:
    outcomes = runner.run(page.read_text(encoding="utf-8"), tmp_path)
    problems = [
        f"{name_of(page)}:{outcome.step.line}: {outcome.step.source}\n{outcome.problem}"
        for outcome in outcomes
        if outcome.problem
    ]
    assert not problems, "\n\n".join(problems)


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    shown = [
        line
        for page in PAGES
        for block in blocks(page.read_text(encoding="utf-8"))
        for line in (
            [command.text for command in block.commands()]
            if block.language == "console"
            else block.lines
            if block.language in runner.SHELLS
            else []
        )
    ]
    unused = [
        beginning
        for beginning in runner.NOT_RUN
        if not any(re.match(beginning, line) for line in shown)
    ]
    assert unused == []


def outcome_of(page: str, folder: Path) -> list[str | None]:
    return [outcome.problem for outcome in runner.run(page, folder)]


@pytest.mark.parametrize(
    "page",
    [
        "```console\n$ echo one\none\n```\n",
        "```console\n$ echo one; echo two; echo three\none\n...\nthree\n```\n",
        "```console exit=3\n$ echo one\none\n$ (exit 3)\n```\n",
        "```console\n$ echo a \\\n>   b\na b\n```\n",
        "```sh\nexport WORD=kept\n```\n```console\n$ echo $WORD\nkept\n```\n",
        "```python\n# part.py\nprint(1)\n```\n```console\n$ python3 part.py\n1\n```\n",
        "```python\n>>> 1 + 1\n2\n```\n",
        "```console\n$ pwd\n/home/you/site\n```\n",
        "```console\n$ date +%Y-%m-%d\n1999-01-01\n```\n",
    ],
)
def test_a_true_page_passes(page: str, tmp_path: Path) -> None:
    assert not any(outcome_of(page, tmp_path))


@pytest.mark.parametrize(
    "page",
    [
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ echo one\n```\n",
        "```console\n$ true\nsomething\n```\n",
        "```console\n$ false\n```\n",
        "```console exit=2\n$ echo one\none\n```\n",
        "```console\n$ echo one; echo two\none\n...\nthree\n```\n",
        "```sh\nfalse\ntrue\n```\n",
        "```python\nraise SystemExit(1)\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```console wait=8443\n$ false\n```\n",
    ],
)
def test_an_untrue_page_fails(page: str, tmp_path: Path) -> None:
    assert any(outcome_of(page, tmp_path))


SERVER = "```console wait=8443\n$ python3 -m http.server 8443 --bind 127.0.0.1 -d {}\n```\n"
ASK = """```console
$ python3 -c 'from urllib.request import urlopen; urlopen("http://127.0.0.1:8443/{}")'
```
"""


def test_a_server_makes_room_for_the_next_on_its_port(tmp_path: Path) -> None:
    made = "```sh\nmkdir one two; touch one/1 two/2\n```\n"
    page = f"{made}{SERVER.format('one')}{ASK.format('1')}{SERVER.format('two')}{ASK.format('2')}"
    assert not any(outcome_of(page, tmp_path / "right"))
    assert any(outcome_of(page.replace("8443/2", "8443/1"), tmp_path / "wrong"))


def test_a_page_is_updated_to_what_happens(tmp_path: Path) -> None:
    page = "say\n\n```console\n$ echo one\nuno\n$ date +%Y-%m-%d\n1999-01-01\n```\n\nend\n"
    fresh = runner.updated(page, runner.run(page, tmp_path))
    assert fresh == page.replace("uno", "one")
