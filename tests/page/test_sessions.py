"""Places of closed pages are given to new ones."""

import asyncio

import pytest

from murmur.errors import BadInput
from page import session
from page.session import MOST_SESSIONS, RELOADED_SECONDS, Sessions


def test_a_page_takes_the_place_of_that_closed_first(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(session.time, "monotonic", lambda: now)

    async def run():
        nonlocal now
        sessions = Sessions("murmur")
        try:
            opened = [await sessions.new() for _ in range(MOST_SESSIONS)]
            for each in opened:
                each.listeners = 1
            now += 2 * RELOADED_SECONDS
            with pytest.raises(BadInput, match="^found 8 open pages, expected fewer; close one"):
                await sessions.new()
            for each in (opened[3], opened[1], opened[6]):
                each.listeners, each.left = 0, now
                now += RELOADED_SECONDS
            new = await sessions.new()
            assert list(sessions.open) == [each.token for each in opened if each is not opened[3]] + [new.token]
            assert not opened[3].folder.exists() and opened[1].folder.exists()
            await sessions.new()
            with pytest.raises(BadInput):  # the third was closed a moment ago, and may be loaded again
                await sessions.new()
        finally:
            await sessions.close()

    asyncio.run(run())
