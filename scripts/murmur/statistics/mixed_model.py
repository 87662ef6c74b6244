"""What the error of a segmentation depends on: a linear mixed model of 1 − Dice, the mouse as random intercept."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.mixed_linear_model import MixedLM

from murmur.statistics.notes import join, mice
from murmur.statistics.paired import NAN

# the first of each is what the other is compared with
PHASES = ["ED", "ES"]
STRUCTURES = ["blood_pool", "myocardium"]
ESTIMATES = ["estimate", "se", "z", "p", "ci_low", "ci_high", "chi2", "df"]
COLUMNS = ["term", "n", "mice", *ESTIMATES, "note"]
LEAST = 1e-6  # variation of Dice within mice below this is none: one voxel is more
FEW = 30  # mice below which the errors of Wald's tests show
TOO_FEW = f"fewer than {FEW} mice: Wald's tests find too much"
SMALLEST = 1e-8  # a variance between mice below this part of the residual variance is none


def fit(error: np.ndarray, design: np.ndarray, mouse: np.ndarray):
    """Fit error = `design` @ coefficients + intercept of the mouse + residual by REML.

    `error` (value), `design` (value, term) and `mouse` (value) have one row per value. Returns the results of
    statsmodels, and the variance between mice. statsmodels' optimisers can overshoot, and stop at 1e-4 of the
    variance; but the likelihood has one free parameter, the root of (variance between mice / residual variance), so
    the zero of its derivative is found by Brent's method and given to MixedLM as the start. Where the likelihood falls
    from zero on, the variance between mice is zero, and the model is an ordinary regression.
    """
    model = MixedLM(error, design, mouse)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # It warns of every variance below 0.01 whatever the unit. The boundary is looked for here, convergence is
        # among the results.
        warnings.simplefilter("ignore")
        model.fit(method="bfgs", maxiter=0)  # sets what its score needs

        def score(root: float) -> float:
            return float(model.score(np.array([root]))[0])

        low = high = SMALLEST**0.5
        if score(low) <= 0:
            return OLS(error, design).fit(use_t=False), 0.0
        while score(high) > 0:
            low, high = high, 4 * high
        root = brentq(score, low, high, xtol=1e-15, rtol=1e-14)
        result = model.fit(start_params=np.array([root]), method="bfgs", gtol=1e-8)
    return result, float(result.cov_re[0, 0])


def unfit(error: np.ndarray, design: np.ndarray, mouse: np.ndarray) -> str:
    """Say why the model cannot be fitted to these values, or nothing."""
    if not len(error):
        return "no value"
    table = pd.DataFrame(np.column_stack([error, design]))
    within = (table - table.groupby(mouse).transform("mean")).to_numpy()  # as an intercept for every mouse leaves it
    n, rank = len(np.unique(mouse)), np.linalg.matrix_rank(design)
    rank_with_mice = n + np.linalg.matrix_rank(within[:, 1:])
    if rank < design.shape[1]:
        return "the values cannot tell the terms apart: no model"
    if rank_with_mice == rank:
        return f"{mice(n)}, more are needed to tell mice from terms: no model"
    if rank_with_mice == len(error):
        return "too few values per mouse to tell mice from residuals: no model"
    residual = within[:, 0] - within[:, 1:] @ np.linalg.lstsq(within[:, 1:], within[:, 0])[0]
    return "the error does not vary within mice: no model" if np.abs(residual).max() <= LEAST else ""


def design_of(values: pd.DataFrame, phenotypes: Sequence[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the columns of the design matrix by term, and the terms that cannot be in it with the reason.

    `values` has the columns phenotype, phase, structure. Each term compares a level of these with the first.
    """
    columns, absent = {"Intercept": np.ones(len(values))}, {}
    for factor, levels in {"phenotype": phenotypes, "phase": PHASES, "structure": STRUCTURES}.items():
        found = [level for level in levels if (values[factor] == level).any()]
        for level in levels[1:]:
            term = f"{factor}[{level}]"
            if len(found) == 1:
                absent[term] = f"all values are of {found[0]}: no comparison"
            else:
                columns[term] = (values[factor] == level).to_numpy(dtype=float)
    return columns, absent


