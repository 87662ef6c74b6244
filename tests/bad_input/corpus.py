"""The corpus of bad and odd inputs: cases, and what each must lead to.

A case spoils a good study (good_study.py). It is then planned and run as Snakemake does, but in this process and
without networks: each job's `main` is called with the arguments that its rule gives it.
"""

import contextlib
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

import check_cohort
import check_plausibility
import convert_matlab
import convert_nifti
import describe_cohort
import import_masks
import import_measurements
import measure_function
import measure_volumes
from good_study import FUNCTION, Place
from murmur.csv_tables import read_csv
from murmur.data import measurement_table
from murmur.data.nifti import NiftiFolder
from murmur.data.plausibility import Finding
from murmur.data.plausible_masks import Imported
from murmur.errors import BadInput
from murmur.study.inputs import Inputs
from murmur.study.study import REFERENCE, Study
from murmur.study.study_file import read_study_file

Spoil = Callable[[Place], object]
SENTENCE = re.compile(r"[^:]+: found .+, expected .+; .+")  # where, what was found, what was expected, what to do
LONGEST = 500  # characters of a sentence
SECONDS = 30  # after which a case counts as hanging


@dataclass(frozen=True)
class Stops:
    """The study stops, when planned or in a job, with one sentence per problem; each matches one of `words`."""

    stage: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """The study runs to the end; checks.csv has a row whose mouse, and check with what was found, match.

    `holds`, if it is given, gets the results as well.
    """

    words: str
    mouse: str = "Bad"
    holds: Callable[["Finished"], None] = lambda results: None


@dataclass(frozen=True)
class Right:
    """The study runs to the end with the right results; `holds` gets them, and asserts more than that."""

    holds: Callable[["Finished"], None] | None = None
    noted: str = "nothing"  # matches the rows of checks.csv that are right as well


@dataclass(frozen=True)
class Case:
    """A case: its name, the good study that it spoils, how it does so, and what must come of it."""

    name: str
    spoil: Spoil
    expected: Stops | Noted | Right
    study: str = "folder"


@dataclass
class Finished:
    """The results of a study that ran to its end: tables of function by reader, manifest and checks of the cohorts."""

    function: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    manifest: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def of(self, mouse: str, column: str = "reference", reader: str = "observer", cohort: str = "mine") -> dict:
        """Return the function of a mouse by the reference or by the reader; missing values are None."""
        table = self.function[cohort, reader]
        rows = table[table["mouse"] == mouse].set_index("metric")[column]
        return {metric: None if pd.isna(value) else float(value) for metric, value in rows.items()}

    def mouse(self, mouse: str, cohort: str = "mine") -> SimpleNamespace:
        """Return the row of a mouse in the manifest."""
        table = self.manifest[cohort]
        return SimpleNamespace(**table[table["mouse"] == mouse].iloc[0])


def stops(stage: str, *words: str) -> Stops:
    """Expect a stop in planning or in a job; `words` are regular expressions, one per sentence."""
    assert stage in ("planning", "job")
    return Stops(stage, words)


def is_true(results: Finished, mouse: str = "Bad", **other: float | None) -> None:
    """Assert that a mouse has its true function by both reference and observer, `other` values excepted."""
    for column in ("reference", "reader"):
        assert results.of(mouse, column) == pytest.approx(FUNCTION | other), column


def measured_rightly(results: Finished) -> None:
    """Assert that the first mouse of the measurements has its values by the reference and by both readers."""
    for reader, edv in (("CVI42", 63.5), ("observer2", 61.0)):
        assert results.of("M1", "reference", reader)["EDV"] == 62.0
        assert results.of("M1", "reader", reader)["EDV"] == edv


