"""Differences between the results of two runs of a study.

Files are compared byte for byte, and records without the time and place of the run. Files that describe the run itself
(logs, benchmarks, Snakemake's report, the crate) are excluded.
"""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from murmur.errors import BadInput
from murmur.provenance.record import read_record

# In the folder of a study, or in those of several studies.
OF_THE_RUN = {"logs", "slurm_logs", "benchmarks", "ro-crate", "report.html", "report.zip"}


def compare_runs(first: Path, second: Path) -> tuple[dict[str, str], int]:
    """Return the differences between the results in two folders, by path, and the number of files.

    Raises BadInput if a folder contains no results.
    """
    names = sorted(results_of(first) | results_of(second))
    different = {name: words for name in names if (words := compare(first / name, second / name))}
    return different, len(names)


def results_of(folder: Path) -> set[str]:
    """Return the relative paths of all results and records in `folder`.

    Raises BadInput if there are none.
    """
    files = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    found = {file.as_posix() for file in files if not of_the_run(file.parts[:2])}
    if not found:
        raise BadInput(f"{folder}: found no results, expected the folder of a study's results; correct the path")
    return found


def of_the_run(parts: tuple[str, ...]) -> bool:
    """Return whether a path that starts with `parts` describes the run itself."""
    return not OF_THE_RUN.isdisjoint(parts)


def compare(first: Path, second: Path) -> str | None:
    """Return the difference between two results or two records; None if they are identical."""
    if not (first.exists() and second.exists()):
        return f"only in {(first if first.exists() else second).parent}"
    return records_differ(first, second) if is_record(first) else difference(first, second)


def is_record(file: Path) -> bool:
    """Return whether a file is the record of a job."""
    return "provenance/jobs/" in file.as_posix() and file.suffix == ".json"


def records_differ(first: Path, second: Path) -> str | None:
    """Return the parts in which two records differ, apart from when and where the jobs ran; None if there are none.

    Records include the digest of every output, so that temporary files, which are removed after use, are compared too.
    """
    one, other = ({"outputs": _results(record), **record["made"]} for record in map(read_record, (first, second)))
    parts = [part for part in sorted(one.keys() | other.keys()) if one.get(part) != other.get(part)]
    return ", ".join(parts) or None


def _results(record: dict) -> list[dict]:
    """Return the outputs of a job, in the folder of a study, that do not describe the run itself."""
    return [output for output in record["outputs"] if not of_the_run(Path(output["path"]).parts[2:3])]


def difference(first: Path, second: Path) -> str | None:
    """Return how and by how much two files differ; None if they are identical byte for byte."""
    one, other = first.read_bytes(), second.read_bytes()
    if one == other:
        return None
    differ = {".csv": tables_differ, ".h5": datasets_differ, ".keras": weights_differ}.get(first.suffix)
    # Equal content can be stored as different bytes; then these are reported.
    return (differ and differ(one, other)) or bytes_differ(one, other)


def bytes_differ(one: bytes, other: bytes) -> str:
    """Return the position of the first difference between two contents."""
    length = min(len(one), len(other))
    unequal = np.flatnonzero(np.frombuffer(one, np.uint8, length) != np.frombuffer(other, np.uint8, length))
    start = unequal[0] if unequal.size else length
    return f"from byte {start}, counted from 0, of {len(one)} and {len(other)}"


def tables_differ(one: bytes, other: bytes) -> str:
    """Return the largest relative difference |a - b| / max(|a|, |b|) of each column in which two CSV files differ.

    For text, and for numbers that are missing in one of the files only, the number of differing rows is returned.
    """
    a, b = (pd.read_csv(io.BytesIO(table)) for table in (one, other))
    if list(a.columns) != list(b.columns) or len(a) != len(b):
        return f"{len(a)} rows of {', '.join(a.columns)} versus {len(b)} rows of {', '.join(b.columns)}"
    lines = []
    for name in a.columns:
        x, y = a[name], b[name]
        unequal = (x != y) & ~(x.isna() & y.isna())
        if not unequal.any():
            continue
        x, y = x[unequal], y[unequal]
        if pd.api.types.is_numeric_dtype(x) and pd.api.types.is_numeric_dtype(y) and not (x.isna() | y.isna()).any():
            relative = (x - y).abs() / np.maximum(x.abs(), y.abs())
            lines.append(f"{name} by up to {relative.max():.1e} of its value")
        else:
            lines.append(f"{name} in {len(x)} of {len(a)} rows")
    return ", ".join(lines)


def _datasets(content: bytes) -> dict[str, np.ndarray]:
    found = {}
    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


def datasets_differ(one: bytes, other: bytes) -> str:
    """Return the number of differing values (voxels) of each dataset in which two HDF5 files differ."""
    a, b = _datasets(one), _datasets(other)
    lines = []
    for name in sorted(a.keys() | b.keys()):
        x, y = a.get(name), b.get(name)
        if x is None or y is None or np.shape(x) != np.shape(y):
            lines.append(f"{name} of shape {np.shape(x)} versus {np.shape(y)}".replace("()", "none"))
        elif count := np.count_nonzero(x != y):
            lines.append(f"{name} in {count} of {np.size(x)} values")
    return ", ".join(lines)


def weights_differ(one: bytes, other: bytes) -> str:
    """Return the largest absolute difference between the weights of two Keras files."""
    a, b = (_datasets(zipfile.ZipFile(io.BytesIO(model)).read("model.weights.h5")) for model in (one, other))
    if {name: x.shape for name, x in a.items()} != {name: x.shape for name, x in b.items()}:
        return "weights of different shapes"
    largest = max(np.abs(a[name].astype(float) - b[name]).max(initial=0) for name in a)
    return f"weights by up to {largest:.1e}" if largest else ""
