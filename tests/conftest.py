import gc
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest: the default study, then the other workflow tests; real images need its network."""
    order = {"test_demo.py": 0, "test_real.py": 2}
    items.sort(key=lambda item: ("workflow" not in item.path.parts, order.get(item.path.name, 1)))


def pytest_collection_finish() -> None:
    """Do not search what has been imported for garbage, and the rest less often: this takes a twelfth of the time."""
    gc.freeze()
    gc.set_threshold(700, 10, 100)


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
