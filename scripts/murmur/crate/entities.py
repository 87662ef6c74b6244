"""What goes into an RO-Crate: copies of files, references to files that stay outside, and what is not a file."""

from pathlib import Path
from urllib.parse import quote

from rocrate.model import ContextEntity, File
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from murmur.errors import BadInput
from murmur.files import sha256

# RO-Crate asks for media types; Python's own table differs between its versions.
FORMATS = {
    "": "text/plain",
    ".cff": "application/yaml",
    ".csv": "text/csv",
    ".def": "text/plain",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".h5": "application/x-hdf5",
    ".html": "text/html",
    ".in": "text/plain",
    ".json": "application/json",
    ".keras": "application/zip",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".rst": "text/x-rst",
    ".smk": "text/x-snakemake",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}


def add_copy(crate: ROCrate, source: str | Path, place: str, **properties) -> File:
    """Add a copy of the file `source` at `place`, with its name, format, sha256 and size.

    Raises BadInput when the place is taken.
    """
    if quote(place) in crate:
        raise BadInput(f"{source}: found a second file for {place} of the package, expected one; rename one of them")
    return crate.add_file(source, place, properties=described(source) | properties)


def add_reference(crate: ROCrate, path: str, digest: str, size: int | None, **properties) -> ContextEntity:
    """Add a file that stays outside, known by its sha256; `size` in bytes, None where it is not known."""
    content = _named(path) | {"sha256": digest} | ({} if size is None else {"contentSize": str(size)})
    return add(crate, f"#{quote(path)}", "File", alternateName=path, **content, **properties)


def add(crate: ROCrate, identifier: str, kind: str | list[str], **properties) -> ContextEntity:
    """Add what is not a file of the crate; what is there already under that identifier is the same and stays."""
    if identifier in crate:
        return crate.get(identifier)
    return crate.add(ContextEntity(crate, identifier, {"@type": kind} | properties))


def one_or_all(entities: list[Entity]) -> Entity | list[Entity]:
    """Return the only entity of a list of one: RO-Crate asks for no lists of one."""
    return entities[0] if len(entities) == 1 else entities


def described(path: str | Path) -> dict[str, str]:
    """Return the properties of a file that tell it from others: name, format, sha256, and size in bytes."""
    return _named(path) | {"sha256": sha256(path), "contentSize": str(Path(path).stat().st_size)}


def _named(path: str | Path) -> dict[str, str]:
    path = Path(path)
    return {"name": path.name} | ({"encodingFormat": FORMATS[path.suffix]} if path.suffix in FORMATS else {})
