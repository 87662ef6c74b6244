"""Agreement of a reader with the reference, metric by metric."""

import math
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from murmur.statistics.animals import ONE_SCAN_EACH, animal_means, numbered
from murmur.statistics.correlation import pearson, spearman
from murmur.statistics.limits import Z, limits_of_agreement, limits_of_several_scans
from murmur.statistics.notes import Reason, annotate, note, reason
from murmur.statistics.paired import NAN, constant, holm, paired_test
from murmur.vocabulary import METRICS

# fmt: off
STATISTICS = [
    "n", "reference_mean", "reference_sd", "reader_mean", "reader_sd", "bias", "bias_ci_low", "bias_ci_high",
    "loa_low", "loa_low_ci_low", "loa_low_ci_high", "loa_high", "loa_high_ci_low", "loa_high_ci_high", "t",
    "df", "p", "p_holm", "shapiro_p", "wilcoxon_p", "pearson_r", "spearman_rho", "spearman_p", "icc2",
    "icc2_ci_low", "icc2_ci_high", "icc3", "icc3_ci_low", "icc3_ci_high", "ccc", "mean_abs_difference",
    "sd_abs_difference", "rmse", "cv_percent", "tost_p", "note", "pearson_p", "pearson_ci_low", "pearson_ci_high",
    "spearman_ci_low", "spearman_ci_high", "within_subject_sd", "repeatability_coefficient", "slope",
    "slope_ci_low", "slope_ci_high", "slope_p", "intercept", "loa_low_intercept", "loa_low_slope",
    "loa_high_intercept", "loa_high_slope", "equivalence_margin", "tost_p_holm", "slope_p_holm",
    "reasons", "scans", "shapiro_p_holm",
]
# corrected for the number of metrics: column, and the p-value it corrects
CORRECTED = {"p_holm": "p", "tost_p_holm": "tost_p", "slope_p_holm": "slope_p", "shapiro_p_holm": "shapiro_p"}
REGRESSION_LIMITS = [f"loa_{side}_{part}" for side in ("low", "high") for part in ("intercept", "slope")]
# fmt: on
NO_PROPORTIONAL = reason("no_proportional_bias")
SHAPIRO_MICE = 5000  # largest n for which Royston's p of the Shapiro-Wilk test is valid


def proportional_bias(means: np.ndarray, differences: np.ndarray, alpha: float, scale: float) -> dict[str, object]:
    """Regress the differences of pairs on their means.

    Parameters
    ----------
    means, differences : ndarray, shape (pairs,)
        Mean and difference (reader - reference) of at least three pairs, in the metric's unit; the means must vary.
    alpha : float
        Significance level; the confidence limits have the level 1 - alpha.
    scale : float
        Magnitude of the values; variation below 1e-12 of it is attributed to rounding.

    Returns
    -------
    dict
        slope, intercept, slope_ci_low, slope_ci_high, slope_p and, where slope_p < alpha, the regression-based 95%
        limits of agreement as lines (loa_..._intercept, loa_..._slope). `reasons` explains missing values.

    Notes
    -----
    At the mean A the limits lie at intercept + slope A ± 1.96 SD of the residuals or, where the spread depends on A (p
    < alpha for the slope of the absolute residuals on A), ± 1.96 sqrt(pi / 2) times the line fitted to the absolute
    residuals.

    References
    ----------
    Bland and Altman, Stat Methods Med Res 1999;8:135, section 3.2.
    """
    line = stats.linregress(means, differences)
    result = {"slope": line.slope, "intercept": line.intercept}
    residuals = differences - line.intercept - line.slope * means
    if constant(residuals, scale):
        return result | {"reasons": [reason("line_exact")]}
    half = stats.t.ppf(1 - alpha / 2, len(means) - 2) * line.stderr
    result |= {"slope_ci_low": line.slope - half, "slope_ci_high": line.slope + half, "slope_p": line.pvalue}
    if line.pvalue >= alpha:
        return result | {"reasons": [NO_PROPORTIONAL]}
    spread = stats.linregress(means, np.abs(residuals))
    if spread.pvalue < alpha:
        intercept, slope = Z * math.sqrt(math.pi / 2) * np.array([spread.intercept, spread.slope])
    else:
        intercept, slope = Z * math.sqrt(np.sum(residuals**2) / (len(means) - 2)), 0.0
    if np.any(intercept + slope * means < 0):
        return result | {"reasons": [reason("limits_cross")]}
    return result | {
        "loa_low_intercept": line.intercept - intercept,
        "loa_low_slope": line.slope - slope,
        "loa_high_intercept": line.intercept + intercept,
        "loa_high_slope": line.slope + slope,
        "reasons": [],
    }


