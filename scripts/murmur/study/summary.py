"""Summary of a study before it is computed: cohorts, mice and readers."""

from collections import Counter
from collections.abc import Iterable

from murmur.data.split import SPLITS
from murmur.statistics.notes import mice
from murmur.study.cohort import Cohort
from murmur.study.reader import Reader
from murmur.study.study import Study
from murmur.subject import in_words

SOURCES = {
    "phantom": "simulated",
    "folder": "HDF5 files",
    "nifti": "NIfTI files",
    "dicom": "DICOM files",
    "bruker": "Bruker studies",
    "published": "published data",
    "measurements": "a table of measurements",
}
READERS = {"train_on": "trained on", "weights": "network", "masks": "masks in", "corrects": "review of"}
READERS |= {"ensemble": "ensemble of", "select": "best of"}


def summary(study: Study) -> str:
    """Return what the study consists of, in one line for each cohort and each reader.

    Raises BadInput if a mouse file is invalid.
    """
    lines = [f"Cohort {name}: {_cohort(cohort)}" for name, cohort in study.cohorts.items()]
    lines += [f"Reader {name}: {_reader(study, reader)}" for name, reader in study.readers.items()]
    return in_words("\n".join(lines))


def _cohort(cohort: Cohort) -> str:
    parts = [f"{cohort.size} from {SOURCES[cohort.kind]}".replace("from simulated", "simulated")]
    if not cohort.contoured:
        parts.append("no reference, so that readers are not compared with it")
    elif cohort.kind in ("folder", "nifti", "dicom", "bruker"):
        parts.append(f"{len(cohort.contoured)} with contours")
    parts += [f"{mouse} excluded ({cohort.bad_files.get(mouse, reason)})" for mouse, reason in cohort.excluded.items()]
    if cohort.phenotypes:
        known = [cohort.phenotypes.get(mouse, "unknown") for mouse in cohort.mice]
        parts.append(f"phenotypes: {_numbers(known)}")
    if cohort.has_images and "split" in cohort.settings:
        parts.append(f"split: {_numbers(sorted((cohort.split[mouse] for mouse in cohort.mice), key=SPLITS.index))}")
    return "; ".join(parts)


def _reader(study: Study, reader: Reader) -> str:
    source = reader.settings[reader.kind]
    if reader.kind == "select":
        source = source["from"]
    if isinstance(source, list):
        source = ", ".join(source)
    source = source if isinstance(source, str) else "to be downloaded"
    numbers = [f"{mice(len(study.mice_read(name, reader.name)))} of {name}" for name in reader.cohorts]
    return f"{READERS[reader.kind]} {source}; {', '.join(numbers)}"


def _numbers(names: Iterable[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in Counter(names).items())
