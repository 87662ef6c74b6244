"""Uploads that could do harm or are damaged: each is refused in one sentence, and nothing of it remains."""

import gzip
import io
import stat
import zipfile

import nibabel
import numpy as np
import pytest

from page import upload
from page.upload import kind_of, store

NIFTI = nibabel.Nifti1Image(np.arange(8 * 8 * 3 * 5, dtype=np.int16).reshape(8, 8, 3, 5), np.eye(4)).to_bytes()


def received(folder, **files):
    """Write files as the server receives them; return their names and paths."""
    pairs = []
    for number, (name, content) in enumerate(files.items()):
        path = folder / f"received{number}"
        path.write_bytes(content)
        pairs.append((name, str(path)))
    return pairs


def archive(entries, **options):
    """Return a zip archive of entries, (name, content) or (ZipInfo, content)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return file.getvalue()


def take(folder, **files):
    """Store files; return names and kinds of those that were taken, and the problems."""
    found, problems = store(received(folder, **files), str(folder / "stored"))
    left = {path for path in (folder / "stored").iterdir()}
    assert {str(path) for path in left} == {file.path for file in found}, "nothing else remains"
    assert not list(folder.glob("received*"))
    return [(file.name, file.kind) for file in found], problems


def test_images_are_recognised_by_their_content_whatever_their_names(tmp_path):
    files = {"a.txt": NIFTI, "b.zip": archive([("M1/c.nii.gz", gzip.compress(NIFTI)), ("notes.txt", b"x")])}
    files["d.nii"] = b"\x89HDF\r\n\x1a\n" + bytes(900)
    taken, problems = take(tmp_path, **files)
    assert taken == [("a.txt", "nifti"), ("b/M1/c.nii.gz", "nifti"), ("d.nii", "hdf5")] and problems == []
    assert kind_of(bytes(128) + b"DICM") == "dicom" and kind_of(b"") == ""


def refused(folder, words, **files):
    """Check that a file is refused in one sentence with these words, and that nothing is taken."""
    taken, problems = take(folder, **files)
    assert taken == [] and len(problems) == 1 and words in problems[0]
    assert problems[0].startswith(next(iter(files))) and "expected" in problems[0]


@pytest.mark.parametrize("name", ["../x.nii", "a/../../x.nii", "/etc/x.nii", "C:/x.nii", "..\\x.nii", "a\nb.nii"])
def test_paths_that_leave_the_archive_are_refused(tmp_path, name):
    refused(tmp_path, f"found the path {name!a} in the archive, ", **{"a.zip": archive([(name, NIFTI)])})
    assert not (tmp_path.parent / "x.nii").exists()


def test_links_in_an_archive_are_refused(tmp_path):
    link = zipfile.ZipInfo("link.nii")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(tmp_path, "found the link link.nii", **{"a.zip": archive([(link, "/etc/passwd")])})


def test_bombs_are_refused_before_and_while_they_are_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(upload, "SMALL", 1000)
    refused(tmp_path, "for each compressed byte", **{"bomb.zip": archive([("x.nii", bytes(10**6))])})
    refused(tmp_path, "for each compressed byte", **{"bomb.nii.gz": gzip.compress(bytes(10**6))})
    monkeypatch.setattr(upload, "MOST_UNPACKED", 5000)
    refused(tmp_path, "when unpacked", **{"large.zip": archive([("x.nii", np.random.default_rng(0).bytes(6000))])})


def test_archives_whose_headers_announce_other_sizes_are_refused(tmp_path):
    content = bytearray(archive([("x.nii", NIFTI * 20)]))
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (100).to_bytes(4, "little")
    refused(tmp_path, "damaged", **{"a.zip": bytes(content)})


def test_archives_of_overlapping_files_are_refused(tmp_path):
    content = archive([("a.nii", np.random.default_rng(0).bytes(9000))])
    entry = content[content.index(b"PK\x01\x02") : content.index(b"PK\x05\x06")]
    end = bytearray(content[content.index(b"PK\x05\x06") :])
    end[8:12] = (20).to_bytes(2, "little") * 2
    end[12:16] = (20 * len(entry)).to_bytes(4, "little")
    start = content[: content.index(b"PK\x01\x02")]
    refused(tmp_path, "overlap", **{"a.zip": start + entry * 20 + bytes(end)})
    end[16:20] = (len(start) + 200_000).to_bytes(4, "little")
    refused(tmp_path, "overlap", **{"padded.zip": start + bytes(200_000) + entry * 20 + bytes(end)})


def test_archives_of_very_many_files_are_refused(tmp_path):
    refused(tmp_path, "found 10,000 files", **{"a.zip": archive([(f"{n}.nii", b"") for n in range(10_000)])})


def test_long_lists_of_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    content = archive([(f"{n}.nii", b"") for n in range(upload.MOST_FILES + 1)])
    monkeypatch.setattr(zipfile, "ZipFile", None)
    refused(tmp_path, "found 5,001 files", **{"a.zip": content})
    end = content.index(b"PK\x05\x06")
    other = bytearray(content[end:])
    other[8:12] = (1).to_bytes(2, "little") * 2
    other[12:16] = (2**31).to_bytes(4, "little")
    refused(tmp_path, "found 1 files in a list of 2,147,483,648 bytes", **{"b.zip": content[:end] + bytes(other)})
    refused(tmp_path, "above 4 GiB", **{"c.zip": content[:end] + b"PK\x06\x07" + bytes(16) + content[end:]})


def test_encrypted_archives_are_refused(tmp_path):
    content = bytearray(archive([("x.nii", NIFTI)]))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    refused(tmp_path, "encrypted", **{"a.zip": bytes(content)})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ\x90\x00" + bytes(500), "a Windows program"),
        (b"\x7fELF" + bytes(500), "a Linux program"),
        (b"#!/bin/sh\nrm -rf /", "a script"),
        (b"", "an empty file"),
        (gzip.compress(NIFTI)[:-200], "truncated"),
        (gzip.compress(b"#!/bin/sh"), "a script"),
        (archive([("x.nii", NIFTI)])[:-40], "damaged"),
        (archive([("program.nii", b"MZ" + bytes(500))]), "no image in the archive"),
        (archive([("inner.zip", archive([("x.nii", NIFTI)]))]), "no image in the archive"),
    ],
)
def test_programs_and_damaged_files_are_refused(tmp_path, content, words):
    refused(tmp_path, words, **{"scan.nii.gz": content})
