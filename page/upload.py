"""What a browser sends: archives and single files, recognised by their content and stored under names of our own.

Nothing in an upload is trusted: neither names, which only serve to name the mice, nor the sizes that headers announce.
"""

import gzip
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from murmur.data.scan_files import MOST_RATIO, SMALL
from murmur.errors import BadInput
from murmur.logs import progress

MOST_FILES = 5000  # of an upload, or in an archive
MOST_BYTES = 2 * 2**30  # of an upload
MOST_UNPACKED = 4 * 2**30  # of all files in an archive, or of a compressed file
LONGEST_NAME = 300  # characters
CHUNK = 2**20
END_OF_ZIP = 22 + 2**16  # bytes at the end of an archive in which its list of files is described
LARGEST_ENTRY = 2000  # bytes of this list per file
LOCAL_HEADER = 30  # bytes before the name of a file
CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", "DICOMDIR")
EXPECTED = "expected NIfTI, HDF5 or DICOM files, Bruker studies, or a zip archive of them"
SUFFIXES = {"nifti": ".nii", "hdf5": ".h5", "dicom": ".dcm", "bruker": ".bruker"}
# The files that are used of a Bruker study: study, scan, reconstruction, and the file. Its pixels have no header, so
# that they are recognised by their place.
BRUKER = re.compile(r"(?:(.+)/)?([0-9]{1,9})/pdata/([0-9]{1,9})/(visu_pars|2dseq)")
DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Stored(NamedTuple):
    """A file of an upload: its name and folders as the user knows them, its kind, and where it is stored."""

    name: str
    kind: str
    path: str


def kind_of(start: bytes) -> str:
    """Return the kind of a file by its first 352 bytes: zip, gzip, hdf5, nifti, dicom or empty for any other."""
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if start[344:348] == b"n+1\0" or start[4:8] == b"n+2\0":
        return "nifti"
    if start[128:132] == b"DICM":
        return "dicom"
    return ""


