import gzip
import os
from types import SimpleNamespace

import pytest

from murmur.errors import BadInput
from murmur.files import (
    atomic_write,
    check_name,
    check_readable,
    is_remembered,
    natural_key,
    reading,
    remembered,
    remembered_sha256,
    remove_partials,
    sha256,
)


def test_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "table.csv"
    with atomic_write(path) as partial:
        partial.write_text("half")
        assert not path.exists()
        assert (partial.parent, partial.suffix) == (path.parent, ".csv")
        partial.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(ValueError, match="cut off"), atomic_write(path) as partial:
        partial.write_text("half of the next")
        raise ValueError("cut off")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path], "no partial file stays behind"


def test_mouse_2_comes_before_mouse_10():
    names = ["Mouse10", "Mouse2", "2", "a/Mouse2", "10", "Mouse02b", "mouse"]
    assert sorted(names, key=natural_key) == ["2", "10", "Mouse2", "Mouse02b", "Mouse10", "a/Mouse2", "mouse"]


def test_digest_of_a_large_file_is_remembered_until_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr("murmur.files.REMEMBERED_BYTES", 1)
    path, memory = tmp_path / "Mouse1.h5", tmp_path / "memory"
    path.write_bytes(b"x")
    digest = remembered_sha256(path, memory)
    assert digest == sha256(path)
    with monkeypatch.context() as patch:
        patch.setattr("murmur.files.sha256", lambda path: pytest.fail("the file was read again"))
        assert remembered_sha256(path, memory) == digest
        found = os.stat(path)
        there = SimpleNamespace(**{name: getattr(found, name) for name in dir(found) if name.startswith("st_")})
        there.st_dev += 1
        patch.setattr("murmur.files.os.stat", lambda path: there)
        assert remembered_sha256(path, memory) == digest, "another node of a cluster sees another device"
    path.write_bytes(b"y")
    assert remembered_sha256(path, memory) == sha256(path)
    other = tmp_path / "other.h5"
    other.write_bytes(b"z")
    other.replace(path)
    assert remembered_sha256(path, memory) == sha256(path)
    assert len(list(memory.iterdir())) == 1, "what is no longer true is forgotten"


def test_what_was_read_is_remembered_by_its_name(tmp_path):
    path, memory = tmp_path / "masks.nii", tmp_path / "memory"
    path.write_bytes(b"x")
    assert not is_remembered(path, "frames", memory)
    assert remembered(path, "frames", lambda path: [1, 2], memory) == [1, 2]
    assert is_remembered(path, "frames", memory) and not is_remembered(path, "labels", memory)
    assert remembered(path, "frames", lambda path: pytest.fail("the file was read again"), memory) == [1, 2]
    assert remembered(path, "labels", lambda path: [3], memory) == [3]
    path.write_bytes(b"xy")
    assert not is_remembered(path, "frames", memory)
    assert remembered(path, "frames", lambda path: [], memory) == []


def test_small_files_leave_no_notes(tmp_path):
    (tmp_path / "table.csv").write_text("mouse\n")
    assert remembered_sha256(tmp_path / "table.csv", tmp_path / "memory") == sha256(tmp_path / "table.csv")
    assert not (tmp_path / "memory").exists()


def test_file_that_cannot_be_read_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to("annex/X.h5")
    (tmp_path / "folder.h5").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "lfs").write_text("version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "annex").write_text("/annex/objects/SHA256E-s1--0\n")
    (tmp_path / "old.mat").write_bytes(b"MATLAB 5.0 MAT-file, Platform: PCWIN64".ljust(128))
    (tmp_path / "page.h5").write_text("<!doctype HTML><html>Sign in</html>")
    (tmp_path / "packed.h5").write_bytes(gzip.compress(b"text"))
    (tmp_path / "cut.nii.gz").write_bytes(gzip.compress(b"text")[:9])
    (tmp_path / "text").write_text("text")
    for name, words in {
        "link": "found a link to 'annex/X.h5', which does not exist",
        "absent": "found no file",
        "folder.h5": "found a folder",
        "pipe": "found a device or pipe",
        "empty": "found an empty file, expected a readable table",
        "lfs": "found a Git LFS pointer, expected the file itself; fetch it with git lfs pull",
        "annex": "found a git-annex pointer",
        "old.mat": "found a MATLAB file in an old format, expected format 7.3; save it with '-v7.3'",
        "page.h5": "found a web page, expected the file itself; download it again",
        "packed.h5": "found a file compressed with gzip, expected a readable table; unpack it, or add .gz to its name",
        "cut.nii.gz": "found no readable table (two lines), expected one; copy or export it again",
        "text": "found no readable table (two lines), expected one",
    }.items():
        with pytest.raises(BadInput) as error, reading(tmp_path / name, "table"):
            raise ValueError("two\nlines")
        assert words in str(error.value)
        assert str(error.value).startswith(f"{tmp_path / name}: found")
    with pytest.raises(BadInput, match="found more data than fit in memory"), reading(tmp_path / "text", "table"):
        raise MemoryError

    def closed(path, mode):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("murmur.files.open", closed, raising=False)
    with pytest.raises(BadInput, match="found no permission to read"):
        check_readable(tmp_path / "text")


@pytest.mark.parametrize("name", ["M" * 201, "{M1}", "M}", "M\n1", "M\x00", os.fsdecode(b"M\xe9")])
def test_name_that_snakemake_cannot_carry_is_refused(name):
    with pytest.raises(BadInput, match=r"in the name, expected a name without braces|a name of 201 bytes") as error:
        check_name(name)
    str(error.value).encode()


def test_other_names_are_right():
    for name in ("001", "NA", "M[1]*", "Mäuschen", "M 1", "M'1\"", "-M1", "M\u00a01", "マウス"):
        check_name(name)


def test_partial_files_of_a_killed_process_are_removed(tmp_path):
    path = tmp_path / "figure[1].svg"
    kept = [tmp_path / name for name in ("figure[1].svg", ".figure1.12.partial.svg", ".figure[1].12.partial.png")]
    for file in (*kept, tmp_path / ".figure[1].12.partial.svg"):
        file.touch()
    remove_partials(path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_file_that_cannot_be_written_is_named_and_not_its_partial_file(tmp_path):
    path = tmp_path / "table.csv"
    with pytest.raises(FileNotFoundError) as error, atomic_write(path) as partial:
        partial.parent.rmdir()
        partial.write_text("x")
    assert error.value.filename == str(path)
