"""The files that a session can be left with: tables, movies, masks and summaries, singly or as one archive."""

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path

import export_masks
from murmur.csv_tables import read_csv
from murmur.data.chosen_phases import phases_by_mouse
from murmur.data.review import EXPORTED_FILES
from murmur.files import atomic_write, write_text
from murmur.logs import progress
from page.study import CHOSEN, Project, write_frames
from page.summary import summary
from page.tasks import project_of, tabulate

TABLES = ("measurements", "volumes", "slices", "function", "frames", "curve", "wall", "quality", "review", "checks")
DATE = (1980, 1, 1, 0, 0, 0)  # of entries of archives: same content, same bytes
PACKED = {".gz", ".gif", ".h5", ".png", ".xlsx"}  # not compressed again
READ_ME = """Everything that Murmur made of these scans.

measurements.csv, .xlsx   one row per mouse; the columns are explained on the second sheet
tables/                   all tables: volumes.csv has one row per frame, review.csv what to look at first
nifti/MOUSE/              images and masks on the grid of the original scan; ED and ES are the frames measured
masks/                    masks of each mouse as HDF5: 0 background, 1 myocardium, 2 blood pool
movies/, summaries/       a movie and a page of each mouse
study.yaml, mice/, ...    with these, the workflow makes the same tables again, in the folder of this file:
                          snakemake --snakefile MURMUR/Snakefile --configfile study.yaml --cores all measurements
"""


def table(root: str, weights: str, mice: Sequence[str], name: str) -> str:
    """Return a table of mice: measurements.csv, measurements.xlsx or volumes.csv."""
    tabulate(root, weights, mice)
    return f"{root}/tables/{Path(name).name}"


def masks(root: str, weights: str, mouse: str) -> str:
    """Return the masks of a mouse as HDF5 file."""
    return str(Path(root, "study", project_of(root, weights).segmentation(mouse)))


def nifti(root: str, weights: str, mouse: str) -> str:
    """Return an archive with images and masks of a mouse as NIfTI files, on the grid of the scan."""
    folder = _exported(project_of(root, weights), root, mouse)
    return _archive(f"{root}/downloads/nifti.zip", {path.name: path for path in sorted(folder.iterdir())})


def movie(root: str, weights: str, mouse: str) -> str:
    """Return a movie of a mouse with the outlines of its masks, held at the ED and ES at which it was measured."""
    from murmur.data.manifest import read_manifest
    from murmur.presentation.cases import read_case
    from render_movies import render

    project, tables = project_of(root, weights), Path(root, "view", mouse)
    described = read_manifest(tables / "manifest.csv")[mouse]
    function = read_csv(tables / "function.csv").set_index("metric")["reader"]
    measured = _measured(root, mouse)
    case = read_case(described, f"mice/{mouse}.h5", project.segmentation(mouse), measured)
    path = f"{root}/downloads/{mouse}.gif"
    title = mouse if isnan(function["EF"]) else f"{mouse}, EF {function['EF']:.1f}%"
    if case.reference is not None:
        title += " (reader: these masks; reference: the contours in the file)"
    with atomic_write(path) as partial:
        partial.write_bytes(render(case, title, None))
    return path


def everything(root: str, weights: str, mice: Sequence[str]) -> str:
    """Return an archive of all files of mice."""
    project = tabulate(root, weights, mice)
    found = {f"tables/{name}.csv": Path(root, "tables", f"{name}.csv") for name in TABLES}
    found |= {name: Path(root, "tables", name) for name in ("measurements.csv", "measurements.xlsx")}
    for mouse in progress(project.mice, "packing", "mouse"):
        found |= {f"nifti/{mouse}/{path.name}": path for path in _exported(project, root, mouse).iterdir()}
        found[f"movies/{mouse}.gif"] = Path(movie(root, weights, mouse))
        found[f"summaries/{mouse}.html"] = Path(summary(root, weights, mouse))
        found[f"masks/{mouse}.h5"] = Path(masks(root, weights, mouse))
    found |= dict(_of_study(root, project))
    write_text(f"{root}/downloads/README.txt", READ_ME)
    found["README.txt"] = Path(root, "downloads", "README.txt")
    return _archive(f"{root}/downloads/murmur.zip", found)


def _of_study(root: str, project: Project) -> Iterator[tuple[str, Path]]:
    """Yield the files with which the workflow makes the same again."""
    yield "study.yaml", Path("study.yaml")
    if project.weights != "murmur":
        yield project.weights, Path(project.weights)
    if project.phases:
        path = Path(root, "downloads", CHOSEN)
        write_frames(path, project.phases)
        yield CHOSEN, path
    for mouse in project.mice:
        yield f"mice/{mouse}.h5", Path("mice", f"{mouse}.h5")
    for files in project.corrections.values():
        yield from ((Path(file).as_posix(), Path(file)) for file in files)


def _measured(root: str, mouse: str) -> tuple[int, int] | None:
    """Return the frames of ED and ES at which a mouse was measured; None without both."""
    return phases_by_mouse(read_csv(Path(root, "view", mouse, "frames.csv"))).get(mouse)


def _exported(project: Project, root: str, mouse: str) -> Path:
    """Return the folder with the NIfTI files of a mouse."""
    folder = Path(root, "downloads", "nifti", mouse)
    shutil.rmtree(folder, ignore_errors=True)
    outputs = {name: str(folder / file) for name, file in EXPORTED_FILES.items()}
    measured = _measured(root, mouse)
    export_masks.main(f"mice/{mouse}.h5", project.segmentation(mouse), None, False, outputs, measured)
    for path in folder.glob("E[DS]_*") if measured is None else ():
        path.unlink()
    return folder


def _archive(path: str, files: dict[str, Path]) -> str:
    """Return a zip archive of files, by their names in it."""
    with atomic_write(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if files[name].suffix in PACKED else zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as sink, open(files[name].resolve(), "rb") as source:
                shutil.copyfileobj(source, sink, 2**20)
    return path
