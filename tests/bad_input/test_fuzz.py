"""A few hundred mutated files, the same ones at every run; tests/bad_input/fuzz.py reads more."""

from fuzz import fuzz


def test_mutated_files_are_read_or_refused(tmp_path):
    number, found = fuzz(tmp_path, seed=1, last=400, seconds=240)
    assert not found, [finding[:3] for finding in found]
    assert number == 400
