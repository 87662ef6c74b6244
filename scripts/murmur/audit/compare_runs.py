"""What differs between the results of two runs of a study.

Every file must be the same byte for byte, and every record must say the same of how its job made what. What describes
the run itself (logs, benchmarks, Snakemake's report, the crate) is left out.
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
    """Return what differs between the results in two folders, by the path of the file, and the number of files.

    Raises BadInput when there are none in one of them.
    """
    names = sorted(results_of(first) | results_of(second))
    different = {name: words for name in names if (words := compare(first / name, second / name))}
    return different, len(names)


def results_of(folder: Path) -> set[str]:
    """Return the paths below `folder` of all results and records.

    Raises BadInput when there are none.
    """
    files = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    found = {file.as_posix() for file in files if not OF_THE_RUN & set(file.parts[:2])}
    if not found:
        raise BadInput(f"{folder}: found no results, expected the folder of a study's results; correct the path")
    return found


def compare(first: Path, second: Path) -> str | None:
    """Return what differs between two files of results, or between two records; None when they are the same."""
    if not (first.exists() and second.exists()):
        return f"only in {(first if first.exists() else second).parent}"
    return records_differ(first, second) if is_record(first) else difference(first, second)


def is_record(file: Path) -> bool:
    """Tell whether a file is a record of a job."""
    return "provenance/jobs/" in file.as_posix() and file.suffix == ".json"


def records_differ(first: Path, second: Path) -> str | None:
    """Return in which parts two records differ, apart from where and when the jobs ran; None when in none.

    So two runs also agree in the content of a file that was removed after use.
    """
    one, other = ({"outputs": record["outputs"], **record["made"]} for record in map(read_record, (first, second)))
    parts = [part for part in sorted(one.keys() | other.keys()) if one.get(part) != other.get(part)]
    return ", ".join(parts) or None


def difference(first: Path, second: Path) -> str | None:
    """Return what differs between two files, and by how much; None when they are the same byte for byte."""
    one, other = first.read_bytes(), second.read_bytes()
    if one == other:
        return None
    tell = {".csv": tables_differ, ".h5": datasets_differ, ".keras": weights_differ}.get(first.suffix)
    # What says the same in other bytes is told by its bytes.
    return (tell and tell(one, other)) or bytes_differ(one, other)


def bytes_differ(one: bytes, other: bytes) -> str:
    """Say where two contents begin to differ."""
    length = min(len(one), len(other))
    unequal = np.flatnonzero(np.frombuffer(one, np.uint8, length) != np.frombuffer(other, np.uint8, length))
    start = unequal[0] if unequal.size else length
    return f"from byte {start} on, counted from 0, of {len(one)} and {len(other)}"


def tables_differ(one: bytes, other: bytes) -> str:
    """Return for each column of two CSV files that differs the largest relative difference |a - b| / max(|a|, |b|).

    A column of text, or one that is missing a number in one file alone, is told by the number of its rows that differ.
    """
    a, b = (pd.read_csv(io.BytesIO(table)) for table in (one, other))
    if list(a.columns) != list(b.columns) or len(a) != len(b):
        return f"{len(a)} rows of {', '.join(a.columns)} against {len(b)} rows of {', '.join(b.columns)}"
    told = []
    for name in a.columns:
        x, y = a[name], b[name]
        unequal = (x != y) & ~(x.isna() & y.isna())
        if not unequal.any():
            continue
        x, y = x[unequal], y[unequal]
        if pd.api.types.is_numeric_dtype(x) and pd.api.types.is_numeric_dtype(y) and not (x.isna() | y.isna()).any():
            relative = (x - y).abs() / np.maximum(x.abs(), y.abs())
            told.append(f"{name} by up to {relative.max():.1e} of its value")
        else:
            told.append(f"{name} in {len(x)} of {len(a)} rows")
    return ", ".join(told)


def _datasets(content: bytes) -> dict[str, np.ndarray]:
    found = {}
    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


def datasets_differ(one: bytes, other: bytes) -> str:
    """Return for each dataset of two HDF5 files that differs the number of its values (voxels) that do."""
    a, b = _datasets(one), _datasets(other)
    told = []
    for name in sorted(a.keys() | b.keys()):
        x, y = a.get(name), b.get(name)
        if x is None or y is None or np.shape(x) != np.shape(y):
            told.append(f"{name} of shape {np.shape(x)} against {np.shape(y)}".replace("()", "none"))
        elif count := np.count_nonzero(x != y):
            told.append(f"{name} in {count} of {np.size(x)} values")
    return ", ".join(told)


def weights_differ(one: bytes, other: bytes) -> str:
    """Return the largest absolute difference of a weight of two networks, files of Keras."""
    a, b = (_datasets(zipfile.ZipFile(io.BytesIO(model)).read("model.weights.h5")) for model in (one, other))
    if {name: x.shape for name, x in a.items()} != {name: x.shape for name, x in b.items()}:
        return "weights of other shapes"
    largest = max(np.abs(a[name].astype(float) - b[name]).max(initial=0) for name in a)
    return f"weights by up to {largest:.1e}" if largest else ""
