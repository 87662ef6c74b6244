import os
import time

import pytest

from murmur.errors import BadInput
from murmur.study.dates import check_dates, correct_dates

YEAR = 365 * 24 * 3600


@pytest.fixture
def files(tmp_path):
    """Three files, of a year ago, of now, and of a year ahead."""
    found = [tmp_path / name for name in ("old", "new", "my late")]
    for path, shift in zip(found, (-YEAR, 0, YEAR), strict=True):
        path.touch()
        os.utime(path, (time.time() + shift,) * 2)
    return found


def test_files_from_the_future_are_named_with_what_to_type(files):
    old, new, late = map(str, files)
    check_dates([old, new, "absent"])
    with pytest.raises(BadInput, match=f"^{late}: found a date in the future .*: touch '{late}'$"):
        check_dates([old, late, new])


def test_results_from_the_future_get_the_present_date(files):
    old, new, late = files
    link = old.parent / "link"
    link.symlink_to(late)
    os.utime(link, (time.time() + YEAR,) * 2, follow_symlinks=False)
    before = [path.stat().st_mtime_ns for path in (old, new)]
    correct_dates(old.parent)
    assert abs(late.stat().st_mtime - time.time()) < 60
    assert abs(link.lstat().st_mtime - time.time()) < 60
    assert [path.stat().st_mtime_ns for path in (old, new)] == before


def test_a_user_s_file_behind_a_link_keeps_its_date(files, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "link").symlink_to(files[2])
    before = files[2].stat().st_mtime_ns
    correct_dates(tmp_path / "results")
    assert files[2].stat().st_mtime_ns == before
