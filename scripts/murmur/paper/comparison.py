"""Comparison of every printed number of the paper with the one computed by this study.

Standard deviations and limits of agreement are given with n, as in the paper, whatever the study uses; r is Pearson's,
which the paper's Figure 3 shows to be the one printed. A number is `reproduced` if it is equal when rounded as printed,
or below a printed bound; `consistent` if the printed one lies in its confidence interval or, for p, leads to the same
conclusion; otherwise it `differs`. The interval is the sampling error of this study: with few mice it is wide, and
nearly everything is consistent. The limits are based on the t distribution for means and on chi-squared for standard
deviations, and are those of agreement.csv and dice_error.csv for the others. For ED and ES together the mouse is the
unit, resampled for the SD.
"""

import math
import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from murmur.data.mouse import Mouse
from murmur.data.split import SPLITS
from murmur.paper.printed_values import rounded_as
from murmur.statistics.bootstrap import resample
from murmur.statistics.notes import joined
from murmur.statistics.overlap_summary import select_cases
from murmur.vocabulary import STRUCTURES

NAMES = ["table", "quantity", "structure", "phase", "metric", "unit"]
COLUMNS = [*NAMES, "printed", "computed", "difference", "ci_low", "ci_high", "verdict", "note", "reason"]
TABLE_1 = ["reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "loa_low", "loa_high", "p", "r"]
# Names of the paper's phenotypes that participants.tsv may use, in lower case and without punctuation.
PHENOTYPES = {
    "controls": {"control", "controls", "healthy", "sham", "normal"},
    "myocardial_infarction_patch": {"mipatch", "mi", "myocardialinfarctionpatch", "myocardialinfarction"},
    "dilated_cardiomyopathy": {"dcm", "dilated", "dilatedcardiomyopathy"},
    "transverse_aortic_constriction": {"tac", "aorticconstriction", "transverseaorticconstriction"},
}
WITH_N = "SD with n, as in the paper; the study's own use n - 1"
P_VALUES = ("p", "p_structure", "p_phase")
NO_CLOCK = "a time of the authors, and Murmur keeps no clock in its results"


class Computed(NamedTuple):
    """A number of this study with its confidence limits; `note` describes it, or explains why it is missing."""

    value: float
    low: float = math.nan
    high: float = math.nan
    note: str = ""


Key = tuple[str, str, str, str]  # quantity, structure, phase, metric


def printed_numbers(table_1: list[dict[str, str]], paper_values: list[dict[str, str]]) -> list[dict[str, str]]:
    """List all numbers printed in the paper.

    Parameters
    ----------
    table_1, paper_values : list of dict
        From `read_table_1` and `read_paper_values`.

    Returns
    -------
    list of dict
        NAMES, printed (text; bounds with their <) and note of each number.
    """
    rows = []
    for line in table_1:
        for quantity in TABLE_1:
            unit = "1" if quantity in ("p", "r") else line["unit"]
            note = line["note"] if quantity == line["note_on"] else ""
            named = {"table": "table_1", "quantity": quantity, "structure": "", "phase": "", "metric": line["metric"]}
            rows.append(named | {"unit": unit, "printed": line[quantity], "note": note})
    for line in paper_values:
        row = {name: line.get(name, "") for name in NAMES}
        rows.append(row | {"printed": line["bound"] + line["value"], "note": line["note"]})
        if line["sd"]:
            rows.append(row | {"quantity": f"{line['quantity']}_sd", "printed": line["sd"], "note": ""})
    return rows


def mean_and_sd(mean: float, sd: float, n: int, sd_ddof: int, alpha: float) -> tuple[Computed, Computed]:
    """Compute confidence limits of a mean and of its standard deviation with n.

    Parameters
    ----------
    mean, sd : float
        In the same unit.
    n : int
        Number of values.
    sd_ddof : int
        `sd` was computed with n - sd_ddof.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    mean, sd : Computed
        The SD has the denominator n.
    """
    if n < 2:
        return Computed(mean, note="1 value: no confidence limits"), Computed(math.nan)
    corrected = sd * math.sqrt((n - sd_ddof) / (n - 1))
    half = stats.t.ppf(1 - alpha / 2, n - 1) * corrected / math.sqrt(n)
    low, high = corrected * np.sqrt((n - 1) / stats.chi2.ppf([1 - alpha / 2, alpha / 2], n - 1))
    with_n = corrected * math.sqrt((n - 1) / n)
    return Computed(mean, mean - half, mean + half), Computed(with_n, low, high, WITH_N if sd_ddof else "")


def explained(number: Computed, note: str) -> Computed:
    """Add the reason `note` to a number if it is missing."""
    return number._replace(note=note) if math.isnan(number.value) else number


def of_agreement(agreement: pd.DataFrame, sd_ddof: int, alpha: float) -> dict[Key, Computed]:
    """Collect the numbers of Table 1.

    Parameters
    ----------
    agreement : DataFrame
        agreement.csv.
    sd_ddof : int
        Denominator n - sd_ddof of its standard deviations and limits of agreement.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of Key to Computed
        In the units of the metrics.
    """
    found = {}
    for row in agreement.fillna({"note": ""}).to_dict("records"):
        n, numbers = row["n"], {}
        for side in ("reference", "reader"):
            mean, sd = mean_and_sd(row[f"{side}_mean"], row[f"{side}_sd"], n, sd_ddof, alpha)
            numbers |= {f"{side}_mean": mean, f"{side}_sd": sd}
        numbers["bias"] = Computed(row["bias"], row["bias_ci_low"], row["bias_ci_high"])
        to_n = math.sqrt((n - sd_ddof) / n) if n else math.nan
        for limit in ("loa_low", "loa_high"):
            value = row["bias"] + to_n * (row[limit] - row["bias"])
            numbers[limit] = Computed(value, row[f"{limit}_ci_low"], row[f"{limit}_ci_high"], WITH_N if sd_ddof else "")
        numbers["p"] = Computed(row["p"])
        numbers["r"] = Computed(row["pearson_r"], row["pearson_ci_low"], row["pearson_ci_high"])
        for quantity, number in numbers.items():
            found[quantity, "", "", row["metric"]] = explained(number, row["note"])
    return found


def both_phases(overlap: pd.DataFrame, structure: str, alpha: float) -> tuple[Computed, Computed]:
    """Compute mean and standard deviation of the Dice of a structure, pooled over ED and ES.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice.
    structure : str
        The structure.
    alpha : float
        The confidence limits have the level 1 - alpha; the mouse is the unit.

    Returns
    -------
    mean, sd : Computed
        The SD has the denominator n, the number of values; its limits are obtained by resampling mice.
    """
    chosen = overlap[(overlap["structure"] == structure) & overlap["phase"].isin(["ED", "ES"])]
    dice = chosen.pivot(index="mouse", columns="phase", values="dice").astype(float).dropna()
    if len(dice) < 2:
        few = Computed(math.nan, note=f"{len(dice)} mice with Dice at ED and ES, at least 2 are required")
        return few, few

    def pooled_sd(ed, es, axis):
        return np.concatenate([ed, es], axis=axis).std(axis=axis)

    of_mice = dice.mean(axis=1)
    half = stats.t.ppf(1 - alpha / 2, len(dice) - 1) * of_mice.sem()
    resampled = resample(dice.to_numpy().T, pooled_sd, alpha, paired=True)
    sd = dice.to_numpy().std()
    return (
        Computed(of_mice.mean(), of_mice.mean() - half, of_mice.mean() + half),
        Computed(sd, float(resampled.low), float(resampled.high), "limits by resampling mice"),
    )


def of_overlap(
    overlap: pd.DataFrame,
    summary: pd.DataFrame,
    anova: pd.DataFrame,
    pairwise: pd.DataFrame,
    sd_ddof: int,
    alpha: float,
) -> dict[Key, Computed]:
    """Collect the numbers on Dice.

    Parameters
    ----------
    overlap, summary, anova, pairwise : DataFrame
        overlap.csv, overlap_summary.csv, overlap_anova.csv and overlap_pairwise.csv.
    sd_ddof : int
        Denominator n - sd_ddof of the standard deviations in `summary`.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of Key to Computed
        Dice by structure and phase, of the best, median and worst case, and p-values.
    """
    found = {}
    for case, (mouse, dice) in select_cases(overlap).items():
        found[f"dice_{case}", "combined", "", ""] = Computed(dice, note=mouse)
    for row in summary[summary["phase"].isin(["ED", "ES"])].fillna({"note": ""}).to_dict("records"):
        for quantity, number in zip(
            ("dice", "dice_sd"), mean_and_sd(row["mean"], row["sd"], row["n"], sd_ddof, alpha), strict=True
        ):
            found[quantity, row["structure"], row["phase"], ""] = explained(number, row["note"])
    for structure in STRUCTURES:
        mean, sd = both_phases(overlap, structure, alpha)
        found |= {("dice", structure, "all", ""): mean, ("dice_sd", structure, "all", ""): sd}
    tests = [("p_structure", "", anova[anova["effect"] == "structure"])]
    tests += [("p_phase", s, pairwise[pairwise["contrast"] == f"{s}: ED - ES"]) for s in STRUCTURES]
    for quantity, structure, rows in tests:
        for row in rows.fillna({"note": ""}).to_dict("records"):
            found[quantity, structure, "", ""] = explained(Computed(row["p"]), row["note"])
    return found


def of_dice_error(dice_error: pd.DataFrame) -> dict[Key, Computed]:
    """Collect Spearman's correlations of Dice and absolute error from dice_error.csv."""
    return {
        ("rho", row["structure"], row["phase"], ""): Computed(
            row["spearman_rho"], row["ci_low"], row["ci_high"], row["note"]
        )
        for row in dice_error.fillna({"note": ""}).to_dict("records")
    }


def of_manifest(mice: dict[str, Mouse], split: dict[str, str]) -> dict[Key, Computed]:
    """Count mice, images and annotations.

    Parameters
    ----------
    mice : dict of str to Mouse
        The cohort, from `read_manifest`.
    split : dict of str to str
        Set of each mouse.

    Returns
    -------
    dict of Key to Computed
        Counts of the cohort and of each set, and the number of mice of each phenotype of the paper.
    """
    frames = {name: len(mouse.annotated_frames) for name, mouse in mice.items()}
    images = {name: mouse.shape[2] * frames[name] for name, mouse in mice.items()}
    counts = {
        "mice": len(mice),
        "images_2d": sum(mouse.shape[2] * mouse.shape[3] for mouse in mice.values()),
        "annotated_frames": sum(frames.values()),
        "annotated_images": sum(images.values()),
    }
    for chosen in SPLITS:
        names = [name for name in mice if split[name] == chosen]
        counts[f"mice_{chosen}"] = len(names)
        counts[f"stacks_{chosen}"] = sum(frames[name] for name in names)
        counts[f"images_{chosen}"] = sum(images[name] for name in names)
    known = [re.sub(r"[\W_]", "", mouse.phenotype.lower()) for mouse in mice.values() if mouse.phenotype]
    for phenotype, synonyms in PHENOTYPES.items():
        counts[phenotype] = sum(name in synonyms for name in known) if known else math.nan
    unknown = "no phenotype of the cohort's mice is known"
    return {
        (quantity, "", "", ""): Computed(count, note=unknown if math.isnan(count) else "")
        for quantity, count in counts.items()
    }


def why_missing(row: dict[str, str], has_images: bool) -> str:
    """Return why no number of this study corresponds to a printed one."""
    if row["table"] == "table_1":
        return f"{row['metric']} was not measured"
    if row["unit"] in ("h", "min", "ms"):
        return NO_CLOCK
    if row["table"] == "training":
        return "the reader was not trained in this study"
    return "not measured in any mouse" if has_images else "the cohort has no images"


def judge(row: dict[str, str], number: Computed, alpha: float) -> str:
    """Return the verdict on a computed number, as defined at the head of this file."""
    printed = row["printed"]
    if math.isnan(number.value):
        return "not computed"
    bound = printed.startswith("<")
    value = float(printed.removeprefix("<"))
    if (number.value < value) if bound else (rounded_as(printed, number.value) == rounded_as(printed, value)):
        return "reproduced"
    if row["quantity"] in P_VALUES:
        return "consistent" if (value < alpha) == (number.value < alpha) else "differs"
    return "consistent" if not bound and number.low <= value <= number.high else "differs"


def significance(printed: str, computed: float, alpha: float) -> str:
    """Describe whether two p-values, printed and computed, lead to the same conclusion."""
    if math.isnan(computed):
        return ""
    there, here = float(printed.removeprefix("<")) < alpha, computed < alpha
    if there == here:
        return f"{'both' if here else 'neither'} below {alpha}"
    return f"below {alpha} {'here' if here else 'in the paper'} alone"


def compare(printed: list[dict[str, str]], found: dict[Key, Computed], has_images: bool, alpha: float) -> pd.DataFrame:
    """Compare every printed number with the computed one.

    Parameters
    ----------
    printed : list of dict
        From `printed_numbers`.
    found : dict of Key to Computed
        Numbers of this study by (quantity, structure, phase, metric).
    has_images : bool
        Whether the cohort has images.
    alpha : float
        Significance level at which two p-values lead to the same conclusion or not.

    Returns
    -------
    DataFrame
        COLUMNS, one row per printed number; difference = computed - printed, NaN for a printed bound. `reason` explains
        why a number was not computed.
    """
    rows = []
    for row in printed:
        key = (row["quantity"], row["structure"], row["phase"], row["metric"])
        number = found.get(key, Computed(math.nan, note=why_missing(row, has_images)))
        notes = [row["note"], number.note]
        if row["quantity"] in P_VALUES:
            notes.append(significance(row["printed"], number.value, alpha))
        difference = math.nan if row["printed"].startswith("<") else number.value - float(row["printed"])
        rows.append(
            row
            | {"computed": number.value, "difference": difference, "ci_low": number.low, "ci_high": number.high}
            | {"verdict": judge(row, number, alpha), "note": joined(*notes)}
            | {"reason": number.note if math.isnan(number.value) else ""}
        )
    return pd.DataFrame(rows)[COLUMNS]
