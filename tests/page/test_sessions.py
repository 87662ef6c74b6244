"""Sessions: places of closed pages are given to new ones, and an upload does not disturb the next."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from murmur.errors import BadInput
from page import server, session
from page.__main__ import host_headers
from page.server import receive_file
from page.session import MOST_SESSIONS, RELOADED_SECONDS, Session, Sessions, Stopped


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


def sent(session, name, content, upload="1"):
    """Send a file to a session; return the status, or what is wrong."""
    opened = SimpleNamespace(state=SimpleNamespace(sessions=SimpleNamespace(open={session.token: session})))
    headers = [(b"x-name", name.encode()), (b"x-upload", upload.encode())]
    scope = {"type": "http", "headers": headers, "path_params": {"token": session.token}, "app": opened}

    async def receive():
        return {"type": "http.request", "body": content}

    try:
        return asyncio.run(receive_file(Request(scope, receive))).status_code
    except BadInput as problem:
        return str(problem)


def test_an_upload_that_is_too_large_does_not_stop_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "MOST_FILES", 2)
    monkeypatch.setattr(server, "MOST_BYTES", 1000)
    opened = Session(tmp_path, "murmur", None)
    received = opened.folder / "received"
    assert [sent(opened, f"{n}.dcm", b"x" * 10) for n in range(2)] == [204, 204]
    assert "more than 2 files" in sent(opened, "2.dcm", b"x")
    assert not list(received.iterdir()) and sent(opened, "a.nii", b"x" * 600) == 204
    assert "more than 1,000 bytes" in sent(opened, "b.nii", b"x" * 600)
    assert not list(received.iterdir()) and sent(opened, "c.nii", b"x" * 600) == 204


def test_files_of_a_broken_upload_do_not_join_the_next(tmp_path):
    opened = Session(tmp_path, "murmur", None)
    assert [sent(opened, "a.dcm", b"a"), sent(opened, "b.dcm", b"b", "2")] == [204, 204]
    assert [name for name, _ in opened.upload.files] == ["b.dcm"]
    assert [path.read_bytes() for path in (opened.folder / "received").iterdir()] == [b"b"]


def test_a_page_with_very_many_scans_takes_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "MOST_STORED", 1000)
    opened = Session(tmp_path, "murmur", None)
    (opened.folder / "study" / "mice" / "a.h5").write_bytes(bytes(1001))
    assert "remove mice" in sent(opened, "a.nii", b"x")


def test_objects_are_not_received_whatever_their_size(tmp_path):
    async def receive():
        return {"type": "http.request", "body": b"[" * 6000, "more_body": True}

    with pytest.raises(BadInput, match="without an object"):
        asyncio.run(server._json(Request({"type": "http", "headers": []}, receive)))


def test_what_takes_long_is_stopped_and_leaves_no_files(tmp_path):
    class Slow:
        async def order(self, task, report, **arguments):
            report("unpacking", 1, 3)
            (opened.folder / "uploads" / "1").mkdir(parents=True)
            await asyncio.sleep(60)

    opened = Session(tmp_path, "murmur", SimpleNamespace(files=Slow()))
    assert sent(opened, "a.zip", b"x") == 204

    async def run():
        reading = asyncio.create_task(opened.read())
        while not opened.long or not opened.long[0].progress:
            await asyncio.sleep(0)
        assert '"name": "Looking for scans", "progress": "unpacking 2 of 3"' in opened.shown()
        opened.stop_long()
        with pytest.raises(Stopped):
            await reading

    asyncio.run(run())
    assert opened.long == [] and not [path for path in opened.folder.rglob("*") if path.is_file()]
    assert not list((opened.folder / "uploads").iterdir())


def test_hosts_are_compared_as_browsers_send_them():
    assert host_headers(["Lab", "::1"], 8765) == {"lab:8765", "[::1]:8765"}
    assert host_headers(["lab"], 80) == {"lab:80", "lab"}
    guard = server.OnlyThisPage(None, host_headers(["localhost"], 8765))
    assert not guard._refused(Headers({"host": "LOCALHOST:8765"})) and guard._refused(Headers({"host": "localhost"}))