def plan(folder: Path) -> tuple[Study, Inputs]:
    """Plan the study as the Snakefile does, including all that input functions and params ask for."""
    read_study_file("study.yaml")
    study = Study(yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8-sig")), reads_ahead=True)
    study.check_mice()
    inputs = Inputs(study)
    for cohort in study.cohorts.values():
        for mouse in cohort.mice if cohort.has_images else ():
            study.content(cohort.user_files(mouse))
    for name, reader in study.readers.items():
        for cohort in reader.cohorts:
            files = reader.mask_files(study.cohorts[cohort]) if reader.kind == "masks" else [reader.model]
            study.content(files)
            inputs.segmentations(SimpleNamespace(cohort=cohort, reader=name))
    return study, inputs


def run_jobs(study: Study) -> Finished:
    """Run the jobs up to function.csv, without networks."""
    finished = Finished()
    for name, cohort in study.cohorts.items():
        readers = (
            [reader for reader in study.readers_of(name) if study.readers[reader].kind == "masks"]
            if cohort.has_images
            else cohort.readers
        )
        if cohort.has_images:
            _describe(study, name, finished)
            for reader in readers:
                _import(study, name, reader)
        _check(study, name, finished)
        if cohort.has_images:
            _measure(study, name, REFERENCE)
        for reader in readers:
            if cohort.has_images:
                _measure(study, name, reader)
                function = _function(study, name, reader)
            else:
                function = study.layout.measurements(name, reader, "function")
                import_measurements.main(cohort.table, reader, function, cohort.excluded)
            finished.function[name, reader] = read_csv(function)
    return finished


def _describe(study: Study, name: str, finished: Finished) -> None:
    cohort = study.cohorts[name]
    grid = cohort.grid
    if cohort.kind == "nifti":
        for mouse in cohort.mice:
            folder = NiftiFolder(**cohort.folder_settings)
            convert_nifti.main(folder, mouse, cohort.file(mouse), *grid)
    if name in study.cohorts_of_matlab:
        for mouse in cohort.mice:
            convert_matlab.main(cohort.user_file[mouse], cohort.file(mouse), *grid)
    checked, manifest = (study.layout.cohort(name, file) for file in ("checked.csv", "manifest.csv"))
    check_cohort.main(cohort.files, *grid[:2], checked, threads=1, override_headers=grid[2])
    excluded = {mouse: cohort.file(mouse) for mouse in cohort.excluded}
    describe_cohort.main(checked, cohort.phenotypes, cohort.excluded, excluded, manifest)
    finished.manifest[name] = read_csv(manifest)


def _check(study: Study, name: str, finished: Finished) -> None:
    cohort, datasets = (
        study.cohorts[name],
        [study.readers[name].settings["dataset"] for name in study.readers_by("masks")],
    )
    if cohort.has_images:
        manifest, sizes = study.layout.cohort(name, "manifest.csv"), study.input_sizes[name]
        imported = {}
        for mouse, reader, own in Inputs(study).imported(SimpleNamespace(cohort=name)):
            file = study.layout.segmentation(name, reader, mouse)
            imported.setdefault(mouse, {})[reader] = Imported(file, own)
        found = check_plausibility.findings_of_images(
            manifest, cohort.files, sizes, datasets, True, threads=1, imported=imported
        )
    else:
        found = check_plausibility.findings_of_table(cohort.table, cohort.excluded)
    finished.findings += [*study.findings[name], *found]
    check_plausibility.main(study.layout.cohort(name, "checks.csv"), finished.findings, study.settings["strict"])


def _import(study: Study, name: str, reader: str) -> None:
    cohort, found = study.cohorts[name], study.readers[reader]
    import_masks.main(
        study.layout.cohort(name, "manifest.csv"),
        found.settings["masks"],
        found.settings["dataset"],
        found.mice(cohort),
        reader,
        found.postprocess,
        found.segmentations(cohort),
    )


def _measure(study: Study, name: str, reader: str) -> None:
    manifest = study.layout.cohort(name, "manifest.csv")
    mice, wildcards = study.mice_read(name, reader), SimpleNamespace(cohort=name, reader=reader)
    files = Inputs(study).segmentations(wildcards)
    outputs = [study.layout.measurements(name, reader, table) for table in ("volumes", "slices")]
    measure_volumes.main(manifest, mice, files, reader == REFERENCE, *outputs)


def _function(study: Study, name: str, reader: str) -> str:
    tables = [study.layout.measurements(name, each, "volumes") for each in (reader, REFERENCE)]
    outputs = [study.layout.measurements(name, reader, table) for table in ("function", "frames")]
    own = reader != REFERENCE and study.readers[reader].settings["frames"] == "own"
    measure_function.main(study.layout.cohort(name, "manifest.csv"), *tables, own, *outputs)
    return outputs[0]


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in a block that takes longer, even one that waits in a system call."""

    def too_long(*_):
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(folder: Path) -> tuple[str, str, Finished | None]:
    """Plan and run the study in `folder`: the stage reached, the sentences of a stop, and the results at the end."""
    stage = "planning"
    measurement_table._rows.cache_clear()
    with contextlib.chdir(folder), at_most(SECONDS):
        try:
            study, _ = plan(folder)
            stage = "job"
            return "finished", "", run_jobs(study)
        except BadInput as problem:
            return stage, str(problem), None


def after_a_run(spoil: Callable[[Place], None]) -> Callable[[Place], None]:
    """Return what spoils a study whose results are there."""

    def spoil_finished(place: Place) -> None:
        place.write()
        assert outcome(place.folder)[0] == "finished"
        spoil(place)

    return spoil_finished


def check(case: Case, folder: Path) -> None:
    """Assert that the outcome of the study in `folder` is the one that the case expects."""
    stage, sentence, finished = outcome(folder)
    expected = case.expected
    if isinstance(expected, Stops):
        assert stage == expected.stage, sentence or "ran to the end in silence"
        lines = sorted(sentence.splitlines())
        assert len(lines) == len(expected.words), sentence
        for line, words in zip(lines, expected.words, strict=True):
            assert re.search(words, line), line
            assert SENTENCE.fullmatch(line), line
            assert len(line) < LONGEST
            assert not re.search(r"Errno|Traceback|0x[0-9a-f]{6}", line), line
        return
    assert finished, f"stopped in {stage}: {sentence}"
    if isinstance(expected, Noted):
        found = [f for f in finished.findings if re.fullmatch(expected.mouse, f.mouse)]
        assert any(re.search(expected.words, f"{f.check}: {f.found}") for f in found), finished.findings or "silence"
        expected.holds(finished)
        return
    assert not [f for f in finished.findings if not re.search(expected.noted, f"{f.mouse}, {f.check}: {f.found}")]
    (expected.holds or (measured_rightly if case.study == "measurements" else is_true))(finished)
