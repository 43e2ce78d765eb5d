"""Ten lessons in a row: each breaks something on purpose, asks, answers and leads to the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from certkit.findings import CODES
from certkit.lab.registry import SCENARIOS
from tests.docs.generated import ROOT
from tests.docs.markdown import links

if TYPE_CHECKING:
    from pathlib import Path

LESSONS = sorted((ROOT / "docs/lessons").glob("*.md"))
SERVED = {scenario.name for scenario in SCENARIOS}
PAGES_OF_CODES = "../reference/findings/"


def lacking(text: str) -> set[str]:
    """What a lesson should have and ``text`` does not."""
    has = {
        "scenario": SERVED & set(re.findall(r"^\$ certkit lab run ([\w.-]+)", text, re.MULTILINE)),
        "question": "\n**Question.** " in text,
        "answers": answered(text),
        "code": any(
            f"[`{code}`]({PAGES_OF_CODES}{code.split('.')[0]}.md#" in text for code in CODES
        ),
    }
    return {what for what, there in has.items() if not there}


def answered(text: str) -> bool:
    """Whether each question is followed by an answer before the next one."""
    marks = re.findall(r"^\*\*(Question|Answer)\.\*\* ", text, re.MULTILINE)
    return marks == ["Question", "Answer"] * (len(marks) // 2)


def test_there_are_ten_lessons_in_a_row() -> None:
    assert [path.name[:3] for path in LESSONS] == [f"{number:02}-" for number in range(1, 11)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_breaks_something_asks_and_answers(lesson: Path) -> None:
    assert lacking(lesson.read_text(encoding="utf-8")) == set()


def test_each_lesson_leads_to_the_next() -> None:
    ends = [path.read_text(encoding="utf-8").rpartition("Next:")[2] for path in LESSONS[:-1]]
    assert [links(end)[:1] for end in ends] == [[path.name] for path in LESSONS[1:]]


def test_the_index_lists_the_lessons_in_their_order() -> None:
    listed = links((ROOT / "docs/index.md").read_text(encoding="utf-8"))
    lessons = [target for target in listed if target.startswith("lessons/")]
    assert lessons == [f"lessons/{path.name}" for path in LESSONS]


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("$ certkit lab run expired", "scenario"),
        ("**Question.** ", "question"),
        ("**Answer.** ", "answers"),
        ("[`validity.expired`]", "code"),
    ],
)
def test_a_lesson_that_lacks_something_is_noticed(part: str, what: str) -> None:
    whole = (
        "\n**Question.** Why?\n**Answer.** So.\n$ certkit lab run expired --port 8443\n"
        "[`validity.expired`](../reference/findings/validity.md#validityexpired)\n"
    )
    assert lacking(whole) == set()
    assert what in lacking(whole.replace(part, ""))
