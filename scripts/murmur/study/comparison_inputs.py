"""Input files and settings of jobs of a comparison of groups, or of the comparison with the published study."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from murmur.data.review import USED
from murmur.errors import BadInput
from murmur.study.cohort import Cohort
from murmur.study.comparison import Comparison
from murmur.study.study import Study
from murmur.subject import SPECIES, subject
from murmur.vocabulary import REFERENCE

ERRORS = Path(__file__).resolve().parents[3] / "models" / "errors.json"


class Wildcards(Protocol):
    """The wildcards of a job; which of them exist depends on its rule."""

    cohort: str
    reader: str
    mouse: str
    comparison: str


class ComparisonInputs:
    """Input files and settings of the jobs of a study that compare groups, or the study with the published one."""

    def __init__(self, study: Study):
        """Take the study."""
        self.study, self.layout = study, study.layout

    def comparison(self, wildcards: Wildcards) -> Comparison:
        """The comparison of a job."""
        return self.study.comparisons[wildcards.comparison]

    def cohort_compared(self, wildcards: Wildcards) -> Cohort:
        """The cohort of a comparison."""
        return self.study.cohorts[self.comparison(wildcards).cohort]

    def table_compared(self, table: str) -> Callable[[Wildcards], str]:
        """An input function: a table of measurements of the cohort and reader of a comparison."""

        def found(wildcards: Wildcards) -> str:
            comparison = self.comparison(wildcards)
            return self.layout.measurements(comparison.cohort, comparison.reader, table)

        return found

    def reference_compared(self, wildcards: Wildcards) -> str | list[str]:
        """The measurements of the cohort of a comparison by its reference; none without one, or if it is compared."""
        comparison = self.comparison(wildcards)
        if comparison.reader == REFERENCE or not self.study.has_reference(comparison.cohort):
            return []
        return self.layout.measurements(comparison.cohort, REFERENCE, "measurements")

    def validation(self, wildcards: Wildcards) -> list[tuple[str, str]]:
        """The cohorts in which the reader of a comparison can be compared with the reference, with that reader.

        Only the cohort of the comparison itself if it is one of them; none if the reference is compared.
        """
        comparison = self.comparison(wildcards)
        if comparison.reader == REFERENCE:
            return []
        found = [cohort for cohort in self.study.cohorts if comparison.reader in self.study.readers_compared(cohort)]
        same = [cohort for cohort in found if cohort == comparison.cohort]
        return [(cohort, comparison.reader) for cohort in same or found]

    def validation_by_reader(self, wildcards: Wildcards) -> list[str]:
        """The measurements from which the error of the reader of a comparison is estimated, one table per cohort."""
        return [self.layout.measurements(*pair, "measurements") for pair in self.validation(wildcards)]

    def validation_by_reference(self, wildcards: Wildcards) -> list[str]:
        """The measurements of the reference to which those of `validation_by_reader` are compared."""
        return [self.layout.measurements(cohort, REFERENCE, "measurements") for cohort, _ in self.validation(wildcards)]

    def simulated_errors(self, wildcards: Wildcards) -> dict[str, dict[str, float]]:
        """The errors of the shipped network on simulated mice, by measure; none if others are known, or not of mice."""
        reader = self.study.readers.get(self.comparison(wildcards).reader)
        mice = subject() == SPECIES["mouse"]
        if reader is None or not reader.shipped or not mice or self.validation(wildcards):
            return {}
        return json.loads(ERRORS.read_text(encoding="utf-8"))

    def excluded_from_comparison(self, wildcards: Wildcards) -> dict[str, str]:
        """The reason of each excluded mouse of the cohort of a comparison."""
        return self.cohort_compared(wildcards).excluded

    def outcomes_of_review(self, wildcards: Wildcards) -> dict[str, str]:
        """What became of the masks of each mouse of a comparison that a person reviewed; empty without a review."""
        comparison = self.comparison(wildcards)
        if comparison.reader not in self.study.readers_by("corrects"):
            return {}
        return self.study.readers[comparison.reader].outcomes

    def left_out_of_comparison(self, wildcards: Wildcards) -> dict[str, str]:
        """The reason of each mouse that is excluded, or whose masks a person excluded or did not review."""
        reviewed = self.outcomes_of_review(wildcards).items()
        not_used = {mouse: f"masks {outcome}" for mouse, outcome in reviewed if outcome not in USED}
        return self.excluded_from_comparison(wildcards) | not_used

    def comparison_settings(self, wildcards: Wildcards) -> dict:
        """The settings of a comparison."""
        return self.comparison(wildcards).settings

    def paper_counterparts(self, wildcards: Wildcards) -> dict[str, str]:
        """The tables with counterparts of the numbers printed in the paper, by name."""
        name, reader = self.study.paper_pair
        found = {"agreement": self.layout.statistics(name, reader, "agreement")}
        if self.study.cohorts[name].has_images:
            tables = ("overlap_summary", "overlap_anova", "overlap_pairwise", "dice_error")
            found |= {table: self.layout.statistics(name, reader, table) for table in tables}
            found |= {table: self.layout.cohort(name, f"{table}.csv") for table in ("manifest", "split")}
            found |= {"overlap": self.layout.measurements(name, reader, "overlap")}
            if self.study.readers[reader].kind == "train_on":
                found |= {"history": self.layout.reader(reader, "history.csv")}
        return found

    def paper_reference(self, wildcards: Wildcards) -> dict[str, str]:
        """The reference function of all mice of the cohort compared with the paper, and its manifest."""
        name, reader = self.study.paper_pair
        if not self.study.cohorts[name].has_images:
            return {"function": self.layout.measurements(name, reader, "function")}
        manifest = self.layout.cohort(name, "manifest.csv")
        return {"function": self.layout.measurements(name, REFERENCE, "function"), "manifest": manifest}

    def paper_manifest(self, wildcards: Wildcards) -> str:
        """The manifest of the cohort compared with the paper. Raises BadInput if the cohort has no images."""
        cohort = self.study.cohorts[self.study.paper_pair[0]]
        if not cohort.has_images:
            raise BadInput(f"paper.cohort: found '{cohort.name}', expected a cohort with images; name another")
        return self.layout.cohort(cohort.name, "manifest.csv")
