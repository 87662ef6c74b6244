"""Agreement of a reader with the reference on one metric, from pairs of values."""

import math

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from murmur.paired import NAN, constant, holm, paired_test, spearman
from murmur.volumes import METRICS

# fmt: off
STATISTICS = [
    "n", "reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "bias_ci_low", "bias_ci_high",
    "loa_low", "loa_low_ci_low", "loa_low_ci_high", "loa_high", "loa_high_ci_low", "loa_high_ci_high", "t",
    "df", "p", "p_holm", "shapiro_p", "wilcoxon_p", "pearson_r", "spearman_rho", "spearman_p", "icc2",
    "icc2_ci_low", "icc2_ci_high", "icc3", "icc3_ci_low", "icc3_ci_high", "ccc", "mean_abs_difference",
    "sd_abs_difference", "rmse", "cv_percent", "tost_p", "note",
]
# fmt: on
NO_MARGIN = "no equivalence margin given"


def limits_of_agreement(differences: np.ndarray, sd_ddof: int, alpha: float) -> dict[str, float]:
    """Return the 95% limits of agreement and their exact 1 - alpha confidence limits, for at least two values.

    The limits are mean ± 1.96 SD (Bland and Altman 1986), the SD with `sd_ddof`. The confidence limits are those
    of the two normal percentiles, by the noncentral t distribution (Carkeet, Optom Vis Sci 2015;92:e71, each limit
    by itself); they do not depend on `sd_ddof`.
    """
    n = len(differences)
    mean, sd = np.mean(differences), np.std(differences, ddof=1)
    z = stats.norm.ppf(0.975)
    near, far = stats.nct.ppf([alpha / 2, 1 - alpha / 2], n - 1, z * math.sqrt(n)) / math.sqrt(n) * sd
    half = z * np.std(differences, ddof=sd_ddof)
    return {
        "loa_low": mean - half,
        "loa_low_ci_low": mean - far,
        "loa_low_ci_high": mean - near,
        "loa_high": mean + half,
        "loa_high_ci_low": mean + near,
        "loa_high_ci_high": mean + far,
    }


def intraclass_correlation(scores: np.ndarray, alpha: float) -> dict[str, float]:
    """Return ICC(2,1), absolute agreement, and ICC(3,1), consistency, with 1 - alpha confidence limits.

    `scores` has the axes (target, rater). Shrout and Fleiss, Psychol Bull 1979;86:420; the interval of ICC(2,1)
    as in McGraw and Wong, Psychol Methods 1996;1:30. Missing where the scores do not vary; without residual
    variation there are no confidence limits.
    """
    n, k = scores.shape
    size = np.abs(scores).max()
    mean, targets, raters = scores.mean(), scores.mean(axis=1), scores.mean(axis=0)
    residual = scores - targets[:, None] - raters + mean
    between = k * np.sum((targets - mean) ** 2) / (n - 1)
    rater = n * np.sum((raters - mean) ** 2) / (k - 1)
    error = np.sum(residual**2) / ((n - 1) * (k - 1))
    names = ("icc2", "icc2_ci_low", "icc2_ci_high", "icc3", "icc3_ci_low", "icc3_ci_high")
    result = dict.fromkeys(names, NAN)
    if all(constant(column, size) for column in scores.T):
        return result
    icc2 = result["icc2"] = (between - error) / (between + (k - 1) * error + k * (rater - error) / n)
    result["icc3"] = (between - error) / (between + (k - 1) * error)
    if all(constant(row, size) for row in residual.T):
        return result

    df_targets, df_error = n - 1, (n - 1) * (k - 1)
    low = between / error / stats.f.ppf(1 - alpha / 2, df_targets, df_error)
    high = between / error * stats.f.ppf(1 - alpha / 2, df_error, df_targets)
    result |= {"icc3_ci_low": (low - 1) / (low + k - 1), "icc3_ci_high": (high - 1) / (high + k - 1)}

    a, b = k * icc2 / (n * (1 - icc2)), 1 + k * icc2 * (n - 1) / (n * (1 - icc2))
    df = (a * rater + b * error) ** 2 / ((a * rater) ** 2 / (k - 1) + (b * error) ** 2 / df_error)
    low, high = stats.f.ppf(1 - alpha / 2, df_targets, df), stats.f.ppf(1 - alpha / 2, df, df_targets)
    spread = k * rater + (k * n - k - n) * error
    result |= {
        "icc2_ci_low": n * (between - low * error) / (low * spread + n * between),
        "icc2_ci_high": n * (high * between - error) / (spread + n * high * between),
    }
    return result


def concordance(x: np.ndarray, y: np.ndarray) -> float:
    """Return Lin's concordance correlation coefficient, moments over n (Biometrics 1989;45:255)."""
    dx, dy = x - x.mean(), y - y.mean()
    return float(2 * np.mean(dx * dy) / (np.mean(dx**2) + np.mean(dy**2) + (x.mean() - y.mean()) ** 2))


