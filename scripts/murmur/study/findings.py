"""Findings of the files of a study that can be made without reading them: what is passed over or does not match."""

import difflib
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from murmur.data.measurement_table import gives_fractions
from murmur.data.nifti_masks import NiftiMasks
from murmur.data.plausibility import Finding, check_participants, listed
from murmur.data.spellings import two_spellings
from murmur.files import natural_key
from murmur.study.cohort import Cohort
from murmur.study.reader import Reader
from murmur.study.scan_sources import ScanCohort

LOOK_LIKE_MICE = (".h5", ".hdf5", ".hdf", ".he5", ".mat", ".nii", ".gz", ".zip", ".tar", ".7z", ".rar", ".dcm", ".ima")
LOOK_LIKE_MICE += (".part", ".partial", ".crdownload")  # in lower case; incomplete downloads
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")
SUMMARIES = ("mean", "average", "median", "sd", "stdev", "std", "sem", "se", "min", "max", "sum", "total", "n", "cv")
NOTES = (
    ".txt",
    ".md",
    ".csv",
    ".tsv",
    ".xls",
    ".xlsx",
    ".doc",
    ".docx",
    ".pdf",
    ".yaml",
    ".yml",
    ".json",
    ".ini",
    ".db",
)


def findings_of_files(cohorts: Mapping[str, Cohort], readers: Mapping[str, Reader]) -> dict[str, list[Finding]]:
    """Return what is odd about the files of each cohort, and of the readers and participants that belong to it."""
    found = {
        name: [*_passed_over(cohort), *_names(cohort), *_participants(cohort, cohorts)]
        for name, cohort in cohorts.items()
    }
    for reader in readers.values():
        if reader.kind == "masks":
            found[reader.cohorts[0]] += _masks_of_no_mouse(reader, cohorts)
            for name in reader.cohorts:
                found[name] += _mice_without_masks(reader, cohorts[name])
    for name, cohort in cohorts.items():
        used = any(name in reader.cohorts or cohort in reader.training_cohorts for reader in readers.values())
        if cohort.has_images and not used:
            found[name].append(Finding("", "no reader", "no reader of the cohort", "a reader, such as weights: murmur"))
    return found


def _passed_over(cohort: Cohort) -> Iterator[Finding]:
    """Find files and folders next to the mice that look like mice but are not read."""
    if isinstance(cohort, ScanCohort):
        yield from _no_session(cohort)
        yield from (Finding(mouse, *odd) for mouse, several in cohort.odd_sessions.items() for odd in several)
    if cohort.kind not in ("folder", "nifti"):
        return
    folder = Path(cohort.source[cohort.kind])
    used = {Path(file) for mouse in cohort.found for file in cohort.user_files(mouse)}
    suffix = "MOUSE.h5" if cohort.kind == "folder" else cohort.source["images"]
    others = sorted(set(folder.iterdir()) - used, key=lambda path: natural_key(path.name))
    masks = dict(cohort.folder.mouse_of_mask(path) for path in others) if cohort.kind == "nifti" else {}
    files = [path.name for path in others if _looks_like_mouse(path) and not masks.get(path.name)]
    folders = [path.name for path in others if path.is_dir() and os.access(path, os.R_OK | os.X_OK)]
    folders = [name for name in folders if any(map(_looks_like_mouse, (folder / name).iterdir()))]
    if files:
        yield Finding("", "files passed over", listed(files), f"{suffix}; rename or remove them")
    if folders:
        yield Finding("", "folders passed over", listed(folders), f"all files in '{folder}' itself")
    if orphans := {name: mouse for name, mouse in masks.items() if mouse}:
        found = [f"{name}{_nearest(mouse, cohort.found)}" for name, mouse in orphans.items()]
        yield Finding("", "masks that match no mouse", listed(found), "masks of mice with images")


def _no_session(cohort: ScanCohort) -> Iterator[Finding]:
    """Find files next to scan sessions, and sessions that an edited table does not list.

    Only archives are named: scanners begin the names of other files with that of the patient.
    """
    used = {Path(file) for mouse in cohort.found for file in cohort.contour_files(mouse)}
    others = [path.name for path in cohort.beside_sessions if path not in used and not path.name.endswith(NOTES)]
    if others:
        archives = sorted((name for name in others if name.lower().endswith(ARCHIVES)), key=natural_key)
        n = len(others) - len(archives)
        found = [*archives, f"{n} {'other ' * bool(archives)}file{'s' * (n > 1)} in {cohort.source[cohort.kind]}"]
        wanted = "one folder or zip archive per mouse; move each into one, or remove it"
        yield Finding("", "files passed over", listed(found[: len(archives) + bool(n)]), wanted)
    if cohort.unlisted_sessions:
        wanted = f"rows of each mouse in {cohort.source['chosen']}; list the scans again, and choose"
        yield Finding("", "scan sessions passed over", listed(cohort.unlisted_sessions), wanted)


