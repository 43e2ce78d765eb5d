"""Many processes at once in one home: one CA comes out, and every one of them succeeds."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from certkit.home.home import Home
from certkit.pki.certificate import Certificate
from tests.home.invariants import check_after

if TYPE_CHECKING:
    from pathlib import Path

ISSUE = """
import sys
from pathlib import Path
from certkit.home.home import Home
from certkit.home.output import Output
sys.stdin.readline()
with Home.open(Path(sys.argv[1])) as home:
    published = home.issue([sys.argv[3]], Output(Path(sys.argv[2])))
    print(published.created, published.issued.ca.sha256, published.issued.certificate.serial)
"""


def issue_at_once(folder: Path, out: Path, names: list[str]) -> list[list[str]]:
    """A process for each name, all let go at the same moment; what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ISSUE, str(folder), str(out), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = []
    for process in processes:
        answer, complaint = process.communicate(timeout=100)
        assert process.returncode == 0, complaint
        printed.append(answer.split())
    return printed


@pytest.mark.parametrize("count", [2, 20])
def test_processes_that_find_no_home_make_one_ca_together(
    folder: Path, out: Path, count: int
) -> None:
    names = [f"n{number}.test" for number in range(count)]
    printed = issue_at_once(folder, out, names)
    assert [created for created, _, _ in printed].count("True") == 1
    assert len({ca for _, ca, _ in printed}) == 1
    assert len({serial for _, _, serial in printed}) == count

    root = Certificate.from_pem((folder / "root.pem").read_bytes())
    assert {ca for _, ca, _ in printed} == {root.sha256}
    pairs = {out / f"{name}.pem": out / f"{name}-key.pem" for name in names}
    assert set(out.iterdir()) == {*pairs, *pairs.values()}
    check_after(folder, pairs)
    with Home.open(folder) as home:
        kinds = [each.kind for each in home.certificates()]
        assert (kinds.count("root"), kinds.count("server")) == (1, count)


def test_processes_that_write_the_same_pair_leave_a_pair(folder: Path, out: Path) -> None:
    printed = issue_at_once(folder, out, ["localhost"] * 6)
    pair = {out / "localhost.pem": out / "localhost-key.pem"}
    check_after(folder, pair)
    with Home.open(folder) as home:
        statuses = [each.status for each in home.certificates() if each.kind == "server"]
        assert sorted(statuses) == ["superseded"] * 5 + ["valid"]
        published = Certificate.load_all((out / "localhost.pem").read_bytes())[0]
        assert home.find("localhost").certificate == published
    assert published.serial in {serial for _, _, serial in printed}
