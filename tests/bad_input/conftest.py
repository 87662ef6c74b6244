"""Fixtures of the corpus: the good studies, written once, and a copy of one of them for each case."""

import copy
import shutil
from pathlib import Path

import pytest

from good_study import STUDIES, Place


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """The good studies by name: a folder and the content of its study file."""
    found = {}
    for name, write in STUDIES.items():
        folder = tmp_path_factory.mktemp(name)
        found[name] = (folder, write(folder))
    return found


@pytest.fixture
def place(good, tmp_path, case) -> Place:
    """A copy of the good study of a case."""
    folder, study = good[case.study]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return Place(Path(tmp_path), copy.deepcopy(study))
