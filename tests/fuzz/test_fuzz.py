"""2,000 damaged files in every run; many more by hand: python -m tests.fuzz 100000."""

from __future__ import annotations

import pytest

from tests.fuzz import seeds
from tests.fuzz.target import exercise, fuzzed

BATCHES, BATCH = 20, 100


@pytest.mark.parametrize("batch", range(BATCHES))
def test_damaged_files_are_refused_or_described_and_never_raise(batch):
    for number in range(batch * BATCH, (batch + 1) * BATCH):
        kind, data = fuzzed(number)
        try:
            exercise(data)
        except Exception as fault:
            fault.add_note(f"input {number} ({kind}): {data.hex()}")
            raise


@pytest.mark.parametrize("name", [*seeds.DER, *seeds.PEM])
def test_the_files_are_sound_before_they_are_damaged(name):
    assert exercise((seeds.DER | seeds.PEM)[name])


def test_the_damage_lets_a_good_part_through_and_stops_another():
    seen = [exercise(fuzzed(number)[1]) for number in range(300)]
    assert 0.2 < sum(seen) / len(seen) < 0.98


def test_every_kind_of_file_is_damaged():
    kinds = {fuzzed(number)[0] for number in range(400)}
    assert len(kinds) == len(seeds.DER) + len(seeds.PEM) + len(seeds.SIGNED)
