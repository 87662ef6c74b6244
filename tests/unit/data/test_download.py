import hashlib
import subprocess

import numpy as np
import pytest
from requests.adapters import Retry

import obtain_mouse
from file_server import FileServer
from murmur.data import download as module
from murmur.data.download import difference, download, git_blob_sha1
from murmur.errors import BadInput

CONTENT = np.random.default_rng(0).bytes(100_000)
EXPECTED = {"bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
PATH = "/Data/Mouse1.h5"


@pytest.fixture
def server(monkeypatch):
    """A server of one file, asked in small pieces by someone impatient."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(module, "PIECE", 1000)
    monkeypatch.setattr(module, "TIMEOUT_S", (1, 0.3))
    monkeypatch.setattr(module, "RETRY", module.RETRY.new(backoff_factor=0))
    server = FileServer()
    server.files[PATH] = CONTENT
    yield server
    server.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "mice" / "Mouse1.h5"


def partial(target):
    return target.with_name(".Mouse1.h5.partial")


def fetch(server, target, expected=EXPECTED):
    download(f"{server.address}{PATH}", target, expected)


def refused(server, target, *words, expected=EXPECTED):
    with pytest.raises(BadInput) as error:
        fetch(server, target, expected)
    for word in (f"{server.address}{PATH}", *words):
        assert word in str(error.value)
    assert "\n" not in str(error.value) and "Max retries" not in str(error.value)
    assert not target.exists()


def test_digest_is_that_of_git(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    assert git_blob_sha1(tmp_path / "file") == hashlib.sha1(b"blob 100000\0" + CONTENT).hexdigest()
    (tmp_path / "file").write_bytes(b"test content\n")
    # The example of the book Pro Git, 10.2.
    assert git_blob_sha1(tmp_path / "file") == "d670460b4b4aece5915caf5c68d12f560a9fe3e4"
    found = subprocess.run(["git", "hash-object", tmp_path / "file"], capture_output=True, text=True, check=True)
    assert git_blob_sha1(tmp_path / "file") == found.stdout.strip()


def test_size_is_compared_before_the_digest(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT[:-1])
    assert difference(tmp_path / "file", EXPECTED) == "found bytes 99999 (99,999 bytes), expected 100000"
    last_first = dict(reversed(EXPECTED.items()))
    assert difference(tmp_path / "file", last_first) == "found bytes 99999 (99,999 bytes), expected 100000"
    (tmp_path / "file").write_bytes(CONTENT)
    assert difference(tmp_path / "file", EXPECTED) is None


def test_file_arrives(server, target):
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert not partial(target).exists()
    assert server.asked == [(PATH, None)]


@pytest.mark.parametrize("trouble", ["cut", "hang"])
def test_answer_that_breaks_off_is_continued(server, target, trouble):
    server.trouble[PATH] = [trouble, trouble]
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == [None, "bytes=50000-", "bytes=75000-"]


def test_only_answers_that_bring_nothing_are_counted(server, target, monkeypatch):
    monkeypatch.setattr(module, "TRIES", 2)
    server.trouble[PATH] = ["cut"] * 6
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 7


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, "silence"])
def test_server_that_recovers_is_asked_again(server, target, status):
    server.trouble[PATH] = [status, status]
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 3


def test_waits_grow_and_end():
    retry, waits = module.RETRY, []
    for _ in range(module.TRIES - 1):
        retry = retry.increment("GET", "/", error=OSError())
        waits.append(retry.get_backoff_time())
    assert waits == [0, 2, 4, 8, 16, 30, 30]
    assert sum(waits) > 60, "an outage of a minute is waited for"
    assert isinstance(retry, Retry) and retry.total == 0


def test_what_an_earlier_process_left_is_continued(server, target):
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT[:60_000])
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [(PATH, "bytes=60000-")]


@pytest.mark.parametrize("trouble", ["whole", "elsewhere"])
def test_server_that_cannot_continue_is_asked_for_all(server, target, trouble):
    target.parent.mkdir()
    partial(target).write_bytes(b"x" * 60_000)
    server.trouble[PATH] = [trouble]
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_file_that_was_whole_but_not_yet_renamed(server, target):
    target.parent.mkdir()
    partial(target).write_bytes(CONTENT)
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_wrong_byte_is_refused_and_the_next_try_starts_afresh(server, target):
    wrong = bytearray(CONTENT)
    wrong[70_000] ^= 1
    server.files[PATH] = bytes(wrong)
    found = hashlib.sha256(wrong).hexdigest()
    refused(server, target, f"found sha256 {found} (100,000 bytes), expected {EXPECTED['sha256']}", "has been deleted")
    assert not partial(target).exists()
    server.files[PATH] = CONTENT
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_wrong_beginning_of_an_earlier_process_is_refused_and_deleted(server, target):
    target.parent.mkdir()
    partial(target).write_bytes(b"x" * 60_000)
    refused(server, target, "found sha256")
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_page_in_place_of_the_file_is_refused(server, target):
    server.files[PATH] = b"<html>Please log in</html>"
    refused(server, target, "found bytes 26 (26 bytes), expected 100000")


def test_address_that_is_wrong_is_not_asked_twice(server, target):
    del server.files[PATH]
    refused(server, target, "404 Not Found", "correct the address")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("trouble", "words", "asked", "kept"),
    [
        (500, "found the HTTP status 500", 8, 0),
        ("silence", "found no response", 8, 0),
        # Seven answers bring ever less, until half of the rest is less than a piece.
        ("cut", "interrupted 8 times without progress", 7 + 8, 99_000),
    ],
)
def test_server_that_does_not_recover(server, target, trouble, words, asked, kept):
    server.trouble[PATH] = ["always", trouble]
    refused(server, target, words)
    assert len(server.asked) == asked
    assert (partial(target).stat().st_size if partial(target).exists() else 0) == kept
    server.trouble[PATH] = []
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_server_that_is_not_there(server, target):
    server.close()
    refused(server, target, "found no response", "refused", "check the internet connection")


def test_copy_is_linked_once_it_is_checked(tmp_path):
    copy, mouse = tmp_path / "Mouse1.h5", tmp_path / "results.h5"
    copy.write_bytes(CONTENT)
    expected = git_blob_sha1(copy)
    copy.write_bytes(CONTENT[:-1])
    with pytest.raises(BadInput, match=f"Mouse1.h5: found git_blob_sha1 .* expected {expected}; this is not"):
        obtain_mouse.main("unused", expected, str(copy), str(mouse))
    assert not mouse.is_symlink()
    copy.write_bytes(CONTENT)
    obtain_mouse.main("unused", expected, str(copy), str(mouse))
    assert mouse.is_symlink() and mouse.read_bytes() == CONTENT