def agreement(
    reference: np.ndarray,
    reader: np.ndarray,
    sd_ddof: int = 1,
    alpha: float = 0.05,
    margin: float | None = None,
) -> dict[str, object]:
    """Return STATISTICS but p_holm for one metric; a pair with a missing value does not count.

    The difference is reader - reference, in the metric's unit. `sd_ddof` (1: n - 1, 0: n) holds for reference_sd,
    reader_sd, the limits of agreement and sd_abs_difference; tests and confidence limits always use n - 1.
    cv_percent is the within-subject coefficient of variation of two measurements, sqrt(sum(d^2) / 2n), as a
    percentage of the mean of all values. tost_p is the p of the paired equivalence test for differences within
    ± `margin`. `note` says why a value is missing.
    """
    reference, reader = np.asarray(reference, dtype=float), np.asarray(reader, dtype=float)
    row: dict[str, object] = dict.fromkeys(STATISTICS, NAN)
    notes = []
    paired = np.isfinite(reference) & np.isfinite(reader)
    if not paired.all():
        notes.append(f"no value by reference or reader in {np.sum(~paired)} of {len(paired)} mice")
    x, y = reference[paired], reader[paired]
    d = y - x
    n = row["n"] = len(d)
    scale = np.abs([x, y]).max(initial=0)

    if n >= 1:
        row |= {"reference_mean": x.mean(), "reader_mean": y.mean(), "bias": d.mean()}
        row |= {"mean_abs_difference": np.abs(d).mean(), "rmse": math.sqrt(np.mean(d**2))}
        if (mean := np.mean([x, y])) > 0:
            row["cv_percent"] = 100 * math.sqrt(np.mean(d**2) / 2) / mean
        else:
            notes.append("no coefficient of variation: the mean is not positive")
    if n >= 2:
        row |= {"reference_sd": np.std(x, ddof=sd_ddof), "reader_sd": np.std(y, ddof=sd_ddof)}
        row["sd_abs_difference"] = np.std(np.abs(d), ddof=sd_ddof)
        row |= limits_of_agreement(d, sd_ddof, alpha)
        test = paired_test(d, alpha, scale)
        row |= {"bias_ci_low": test["ci_low"], "bias_ci_high": test["ci_high"]}
        row |= {name: test[name] for name in ("t", "df", "p", "wilcoxon_p")}
        if constant(d, scale):
            row |= {name: NAN for name in STATISTICS if name.startswith("loa_") and "_ci_" in name}
            notes.append("all differences are the same: no t-test, equivalence test or confidence limits")
            if math.isnan(test["wilcoxon_p"]):
                notes.append("all differences are zero: no signed-rank test")
        elif margin is not None:
            row["tost_p"] = ttost_paired(y, x, -margin, margin)[0]
    if n >= 3:
        row |= intraclass_correlation(np.column_stack([x, y]), alpha)
        if not constant(d, scale):
            row["shapiro_p"] = stats.shapiro(d).pvalue
        if constant(x) and constant(y):
            notes.append("neither reference nor reader varies: no correlation, ICC or CCC")
        else:
            row["ccc"] = concordance(x, y)
            if constant(x) or constant(y):
                notes.append(f"the {'reference' if constant(x) else 'reader'} does not vary: no correlation")
            else:
                row["pearson_r"] = stats.pearsonr(x, y).statistic
                row["spearman_rho"], row["spearman_p"] = spearman(x, y)
    else:
        few = "no pair of values" if n == 0 else "1 pair" if n == 1 else "2 pairs"
        needs = "normality test, correlations, ICC and CCC need 3"
        notes.append(few if n == 0 else f"{few}: {'spread and tests need 2, ' if n == 1 else ''}{needs}")
    if margin is None:
        notes.append(NO_MARGIN)
    row["note"] = "; ".join(notes)
    return row


def agreement_table(
    function: pd.DataFrame, sd_ddof: int, alpha: float, equivalence_margins: dict[str, float]
) -> pd.DataFrame:
    """Return one row per metric of `function` (columns mouse, metric, unit, reference, reader), in METRICS' order.

    Columns metric, unit and STATISTICS; p_holm corrects the paired t-tests for the number of metrics tested.
    """
    rows = []
    for metric in METRICS:
        values = function[function["metric"] == metric]
        if len(values):
            margin = equivalence_margins.get(metric)
            found = agreement(values["reference"], values["reader"], sd_ddof, alpha, margin)
            rows.append({"metric": metric, "unit": values["unit"].iloc[0]} | found)
    table = pd.DataFrame(rows, columns=["metric", "unit", *STATISTICS])
    table["df"] = table["df"].astype("Int64")
    table["p_holm"] = holm(table["p"])
    return table
