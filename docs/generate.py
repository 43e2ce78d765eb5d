"""Writes the reference pages that are made from the program, and the outputs that pages show.

python docs/generate.py                       write docs/reference/cli.md and findings/
python docs/generate.py --check               fail when they are not what the program says
python docs/generate.py --update-outputs [F]  run the commands of the pages, show real output
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from certkit.cli.app import COMMANDS, GROUPS  # noqa: E402 - found from any folder
from certkit.explanations import explanation  # noqa: E402
from certkit.findings import CODES  # noqa: E402
from tests.docs.runner import run, updated  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REFERENCE: Final = ROOT / "docs" / "reference"
_MADE: Final = "<!-- Made by docs/generate.py. Edit {source} instead. -->\n"
_COLUMNS: Final = 80
_ABOUT_COMMANDS: Final = """\
# Command line

Every help page, as `certkit COMMAND --help` prints it. What `--json` prints is in
[json.md](json.md), what the exit codes mean in [exit-codes.md](exit-codes.md).
"""
_ABOUT_CODES: Final = """\
# Finding codes

Each thing that certkit finds wrong has a code, `<layer>.<what>`. Codes are stable: scripts match
them, and people search for them. `certkit explain CODE` prints the same text in a terminal;
`certkit explain --all` lists the codes.

The words of clients were read from real failures on loopback, with Chromium 156, Firefox ESR 153,
Python 3.11 and 3.13 (OpenSSL 3.0), curl 7.88, Node 20 and 24, Go 1.27, Java 17 and 25, Deno 2.9,
GnuTLS 3.7, NSS 3.87 and nginx 1.22, unless the text says otherwise. Chrome and Edge use Chromium's
`net::` names.
"""


def command_paths() -> Iterator[tuple[str, ...]]:
    yield ()
    for name in COMMANDS:
        yield (name,)
        yield from ((name, below) for below in GROUPS.get(name, ()))


def help_page(path: tuple[str, ...]) -> str:
    """What ``certkit PATH --help`` prints on a terminal of eighty columns."""
    kept = ("HOME", "LANG", "PATH", "SYSTEMROOT", "USERPROFILE")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "certkit", *path, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment | {"COLUMNS": str(_COLUMNS)},
    )
    return done.stdout.strip("\n")


def cli_page() -> str:
    parts = [
        _MADE.format(source="the docstrings in certkit/cli/"),
        _ABOUT_COMMANDS,
    ]
    for path in command_paths():
        title = " ".join(("certkit", *path))
        parts.append(f"## {title}\n\n```text\n{help_page(path)}\n```\n")
    return "\n".join(parts)


def layers() -> list[str]:
    return list(dict.fromkeys(code.partition(".")[0] for code in CODES))


def findings_index() -> str:
    rows = [
        f"| [`{code}`]({code.partition('.')[0]}.md#{code.replace('.', '')}) | {title} |"
        for code, title in CODES.items()
    ]
    table = "\n".join(["| code | what is wrong |", "|---|---|", *rows])
    return f"{_MADE.format(source='certkit/findings.py')}\n{_ABOUT_CODES}\n{table}\n"


def findings_page(layer: str) -> str:
    page = files("certkit.explanations").joinpath(f"{layer}.md").read_text(encoding="utf-8")
    title = page.partition("\n")[0]
    parts = [_MADE.format(source=f"certkit/explanations/{layer}.md"), f"{title}\n"]
    for code in CODES:
        if code.startswith(f"{layer}."):
            # A list may follow its sentence directly on a terminal; some renderers want a blank.
            text = re.sub(r"^((?!- |  ).+\n)(?=- )", r"\1\n", explanation(code), flags=re.MULTILINE)
            parts.append(f"## {code}\n\n*{CODES[code]}*\n\n{text}\n")
    return "\n".join(parts)


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated page with what must stand in it."""
    yield REFERENCE / "cli.md", cli_page()
    yield REFERENCE / "findings" / "index.md", findings_index()
    for layer in layers():
        yield REFERENCE / "findings" / f"{layer}.md", findings_page(layer)


def stale() -> list[Path]:
    """The generated pages that are missing, out of date, or left over."""
    made = dict(pages())
    left_over = set((REFERENCE / "findings").glob("*.md")) - set(made)
    return sorted(left_over) + [
        path
        for path, text in made.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def written_pages() -> list[Path]:
    """The pages that people write: README and all of docs/ that is not generated."""
    return [
        ROOT / "README.md",
        *sorted(
            path
            for path in (ROOT / "docs").rglob("*.md")
            if _MADE[:30] not in path.read_text(encoding="utf-8")[:60]
        ),
    ]


def update_outputs(paths: Iterable[Path]) -> None:
    for path in paths:
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            outcomes = run(text, Path(folder))
        for outcome in outcomes:
            if outcome.status != outcome.step.status:
                print(f"{path.relative_to(ROOT)}:{outcome.step.line}: {outcome.problem}")
        fresh = updated(text, outcomes)
        if fresh != text:
            path.write_text(fresh, encoding="utf-8")
            print(f"updated {path.relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--update-outputs", nargs="*", type=Path, metavar="FILE")
    given = parser.parse_args()
    if given.update_outputs is not None:
        update_outputs([path.resolve() for path in given.update_outputs] or written_pages())
        return 0
    if given.check:
        for path in (old := stale()):
            print(f"out of date: {path.relative_to(ROOT)}; run: python docs/generate.py")
        return 1 if old else 0
    for path, text in pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
