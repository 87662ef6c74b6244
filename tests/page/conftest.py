"""Fixtures of the tests of the web page, for which its packages must be installed (`make .venv/page`)."""

import pytest

pytest.importorskip("starlette")

from browser import INSTALLED, browser
from page_server import Client, page_server


@pytest.fixture(scope="session")
def served():
    """Address and process of a running page."""
    with page_server() as (address, process):
        yield address, process


@pytest.fixture
def client(served):
    """An open session."""
    opened = Client(served[0])
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def chromium():
    """Chromium, for all tests."""
    if not INSTALLED:
        pytest.skip("Chromium is not installed (apt-get install chromium chromium-driver)")
    with browser() as started:
        yield started


@pytest.fixture
def window(chromium, tmp_path):
    """A tab of Chromium, whose downloads go to `tmp_path`."""
    with chromium.tab(tmp_path) as opened:
        yield opened
