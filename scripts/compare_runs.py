"""Compare two runs of a study: python scripts/compare_runs.py FIRST SECOND, two folders of results.

Every file must be the same byte for byte, and its record must say the same of how it was made. What tells of the run
itself (logs, benchmarks, Snakemake's report, the crate) is left out. The exit status is 0 when all is the same, else 1.
"""

import argparse
import io
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from murmur.errors import BadInput
from murmur.provenance.record import ENDING, read_record

# In the folder of a study, or in those of several studies.
OF_THE_RUN = {"logs", "slurm_logs", "benchmarks", "ro-crate", "report.html", "report.zip"}


def results_of(folder: Path) -> set[str]:
    """Return the paths below `folder` of all results, also of those that were removed and left their record.

    Raises BadInput when there are none.
    """
    files = [file.relative_to(folder) for file in folder.rglob("*") if file.is_file()]
    found = {file.as_posix().removesuffix(ENDING) for file in files if not OF_THE_RUN & set(file.parts[:2])}
    if not found:
        raise BadInput(f"{folder}: found no results, expected the folder of a study's results; correct the path")
    return found


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


def records_differ(first: Path, second: Path) -> str | None:
    """Return which parts differ of what two records say of how their files were made; None when they say the same."""
    one, other = ((read_record(path) or {}).get("made", {}) for path in (first, second))
    parts = [part for part in sorted(one.keys() | other.keys()) if one.get(part) != other.get(part)]
    return f"in its record {', '.join(parts)}" if parts else None


def compare(first: Path, second: Path) -> str:
    """Return what differs between two results and their records; nothing when they are the same.

    A result that was removed after use has only its record.
    """
    if first.exists() and second.exists():
        told = [difference(first, second), records_differ(first, second)]
    elif first.exists() or second.exists():
        told = [f"only in {(first if first.exists() else second).parent}"]
    else:
        told = [records_differ(first, second)]
    return "; ".join(filter(None, told))


def main(first: Path, second: Path) -> int:
    """Print what differs between the results in two folders, one line per file, and return the exit status."""
    names = sorted(results_of(first) | results_of(second))
    told = {name: compare(first / name, second / name) for name in names}
    different = {name: words for name, words in told.items() if words}
    for name, words in different.items():
        print(f"{name}: {words}")
    print(f"{len(different)} of {len(names)} files differ" if different else f"{len(names)} files, all the same")
    return 1 if different else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare the results of two runs of a study, byte for byte.")
    parser.add_argument("first", type=Path, help="a folder of results")
    parser.add_argument("second", type=Path, help="another")
    folders = parser.parse_args()
    try:
        sys.exit(main(folders.first, folders.second))
    except BadInput as problem:
        sys.exit(str(problem))