def choose(overlap: pd.DataFrame, phenotypes: Mapping[str, str]) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the values that enter, the phenotypes to compare (`control` first, others by name), and what is left out.

    With fewer than two known phenotypes there is nothing to compare: no list of phenotypes, and all mice enter.
    """
    rows = overlap.assign(phenotype=overlap["mouse"].map(dict(phenotypes)), dice=overlap["dice"].astype(float))
    chosen = rows[rows["phase"].isin(PHASES)]
    valued = chosen.dropna(subset="dice")
    known = valued["phenotype"].dropna().unique()
    notes = []
    if valued.empty:
        values = valued
    elif len(known) < 2:
        notes.append(f"{'only ' + known[0] if len(known) else 'no phenotype'} is known: the model is without phenotype")
        values = valued
    else:
        values = valued.dropna(subset="phenotype")
        if unknown := list(valued["mouse"][valued["phenotype"].isna()].unique()):
            notes.append(f"left out, phenotype unknown: {', '.join(unknown)}")
    if absent := [mouse for mouse in rows["mouse"].unique() if mouse not in set(valued["mouse"])]:
        notes.append(f"left out, no Dice at ED or ES: {', '.join(absent)}")
    lacking = chosen[chosen["dice"].isna() & chosen["mouse"].isin(values["mouse"])]
    if n := len(lacking):
        notes.append(f"{n} {'value' if n == 1 else 'values'} missing in {', '.join(lacking['mouse'].unique())}")
    order = sorted(known, key=lambda name: (name.casefold() != "control", name)) if len(known) > 1 else []
    return values, order, notes


def overlap_model(overlap: pd.DataFrame, phenotypes: Mapping[str, str], alpha: float) -> pd.DataFrame:
    """Fit error ~ phenotype + phase + structure + (1 | mouse) by REML; error = 1 − Dice, so lower is better.

    `overlap` has the columns mouse, phase, structure, dice; only ED and ES enter. `phenotypes` gives the phenotype of
    each mouse where it is known. Returns COLUMNS: a row per fixed effect, in units of Dice against the first phenotype,
    ED and the blood pool, with Wald's z, p and 1 - alpha confidence limits; a row `phenotype` with Wald's joint test
    (chi2, df, p) of all phenotypes; and the standard deviations sd[mouse] and sd[residual]. Wald's tests take the
    variances as known: with few mice they find too much, which `note` says. The standard errors are those of
    statsmodels, from the observed information.
    """
    values, order, notes = choose(overlap, phenotypes)
    columns, absent = design_of(values, order)
    error = 1 - values["dice"].to_numpy()
    design = np.column_stack(list(columns.values()))
    mouse = pd.factorize(values["mouse"])[0]
    names = ["Intercept", *(f"phenotype[{name}]" for name in order[1:]), f"phase[{PHASES[1]}]"]
    names += [f"structure[{STRUCTURES[1]}]", "phenotype", "sd[mouse]", "sd[residual]"]
    table = pd.DataFrame(NAN, index=names, columns=ESTIMATES)
    if reason := unfit(error, design, mouse):
        notes.insert(0, reason)
    else:
        result, variance = fit(error, design, mouse)
        if not variance:
            notes.insert(0, "mice do not differ by more than the residuals: an ordinary regression")
        elif not result.converged:
            notes.insert(0, "the optimiser did not converge")
        limits = result.conf_int(alpha)
        for i, term in enumerate(columns):
            numbers = (result.params[i], result.bse[i], result.tvalues[i], result.pvalues[i], *limits[i])
            table.loc[term, ESTIMATES[:6]] = numbers
        compared = [i for i, term in enumerate(columns) if term.startswith("phenotype[")]
        if compared:
            test = result.wald_test(np.eye(len(result.params))[compared], use_f=False, scalar=True)
            table.loc["phenotype", ["p", "chi2", "df"]] = test.pvalue, test.statistic, len(compared)
        table.loc[["sd[mouse]", "sd[residual]"], "estimate"] = np.sqrt([variance, result.scale])
    table = table.astype({"df": "Int64"}).rename_axis("term").reset_index()
    table.insert(1, "n", len(values))
    table.insert(2, "mice", len(np.unique(mouse)))
    few = (table["mice"] < FEW) & table["p"].notna()
    table["note"] = [
        join(absent.get(term, ""), *notes, TOO_FEW if is_few else "") for term, is_few in zip(names, few, strict=True)
    ]
    return table[COLUMNS]
