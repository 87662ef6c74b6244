"""Factors of segmentation error, 1 − Dice: phenotype between mice, phase and structure within mice.

All mice that enter have the same cells, so the linear mixed model error ~ phenotype + phase + structure + (1 | mouse)
separates into two parts that require no fitted variance: phenotypes are compared on the mean error of each mouse, with
degrees of freedom between mice, and phases and structures on the differences within each mouse, with degrees of freedom
within mice. No test treats two values of one mouse as independent.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from murmur.statistics.conclusions import MIN_MICE
from murmur.statistics.dice_cells import dice_by_cell
from murmur.statistics.notes import Reason, annotate, reason
from murmur.statistics.paired import NAN, paired_test
from murmur.statistics.phenotypes import run_test, welch
from murmur.vocabulary import in_order

WITHIN = {"phase[ES]": ("phase", "ES", "ED"), "structure[myocardium]": ("structure", "myocardium", "blood_pool")}
ESTIMATES = ["estimate", "ci_low", "ci_high", "t", "F", "df1", "df2", "p", "p_adjusted"]
COLUMNS = ["term", "compared_with", "n", "mice", *ESTIMATES, "note", "reasons"]


def complete_mice(overlap: pd.DataFrame) -> tuple[pd.DataFrame, list[Reason]]:
    """Select the mice with all values that the cohort has.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice; phases other than ED and ES are ignored.

    Returns
    -------
    error : DataFrame
        1 − Dice, one row per mouse, one column per (phase, structure) that any mouse has; none missing.
    reasons : list of Reason
        Names the mice excluded.
    """
    error = 1 - dice_by_cell(overlap)
    measured = error.dropna(axis=1, how="all")
    lacking = measured.index[measured.isna().any(axis=1)] if measured.shape[1] else error.index
    reasons = [reason("dice_missing", mice=lacking)] if len(lacking) else []
    return measured.dropna() if measured.shape[1] else measured.iloc[:0], reasons


def within_mice(error: pd.DataFrame, term: str, alpha: float) -> dict[str, object]:
    """Compare two phases or structures by a paired t-test of the means of each mouse.

    Parameters
    ----------
    error : DataFrame
        From `complete_mice`.
    term : str
        A key of WITHIN: the level tested and the one it is compared with.
    alpha : float
        The confidence limits have the level 1 − alpha.

    Returns
    -------
    dict
        compared_with, estimate (difference of 1 − Dice), ci_low, ci_high, t, df2, p, as far as they are defined, and
        `reasons`.
    """
    factor, level, first = WITHIN[term]
    axis = ("phase", "structure").index(factor)
    levels = error.columns.get_level_values(axis)
    named = {"compared_with": first}
    if not {level, first} <= set(levels):
        absent = " or ".join(name for name in (first, level) if name not in levels)
        return named | {"reasons": [reason("no_level", absent)]}
    difference = error.loc[:, levels == level].mean(axis=1) - error.loc[:, levels == first].mean(axis=1)
    test = paired_test(difference.to_numpy(), alpha, error.abs().to_numpy().max(initial=0))
    row = (
        named
        | {"estimate": test["mean"], "df2": test["df"]}
        | {name: test[name] for name in ("ci_low", "ci_high", "t", "p")}
    )
    if len(difference) < 2:
        return row | {"reasons": [reason("too_few_mice", f"n = {len(difference)}")]}
    return row | {"reasons": [reason("difference_constant")] if math.isnan(test["t"]) else []}


def between_phenotypes(means: pd.Series, names: pd.Series, order: Sequence[str], alpha: float) -> dict[str, dict]:
    """Compare phenotypes on one error per mouse: all by Welch's ANOVA, each with the first by Welch's t-test.

    Parameters
    ----------
    means : Series
        Mean of 1 − Dice of each mouse.
    names : Series
        Phenotype of each mouse of `means`, with the same index.
    order : sequence of str
        The phenotypes; the others are compared with the first.
    alpha : float
        Significance level; the confidence limits have the level 1 − alpha.

    Returns
    -------
    dict of str to dict
        Rows `phenotype` (ANOVA) and `phenotype[NAME]` (t-tests). Confidence limits and p of the t-tests are corrected
        for their number by Bonferroni's method; p_adjusted is at least the p of the ANOVA, so that none is significant
        without it. Phenotypes of fewer than MIN_MICE mice are not tested.
    """
    groups = {name: means[names == name].to_numpy() for name in order}
    tested = {name: values for name, values in groups.items() if len(values) >= MIN_MICE}
    few = [name for name in order if name not in tested]
    left_out = [reason("phenotypes_too_small", MIN_MICE, ", ".join(few))] if few else []
    found, why = {}, [reason("too_few_phenotypes", "one" if tested else "no", MIN_MICE)]
    if len(tested) >= 2:
        found, why = run_test("welch_anova", tested)
    anova = {"F": found.get("statistic", NAN), **{name: found.get(name, NAN) for name in ("df1", "df2", "p")}}
    rows = {"phenotype": anova | {"p_adjusted": anova["p"], "reasons": why + left_out}}
    first, *others = order
    for name in others:
        pairs = max(1, len(tested) - 1)
        if first in tested and name in tested:
            test = welch(groups[first], groups[name], pairs, alpha, means.abs().max())
            why = [] if math.isfinite(test["p"]) else [reason("error_constant")]
        else:
            difference = groups[name].mean() - groups[first].mean()
            test = {"difference": difference, "ci_low": NAN, "ci_high": NAN, "p": NAN}
            why = [reason("too_few_per_phenotype", MIN_MICE, ", ".join(n for n in (first, name) if n in few))]
        rows[f"phenotype[{name}]"] = {
            "compared_with": first,
            "estimate": test.pop("difference"),
            **test,
            "p_adjusted": np.maximum(test["p"], anova["p"]),
            "reasons": why,
        }
    return rows


def variances(error: pd.DataFrame, names: pd.Series | None) -> dict[str, dict[str, object]]:
    """Estimate the standard deviation of mice within phenotypes and of residuals within mice.

    Parameters
    ----------
    error : DataFrame
        From `complete_mice`.
    names : Series or None
        Phenotype of each mouse; None if they are not distinguished.

    Returns
    -------
    dict of str to dict
        Rows `sd[mouse]` and `sd[residual]`, in units of Dice.

    Notes
    -----
    The estimates come from the mean squares of the analysis of variance; for balanced data as these they equal
    restricted maximum likelihood.
    """
    n, k = error.shape
    if n < 2 or k < 2:
        return {term: {"reasons": [reason("too_few_values")]} for term in ("sd[mouse]", "sd[residual]")}
    means = error.mean(axis=1)
    phenotypes = means.groupby(names if names is not None else np.zeros(n))
    clear = error.sub(means, axis=0)
    factors = [clear.T.groupby(level=level).mean().mean(axis=1) for level in (0, 1)]
    squares = float((clear**2).to_numpy().sum()) - sum(n * k / len(f) * float((f**2).sum()) for f in factors)
    df = n * (k - 1) - sum(len(f) - 1 for f in factors)
    df_mice = n - phenotypes.ngroups
    if df < 1 or df_mice < 1:
        return {term: {"reasons": [reason("too_few_values")]} for term in ("sd[mouse]", "sd[residual]")}
    within = max(0.0, squares) / df
    between = k * float(((means - phenotypes.transform("mean")) ** 2).sum()) / df_mice
    return {
        "sd[mouse]": {
            "estimate": math.sqrt(max(0.0, between - within) / k),
            "reasons": [reason("variance_zero")] if between <= within else [],
        },
        "sd[residual]": {"estimate": math.sqrt(within), "reasons": []},
    }


def overlap_model(
    overlap: pd.DataFrame, phenotypes: Mapping[str, str], alpha: float, first: Sequence[str] = ()
) -> pd.DataFrame:
    """Estimate how 1 − Dice depends on phenotype, phase and structure.

    Parameters
    ----------
    overlap : DataFrame
        Columns mouse, phase, structure, dice. Phases other than ED and ES are ignored, and so are mice that lack a
        value that others have.
    phenotypes : mapping of str to str
        Phenotype of each mouse for which it is known; the others enter the tests of phase and structure only.
    alpha : float
        Significance level; the confidence limits have the level 1 − alpha.
    first : sequence of str, optional
        Phenotypes that come first, in this order.

    Returns
    -------
    DataFrame
        COLUMNS, one row per term, in units of Dice. `phenotype`: Welch's ANOVA of the mean error of each mouse (F, df1,
        df2, p) over the phenotypes of at least MIN_MICE mice; `phenotype[x]`: x compared with the first phenotype,
        that of `first` or `control` if there is one; `phase[ES]` compared with ED and `structure[myocardium]` with the
        blood pool: paired t-tests within mice (t, df2); `sd[mouse]` and `sd[residual]`: standard deviations between
        and within mice.

    References
    ----------
    Welch, Biometrika 1951;38:330. Maxwell, Delaney and Kelley, Designing Experiments and Analyzing Data, 3rd ed.,
    chapter 12 (tests between and within subjects).
    """
    error, left_out = complete_mice(overlap)
    known = error.index.to_series().map(dict(phenotypes))
    order = in_order(known.dropna().unique(), first)
    rows: dict[str, dict[str, object]] = {}
    if len(order) >= 2:
        compared = known.notna()
        rows |= between_phenotypes(error[compared].mean(axis=1), known[compared], order, alpha)
        if unknown := list(error.index[~compared]):
            rows["phenotype"]["reasons"].append(reason("phenotype_unknown", mice=unknown))
    else:
        rows["phenotype"] = {"reasons": [reason("one_phenotype", order[0]) if order else reason("no_phenotype")]}
    rows |= {term: within_mice(error, term, alpha) for term in WITHIN}
    rows |= variances(error[compared], known[compared]) if len(order) >= 2 else variances(error, None)
    table = pd.DataFrame([{"term": term} | row for term, row in rows.items()]).reindex(columns=COLUMNS)
    table["n"], table["mice"] = error.size, len(error)
    table["p_adjusted"] = table["p_adjusted"].astype(float)
    table["reasons"] = [why + left_out for why in table["reasons"]]
    return annotate(table.astype({"df1": "Int64"}))
