"""Table 4: the networks of a study side by side in a cohort, ready to paste.

Inputs: networks.csv (settings), network_results.csv (means and confidence limits) and reader_comparison.csv (paired
tests). Outputs: the same cells as CSV, HTML, LaTeX and Word. Dice has three decimals, HD95 (mm) two, and errors of EF
(percentage points) one; the footnote names the best networks, and those that were not distinguished from them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.job import job
from murmur.presentation.number_format import DASH, number
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.presentation.prose.phrases import enumerate_words
from murmur.statistics.best_reader import BEST, NOT_DISTINGUISHED, UNTESTED, WORSE, compare_with_best
from murmur.statistics.notes import mice
from murmur.vocabulary import STRUCTURE_NAMES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = {("dice", name): (f"Dice, {words.lower()}", 3) for name, words in STRUCTURE_NAMES.items()}
COLUMNS |= {("hd95", name): (f"HD95, {words.lower()} (mm)", 2) for name, words in STRUCTURE_NAMES.items()}
COLUMNS |= {("absolute_error", "EF"): ("Error of EF (points)", 1)}
BEST_IN = {("dice", name): f"the highest Dice of the {words.lower()}" for name, words in STRUCTURE_NAMES.items()}
BEST_IN |= {("absolute_error", "EF"): "the smallest error of EF"}  # the quantities that were tested


LOSSES = {
    "dice": "Dice loss",
    "dice_ce": "Dice loss and cross-entropy",
    "dice_ce_shape": "Dice loss, cross-entropy and shape",
}


def training(row: pd.Series, losses: bool) -> str:
    """Describe on how many mice of which cohorts a network was trained, from which network and, if asked, its loss."""
    if row["train_mice"] == 0:
        return "not trained here"
    start = "" if pd.isna(row["start_from"]) else f", from {row['start_from']}"
    loss = f", {LOSSES[row['loss']]}" if losses else ""
    if losses and row["loss"] == "dice_ce_shape":
        loss += f" (weight {row['shape_weight']:g})"
    return f"{row['trained_on']}, n = {row['train_mice']:g}{start}{loss}"


def cell(row: pd.Series | None, digits: int, mark: str) -> str:
    """Return a mean with its confidence limits, and a sign if it was not distinguished from the best."""
    if row is None or pd.isna(row["mean"]):
        return DASH
    limits = ""
    if pd.notna(row["ci_low"]):
        limits = f" ({number(row['ci_low'], digits)} to {number(row['ci_high'], digits)})"
    return number(row["mean"], digits) + limits + ("†" if mark == NOT_DISTINGUISHED else "")


def conclusion(marks: pd.Series, words: str) -> str:
    """Return in words which network was best, and which others could not be distinguished from it."""
    of = {mark: list(marks.index[marks == mark]) for mark in (BEST, NOT_DISTINGUISHED, WORSE, UNTESTED)}
    if not of[BEST]:
        return ""
    sentence = f"{of[BEST][0]} had {words}"
    if of[NOT_DISTINGUISHED]:
        sentence += f"; {enumerate_words(of[NOT_DISTINGUISHED])} did not differ significantly from it"
        sentence += f", unlike {enumerate_words(of[WORSE])}" if of[WORSE] else ""
    elif of[WORSE] and not of[UNTESTED]:
        sentence += "; all others differed significantly from it"
    if of[UNTESTED]:
        sentence += f" ({enumerate_words(of[UNTESTED])} could not be tested)"
    return f"{sentence}."


def exceptions(rows: pd.DataFrame, most: int) -> list[str]:
    """Return a sentence for each column in which the means of some networks are over fewer than `most` mice."""
    sentences = []
    for key, (words, _) in COLUMNS.items():
        few = rows[(rows["measure"] == key[0]) & (rows["quantity"] == key[1]) & (rows["n"] < most)]
        if len(few):
            counts = enumerate_words(f"{row.reader}, {row.n} of {mice(most)}" for row in few.itertuples())
            sentences.append(f"{words}: {counts}, because the masks of the others were empty or not measured.")
    return sentences


def between_trainings(rows: pd.DataFrame) -> list[str]:
    """State that intervals and tests concern mice only, with the spread of mean Dice between repeated trainings."""
    spread = rows.loc[rows["measure"] == "dice", "sd_repeats"].dropna()
    if spread.empty:
        return []
    low, high = (number(value, 3) for value in (spread.min(), spread.max()))
    found = low if low == high else f"{low} to {high}"
    return [
        "Confidence intervals and tests concern the mice and do not include the variation between repeated trainings "
        f"(SD of mean Dice between those of a network, {found}), so that they do not show which network would be "
        "better if trained again."
    ]


def footnote(rows: pd.DataFrame, marks: dict[tuple[str, str], pd.Series], alpha: float) -> str:
    """Explain the values of the table, and draw the conclusions that the tests allow."""
    most = rows["n"].max()
    repeated = (rows["repeats"] > 1).any()
    return " ".join(
        [
            f"Values are means over {mice(most)} with {100 * (1 - alpha):g}% confidence intervals (t distribution, "
            "of errors and distances on a logarithmic scale); "
            "Dice and HD95 of a mouse are means of ED and ES, and errors are absolute differences from the reference.",
            *(["The values of each mouse were averaged over the repeated trainings of a network."] if repeated else []),
            *between_trainings(rows),
            *exceptions(rows, most),
            *filter(None, (conclusion(found, BEST_IN[key]) for key, found in marks.items())),
            f"†, not significantly different from the best (paired t-tests by mouse, p ≥ {alpha:g}, Holm-corrected "
            "over all pairs of readers and, for Dice, structures and phases, for errors, parameters; Dice neither at "
            "ED nor at ES). This is no evidence of equality: reader_comparison.csv gives the differences with their "
            "intervals. HD95 was not tested.",
            f"n, contoured training mice{' (mean over repetitions)' if repeated else ''}, not counting validation "
            "mice; GFLOP, 10⁹ floating-point operations to segment an image, two for each multiplication with its "
            "addition; HD95, 95th-percentile Hausdorff distance (larger of the two directed ones); ED, end-diastole; "
            "ES, end-systole; EF, ejection fraction; points, percentage points.",
        ]
    )


def tabulate(
    networks: pd.DataFrame, results: pd.DataFrame, comparison: pd.DataFrame, cohort: str, alpha: float
) -> PrintedTable:
    """Return Table 4 as it is printed, one row per network with results in the cohort."""
    results = results[results["cohort"] == cohort]
    networks = networks[networks["reader"].isin(results["reader"])].set_index("reader")
    marks = {}
    for measure, quantity in BEST_IN:
        rows = results[(results["measure"] == measure) & (results["quantity"] == quantity)].set_index("reader")
        means = rows["mean"].reindex(networks.index)
        marks[measure, quantity] = compare_with_best(means, comparison, quantity, measure == "dice", alpha)
    found = results.set_index(["reader", "measure", "quantity"])
    losses = len(networks[["loss", "shape_weight"]].dropna(how="all").drop_duplicates()) > 1
    printed = []
    for name, row in networks.iterrows():
        cells = [
            cell(
                found.loc[(name, *key)] if (name, *key) in found.index else None,
                digits,
                marks[key][name] if key in marks else "",
            )
            for key, (_, digits) in COLUMNS.items()
        ]
        trainings = f" ({row['repeats']} trainings)" if row["repeats"] > 1 else ""
        parameters = DASH if pd.isna(row["parameters"]) else f"{int(row['parameters']):,}"
        cost = number(row["gflop"], 3 if row["gflop"] < 1 else 1)
        printed.append([name + trainings, training(row, losses), parameters, cost, *cells])
    shown = results[[key in COLUMNS for key in zip(results["measure"], results["quantity"], strict=True)]]
    return PrintedTable(
        number="Table 4",
        title=f"Networks in the {cohort} cohort.",
        header=["Network", "Training", "Parameters", "GFLOP", *(words for words, _ in COLUMNS.values())],
        rows=printed,
        footnote=footnote(shown, marks, alpha),
    )


def main(networks: str, results: str, comparison: str, outputs: Sequence[str], cohort: str, alpha: float) -> None:
    """Write Table 4 of `cohort` to `outputs`."""
    write_table(tabulate(read_csv(networks), read_csv(results), read_csv(comparison), cohort, alpha), outputs)


if __name__ == "__main__":
    with job(snakemake):
        main(
            networks=snakemake.input.networks,
            results=snakemake.input.results,
            comparison=snakemake.input.comparison,
            outputs=list(snakemake.output),
            cohort=snakemake.wildcards.cohort,
            alpha=snakemake.params.alpha,
        )
