"""Comparisons of a study: whose measurements are compared, and the groups and sessions of the animals."""

from collections.abc import Callable, Mapping
from functools import cached_property

import pandas as pd

from murmur.comparison.verdicts import IN_CHANGES, IN_SESSIONS, question_of
from murmur.csv_tables import as_labels
from murmur.data.spellings import two_spellings
from murmur.errors import BadInput
from murmur.files import remembered
from murmur.measurement.mean_curve import MIN_FRAMES
from murmur.measurement.measures import MEASURES
from murmur.measurement.wall import LEAST_SLICES
from murmur.study.checks import nearest, one_of
from murmur.study.cohort import Cohort
from murmur.vocabulary import REFERENCE, in_order

COLUMNS = ("group", "session", "factor", "covariate", "cluster")  # keys that name a column of the participants table
SHOWN = 5  # mice or animals in a message


class Comparison:
    """A comparison of the groups of a cohort: `cohort`, `reader` and, with all defaults, `settings`."""

    def __init__(
        self,
        name: str,
        given: dict,
        cohorts: Mapping[str, Cohort],
        readers_of: Callable[[str], list[str]],
        mice_read: Callable[[str, str], list[str]],
        alpha: float,
    ):
        """Take the comparison's section of the study file, and the cohorts and readers of the study.

        Raises BadInput if a cohort or reader is unknown or cannot be chosen.
        """
        self.name, self.given, self.alpha = name, given, alpha
        self.key = f"comparison.{name}"
        self.cohort = self._chosen("cohort", list(cohorts), "the cohort whose animals are compared")
        self.reader = self._chosen_reader(readers_of(self.cohort))
        self._cohort, self._mice_read = cohorts[self.cohort], mice_read

    def _chosen(self, key: str, known: list[str], meaning: str) -> str:
        """The value of a key, by default the only one known."""
        if key in self.given:
            one_of(self.given[key], known, f"{self.key}.{key}")
            return self.given[key]
        if len(known) != 1:
            raise BadInput(
                f"{self.key}: found no {key}, expected {meaning}, one of {', '.join(known)}; add {key}: {known[0]}"
            )
        return known[0]

    def _chosen_reader(self, readers: list[str]) -> str:
        """Whose measurements are compared: by default the only reader or, without readers, the reference."""
        if "values" not in self.given and not readers:
            return REFERENCE
        if "values" not in self.given:
            return self._chosen("values", readers, "the reader whose measurements are compared")
        return self._chosen("values", [*readers, REFERENCE], "")

    @cached_property
    def settings(self) -> dict:
        """The settings with all defaults, for the statistics: keys as in the study file, and alpha.

        Groups and sessions are text, in their order; other settings that are not used are None. Raises BadInput if
        columns, groups or sessions do not match the participants of the cohort.
        """
        if self.reader == REFERENCE and not self._cohort.contoured:
            raise BadInput(
                f"{self.key}.values: found 'reference', but no mouse of '{self.cohort}' has one; name a reader"
            )
        table = self._table
        found = {key: self._column(key, table) for key in COLUMNS}
        different_columns(self.key, found)
        groups = self._levels("groups", table[found["group"]], f"the groups in the column {found['group']}")
        table = table[table[found["group"]].isin(groups)]
        sessions = None
        if found["session"]:
            sessions = self._levels("sessions", table[found["session"]], f"the sessions in {found['session']}")
            table = table[table[found["session"]].isin(sessions)]
        elif "sessions" in self.given:
            raise BadInput(f"{self.key}.sessions: found sessions, expected a column session too; add session: COLUMN")
        if len(groups) < 2 and (sessions is None or len(sessions) < 2):
            only = ", ".join(groups) or "none"
            raise BadInput(
                f"{self.key}.group: found one group in the column {found['group']} ({only}), expected two or more; "
                "name another column, or complete it"
            )
        self._check_animals(table, found)
        if found["covariate"]:
            self._check_numbers(table, found["covariate"])
        control, question = self._control(groups), self._question(groups, sessions)
        measures = self._measures()
        return found | {
            "groups": groups, "control": control, "sessions": sessions, "question": question, "measures": measures,
            "alpha": self.alpha,
        }  # fmt: skip

    @property
    def may_have_curves(self) -> bool:
        """Whether a scan may have a time-volume curve by the reader: False if all cines are known to be too short."""
        return self._may_have(frames=MIN_FRAMES)

    @property
    def may_have_segments(self) -> bool:
        """Whether a scan may have the wall thickness of segments: False if all stacks are known to be too small."""
        return self._may_have(slices=LEAST_SLICES)

    def _may_have(self, slices: int = 1, frames: int = 1) -> bool:
        """Whether the images of any mouse have so many slices and frames, or may have, if their shape is not known."""
        cohort, mice = self._cohort, self._mice_read(self.cohort, self.reader)

        def enough(mouse: str) -> bool:
            shape = cohort.shape(mouse)
            return shape is None or (shape[2] >= slices and shape[3] >= frames)

        try:
            if not mice or enough(mice[0]):
                return True
            files = [file for mouse in mice for file in cohort.user_files(mouse)]
            return remembered(files, f"{slices} slices, {frames} frames", lambda _: any(map(enough, mice)))
        except (BadInput, OSError):  # reported by other checks
            return True

    @cached_property
    def _table(self) -> pd.DataFrame:
        """The participants whose scans the reader segments, one row per scan, as text; empty if a value is missing."""
        table = self._cohort.participants
        table = table[table["mouse"].isin(self._mice_read(self.cohort, self.reader))]
        return table.apply(as_labels)

    def _column(self, key: str, table: pd.DataFrame) -> str | None:
        """The column named by a key; None if none is used."""
        name = self.given.get(key)
        if key == "session" and name is None and table["animal"].duplicated().any():
            name = "session"
        if name is None:
            return None
        name = name if name in table else self._cohort.listed.names.get(name, name)
        source = self._cohort.settings.get("participants")
        usable = [column for column in table if column not in ("mouse", "animal") and table[column].any()]
        if name not in usable and name not in table and not source and self._cohort.kind != "phantom":
            raise BadInput(
                f"{self.key}.{key}: found '{name}', but the cohort '{self.cohort}' has no table of participants; add "
                f"cohorts.{self.cohort}.participants"
            )
        if name not in usable:
            empty = "an empty column, " if name in table and name not in ("mouse", "animal") else ""
            raise BadInput(
                f"{self.key}.{key}: found '{name}', {empty}expected a column of the participants of '{self.cohort}', "
                f"one of {', '.join(usable) or 'none'}{nearest(name, usable)}"
            )
        return name

    def _levels(self, key: str, values: pd.Series, meaning: str) -> list[str]:
        """The groups or sessions that are compared, in their order; all by default."""
        control = [str(self.given["control"])] if key == "groups" and "control" in self.given else []
        existing = in_order((value for value in values.unique() if value), control)
        given = [str(name) for name in self.given.get(key, existing)]
        for name in given:
            if name not in existing:
                raise BadInput(
                    f"{self.key}.{key}: found '{name}', expected one of {', '.join(existing)}, {meaning}"
                    f"{nearest(name, existing)}"
                )
        return given

    def _control(self, groups: list[str]) -> str | None:
        """The control group, one of the groups; None if all pairs are compared."""
        if "control" not in self.given:
            return None
        control = str(self.given["control"])
        one_of(control, groups, f"{self.key}.control")
        if other := [name for pair in two_spellings(groups) if control in pair for name in pair if name != control]:
            raise BadInput(
                f"{self.key}.control: found the groups '{control}' and '{other[0]}', expected one spelling of the "
                "control; correct the table of participants, or list those to be compared as groups"
            )
        return control

    def _question(self, groups: list[str], sessions: list[str] | None) -> str | None:
        """What is asked: whether groups differ in each session or in their changes; None without several sessions."""
        if sessions is None or len(sessions) < 2:
            if "question" in self.given:
                raise BadInput(
                    f"{self.key}.question: found '{self.given['question']}', but each animal has one session, expected "
                    "several; remove question"
                )
            return None
        question = question_of(self.given | {"groups": groups})
        if len(groups) == 1 and question == IN_SESSIONS:
            raise BadInput(
                f"{self.key}.question: found '{IN_SESSIONS}', but only one group ({groups[0]}), expected two or more; "
                f"write question: {IN_CHANGES}, or remove it"
            )
        return question

    def _measures(self) -> list[str] | None:
        """The measures that are compared; None for those that are compared by default."""
        for measure in self.given.get("measures", []):
            one_of(measure, list(MEASURES), f"{self.key}.measures")
        return self.given.get("measures")

    def _check_animals(self, table: pd.DataFrame, columns: Mapping[str, str | None]) -> None:
        """Raise BadInput if an animal has two groups, or two scans that no session distinguishes."""
        for key in ("group", "factor", "cluster"):
            if columns[key]:
                of_animal = table[table[columns[key]] != ""].groupby("animal")[columns[key]].unique()
                if several := {animal: found for animal, found in of_animal.items() if len(found) > 1}:
                    animal, found = next(iter(several.items()))
                    raise BadInput(
                        f"{self.key}.{key}: found {' and '.join(found[:2])} in the column {columns[key]} for the "
                        f"animal {animal} ({len(several)} such animals), expected one value per animal; correct the "
                        "table of participants, or name another column"
                    )
        within = ["animal", columns["session"]] if columns["session"] else ["animal"]
        if (again := table.duplicated(within)).any():
            animal = table.loc[again, "animal"].iloc[0]
            scans = table.loc[table["animal"] == animal, "mouse"]
            where = f"one scan per animal and {columns['session']}" if columns["session"] else "one scan per animal"
            raise BadInput(
                f"{self.key}.session: found the scans {', '.join(scans[:SHOWN])} of the animal {animal}, expected "
                f"{where}; correct the table of participants, or choose sessions"
            )

    def _check_numbers(self, table: pd.DataFrame, column: str) -> None:
        """Raise BadInput if a value of the covariate is not a number; values may be missing."""
        for mouse, value in zip(table["mouse"], table[column], strict=True):
            if value and not pd.notna(pd.to_numeric(value, errors="coerce")):
                raise BadInput(
                    f"{self.key}.covariate: found '{value}' for {mouse} in the column {column}, expected numbers; "
                    "correct it, or use the column as factor"
                )


def different_columns(key: str, columns: Mapping[str, str | None]) -> None:
    """Raise BadInput if a column has two roles in the comparison at `key`."""
    seen: dict[str, str] = {}
    for role, column in columns.items():
        if column in seen:
            raise BadInput(
                f"{key}.{role}: found '{column}', which is the {seen[column]} as well, expected another column"
            )
        if column:
            seen[column] = role
