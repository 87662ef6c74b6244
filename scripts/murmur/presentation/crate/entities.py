"""Entities of an RO-Crate: copies of files, references to files outside the crate, and contextual entities."""

from pathlib import Path
from urllib.parse import quote

from rocrate.model import ContextEntity, File
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from murmur.errors import BadInput
from murmur.files import sha256

# Media types, which RO-Crate requires; Python's own table differs between versions.
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

    Raises BadInput if the place is taken.
    """
    if quote(place) in crate:
        raise BadInput(f"{source}: found a second file for {place} of the package, expected one; rename one of them")
    return crate.add_file(source, place, properties=described(source) | properties)


def add_reference(crate: ROCrate, path: str, digest: str, size: int | None, **properties) -> ContextEntity:
    """Add a reference to a file outside the crate, by its SHA-256; `size` in bytes, None if unknown."""
    content = _named(path) | {"sha256": digest} | ({} if size is None else {"contentSize": str(size)})
    return add(crate, f"#{quote(path)}", "File", alternateName=path, **content, **properties)


def add(crate: ROCrate, identifier: str, kind: str | list[str], **properties) -> ContextEntity:
    """Add an entity that is not a file of the crate, unless one with that identifier exists; return it."""
    if identifier in crate:
        return crate.get(identifier)
    return crate.add(ContextEntity(crate, identifier, {"@type": kind} | properties))


def one_or_all(entities: list[Entity]) -> Entity | list[Entity]:
    """Return a list of entities, or the entity itself if there is only one, as RO-Crate requires."""
    return entities[0] if len(entities) == 1 else entities


def described(path: str | Path) -> dict[str, str]:
    """Return the properties that identify a file: name, format, SHA-256, and size in bytes."""
    return _named(path) | {"sha256": sha256(path), "contentSize": str(Path(path).stat().st_size)}


def _named(path: str | Path) -> dict[str, str]:
    path = Path(path)
    return {"name": path.name} | ({"encodingFormat": FORMATS[path.suffix]} if path.suffix in FORMATS else {})
