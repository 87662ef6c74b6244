"""Readers made of other readers: ensembles, and masks corrected by a person; and all kinds of readers by their key."""

import os
from collections.abc import Mapping
from functools import cached_property, partial

from murmur.data.review import Decision, correction_files, read_decisions
from murmur.errors import BadInput
from murmur.files import check_readable, remembered
from murmur.quality.choice import FEWEST_MICE
from murmur.study.checks import exactly_one, existing, one_of
from murmur.study.cohort import Cohort
from murmur.study.dates import check_dates
from murmur.study.layout import Layout
from murmur.study.reader import MasksReader, Reader, WeightsReader
from murmur.study.reading import changed_since
from murmur.study.trained_reader import SelectedReader, TrainedReader


class EnsembleReader(Reader):
    """Several readers: the majority of their masks, the best masks by predicted quality, or mean probabilities."""

    kind = "ensemble"
    members: list[Reader]  # set by the study

    @property
    def chooses(self) -> bool:
        """Whether the masks are chosen by their predicted quality."""
        return self.settings["combine"] == "best"

    def take(self, readers: Mapping[str, Reader], cohorts: Mapping[str, Cohort]) -> None:
        """Find the members among the readers of the study. Raises BadInput if they cannot be combined."""
        possible = [
            name for name, reader in readers.items() if reader.kind in ("train_on", "weights", "masks", "select")
        ]
        for name in self.settings["ensemble"]:
            one_of(name, possible, f"{self.key}.ensemble")
        self.members = [readers[name] for name in self.settings["ensemble"]]
        if len(self.members) < 2:
            raise BadInput(
                f"{self.key}.ensemble: found '{self.members[0].name}' only, expected at least two readers, or one with "
                "seeds or folds; add another"
            )
        common = [name for name in self.cohorts if all(name in member.cohorts for member in self.members)]
        if not common or ("cohorts" in self.settings and common != self.cohorts):
            raise BadInput(
                f"{self.key}.cohorts: found {', '.join(self.cohorts)}, expected cohorts that all readers of the "
                f"ensemble segment, which are {', '.join(common) or 'none'}"
            )
        self.cohorts, self._all_cohorts = common, cohorts
        if self.settings["combine"] == "mean":
            self.networks = self._networks()
        elif "copies" in self.settings:
            raise BadInput(f"{self.key}.copies: found without combine: mean, expected both together; remove it")

    def _networks(self) -> list[Reader]:
        """The members, which must be networks for images of the same size."""
        for member in self.members:
            if not member.networks:
                raise BadInput(
                    f"{self.key}.ensemble: found '{member.name}', which has no probabilities, expected networks only, "
                    "whose mean is taken; remove it, or set combine: majority"
                )
        sizes = {member.name: member.input_size for member in self.members if member.input_size}
        if len(set(sizes.values())) > 1:
            found = ", ".join(f"{name} ({size} pixels)" for name, size in sizes.items())
            raise BadInput(
                f"{self.key}.ensemble: found {found}, expected networks for images of the same size, whose mean is "
                "taken; set combine: majority"
            )
        return self.members

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput unless members with imported masks have those of all mice that are needed."""
        needed = [(cohorts[name], mouse) for name in self.cohorts for mouse in self.mice(cohorts[name])]
        if self.chooses:
            cohort, mice = self.mice_of_choice
            needed += [(cohort, mouse) for mouse in mice]
        imported = [member for member in self.members if member.kind == "masks"]
        for member in imported:
            read = {cohort.name: set(member.mice(cohort)) for cohort, _ in needed}
            for cohort, mouse in needed:
                if mouse not in read[cohort.name]:
                    raise BadInput(
                        f"{self.key}.ensemble: found '{member.name}', whose masks of {mouse} are not imported, "
                        f"expected those of all mice of the ensemble; set mice: all for readers.{member.name}"
                    )

    @cached_property
    def mice_of_choice(self) -> tuple[Cohort, list[str]]:
        """The cohort, and its contoured validation mice, to which the predicted quality is fitted.

        Raises BadInput unless one cohort has enough of them. Those in folds of the members do not count, because most
        of these networks were trained on them.
        """
        in_folds = set().union(*(member.cohorts_in_folds for member in self.members))
        found = {
            name: [mouse for mouse in cohort.mice_of("validation") if mouse in cohort.contoured]
            for name, cohort in self._all_cohorts.items()
            if cohort.has_images and name not in in_folds and all(name in member.cohorts for member in self.members)
        }
        enough = {name: mice for name, mice in found.items() if len(mice) >= FEWEST_MICE}
        if len(enough) != 1:
            numbers = ", ".join(f"{len(mice)} in {name}" for name, mice in found.items()) or "none"
            outside = " outside the folds of its networks" if in_folds else ""
            raise BadInput(
                f"{self.key}.combine: found best, and as contoured validation mice{outside} {numbers}, expected at "
                f"least {FEWEST_MICE} in one cohort; change the split, or set combine: majority"
            )
        ((name, mice),) = enough.items()
        return self._all_cohorts[name], mice


class CorrectedReader(Reader):
    """Another reader after review by a person, who corrected masks in another program and decided which mice to use.

    Its masks started from those of the other reader and are biased towards them, so that it is never compared with the
    reference.
    """

    kind = "corrects"
    base: Reader  # the other reader, set by the study

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        for part in ("corrections", "decisions"):
            if part in self.settings:
                existing(self.settings[part], f"{self.key}.{part}", "folder" if part == "corrections" else "file")
        if not {"corrections", "decisions"} & set(self.settings):
            raise BadInput(
                f"{self.key}: found neither corrections nor decisions, expected a folder of corrected masks, a copy of "
                "review.csv with decisions, or both"
            )

    def take(self, readers: Mapping[str, Reader], cohorts: Mapping[str, Cohort]) -> None:
        """Find the reader that is corrected among those of the study. Raises BadInput unless it segments one cohort."""
        others = [name for name, reader in readers.items() if reader.kind != self.kind]
        one_of(self.settings["corrects"], others, f"{self.key}.corrects")
        self.base = readers[self.settings["corrects"]]
        self.cohorts = self.settings.get("cohorts", self.base.cohorts)
        if len(self.cohorts) != 1 or self.cohorts[0] not in self.base.cohorts:
            raise BadInput(
                f"{self.key}.cohorts: found {', '.join(self.cohorts)}, expected one cohort of the reader "
                f"'{self.base.name}', which has {', '.join(self.base.cohorts)}; name it, as in cohorts: "
                f"[{self.base.cohorts[0]}]"
            )
        self.cohort = cohorts[self.cohorts[0]]
        inherited = ("mice", "frames")
        self.settings = self.settings | {key: self.base.settings[key] for key in inherited if key in self.base.settings}

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """What a person decided about mice of the reader. Raises BadInput like `read_decisions`."""
        return read_decisions(self.settings["decisions"], self.cohort.found) if "decisions" in self.settings else {}

    @cached_property
    def corrections(self) -> dict[str, list[str]]:
        """The corrected masks of each mouse, of which any differ from the export. Raises BadInput if one is invalid."""
        if "corrections" not in self.settings:
            return {}
        found = correction_files(self.settings["corrections"], self.base.mice(self.cohort))
        return {mouse: files for mouse, files in found.items() if remembered(files, "change since export", _is_changed)}

    def mice(self, cohort: Cohort) -> list[str]:
        """The mice whose masks were accepted or corrected; without decisions, all mice of the reader.

        Raises BadInput if there are none, or if decisions and corrected masks contradict each other.
        """
        read, decided, files = self.base.mice(cohort), self.decisions, self.corrections
        if "decisions" not in self.settings:
            return read
        table = self.settings["decisions"]
        for mouse in read:
            word = decided[mouse].decision if mouse in decided else "nothing"
            if (word == "corrected") != (mouse in files):
                found = f"corrected masks in {self.settings['corrections']}" if mouse in files else "no corrected masks"
                raise BadInput(
                    f"{table}: found the decision '{word}' for {mouse}, but {found}, expected both or neither; correct "
                    "the table or the folder"
                )
        used = [mouse for mouse in read if mouse in decided and decided[mouse].decision != "exclude"]
        if not used:
            raise BadInput(
                f"{table}: found no mouse whose masks were accepted or corrected, expected at least one; fill in the "
                "column decision"
            )
        return used

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of the masks of each mouse of the other reader: accepted, corrected, excluded: REASON, ..."""
        words = {"accept": "accepted", "corrected": "corrected"}
        found = {}
        for mouse in self.base.mice(self.cohort):
            if "decisions" not in self.settings:
                found[mouse] = "corrected" if mouse in self.corrections else "not changed"
            elif mouse not in self.decisions:
                found[mouse] = "not reviewed"
            else:
                decision = self.decisions[mouse]
                found[mouse] = words.get(decision.decision, f"excluded: {decision.comment}")
        return found

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if decisions are invalid, a correction cannot be read, or one that changed does not fit."""
        self.mice(self.cohort)
        files = [file for owned in self.corrections.values() for file in owned]
        for file in files:
            check_readable(file)
        check_dates(files)
        for mouse, owned in self.corrections.items():
            base, own = (
                self.layout.segmentation(self.cohort.name, name, mouse) for name in (self.base.name, self.name)
            )
            needed = {"mouse": self.cohort.file(mouse), "segmentation": base}
            # a job that fails loses what it replaces
            if changed_since(own, owned) and all(map(os.path.exists, needed.values())):
                from murmur.data.corrections import check_corrections  # only now, because it imports nibabel

                check = partial(check_corrections, **needed, reader=self.base.name)
                remembered(owned, f"corrections of {self.base.name}", check)


def _is_changed(files: list[str]) -> bool:
    """As `murmur.data.corrections.is_changed`, which is imported only now, because it imports nibabel."""
    from murmur.data.corrections import is_changed

    return is_changed(files)


# in the order in which readers are completed, because later kinds depend on earlier ones
KINDS = {
    cls.kind: cls
    for cls in (TrainedReader, WeightsReader, MasksReader, SelectedReader, EnsembleReader, CorrectedReader)
}


def readers_of_study(settings: Mapping[str, dict], cohorts: Mapping[str, Cohort], layout: Layout) -> dict[str, Reader]:
    """Return the readers of the section `readers` of a study file. Raises BadInput like `Reader` and `Reader.take`."""
    readers = {
        name: KINDS[exactly_one(given, list(KINDS), f"readers.{name}")](name, given, cohorts, layout)
        for name, given in settings.items()
    }
    for reader in sorted(readers.values(), key=lambda reader: list(KINDS).index(reader.kind)):
        reader.take(readers, cohorts)
    return readers
