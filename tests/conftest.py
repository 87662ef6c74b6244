import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that is tested."""
    return ROOT


@pytest.fixture
def no_warnings():
    """Make every warning an error: a statistic that is not defined is to be a missing value with a reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
