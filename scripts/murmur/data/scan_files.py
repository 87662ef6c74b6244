"""The files of a scan session: those of a folder, in any tree, or of a zip archive."""

import zipfile
from pathlib import Path, PurePosixPath

from murmur.errors import BadInput
from murmur.files import names_below, natural_key, reading

MOST_UNPACKED = 2**33  # bytes of the files of an archive
MOST_RATIO = 200  # unpacked bytes per byte; magnitude images reach about 10
SMALL = 2**24  # bytes; smaller files may have any ratio
MOST_FILES = 200_000


def names_in(path: str | Path) -> list[str]:
    """Return the names of all files below a folder, as `names_below`, or in a zip archive, in natural order.

    Raises BadInput if the archive cannot be read or expands too much, or if there are too many files.
    """
    path = Path(path)
    if path.is_dir():
        names = names_below(path)
    else:
        with reading(path, "zip archive"), zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        for entry in entries:
            if entry.file_size > max(SMALL, MOST_RATIO * entry.compress_size):
                raise BadInput(
                    f"{path}/{entry.filename}: found {entry.file_size:,} bytes compressed to "
                    f"{entry.compress_size:,}, expected at most {MOST_RATIO} for each, as in images; unpack it"
                )
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise BadInput(f"{path}: found more than {MOST_UNPACKED:,} bytes, expected fewer; unpack it as a folder")
        names = [entry.filename for entry in entries if not Path(entry.filename).name.startswith(".")]
    if len(names) > MOST_FILES:
        raise BadInput(f"{path}: found {len(names):,} files, expected those of one scan session; name its folder")
    return sorted(names, key=natural_key)


def files_in(path: str | Path) -> list[str]:
    """Return the paths of the files below a folder, as `names_in`, or that of a zip archive."""
    return [str(Path(path) / name) for name in names_in(path)] if Path(path).is_dir() else [str(path)]


def without_file_name(path: str, message: str) -> str:
    """Return a message about the session at `path` without the name of a file in it, which may be that of a patient."""
    where, found, what = message.partition(": found ")
    if not where.startswith(f"{path}/"):
        return message
    name = PurePosixPath(where.removeprefix(f"{path}/"))
    for part in filter(".".__ne__, map(str, (where, name, name.parent))):
        what = what.replace(part, "...")
    return f"{path}, one of the files{found}{what}"


class Files:
    """The files of a folder or of a zip archive, to be opened by their names, as a context manager."""

    def __init__(self, path: str | Path):
        """Open `path`. Raises BadInput if it is neither a folder nor a readable zip archive."""
        self.path = Path(path)
        self.archive = None
        if not self.path.is_dir():
            with reading(path, "zip archive"):
                self.archive = zipfile.ZipFile(path)

    def __enter__(self) -> "Files":
        return self

    def __exit__(self, *_) -> None:
        if self.archive:
            self.archive.close()

    def where(self, name: str) -> str:
        """Return how messages call a file."""
        return f"{self.path / name}"

    def at(self, name: str) -> Path | zipfile.Path:
        """Return the path of a file, to be opened and read as one of pathlib."""
        return self.path / name if self.archive is None else zipfile.Path(self.archive, name)
