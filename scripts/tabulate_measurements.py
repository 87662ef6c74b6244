"""Write the measurements of one reader or the reference as one table, one row per scan, as CSV and Excel.

The columns of participants.csv come first, then whether the scan has the expert's EF (`contoured`), the frames of ED
and ES and whose they are (for cohorts with images), a column per measure (name and unit), why measures are missing and
how the heart rate is known (`measurement_notes`), the number of findings in the masks of a reader
(`mask_findings`), and the findings of the plausibility checks and masks that are probably bad (`flags`). A measure
without any value has no column. The second sheet of the Excel file explains each column.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.logs import log
from murmur.measurement.indices import indices
from murmur.measurement.measures import COMPUTED, CURVE, MEASURES
from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import STRUCTURE
from murmur.presentation.workbook import write_workbook
from murmur.quality.score import DICE, LOW_DICE
from murmur.vocabulary import LABEL_COLUMNS, METRICS

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
NUMERIC = ("body_weight_g", "tibia_length_mm", "heart_rate_bpm")
SHEET = ["column", "unit", "meaning", "formula"]


def by_mouse(function: pd.DataFrame, column: str, mice: pd.Series) -> pd.DataFrame:
    """Return `column` (reference or reader) of function.csv, one row for each of `mice` and one column per metric."""
    wide = function.pivot(index="mouse", columns="metric", values=column)
    return wide.reindex(index=mice, columns=list(METRICS)).astype(float)


def flags(checks: pd.DataFrame, mice: pd.Series) -> pd.Series:
    """Return the findings of each of `mice` as text, by mouse; missing without findings."""
    words = checks["check"] + ": " + checks["found"]
    return words.groupby(checks["mouse"]).agg("; ".join).reindex(mice)


def doubtful(quality: pd.DataFrame) -> pd.DataFrame:
    """Return the masks of quality.csv that are probably bad like findings of checks.csv: mouse, check, found."""
    low = quality[quality["quantity"].isin(DICE) & (quality["predicted"] < LOW_DICE)]
    found = [
        f"predicted Dice coefficient of {STRUCTURE[quantity.removeprefix('dice_')]} {number(dice, 2)}"
        for quantity, dice in zip(low["quantity"], low["predicted"], strict=True)
    ]
    return pd.DataFrame({"mouse": low["mouse"], "check": "masks", "found": found})


def with_numbers(participants: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text with numbers where all values of a column are numbers that are written the same way."""
    table = participants.copy()
    for column in table.columns.difference(LABEL_COLUMNS):
        text = table[column].dropna()
        numbers = pd.to_numeric(text, errors="coerce")
        if column in NUMERIC or (numbers.astype(object).map(str) == text).all():
            table[column] = numbers.astype(object).reindex(table.index)
    return table


def known(participants: pd.DataFrame, column: str, mice: pd.Series) -> pd.Series:
    """Return a numeric column of the participants, by mouse; NaN where it is not known."""
    values = participants[column] if column in participants else pd.Series(float("nan"), participants.index)
    return pd.Series(values.to_numpy(float), index=mice)


def wide_wall(wall: pd.DataFrame, mice: pd.Series) -> pd.DataFrame:
    """Return the thicknesses of wall.csv, one row for each of `mice` and one column per measure."""
    place = np.where(wall["level"].eq("all"), "", "_" + wall["level"])
    place = np.where(wall["segment"].notna(), "_segment_" + wall["segment"].astype("Int64").astype(str), place)
    named = wall.assign(measure="wall_thickness_" + wall["phase"] + place)
    thickness = named.pivot(index="mouse", columns="measure", values="thickness_mm")
    names = [name for name in MEASURES if name.startswith(("wall_thickness_ED", "wall_thickness_ES"))]
    thickness = thickness.reindex(index=mice, columns=names).astype(float)
    at_ed = thickness[[name for name in names if "_ED" in name]]
    at_es = thickness[[name for name in names if "_ES" in name]]
    change = 100 * (at_es.to_numpy() / at_ed - 1)
    mid = wall[wall["phase"].eq("ED") & wall["level"].eq("mid") & wall["segment"].isna()].set_index("mouse")
    diameter = 2 * (mid["blood_pool_mm2"] / np.pi) ** 0.5
    relative = (2 * mid["thickness_mm"] / diameter).reindex(mice).rename("relative_wall_thickness")
    change.columns = [name.replace("wall_thickness_ED", "wall_thickening") for name in at_ed]
    return pd.concat([thickness, change, relative], axis=1)