def intraclass_correlation(scores: np.ndarray, alpha: float) -> dict[str, float]:
    """Compute ICC(2,1), absolute agreement, and ICC(3,1), consistency, with confidence limits.

    Parameters
    ----------
    scores : ndarray, shape (targets, raters)
        Scores, none missing.
    alpha : float
        The confidence limits have the level 1 - alpha.

    Returns
    -------
    dict of str to float
        icc2 and icc3, each with ..._ci_low and ..._ci_high; NaN where the scores do not vary. There are no confidence
        limits without residual variation or where all targets have the same mean.

    Notes
    -----
    Computed in closed form, because pingouin gives the confidence limits for alpha = 0.05 only.

    References
    ----------
    Shrout and Fleiss, Psychol Bull 1979;86:420. McGraw and Wong, Psychol Methods 1996;1:30 (limits of ICC(2,1)).
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
    if constant(targets, size) or all(constant(row, size) for row in residual.T):
        return result

    df_targets, df_error = n - 1, (n - 1) * (k - 1)
    low, high = between / error * stats.f.ppf([alpha / 2, 1 - alpha / 2], df_error, df_targets)
    result |= {"icc3_ci_low": (low - 1) / (low + k - 1), "icc3_ci_high": (high - 1) / (high + k - 1)}

    a, b = k * icc2 / (n * (1 - icc2)), 1 + k * icc2 * (n - 1) / (n * (1 - icc2))
    df = (a * rater + b * error) ** 2 / ((a * rater) ** 2 / (k - 1) + (b * error) ** 2 / df_error)
    low, high = between * stats.f.ppf([alpha / 2, 1 - alpha / 2], df, df_targets)
    spread = k * rater + (k * n - k - n) * error
    result["icc2_ci_low"] = n * (low - error) / (spread + n * low)
    result["icc2_ci_high"] = n * (high - error) / (spread + n * high)
    return result


def concordance(x: np.ndarray, y: np.ndarray) -> float:
    """Compute Lin's concordance correlation coefficient, with moments over n.

    Parameters
    ----------
    x, y : ndarray, shape (pairs,)
        Paired values, none missing; at least one of the two must vary.

    Returns
    -------
    float
        Between -1 and 1.

    References
    ----------
    Lin, Biometrics 1989;45:255.
    """
    dx, dy = x - x.mean(), y - y.mean()
    return float(2 * np.mean(dx * dy) / (np.mean(dx**2) + np.mean(dy**2) + (x.mean() - y.mean()) ** 2))


def agreement(
    reference: np.ndarray,
    reader: np.ndarray,
    sd_ddof: int = 1,
    alpha: float = 0.05,
    margin: float | None = None,
    animals: Sequence[Hashable] | None = None,
) -> dict[str, object]:
    """Compute the agreement of a reader with the reference for one metric.

    Parameters
    ----------
    reference, reader : array_like, shape (scans,)
        Values in the metric's unit; pairs with a missing value are excluded.
    sd_ddof : int
        1: n - 1, 0: n as the denominator of reference_sd, reader_sd, the limits of agreement and sd_abs_difference.
        Tests and confidence limits always use n - 1.
    alpha : float
        Significance level; the confidence limits have the level 1 - alpha.
    margin : float, optional
        Equivalence margin in the metric's unit; tost_p tests for differences within ± margin.
    animals : sequence, shape (scans,), optional
        The animal of each scan; without it, each scan is of another animal.

    Returns
    -------
    dict
        STATISTICS except those in CORRECTED; differences are reader - reference. `reasons` explains missing values and
        `note` puts them into words.

    Notes
    -----
    within_subject_sd is that of two measurements, sqrt(sum(d^2) / 2n), so that a bias counts as error; cv_percent is
    the same as a percentage of the mean of all values, and repeatability_coefficient is 1.96 sqrt(2) times it. slope,
    intercept and the lines loa_..._intercept and loa_..._slope are those of `proportional_bias`.

    n counts animals. Where some have several scans, tests, correlations, SDs and the regression are based on one value
    per animal, the mean over its scans; all means give each animal the same weight. The limits of agreement and the
    within-subject SD remain those of a single scan, and there are no regression-based limits.

    References
    ----------
    Bland and Altman, BMJ 1996;312:1654 (within-subject SD and repeatability).
    """
    reference, reader = np.asarray(reference, dtype=float), np.asarray(reader, dtype=float)
    paired = np.isfinite(reference) & np.isfinite(reader)
    x, y = reference[paired], reader[paired]
    of = None if animals is None else numbered(np.asarray(animals)[paired])
    means = animal_means(x, of), animal_means(y, of)
    n, scale = len(means[0]), np.abs([x, y]).max(initial=0)
    row: dict[str, object] = dict.fromkeys(STATISTICS, NAN) | {"n": n, "scans": len(x)}
    reasons = []
    if not paired.all():
        reasons.append(reason("pairs_missing", np.sum(~paired), len(paired)))
    parts = []
    if n >= 1:
        parts.append(_errors(x, y, of))
    if n >= 2:
        parts.append(_bias(x, y, of, sd_ddof, alpha, margin, scale))
    if n >= 3:
        parts += [_regression(*means, alpha, scale, several=of is not None), _correlation(*means, alpha)]
    for found, why in parts:
        row |= found
        reasons += why
    if n < 3:
        reasons.append([reason("no_pair"), reason("one_pair"), reason("too_few_pairs", "2 pairs")][n])
    if margin is None:
        reasons.append(reason("no_margin"))
    else:
        row["equivalence_margin"] = margin
    return row | {"note": note(reasons), "reasons": reasons}


def _errors(x: np.ndarray, y: np.ndarray, of: np.ndarray | None) -> tuple[dict[str, float], list[Reason]]:
    """Return means, bias and size of the differences y - x of at least one pair, and reasons for missing values."""
    d = y - x
    row = {name: animal_means(v, of).mean() for name, v in (("reference_mean", x), ("reader_mean", y), ("bias", d))}
    square = animal_means(d**2, of).mean()
    row |= {"mean_abs_difference": animal_means(np.abs(d), of).mean(), "rmse": math.sqrt(square)}
    row["within_subject_sd"] = math.sqrt(square / 2)
    row["repeatability_coefficient"] = Z * math.sqrt(2) * row["within_subject_sd"]
    if (mean := np.mean([animal_means(x, of), animal_means(y, of)])) <= 0:
        return row, [reason("mean_not_positive")]
    return row | {"cv_percent": 100 * row["within_subject_sd"] / mean}, []


def _bias(
    x: np.ndarray,
    y: np.ndarray,
    of: np.ndarray | None,
    sd_ddof: int,
    alpha: float,
    margin: float | None,
    scale: float,
) -> tuple[dict[str, float], list[Reason]]:
    """Return spread, limits of agreement and tests of the bias of at least two animals, and reasons as in `_errors`."""
    spread = {"reference_sd": x, "reader_sd": y, "sd_abs_difference": np.abs(y - x)}
    row = {name: np.std(animal_means(values, of), ddof=sd_ddof) for name, values in spread.items()}
    if of is None:
        row |= limits_of_agreement(y - x, sd_ddof, alpha)
    else:
        row |= limits_of_several_scans(y - x, of, sd_ddof, alpha)
    d, reasons = animal_means(y - x, of), []
    test = paired_test(d, alpha, scale)
    row |= {"bias_ci_low": test["ci_low"], "bias_ci_high": test["ci_high"]}
    row |= {name: test[name] for name in ("t", "df", "p", "wilcoxon_p")}
    if constant(d, scale):
        row |= {name: NAN for name in STATISTICS if name.startswith("loa_") and "_ci_" in name}
        reasons.append(reason("differences_constant"))
    elif margin is not None:
        row["tost_p"] = ttost_paired(animal_means(y, of), animal_means(x, of), -margin, margin)[0]
    if math.isnan(test["wilcoxon_p"]):
        reasons.append(reason("differences_zero"))
    return row, reasons


def _regression(
    x: np.ndarray, y: np.ndarray, alpha: float, scale: float, several: bool
) -> tuple[dict[str, float], list[Reason]]:
    """Return normality and proportional bias of at least three pairs, and reasons as in `_errors`.

    If `several` scans were averaged, their spread is not that of single scans: there are no regression-based limits.
    """
    row, reasons, d, means = {}, [], y - x, (x + y) / 2
    if constant(d, scale):
        return row, reasons
    if len(d) <= SHAPIRO_MICE:
        row["shapiro_p"] = stats.shapiro(d).pvalue
    else:
        reasons.append(reason("too_many_for_normality", SHAPIRO_MICE))
    if constant(means, scale):
        reasons.append(reason("means_constant"))
    else:
        found = proportional_bias(means, d, alpha, scale)
        why = found.pop("reasons")
        if several and not why:
            found |= dict.fromkeys(REGRESSION_LIMITS, NAN)
            why = [reason("no_regression_limits")]
        row |= found
        reasons += why
    return row, reasons


def _correlation(x: np.ndarray, y: np.ndarray, alpha: float) -> tuple[dict[str, float], list[Reason]]:
    """Return ICC, CCC and correlations of at least three pairs, and reasons as in `_errors`."""
    row = intraclass_correlation(np.column_stack([x, y]), alpha)
    if constant(x) and constant(y):
        return row, [reason("neither_varies")]
    row["ccc"] = concordance(x, y)
    if constant(x) or constant(y):
        return row, [reason("rater_constant", "reference" if constant(x) else "reader")]
    r, rho = pearson(x, y, alpha), spearman(x, y, alpha)
    row |= {f"pearson_{name}": r[name] for name in ("r", "p", "ci_low", "ci_high")}
    row |= {f"spearman_{name}": rho[name] for name in ("rho", "p", "ci_low", "ci_high")}
    return row, r["reasons"] + rho["reasons"]


def agreement_table(
    function: pd.DataFrame,
    sd_ddof: int,
    alpha: float,
    equivalence_margins: Mapping[str, float],
    animals: Mapping[str, str] = ONE_SCAN_EACH,
) -> pd.DataFrame:
    """Compute the agreement of a reader with the reference for each metric.

    Parameters
    ----------
    function : DataFrame
        Columns mouse, metric, unit, reference, reader.
    sd_ddof : int
        Standard deviations and limits of agreement divide by n - sd_ddof.
    alpha : float
        Significance level; the confidence limits have the level 1 - alpha.
    equivalence_margins : mapping of str to float
        Margin of each metric for which equivalence is tested, in its unit.
    animals : mapping of str to str, optional
        The animal of each scan; empty if each scan is of another animal.

    Returns
    -------
    DataFrame
        metric, unit and STATISTICS, one row per metric in the order of METRICS. The columns in CORRECTED are corrected
        for the number of metrics tested by Holm's method. Regression-based limits are given where slope_p_holm < alpha.
    """
    rows = []
    for metric in METRICS:
        values = function[function["metric"] == metric]
        if len(values):
            margin = equivalence_margins.get(metric)
            of = values["mouse"].map(dict(animals)) if animals else None
            found = agreement(values["reference"], values["reader"], sd_ddof, alpha, margin, of)
            rows.append({"metric": metric, "unit": values["unit"].iloc[0]} | found)
    table = pd.DataFrame(rows, columns=["metric", "unit", *STATISTICS])
    table["df"] = table["df"].astype("Int64")
    for corrected, p in CORRECTED.items():
        table[corrected] = holm(table[p])
    parallel = (table["slope_p_holm"] >= alpha) & table["loa_low_slope"].notna()
    table.loc[parallel, REGRESSION_LIMITS] = NAN
    table["reasons"] = [
        [*reasons, NO_PROPORTIONAL] if is_parallel else reasons
        for reasons, is_parallel in zip(table["reasons"], parallel, strict=True)
    ]
    return annotate(table)
