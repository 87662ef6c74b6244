"""Table 2: overlap between reader and reference by structure and phase, ready to paste.

Inputs: overlap_summary.csv (Dice), surface_summary.csv (HD95 and ASSD, in mm), overlap_anova.csv and
overlap_pairwise.csv. Outputs: the same cells as CSV, HTML, LaTeX and Word. Dice, HD95 and F have two decimals, ASSD and
p three; missing values are printed as a dash and explained below the table.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.number_format import DASH, mean_and_sd, number, p_is
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.statistics.notes import reasons_of, words
from murmur.vocabulary import PHASE_NAMES, STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

MEASURES = ["Dice", "Dice, median (quartiles)", "HD95 (mm)", "HD95 (mm), median (quartiles)", "ASSD (mm)"]
EFFECTS = {"phase": "phase", "structure": "structure", "phase:structure": "their interaction"}
CONTRASTS = {"blood_pool: ED - ES": "blood pool", "myocardium: ED - ES": "myocardium"}


def row_name(row: pd.Series) -> str:
    """Return the printed name of a row of a summary."""
    return f"{STRUCTURE_NAMES[row['structure']]}, {PHASE_NAMES[row['phase']]}"


def in_order(summary: pd.DataFrame) -> pd.DataFrame:
    """Sort a summary as it is printed, by STRUCTURE_NAMES and PHASE_NAMES."""
    ranks = {name: rank for names in (STRUCTURE_NAMES, PHASE_NAMES) for rank, name in enumerate(names)}
    return summary.sort_values(["structure", "phase"], key=lambda names: names.map(ranks), ignore_index=True)


def quartiles(row: pd.Series) -> str:
    """Write the median of a row with its quartiles."""
    return f"{number(row['median'], 2)} ({number(row['q1'], 2)} to {number(row['q3'], 2)})" if row["n"] else DASH


def exceptions(dice: pd.DataFrame) -> list[str]:
    """Return a sentence for each row that lacks values."""
    sentences = []
    for _, row in dice.iterrows():
        reasons = [
            f"{row['failed']} segmented as empty (Dice 0, no distances)" if row["failed"] else "",
            f"{row['missing']} not annotated or not segmented" if row["missing"] else "",
        ]
        if any(reasons):
            sentences.append(f"{row_name(row)}: {'; '.join(filter(None, reasons))}.")
    return sentences


def first_reason(row: pd.Series) -> str:
    """Word the first reason why a row has no test."""
    return words(reasons_of(row["reasons"])[0], brief=True)


def anova_sentences(anova: pd.DataFrame) -> list[str]:
    """Return the analysis of variance of Dice in words, or why there is none."""
    tested = anova["p"].count()
    holm = f", p values Holm-corrected for {tested} effects" if tested > 1 else ""
    title = f"Dice, two-way repeated-measures ANOVA{holm}"
    if anova["F"].isna().all():
        return [f"{title}: not computed ({first_reason(anova.iloc[0])})."]
    effects = [
        f"{EFFECTS[row['effect']]}, F({row['df1']:.0f}, {row['df2']:.0f}) = {number(row['F'], 2)}, "
        f"{p_is(row['p_holm'])}"
        if pd.notna(row["F"])
        else f"{EFFECTS[row['effect']]}, {first_reason(row)}"
        for _, row in anova.iterrows()
    ]
    lacking = [why for why in reasons_of(anova["reasons"].iloc[0]) if why.code == "dice_missing"]
    return [
        f"{title}: {'; '.join(effects)}.",
        *(f"In the ANOVA: {words(why, brief=True)}." for why in lacking),
    ]


def contrast_sentence(pairwise: pd.DataFrame) -> str:
    """Return the differences of Dice between ED and ES in words, or why there are none."""
    differences = []
    for _, row in pairwise[pairwise["contrast"].isin(CONTRASTS)].iterrows():
        words = f"{CONTRASTS[row['contrast']]}, {number(row['mean_difference'], 3)}"
        if pd.notna(row["p_adjusted"]):
            differences.append(f"{words}, t({row['df']:.0f}) = {number(row['t'], 2)}, {p_is(row['p_adjusted'])}")
        else:
            differences.append(f"{words} ({first_reason(row)})")
    tested = pairwise["p"].notna().sum()
    holm = (
        f", p values Holm-corrected for {tested} contrasts and not below the smaller of those of phase and interaction"
        if tested > 1
        else ""
    )
    return f"Difference in mean Dice, ED − ES, paired t-tests{holm}: {'; '.join(differences)}."


def footnote(dice: pd.DataFrame, anova: pd.DataFrame, pairwise: pd.DataFrame, sd_ddof: int) -> str:
    """Explain the values of the table, the results of the tests and why values are missing."""
    if dice.empty:
        return "No structure was both annotated and segmented."
    return " ".join(
        [
            f"Values are mean ± SD (denominator {'n − 1' if sd_ddof else 'n'}), for Dice and HD95 also median with "
            "first and third quartiles; n, number of scans with a Dice coefficient.",
            "HD95, 95th-percentile Hausdorff distance (larger of the two directed 95th percentiles); ASSD, average "
            "symmetric surface distance; ED, end-diastole; ES, end-systole.",
            *anova_sentences(anova),
            contrast_sentence(pairwise),
            *exceptions(dice),
        ]
    )


def tabulate(
    dice: pd.DataFrame,
    surface: pd.DataFrame,
    anova: pd.DataFrame,
    pairwise: pd.DataFrame,
    cohort: str,
    reader: str,
    sd_ddof: int,
) -> PrintedTable:
    """Return Table 2 as it is printed, one row per row of `dice`."""
    dice = in_order(dice)
    distances = surface.set_index(["measure", "structure", "phase"])
    rows = []
    for _, row in dice.iterrows():
        hd95, assd = (distances.loc[(measure, row["structure"], row["phase"])] for measure in ("hd95_mm", "assd_mm"))
        cells = [mean_and_sd(row["mean"], row["sd"], 2), quartiles(row), mean_and_sd(hd95["mean"], hd95["sd"], 2)]
        cells += [quartiles(hd95), mean_and_sd(assd["mean"], assd["sd"], 3)]
        rows.append([row_name(row), str(row["n"]), *cells])
    return PrintedTable(
        number="Table 2",
        title=f"Overlap between {reader} and the reference in the {cohort} cohort.",
        header=["Structure, phase", "n", *MEASURES],
        rows=rows,
        footnote=footnote(dice, anova, pairwise, sd_ddof),
    )


def main(
    dice_summary: str,
    surface_summary: str,
    anova: str,
    pairwise: str,
    outputs: Sequence[str],
    cohort: str,
    reader: str,
    sd_ddof: int,
    excluded: Mapping[str, str] | None = None,
) -> None:
    """Write Table 2 from the four tables to `outputs`.

    `reader`, `cohort` and the `excluded` mice, with their reasons, are named in it.
    """
    tables = [read_csv(path) for path in (dice_summary, surface_summary, anova, pairwise)]
    write_table(tabulate(*tables, cohort, reader, sd_ddof), outputs, excluded)


if __name__ == "__main__":
    with job(snakemake):
        main(
            dice_summary=snakemake.input.dice,
            surface_summary=snakemake.input.surface,
            anova=snakemake.input.anova,
            pairwise=snakemake.input.pairwise,
            outputs=list(snakemake.output),
            cohort=snakemake.wildcards.cohort,
            reader=snakemake.wildcards.reader,
            sd_ddof=snakemake.params.sd_ddof,
            excluded=snakemake.params.excluded,
        )
