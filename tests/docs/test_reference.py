"""The reference pages say what the program says, and every page's links lead somewhere."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from certkit.cli.app import COMMANDS
from certkit.findings import CODES
from certkit.snippets.registry import SNIPPETS
from tests.docs.generated import ROOT, load_generate
from tests.docs.markdown import anchors, links, without_blocks

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
generate = load_generate()


def test_generated_pages_are_up_to_date() -> None:
    assert [path.name for path in generate.stale()] == []


def test_a_page_that_was_edited_by_hand_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "docs" / "reference", tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    assert generate.stale() == []
    edited = tmp_path / "findings" / "name.md"
    edited.write_text(edited.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    left_over = tmp_path / "findings" / "gone.md"
    left_over.touch()
    (tmp_path / "cli.md").unlink()
    assert set(generate.stale()) == {edited, left_over, tmp_path / "cli.md"}


def test_every_command_and_code_has_its_place_in_the_reference() -> None:
    cli = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n## certkit {name}\n" in cli
    index = (ROOT / "docs/reference/findings/index.md").read_text(encoding="utf-8")
    for code in CODES:
        assert f"`{code}`" in index


def test_every_dependency_is_accounted_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["websockets"]]
    text = (ROOT / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([\w.-]+) >=", text, re.MULTILINE))
    assert rows >= {re.split(r"[<>=!~ ;\[]", each)[0] for each in declared}


@pytest.mark.parametrize("name", SNIPPETS)
def test_every_snippet_has_a_how_to(name: str) -> None:
    headings = [
        heading.lower()
        for path in (ROOT / "docs/how-to").glob("*.md")
        for heading in re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    title = {"env": "clients", "node": "node"}.get(name, name)
    assert any(title in heading for heading in headings)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        target for target in links(page.read_text(encoding="utf-8")) if is_broken(page, target)
    ]
    assert broken == []


def is_broken(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return False  # the network is not asked
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists():
        return True
    return bool(anchor) and anchor not in anchors(there.read_text(encoding="utf-8"))


def test_a_broken_link_is_noticed() -> None:
    page = ROOT / "README.md"
    assert is_broken(page, "docs/no-such-page.md")
    assert is_broken(page, "README.md#no-such-heading")
    assert not is_broken(page, "LICENSE")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_speak_of_what_exists(page: Path) -> None:
    """Commands in running text name commands that there are."""
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`certkit ([a-z]+)\b", text))
    planned = set(re.findall(r"`certkit ([a-z]+)\b[^\n]*\bplanned\b", text))
    assert named - set(COMMANDS) - planned == set()
    assert "TODO" not in without_blocks(text)