def notes(curve: pd.DataFrame, wall: pd.DataFrame, mice: pd.Series) -> pd.Series:
    """Return the notes on curve and wall of each of `mice` as text, by mouse; missing without notes."""
    both = pd.concat([curve[["mouse", "measure", "note"]], wall.assign(measure="wall")[["mouse", "measure", "note"]]])
    both = both.dropna(subset="note").drop_duplicates(["mouse", "note"])
    what = both["measure"].where(both["measure"].isin(["heart_rate", "wall"]), "curve").str.replace("_", " ")
    return (what + ": " + both["note"]).groupby(both["mouse"]).agg("; ".join).reindex(mice)


def of_images(
    frames: pd.DataFrame, curve: pd.DataFrame, wall: pd.DataFrame, mice: pd.Series
) -> tuple[dict, pd.DataFrame]:
    """Return the columns of frames, and the measures of curve and wall, one row for each of `mice`."""
    chosen = (
        frames.set_index("mouse")[["ed_frame", "es_frame", "frames"]]
        .rename(columns={"frames": "frames_from"})
        .reindex(mice)
        .astype({"ed_frame": "Int64", "es_frame": "Int64"})
    )
    found = curve.pivot(index="mouse", columns="measure", values="value")
    found = found.reindex(index=mice, columns=["heart_rate", *CURVE]).astype(float)
    found["ejection_rate_index"] = 1000 * found["peak_ejection_rate"] / found["curve_EDV"]
    found["filling_rate_index"] = 1000 * found["peak_filling_rate"] / found["curve_EDV"]
    return dict(chosen.items()), found.join(wide_wall(wall, mice))


def measurements(
    participants: pd.DataFrame,
    function: pd.DataFrame,
    checks: pd.DataFrame,
    who: str,
    images: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame] | None = None,
    masks: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Return the table of all measurements.

    `who` names the column of `function`, reference or reader; `images` holds the tables of frames, curve and wall of a
    cohort with images, and `masks` those of quality and findings of a reader's masks.
    """
    participants = participants[participants["mouse"].isin(function["mouse"])]
    mice = participants["mouse"]
    values = by_mouse(function, who, mice)
    computed = {"contoured": by_mouse(function, "reference", mice)["EF"].notna()}
    heart_rate = known(participants, "heart_rate_bpm", mice)
    if images:
        chosen, measured = of_images(*images, mice)
        computed |= chosen
        heart_rate = heart_rate.fillna(measured.pop("heart_rate"))
        values = values.join(measured)
    body = [known(participants, column, mice) for column in ("body_weight_g", "tibia_length_mm")]
    values = values.assign(heart_rate=heart_rate).join(indices(values, heart_rate, *body))
    computed |= {
        measure.column: values[name]
        for name, measure in MEASURES.items()
        if name in values and values[name].notna().any()
    }
    computed |= {"measurement_notes": notes(*images[1:], mice)} if images else {}
    if masks:
        quality, findings = masks
        computed["mask_findings"] = findings["mouse"].value_counts().reindex(mice, fill_value=0)
        checks = pd.concat([checks, doubtful(quality)])
    computed["flags"] = flags(checks, mice)
    given = {column: computed.pop(column) for column in ("heart_rate_bpm",) if column in participants}
    return participants.set_index("mouse", drop=False).assign(**given).join(pd.DataFrame(computed))


def explanation(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each column of `table`: column, unit, meaning, formula."""
    words = {column: (None, meaning, None) for column, meaning in (GIVEN | COMPUTED).items()}
    words |= {found.column: (found.printed_unit, found.meaning, found.formula) for found in MEASURES.values()}
    other = (None, "from the participants table", None)
    return pd.DataFrame([(column, *words.get(column, other)) for column in table], columns=SHEET)


def main(
    participants: str,
    function: str,
    checks: str,
    images: list[str],
    masks: list[str],
    who: str,
    csv: str,
    workbook: str,
) -> None:
    """Write `csv` and `workbook` with the measurements by `who`, reference or reader.

    `images` holds frames.csv, curve.csv and wall.csv of a cohort with images, and `masks` quality.csv and findings.csv
    of a reader of such a cohort; both are empty for others.
    """
    measured, judged = tuple(map(read_csv, images)), tuple(map(read_csv, masks))
    people = with_numbers(read_csv(participants, labels=pd.read_csv(participants, nrows=0).columns))
    table = measurements(people, read_csv(function), read_csv(checks), who, measured or None, judged or None)
    log.info("%d scans, %d columns", *table.shape)
    write_csv(table, csv)
    write_workbook({"Measurements": table, "Columns": explanation(table)}, workbook)


if __name__ == "__main__":
    with job(snakemake):
        main(
            participants=snakemake.input.participants,
            function=snakemake.input.function,
            checks=snakemake.input.checks,
            images=list(snakemake.input.images),
            masks=list(snakemake.input.masks),
            who="reference" if snakemake.wildcards.reader == "reference" else "reader",
            csv=snakemake.output.csv,
            workbook=snakemake.output.workbook,
        )