def _looks_like_mouse(path: Path) -> bool:
    return path.name.lower().endswith(LOOK_LIKE_MICE) and not path.is_dir()


def _masks_of_no_mouse(reader: Reader, cohorts: Mapping[str, Cohort]) -> Iterator[Finding]:
    """Find files of a reader of masks that belong to no mouse of any cohort."""
    mice = [mouse for cohort in cohorts.values() if cohort.has_images for mouse in cohort.found]
    names = {path.name: path.stem for path in reader.folder.iterdir() if _looks_like_mouse(path)}
    used = {f"{mouse}.h5" for mouse in mice}
    if reader.nifti:
        masks = NiftiMasks(**reader.nifti, mice=mice)
        used = {path.name for mouse in mice for path in masks.mask_files(mouse)}
    images = {Path(file) for cohort in cohorts.values() for mouse in cohort.found for file in cohort.user_files(mouse)}
    others = [name for name in names if name not in used and reader.folder / name not in images]
    if others:
        found = [f"{name}{_nearest(names[name], mice)}" for name in sorted(others, key=natural_key)]
        yield Finding(
            "",
            f"masks of {reader.name} that match no mouse",
            listed(found),
            f"{reader.nifti.get('masks', 'MOUSE.h5')} of a mouse",
        )


def _mice_without_masks(reader: Reader, cohort: Cohort) -> Iterator[Finding]:
    """Find mice of a cohort that a reader of masks did not segment."""
    if mice := reader.without_masks(cohort):
        yield Finding("", f"mice without masks of {reader.name}", listed(mice), "masks of all mice that it segments")


def _names(cohort: Cohort) -> Iterator[Finding]:
    """Find mice with two spellings, rows of a table of measurements that are no mice, and EF as a fraction."""
    if pairs := two_spellings(cohort.found, slips=False):
        found = listed([" and ".join(pair) for pair in pairs])
        yield Finding("", "two spellings of a mouse", found, "different mice")
    if cohort.has_images:
        return
    if summaries := [mouse for mouse in cohort.found if mouse.casefold() in SUMMARIES]:
        yield Finding("", "summaries among the mice", f"{listed(summaries)} in {cohort.table}", "mice only")
    if gives_fractions(cohort.table):
        yield Finding(
            "", "EF as a fraction", f"no EF above 1 in {cohort.table}", "percentages, to which it is converted"
        )


def _spellings(cohort: Cohort, source: str) -> Iterator[Finding]:
    """Find groups, sexes and sessions with two spellings."""
    table, seen = cohort.participants, []
    for column in ("group", "phenotype", "sex", "session"):
        pairs = two_spellings(table[column].dropna().astype(str)) if column in table else []
        if pairs and pairs not in seen:
            found = f"{listed([' and '.join(pair) for pair in pairs])} in {source}"
            yield Finding("", f"two spellings of a {column}", found, "one spelling, unless they differ")
        seen.append(pairs)


def _participants(cohort: Cohort, cohorts: Mapping[str, Cohort]) -> Iterator[Finding]:
    """Compare the tables of participants of a cohort with its mice; other cohorts may use the same tables."""
    tables = cohort.tables_of_participants
    if not tables:
        return
    yield from _spellings(cohort, tables[0])
    sharing = [other for other in cohorts.values() if other.tables_of_participants == tables]
    names = [name for name in cohort.listed.unknown if all(name in other.listed.unknown for other in sharing)]
    unknown = [f"{name}{_nearest(name, cohort.found)}" for name in names]
    unlisted = [mouse for mouse in cohort.listed.unlisted if mouse not in cohort.excluded]
    without = [mouse for mouse in cohort.mice if mouse not in unlisted and mouse not in cohort.phenotypes]
    parts = [f"no mouse named {listed(unknown)}"] if unknown else []
    parts += [f"no row for {listed(unlisted)}"] if unlisted else []
    parts += [f"no group of {listed(without)}"] if without and cohort.phenotypes else []
    if parts:
        found = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        yield Finding("", "participants do not match", found, f"the mice of the cohort in {tables[0]}")
    table = cohort.listed.table
    yield from check_participants(table[table["mouse"].isin(cohort.mice)])


def _nearest(name: str, names: Collection[str]) -> str:
    """Return " (NAME?)" with the one of `names` that resembles `name`; empty if none does."""
    near = difflib.get_close_matches(name, names, n=1)
    return f" ({near[0]}?)" if near else ""
