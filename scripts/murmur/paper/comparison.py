"""Every number that the paper printed beside the one computed here.

Standard deviations and limits of agreement are given with n, as the paper's are, whatever the study uses; r is
Pearson's, as the paper's is by its Figure 3. A number is `reproduced` where it is equal when rounded as printed, or
below the bound that is printed; `consistent` where the printed one lies in its confidence interval, or both p lead to
the same conclusion; else it `differs`. The interval is this study's sampling error: wide with few mice, and then nearly
anything is consistent.
The limits are those of the t distribution for means, of chi-square for standard deviations, and those of agreement.csv
and dice_error.csv for the others; for ED and ES together mice are the unit, and are resampled for the SD.
"""

import math
import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from murmur.data.manifest import Mouse
from murmur.data.split import SPLITS
from murmur.paper.printed_values import rounded_as
from murmur.statistics.bootstrap import resample
from murmur.statistics.notes import joined
from murmur.statistics.overlap_summary import select_cases
from murmur.vocabulary import STRUCTURES

NAMES = ["table", "quantity", "structure", "phase", "metric", "unit"]
COLUMNS = [*NAMES, "printed", "computed", "difference", "ci_low", "ci_high", "verdict", "note", "reason"]
TABLE_1 = ["reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "loa_low", "loa_high", "p", "r"]
# Names that participants.tsv may use, in lower case and without signs, of the paper's phenotypes.
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
    """A number of this study with its confidence limits; `note` says what it is, or why it is missing."""

    value: float
    low: float = math.nan
    high: float = math.nan
    note: str = ""


Key = tuple[str, str, str, str]  # quantity, structure, phase, metric


def printed_numbers(table_1: list[dict[str, str]], paper_values: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return every number that the paper printed: NAMES, printed (text, a bound with its <) and note."""
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
    """Return a mean and its standard deviation with n, from an SD with n - `sd_ddof`, and their 1 - alpha limits."""
    if n < 2:
        return Computed(mean, note="1 value: no confidence limits"), Computed(math.nan)
    corrected = sd * math.sqrt((n - sd_ddof) / (n - 1))
    half = stats.t.ppf(1 - alpha / 2, n - 1) * corrected / math.sqrt(n)
    low, high = corrected * np.sqrt((n - 1) / stats.chi2.ppf([1 - alpha / 2, alpha / 2], n - 1))
    with_n = corrected * math.sqrt((n - 1) / n)
    return Computed(mean, mean - half, mean + half), Computed(with_n, low, high, WITH_N if sd_ddof else "")


def explained(number: Computed, note: str) -> Computed:
    """Let `note` say why a number is missing; keep it as it is where it is not."""
    return number._replace(note=note) if math.isnan(number.value) else number


def of_agreement(agreement: pd.DataFrame, sd_ddof: int, alpha: float) -> dict[Key, Computed]:
    """Return the numbers of Table 1."""
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
    """Return the mean of ED and ES, pooled, of the Dice of a structure and their SD with n, with limits by mouse."""
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
    """Return the numbers on Dice."""
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
    """Return Spearman's correlations of Dice with the absolute error."""
    return {
        ("rho", row["structure"], row["phase"], ""): Computed(
            row["spearman_rho"], row["ci_low"], row["ci_high"], row["note"]
        )
        for row in dice_error.fillna({"note": ""}).to_dict("records")
    }


def of_manifest(mice: dict[str, Mouse], split: dict[str, str]) -> dict[Key, Computed]:
    """Return what the cohort and its split count."""
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
    """Say why a printed number has none computed beside it, in a cohort that has images or not."""
    if row["table"] == "table_1":
        return f"{row['metric']} was not measured"
    if row["unit"] in ("h", "min", "ms"):
        return NO_CLOCK
    if row["table"] == "training":
        return "the reader was not trained in this study"
    return "not measured in any mouse" if has_images else "the cohort has no images"


def judge(row: dict[str, str], number: Computed, alpha: float) -> str:
    """Compare a computed number with the printed one of `row`, as the head of this file says."""
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
    """Say whether two p-values lead to the same conclusion."""
    if math.isnan(computed):
        return ""
    there, here = float(printed.removeprefix("<")) < alpha, computed < alpha
    if there == here:
        return f"{'both' if here else 'neither'} below {alpha}"
    return f"below {alpha} {'here' if here else 'in the paper'} alone"


def compare(printed: list[dict[str, str]], found: dict[Key, Computed], has_images: bool, alpha: float) -> pd.DataFrame:
    """Compare every printed number with the one computed here.

    Parameters
    ----------
    printed
        From `printed_numbers`.
    found
        What this study computed, by (quantity, structure, phase, metric).
    has_images
        Whether the cohort has images.
    alpha
        Level at which two p lead to the same conclusion or not.

    Returns
    -------
    pd.DataFrame
        COLUMNS, one row per printed number; difference = computed - printed, missing where a bound is printed. `reason`
        says why a number was not computed.
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
