"""A complete study: its cohorts and readers, and the queries of the rules about them."""

from collections.abc import Iterable
from functools import cached_property

from murmur.data.plausibility import Finding
from murmur.errors import BadInput
from murmur.files import remembered_sha256, sha256
from murmur.provenance.record import digest
from murmur.study.checks import one_of
from murmur.study.cohort import Cohort
from murmur.study.comparison import Comparison
from murmur.study.dates import check_dates
from murmur.study.derived_reader import readers_of_study
from murmur.study.findings import findings_of_files
from murmur.study.layout import Layout
from murmur.study.reader import Reader
from murmur.study.reading import read_ahead
from murmur.study.schema import complete
from murmur.study.sources import cohort_of
from murmur.subject import choose_subject, in_words
from murmur.vocabulary import REFERENCE

SHOWN_FILES = 20  # invalid files in a message
SHOWN = 10  # findings that are shown before any job starts


class Study:
    """A complete, validated study: `cohorts` and `readers` by name."""

    def __init__(self, config: dict, reads_ahead: bool = False):
        """Check `config`, the content of a study file.

        With `reads_ahead`, digests of the user's files are computed for a whole cohort at once, with a progress bar,
        for the process that plans all jobs; the process of a single job reads only its own files.

        Raises BadInput with one line per problem: the key's path, what was found and what was expected.
        """
        self.reads_ahead, self._read = reads_ahead, set()
        self.settings = complete(config)
        choose_subject(self.settings["subject"])
        self.name = self.settings["study"]
        self.results = f"results/{self.name}"
        self.layout = Layout(self.results)
        self.statistics = self.settings["statistics"]
        self.inference = self.settings["inference"]
        self.paper = self.settings.get("paper")
        self.cohorts: dict[str, Cohort] = {
            name: cohort_of(name, settings, self.layout) for name, settings in self.settings["cohorts"].items()
        }
        self.readers: dict[str, Reader] = readers_of_study(self.settings["readers"], self.cohorts, self.layout)
        self.comparisons: dict[str, Comparison] = {
            name: Comparison(name, given, self.cohorts, self.readers_of, self.mice_read, self.statistics["alpha"])
            for name, given in self.settings["comparison"].items()
        }

    def check_mice(self) -> None:
        """List all mice, phenotypes, splits and values of tables, so that problems are reported before any job starts.

        Raises BadInput with one line for each invalid file, or for the first of the other problems.
        """
        self._check_files()
        for name, cohort in self.cohorts.items():
            _ = cohort.phenotypes, cohort.split
            files = [file for mouse in cohort.mice for file in cohort.user_files(mouse)]
            check_dates(files if cohort.has_images else [cohort.table])
            cohort.check_values()
            for reader in self.readers_of(name):
                self.mice_read(name, reader)
        for name in self.readers_by("train_on"):
            _ = self.readers[name].learning_mice
        _ = self.cohorts_by_frame
        for observer in self.statistics["observers"]:
            one_of(observer, self.reader_names, "statistics.observers")
        for comparison in self.comparisons.values():
            _ = comparison.settings
        if self.paper:
            one_of(self.paper["cohort"], list(self.cohorts), "paper.cohort")
            one_of(self.paper["reader"], self.readers_of(self.paper["cohort"]), "paper.reader")
            if not self.has_reference(*self.paper_pair):
                raise BadInput(
                    f"paper.cohort: found '{self.paper['cohort']}', whose mice have no reference, expected a cohort "
                    "with one; name another, or remove paper"
                )

    def _check_files(self) -> None:
        """Raise BadInput with one line for each invalid table or file, at most `SHOWN_FILES`."""
        stopping = [cohort for cohort in self.cohorts.values() if not cohort.skips_bad_files]
        bad = []
        for cohort in self.cohorts.values():
            try:
                _ = cohort.listed
            except BadInput as problem:
                bad += str(problem).splitlines()
        bad += [problem for cohort in stopping for problem in cohort.bad_files.values()]
        for reader in self.readers.values():
            try:
                reader.check_files(self.cohorts)
                reader.check_phases(self.cohorts)
            except BadInput as problem:
                bad += str(problem).splitlines()
        if bad := list(dict.fromkeys(bad)):
            rest = len(bad) - SHOWN_FILES
            more = [f"{rest} more files are invalid; correct these first"] if rest > 0 else []
            raise BadInput("\n".join(bad[:SHOWN_FILES] + more))

    @property
    def title(self) -> str:
        """The study in one line: its name, cohorts and readers."""
        cohorts = ", ".join(f"{name} ({cohort.size})" for name, cohort in self.cohorts.items())
        readers = f"; readers: {', '.join(self.reader_names)}" if self.reader_names else "; no readers"
        return in_words(f"Study {self.name}: {cohorts}{readers}")

    @property
    def notes(self) -> list[str]:
        """Notes to show before any job starts; often none."""
        of_cohorts = ((it.split_note, it.scans_note, it.values_note) for it in self.cohorts.values())
        notes = [note for of_cohort in of_cohorts for note in of_cohort if note]
        found = [f"{name}: {finding.sentence}" for name, of_cohort in self.findings.items() for finding in of_cohort]
        more = [f"{len(found) - SHOWN} more in checks.csv of the cohorts"] if len(found) > SHOWN else []
        return [*map(in_words, [*notes, *found[:SHOWN]]), *more]

    @cached_property
    def findings(self) -> dict[str, list[Finding]]:
        """What is odd about the files of each cohort, as far as it can be seen without reading them."""
        return findings_of_files(self.cohorts, self.readers)

    @property
    def input_sizes(self) -> dict[str, dict[str, int]]:
        """The side lengths of the inputs of the networks that segment each cohort, as far as they are known."""
        sizes = {name: size for name, reader in self.readers.items() if (size := reader.input_size)}
        return {
            cohort: {name: size for name, size in sizes.items() if cohort in self.readers[name].cohorts}
            for cohort in self.cohorts
        }

    def learnt_elsewhere(self, cohort: str) -> dict[str, list[str]]:
        """The mice of other cohorts from which networks that segment `cohort` learn, by cohort."""
        found: dict[str, dict[str, None]] = {}
        for name in self.readers_by("train_on"):
            for other, mouse in self.readers[name].learning if cohort in self.readers[name].cohorts else ():
                if other != cohort:
                    found.setdefault(other, {})[mouse] = None
        return {other: list(mice) for other, mice in found.items()}

    def cohorts_from(self, *kinds: str) -> list[str]:
        """Names of the cohorts with these kinds of source, such as phantom or nifti."""
        return [name for name, cohort in self.cohorts.items() if cohort.kind in kinds]

    @property
    def cohorts_of_matlab(self) -> list[str]:
        """Names of the cohorts whose HDF5 files have reversed axes."""
        return [name for name in self.cohorts_from("folder") if self.cohorts[name].source.get("axes") == "reversed"]

    @property
    def cohorts_with_images(self) -> list[str]:
        """Names of the cohorts that have images."""
        return [name for name, cohort in self.cohorts.items() if cohort.has_images]

    @property
    def animal_of_scan(self) -> dict[str, dict[str, str]]:
        """The animal of each scan, by cohort, where some animals have several scans."""
        return {name: found for name, cohort in self.cohorts.items() if (found := cohort.animal_of_scan)}

    @property
    def animals_scanned_repeatedly(self) -> dict[str, int]:
        """The number of animals, by cohort, where some animals have several scans."""
        return {name: found for name, cohort in self.cohorts.items() if (found := cohort.animals_scanned_repeatedly)}

    def readers_by(self, *kinds: str) -> list[str]:
        """Names of the readers of these kinds: train_on, weights, masks, ensemble, corrects."""
        return [name for name, reader in self.readers.items() if reader.kind in kinds]

    @cached_property
    def reader_names(self) -> list[str]:
        """Names of all readers, including those in tables of measurements, sorted."""
        return sorted({reader for cohort in self.cohorts for reader in self.readers_of(cohort)})

    def readers_of(self, cohort: str) -> list[str]:
        """Names of the readers that are compared with the reference of `cohort`."""
        if not self.cohorts[cohort].has_images:
            return self.cohorts[cohort].readers
        return [name for name, reader in self.readers.items() if cohort in reader.cohorts]

    def mice_read(self, cohort: str, reader: str) -> list[str]:
        """The mice of `cohort` on which a reader is measured; all of them for the reference and for measurements."""
        found = self.cohorts[cohort]
        if reader == REFERENCE or not found.has_images:
            return found.mice
        return self.readers[reader].mice(found)

    def trained_on(self, reader: str) -> str | None:
        """Name of the cohort on which a reader is trained; None if it is not trained here."""
        return self.readers[reader].trained_on if reader in self.readers else None

    def has_reference(self, cohort: str, reader: str = REFERENCE) -> bool:
        """Whether the expert contoured, or measured, any mouse of `cohort` on which a reader is measured.

        Corrected masks are not compared with the reference.
        """
        if reader in self.readers_by("corrects"):
            return False
        return not set(self.cohorts[cohort].contoured).isdisjoint(self.mice_read(cohort, reader))

    @cached_property
    def _with_reference(self) -> set[tuple[str, str]]:
        """The pairs of cohort and reader that can be compared with the reference."""
        return {pair for pair in self.pairs() if self.has_reference(*pair)}

    def pairs(
        self, images: bool = False, phenotypes: bool = False, reference: bool | None = None
    ) -> list[tuple[str, str]]:
        """All pairs of cohort and reader.

        Optionally, only those of cohorts with images or whose phenotypes are compared, or only those with, or without,
        a reference with which the reader can be compared.
        """
        return [
            (name, reader)
            for name, cohort in self.cohorts.items()
            if (cohort.has_images or not images) and (cohort.compares_phenotypes or not phenotypes)
            for reader in self.readers_of(name)
            if reference is None or ((name, reader) in self._with_reference) == reference
        ]

    def readers_compared(self, cohort: str) -> list[str]:
        """Names of the readers of `cohort` that can be compared with its reference."""
        return [reader for reader in self.readers_of(cohort) if (cohort, reader) in self._with_reference]

    def mice_learnt(self, cohort: str, readers: Iterable[str]) -> list[str]:
        """The training and validation mice of a cohort that `readers` segment, if any of them learnt from the cohort.

        They are left out where these readers are compared.
        """
        found, readers = self.cohorts[cohort], list(readers)
        if not found.has_images or not any(found in self._cohorts_learnt(reader) for reader in readers):
            return []
        read = {mouse for reader in readers for mouse in self.mice_read(cohort, reader)}
        return [mouse for mouse in found.mice_of("train", "validation") if mouse in read]

    def _cohorts_learnt(self, reader: str) -> list[Cohort]:
        """The cohorts on which a reader, or a member of an ensemble, was trained, or to which its choice was fitted."""
        found = self.readers[reader]
        names = set().union(*(member.cohorts_learnt for member in [found, *getattr(found, "members", ())]))
        fitted = [found.mice_of_choice[0]] if getattr(found, "chooses", False) else []
        return [*(self.cohorts[name] for name in names), *fitted]

    def selected_among(self, cohort: str) -> list[str]:
        """Names of the readers of `cohort` that are one of the others, selected on the validation mice."""
        compared = self.readers_compared(cohort)
        chosen = [name for name in compared if name in self.readers and self.readers[name].kind == "select"]
        return [name for name in chosen if any(found.name in compared for found in self.readers[name].candidates)]

    @property
    def cohorts_of_several_readers(self) -> list[str]:
        """Names of the cohorts on which readers are compared with each other."""
        return [name for name in self.cohorts if len(self.readers_compared(name)) > 1]

    @property
    def cohorts_by_frame(self) -> list[str]:
        """Names of the cohorts in which readers are compared with the reference over the cardiac cycle."""
        return [
            name
            for name, cohort in self.cohorts.items()
            if self.readers_compared(name) and cohort.is_contoured_over_the_cycle
        ]

    @property
    def repeats(self) -> dict[str, str]:
        """The name of the training of each reader that is one of its repetitions."""
        return {name: reader.settings["repeat_of"] for name, reader in self.readers.items() if reader.repeated}

    @property
    def varies_train_mice(self) -> bool:
        """Whether networks are trained on different numbers of the training mice."""
        return len({self.readers[name].settings.get("train_mice") for name in self.readers_by("train_on")}) > 1

    def pairs_of_networks(self) -> list[tuple[str, str]]:
        """The pairs of cohort and network in which the network is compared with the reference, if any is trained."""
        networks = self.readers_by("train_on", "weights") if self.readers_by("train_on") else []
        return [pair for pair in self.pairs(images=True, reference=True) if pair[1] in networks]

    def cohorts_of_networks(self) -> list[str]:
        """Names of the cohorts in which networks are compared with the reference."""
        return list(dict.fromkeys(cohort for cohort, _ in self.pairs_of_networks()))

    def origins_of_networks(self) -> dict[str, dict[str, str]]:
        """The cohorts on which each network was trained here, and what the training started from; both may be empty."""
        names = dict.fromkeys(reader for _, reader in self.pairs_of_networks())
        return {name: self.readers[name].origin(self.repeats) for name in names}

    def files_of_given_networks(self) -> dict[str, str]:
        """The file (.keras) of each of these networks that was not trained here."""
        given = [name for name in self.origins_of_networks() if name in self.readers_by("weights")]
        return {name: self.readers[name].model for name in given if self.readers[name].model.endswith(".keras")}

    def pairs_across_cohorts(self) -> list[tuple[str, str]]:
        """The pairs of cohort and reader for each reader of several cohorts, with its training cohort first.

        A reader trained on several cohorts is paired with the first of them only; the others, and those on which the
        network that its training started from was trained, are not external to it.
        """
        pairs = []
        for reader in self.reader_names:
            trained_on = self.trained_on(reader)
            learnt = self.readers[reader].cohorts_learnt - {trained_on} if reader in self.readers else ()
            cohorts = [name for name in self.cohorts if (name, reader) in self._with_reference and name not in learnt]
            if len(cohorts) > 1 and trained_on in (None, *cohorts):
                pairs += [(cohort, reader) for cohort in sorted(cohorts, key=lambda name: name != trained_on)]
        return pairs

    def is_external(self, cohort: str, reader: str) -> bool:
        """Whether the errors of a reader in a cohort are compared with those in another one, its internal cohort."""
        return cohort in [where for where, name in self.pairs_across_cohorts() if name == reader][1:]

    @property
    def paper_pair(self) -> tuple[str, str]:
        """The cohort and the reader compared with the paper. Raises BadInput if the study names none."""
        if not self.paper:
            raise BadInput("paper: found none, expected cohort and reader; add paper: {cohort: ..., reader: ...}")
        return self.paper["cohort"], self.paper["reader"]

    def user_files(self, file: str) -> list[str]:
        """The user's file that a file is or links to; none for files that the workflow makes."""
        if file in self._linked:
            return self._linked[file]
        return [] if file.startswith(f"{self.results}/") else [file]

    def content(self, files: Iterable[str]) -> str:
        """Digest of those of `files` that are the user's, for a param: changed content reruns a rule.

        With modification times, a copy with the same content would rerun everything, and an older file with different
        content nothing. Snakemake's own checksums are no alternative: they are computed only for inputs that are newer
        than the output and, by default, at most 1 MB, and not for jobs that depend on a job to be run.
        """
        owned = [own for file in files for own in self.user_files(file)]
        if self.reads_ahead:
            for cohort in {self._cohort_of[own] for own in owned if own in self._cohort_of}:
                self._read_ahead(cohort)
        return digest([remembered_sha256(own) for own in owned])

    @cached_property
    def _cohort_of(self) -> dict[str, str]:
        """The cohort to which each of the user's files belongs."""
        found = self.cohorts.items()
        return {file: name for name, cohort in found for mouse in cohort.mice for file in cohort.user_files(mouse)}

    def _read_ahead(self, cohort: str) -> None:
        """Read all files of a cohort at once, because planning requests them one by one."""
        if cohort not in self._read:
            self._read.add(cohort)
            read_ahead([file for file, owner in self._cohort_of.items() if owner == cohort], "sha256", sha256)

    @cached_property
    def _linked(self) -> dict[str, list[str]]:
        """The user's copy of each published mouse file, by the link to it."""
        published = (self.cohorts[name] for name in self.cohorts_from("published"))
        return {cohort.file(mouse): cohort.user_files(mouse) for cohort in published for mouse in cohort.mice}