def described(start: bytes) -> str:
    """Return in words what a file of no known kind is."""
    programs = {b"MZ": "a Windows program", b"\x7fELF": "a Linux program", b"#!": "a script", b"%PDF": "a PDF file"}
    programs |= {b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture"}
    if start[344:348] == b"ni1\0":
        return "a NIfTI header without its image"
    found = next((words for magic, words in programs.items() if start.startswith(magic)), "")
    return found or ("a file of unknown content" if start else "an empty file")


def store(received: Sequence[tuple[str, str]], folder: str) -> tuple[list[Stored], list[str]]:
    """Unpack and recognise what was received.

    Parameters
    ----------
    received : sequence of (str, str)
        Name and path of each file, in the order of the upload.
    folder : str
        Folder in which images are stored, numbered; received files are moved or deleted.

    Returns
    -------
    files : list of Stored
        The images.
    problems : list of str
        A sentence for each file that cannot be used.
    """
    target, files, problems = Path(folder), [], []
    target.mkdir(parents=True, exist_ok=True)
    budget = [MOST_UNPACKED]
    for name, path in received:
        before = len(files)
        try:
            for inner in _unpacked(name, Path(path), target, budget):
                if stored := _take(*inner, target / f"{len(files):06d}", budget):
                    files.append(stored)
            if len(files) == before and "/" not in name and name not in CLUTTER:
                raise BadInput(f"{name}: found no image in the archive, {EXPECTED}; choose other files")
        except BadInput as problem:
            problems.append(str(problem))
        finally:
            Path(path).unlink(missing_ok=True)
    if folders := [name.split("/")[0] for name, _ in received if "/" in name and not (files or problems)]:
        problems.append(f"{folders[0]}: found no image in the folder, {EXPECTED}; choose another folder")
    return files, problems


def _unpacked(name: str, path: Path, target: Path, budget: list[int]) -> Iterator[tuple[str, Path, bool]]:
    """Yield name and path of each file of an archive, or of the single file, and whether it was chosen singly."""
    with open(path, "rb") as file:
        kind = kind_of(file.read(352))
    if kind != "zip":
        yield name, path, "/" not in name
        return
    try:
        _check_directory(name, path)
        with zipfile.ZipFile(path) as archive:
            for number, entry in enumerate(progress(_checked(name, archive, path.stat().st_size), "unpacking", "file")):
                inner = target / f"entry{number}"
                try:
                    with archive.open(entry) as source, open(inner, "wb") as sink:
                        _copy(f"{name}, {entry.filename}", source, sink, budget, entry.compress_size)
                    yield f"{PurePosixPath(name).stem}/{entry.filename}", inner, False
                finally:
                    inner.unlink(missing_ok=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError):
        raise BadInput(f"{name}: found a damaged zip archive, expected a complete one; zip the folder again") from None


def _check_directory(name: str, path: Path) -> None:
    """Raise BadInput if an archive lists more files than are taken; zipfile would keep the whole list in memory."""
    with open(path, "rb") as file:
        file.seek(-min(path.stat().st_size, END_OF_ZIP), os.SEEK_END)
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    listed, size = struct.unpack_from("<HI", tail, place + 10) if 0 <= place <= len(tail) - 22 else (0, 0)
    if tail[max(0, place - 20) :].startswith(b"PK\x06\x07"):
        raise BadInput(f"{name}: found the format of archives above 4 GiB, expected a smaller one; split the archive")
    if listed > MOST_FILES or size > MOST_FILES * LARGEST_ENTRY:
        words = f"{listed:,} files in a list of {size:,} bytes, expected at most {MOST_FILES:,} files"
        raise BadInput(f"{name}: found {words}; split the archive")


def _checked(name: str, archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Return the files of an archive. Raises BadInput for one that could do harm, before anything is unpacked."""
    entries = archive.infolist()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        odd = (
            "\\" in entry.filename
            or ":" in "".join(path.parts[:1])
            or any(ord(letter) < 32 for letter in entry.filename)
        )
        if path.is_absolute() or ".." in path.parts or odd or len(entry.filename) > LONGEST_NAME:
            raise BadInput(
                f"{name}: found the path {entry.filename[:80]!a} in the archive, expected paths below its own "
                "folder; zip the folder again"
            )
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadInput(
                f"{name}: found the link {entry.filename} in the archive, expected files; zip the files themselves"
            )
        if entry.flag_bits & 0x1:
            raise BadInput(f"{name}: found an encrypted archive, expected an open one; zip it without a password")
        if entry.compress_type not in DEFLATED:
            raise BadInput(f"{name}: found an unusual compression, expected deflate; zip the folder again")
    places = sorted((entry.header_offset, LOCAL_HEADER + entry.compress_size) for entry in entries)
    if any(start + length > after for (start, length), (after, _) in pairwise([*places, (size, 0)])):
        raise BadInput(f"{name}: found files that overlap in the archive, expected separate ones; zip it again")
    _check_ratio(name, sum(entry.file_size for entry in entries), size)
    return [e for e in entries if not e.is_dir() and not set(PurePosixPath(e.filename).parts) & set(CLUTTER)]


def _check_ratio(name: str, unpacked: int, packed: int) -> None:
    """Raise BadInput if data are larger, or compressed better, than images are."""
    if unpacked > MOST_UNPACKED:
        raise BadInput(f"{name}: found {unpacked:,} bytes when unpacked, expected at most {MOST_UNPACKED:,}; split it")
    if unpacked > SMALL and unpacked > MOST_RATIO * packed:
        raise BadInput(
            f"{name}: found {unpacked // max(packed, 1):,} bytes for each compressed byte, expected at most "
            f"{MOST_RATIO}, as in images; send the files uncompressed"
        )


def _copy(name: str, source: BinaryIO, sink: BinaryIO, budget: list[int], packed: int) -> None:
    """Copy a file, counting what is unpacked: sizes in headers may be wrong."""
    written = 0
    while chunk := source.read(CHUNK):
        written += len(chunk)
        budget[0] -= len(chunk)
        _check_ratio(name, written if budget[0] >= 0 else MOST_UNPACKED + 1, packed)
        sink.write(chunk)


def _take(name: str, path: Path, single: bool, place: Path, budget: list[int]) -> Stored | None:
    """Store an image at `place`, with a suffix; None for other files of an archive or a folder.

    Raises BadInput for any other file that was chosen singly.
    """
    if PurePosixPath(name).name in CLUTTER:
        return None
    with open(path, "rb") as file:
        start = file.read(352)
    kind = "bruker" if _is_of_bruker(name, start) else kind_of(start)
    if kind == "gzip":
        path = _decompressed(name, path, place.with_name("decompressed"), budget)
        with open(path, "rb") as file:
            start = file.read(352)
        kind = kind_of(start) if kind_of(start) == "nifti" else ""
    if kind not in SUFFIXES:
        path.unlink(missing_ok=True)
        if single and name in ("visu_pars", "2dseq"):
            raise BadInput(
                f"{name}: found a single file of a Bruker study, expected the folder of the study, whose subfolders "
                "number its scans; choose that folder or a zip archive of it"
            )
        if single:
            raise BadInput(f"{name}: found {described(start)}, {EXPECTED}; choose other files")
        return None
    place = place.with_suffix(SUFFIXES[kind])
    shutil.move(path, place)
    return Stored(name, kind, str(place))


def _is_of_bruker(name: str, start: bytes) -> bool:
    """Return whether a file, by its place and the first bytes, is one of those that are used of a Bruker study."""
    found = BRUKER.fullmatch(name)
    return bool(found) and (found[4] == "2dseq" or start.startswith(b"##TITLE="))


def _decompressed(name: str, path: Path, inner: Path, budget: list[int]) -> Path:
    """Decompress a file to `inner`, which is returned. Raises BadInput if it is damaged or too large."""
    try:
        with gzip.open(path) as source, open(inner, "wb") as sink:
            _copy(name, source, sink, budget, path.stat().st_size)
    except (OSError, EOFError, zlib.error):
        inner.unlink(missing_ok=True)
        raise BadInput(f"{name}: found a truncated or damaged file, expected a complete one; copy it again") from None
    except BadInput:
        inner.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return inner
