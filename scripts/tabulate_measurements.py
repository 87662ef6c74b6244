"""Write the measurements of one reader or the reference as one table, one row per scan, as CSV and Excel.

The columns of participants.csv come first, then whether the scan has the expert's EF (`contoured`), then a column per
measure (name and unit), then the findings of the plausibility checks (`flags`). A measure without any value has no
column. The second sheet of the Excel file explains each column.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.errors import BadInput
from murmur.job import job
from murmur.logs import log
from murmur.measurement.indices import indices
from murmur.measurement.measures import MEASURES
from murmur.presentation.workbook import write_workbook
from murmur.vocabulary import METRICS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

GIVEN = {
    "mouse": "name of the scan: its file, without the suffix",
    "animal": "animal that was scanned",
    "session": "session of the scan",
    "group": "group of the animal",
    "phenotype": "phenotype of the animal",
    "sex": "sex of the animal",
    "cage": "cage of the animal",
    "litter": "litter of the animal",
    "body_weight_g": "body weight in g",
    "tibia_length_mm": "tibia length in mm",
    "heart_rate_bpm": "heart rate in beats per minute",
}
CONTOURED = "whether the expert contoured ED and ES, so that the reference has an ejection fraction"
FLAGS = "findings of the plausibility checks (docs/checks.md); empty if there are none"
SHEET = ["column", "unit", "meaning", "formula"]


def by_mouse(function: pd.DataFrame, column: str, mice: pd.Series) -> pd.DataFrame:
    """Return `column` (reference or reader) of function.csv, one row for each of `mice` and one column per metric."""
    wide = function.pivot(index="mouse", columns="metric", values=column)
    return wide.reindex(index=mice, columns=list(METRICS)).astype(float)


def flags(checks: pd.DataFrame, mice: pd.Series) -> pd.Series:
    """Return the findings of each of `mice` as text, by mouse; missing without findings."""
    words = checks["check"] + ": " + checks["found"]
    return words.groupby(checks["mouse"]).agg("; ".join).reindex(mice)


def known(participants: pd.DataFrame, column: str, mice: pd.Series) -> pd.Series:
    """Return a numeric column of the participants, by mouse; NaN where it is not known."""
    values = participants[column] if column in participants else pd.Series(float("nan"), participants.index)
    return pd.Series(values.to_numpy(float), index=mice)


def measurements(participants: pd.DataFrame, function: pd.DataFrame, checks: pd.DataFrame, who: str) -> pd.DataFrame:
    """Return the table of all measurements; `who` names the column of `function`, reference or reader.

    Raises BadInput if a column of the participants has the name of a column that is computed.
    """
    participants = participants[participants["mouse"].isin(function["mouse"])]
    mice = participants["mouse"]
    values = by_mouse(function, who, mice)
    heart_rate = known(participants, "heart_rate_bpm", mice)
    body = [known(participants, column, mice) for column in ("body_weight_g", "tibia_length_mm")]
    values = values.assign(heart_rate=heart_rate).join(indices(values, heart_rate, *body))
    computed = {"contoured": by_mouse(function, "reference", mice)["EF"].notna()}
    computed |= {measure.column: values[name] for name, measure in MEASURES.items() if values[name].notna().any()}
    computed |= {"flags": flags(checks, mice)}
    given = {column: computed.pop(column) for column in ("heart_rate_bpm",) if column in participants}
    if taken := [column for column in computed if column in participants]:
        raise BadInput(
            f"participants: found the column '{taken[0]}', expected another name, because Murmur computes {taken[0]}; "
            "rename it"
        )
    return participants.set_index("mouse", drop=False).assign(**given, **computed)


def explanation(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each column of `table`: column, unit, meaning, formula."""
    measures = {measure.column: measure for measure in MEASURES.values()}
    rows = []
    for column in table:
        if column in measures:
            rows.append((column, measures[column].printed_unit, measures[column].meaning, measures[column].formula))
        else:
            words = GIVEN | {"contoured": CONTOURED, "flags": FLAGS}
            rows.append((column, None, words.get(column, "from the participants table"), None))
    return pd.DataFrame(rows, columns=SHEET)


def main(participants: str, function: str, checks: str, who: str, csv: str, workbook: str) -> None:
    """Write `csv` and `workbook` with the measurements by `who`, reference or reader."""
    table = measurements(read_csv(participants), read_csv(function), read_csv(checks), who)
    log.info("%d scans, %d columns", *table.shape)
    write_csv(table, csv)
    write_workbook({"Measurements": table, "Columns": explanation(table)}, workbook)


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            function=snakemake.input.function,
            checks=snakemake.input.checks,
            who="reference" if snakemake.wildcards.reader == "reference" else "reader",
            csv=snakemake.output.csv,
            workbook=snakemake.output.workbook,
        )
