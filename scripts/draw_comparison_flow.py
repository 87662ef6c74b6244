"""Flow diagram of a comparison: animals not scanned, excluded, measured, left out, and analysed in each group.

Inputs: measurements.csv of the cohort and reader, values.csv and summary.csv of the comparison. The numbers of each
group are those of its primary measure, in each session.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.comparison.design import MIN_ANIMALS
from murmur.csv_tables import as_labels, read_csv
from murmur.data.review import USED
from murmur.job import job
from murmur.presentation.comparison_words import column_name, in_sentence, unit_of_analysis
from murmur.presentation.flow_diagram import draw_flow, fitted, left_out_lines
from murmur.subject import in_scans
from murmur.vocabulary import REFERENCE

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def left_out(scans: pd.DataFrame, values: pd.DataFrame, settings: Mapping) -> dict[str, str]:
    """Return why scans are not part of the comparison, by mouse."""
    others = scans[~scans["mouse"].isin(values["mouse"])]
    reasons = {}
    for row in others.to_dict("records"):
        if row[settings["group"]] == "":
            reasons[row["mouse"]] = "group unknown"
        elif row[settings["group"]] not in settings["groups"]:
            reasons[row["mouse"]] = "other groups"
        elif settings["sessions"] and row[settings["session"]] not in settings["sessions"]:
            reasons[row["mouse"]] = "other sessions" if row[settings["session"]] else "session unknown"
        else:
            names = [column_name(settings[role]) for role in ("factor", "covariate", "cluster") if settings[role]]
            reasons[row["mouse"]] = f"{' or '.join(names)} unknown"
    return reasons


def group_lines(group: str, values: pd.DataFrame, summary: pd.DataFrame, settings: Mapping) -> list[str]:
    """Return the lines of the box of a group: its animals, and the numbers analysed in each session.

    Both tables are those of the primary measure.
    """
    boxes = len(settings["groups"])
    own = summary[summary["group"] == group]
    unit = unit_of_analysis(own)
    unit = "" if unit == "animal" else f"{unit}: "
    animals = values.loc[values["group"] == group, "animal"].nunique()
    lines = [*fitted(group, boxes), *fitted(f"animals (n = {animals})", boxes)]
    scans = values.loc[values["group"] == group, "mouse"].nunique()
    lines += fitted(f"scans (n = {scans})", boxes) if scans > animals else []
    measure = in_sentence(own["measure"].iloc[0])
    for session, of_levels in own.groupby("session", sort=False)["n"]:
        tested = "" if of_levels.min() >= MIN_ANIMALS else ", not tested"
        if tested and of_levels.max() >= MIN_ANIMALS:  # other levels of the factor are
            tested += f" on average over {column_name(settings['factor'])}"
        place = f" at {session}" if session else ""
        lines += fitted(f"{unit}{measure}{place} (n = {of_levels.sum()}){tested}", boxes)
    return lines


def main(
    measurements: str,
    values: str,
    summary: str,
    outputs: list[str],
    settings: Mapping,
    reader: str,
    excluded: Mapping[str, str],
    not_scanned: Mapping[str, str],
    n_mice: int,
    in_review: Mapping[str, str],
) -> None:
    """Draw the flow of a comparison; `n_mice` are the mice of the cohort that are not excluded.

    `in_review` gives what became of the masks of each mouse that a person reviewed.
    """
    roles = [settings[key] for key in ("group", "session") if settings[key]]
    scans = read_csv(measurements, labels=["animal", *roles])
    scans = scans.assign(**{role: as_labels(scans[role]) for role in roles})
    compared, described = (read_csv(path, labels=["group", "session"]) for path in (values, summary))
    primary = described["measure"].iloc[0]
    described = described[described["measure"] == primary].fillna({"session": ""})
    compared = compared[compared["measure"] == primary]
    repeated = scans["animal"].duplicated().any()
    found = n_mice + len(excluded)
    rows, sides = [[[f"Mice found (n = {found})"]]], {0: left_out_lines("Excluded", excluded) if excluded else []}
    by = "the expert" if reader == REFERENCE else reader
    measured = [f"Measured by {by} (n = {len(scans)})"]
    measured += [f"of {scans['animal'].nunique()} animals"] if repeated else []
    used = Counter(outcome for outcome in in_review.values() if outcome in USED)
    measured += [f"{outcome} (n = {number})" for outcome, number in sorted(used.items())]
    not_used = {mouse: outcome for mouse, outcome in in_review.items() if outcome not in USED}
    if not_used:
        sides[0] += left_out_lines("Left out in review of the masks", not_used)
    if len(scans) < n_mice - len(not_used):
        sides[0] += [f"Not measured by {by} (n = {n_mice - len(scans) - len(not_used)})"]
    rows.append([measured])
    reasons = left_out(scans, compared, settings)
    sides[1] = left_out_lines("Not part of the comparison", reasons) if reasons else []
    rows.append([group_lines(group, compared, described, settings) for group in settings["groups"]])
    if not_scanned:
        rows.insert(0, [[f"Mice listed (n = {found + len(not_scanned)})"]])
        sides = {0: left_out_lines("Not scanned", not_scanned)} | {row + 1: lines for row, lines in sides.items()}
    if repeated:
        rows[:-1] = [[[in_scans(line) for line in box] for box in row] for row in rows[:-1]]
    draw_flow(outputs, rows, sides)


if __name__ == "__main__":
    with job(snakemake):
        main(
            measurements=snakemake.input.measurements,
            values=snakemake.input.values,
            summary=snakemake.input.summary,
            outputs=list(snakemake.output),
            settings=snakemake.params.settings,
            reader=snakemake.params.reader,
            excluded=snakemake.params.excluded,
            not_scanned=snakemake.params.not_scanned,
            n_mice=snakemake.params.n_mice,
            in_review=snakemake.params.in_review,
        )
