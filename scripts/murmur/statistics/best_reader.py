"""The best reader of a cohort by its mean, and which others were not distinguished from it by the paired tests."""

import pandas as pd

BEST, NOT_DISTINGUISHED, WORSE, UNTESTED = "best", "not distinguished", "worse", "untested"


def differ(comparison: pd.DataFrame, quantity: str, a: str, b: str, alpha: float) -> bool | None:
    """Tell whether two readers differ in a quantity.

    Parameters
    ----------
    comparison : DataFrame
        Columns metric, structure, reader_a, reader_b and p_holm of reader_comparison.csv.
    quantity : str
        A metric, or a structure, whose Dice was tested at ED and ES.
    a, b : str
        The readers, in any order.
    alpha : float
        Significance level.

    Returns
    -------
    bool or None
        Whether any of the paired tests is significant after Holm's correction; None if there is no test.
    """
    named = (comparison["metric"] == quantity) | (comparison["structure"] == quantity)
    pair = comparison["reader_a"].isin([a, b]) & comparison["reader_b"].isin([a, b])
    values = comparison.loc[named & pair, "p_holm"].dropna()
    return bool((values < alpha).any()) if len(values) else None


def compare_with_best(
    means: pd.Series, comparison: pd.DataFrame, quantity: str, highest: bool, alpha: float
) -> pd.Series:
    """Compare the readers of a cohort with the best of them.

    Parameters
    ----------
    means : Series
        Mean of the quantity by reader; NaN where missing.
    comparison : DataFrame
        As for `differ`, in this cohort.
    quantity : str
        As for `differ`.
    highest : bool
        Whether the highest mean is the best, otherwise the lowest.
    alpha : float
        Significance level.

    Returns
    -------
    Series
        BEST, NOT_DISTINGUISHED (no significant difference from the best), WORSE or UNTESTED, by reader; empty for
        readers without a mean, and if only one has any.
    """
    known = means.dropna()
    found = pd.Series("", index=means.index)
    if len(known) < 2:
        return found
    best = known.idxmax() if highest else known.idxmin()
    words = {True: WORSE, False: NOT_DISTINGUISHED, None: UNTESTED}
    for reader in known.index:
        found[reader] = BEST if reader == best else words[differ(comparison, quantity, reader, best, alpha)]
    return found
