"""Let a job fail if it opens a file in its working directory that its rule does not declare as an input.

Python imports this module on start-up if this folder is on PYTHONPATH. Opened files are detected by an audit hook and,
because HDF5 opens files from C, by a wrapper around h5py.File.
"""

import os
import sys
from pathlib import Path

# The crate compares every file that a record names, down to the mice, with its digest. list_scans reads all scan
# sessions, which may be many thousands of files: their names, sizes and dates are its param `content`.
EXEMPT = {"crate", "list_scans"}
DATA = {
    ".h5",
    ".hdf5",
    ".keras",
    ".csv",
    ".tsv",
    ".gz",
    ".nii",
    ".mat",
    ".xlsx",
    ".zip",
    ".dcm",
    ".json",
    ".bin",
    ".xml",
}
DATA |= {""}  # files of scanners, such as IM0001, 2dseq and visu_pars
_state = {"wrapped": False, "busy": False}


def declared(job) -> set[str]:
    """The files that a job may open: its inputs and outputs."""
    return {os.path.realpath(path) for path in (*job.input, *job.output)}


def check(path) -> None:
    """Raise AssertionError for a data file below the working directory that the running job does not declare."""
    job = getattr(sys.modules.get("__main__"), "snakemake", None)
    if (
        not hasattr(job, "input")
        or job.rule in EXEMPT
        or not isinstance(path, str | Path)
        or Path(path).suffix not in DATA
    ):
        return
    real = Path(os.path.realpath(path))
    # files of Snakemake, of a training, of records, of a job itself
    own = {".snakemake", "checkpoint", "provenance"} & set(real.parts) or ".partial" in real.name
    if Path.cwd() not in real.parents or own or not real.is_file():
        return
    assert str(real) in declared(job), f"{job.rule} opened {path}, which is none of its inputs"


def hook(event: str, arguments: tuple) -> None:
    """Check each file that Python opens, and wrap h5py.File as soon as it is imported."""
    if event != "open" or _state["busy"]:
        return
    _state["busy"] = True
    try:
        wrap_h5py()
        check(arguments[0])
    finally:
        _state["busy"] = False


def wrap_h5py() -> None:
    """Make h5py.File check the name of the file first."""
    h5py = sys.modules.get("h5py")
    if _state["wrapped"] or not hasattr(h5py, "File"):
        return
    _state["wrapped"] = True
    original = h5py.File.__init__

    def opened(self, name, *arguments, **keywords):
        check(name)
        original(self, name, *arguments, **keywords)

    h5py.File.__init__ = opened


sys.addaudithook(hook)
