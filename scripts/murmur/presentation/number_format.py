"""Formatting of numbers in figures, tables and text."""

import math

import pandas as pd

DASH = "–"
LEVELS = (0.05, 0.01)  # of significance, which rounding must not reach from below


def rounded(value: float, decimals: int) -> str:
    """Format `value` with a true minus sign and no minus before zero."""
    return f"{value:z.{decimals}f}".replace("-", "−")


def number(value: float, decimals: int = 1) -> str:
    """Format a value, or a dash if it is missing."""
    return DASH if pd.isna(value) else rounded(value, decimals)


def coefficient(value: float) -> str:
    """Format a coefficient of at most 1 with two decimals; one below 1 is not printed as 1, nor one above −1 as −1."""
    for decimals in (2, 3):
        text = number(value, decimals)
        if pd.isna(value) or abs(value) >= 1 or not text.endswith(f"1.{'0' * decimals}"):
            return text
    return ">0.999" if value > 0 else "<−0.999"


def mean_and_sd(mean: float, sd: float, decimals: int = 1) -> str:
    """Format a mean with its standard deviation."""
    return DASH if pd.isna(mean) else f"{number(mean, decimals)} ± {number(sd, decimals)}"


def p_value(p: float) -> str:
    """Format p with three decimals, or as below or above the last value that these can show.

    A p just below a level of significance has a fourth, so that it is not printed as that level.
    """
    if p < 0.001:
        return "<0.001"
    if any(p < level <= round(p, 3) for level in LEVELS):
        return number(_down(p, 4), 4)
    return ">0.999" if p > 0.999 else number(p, 3)


def _down(value: float, decimals: int) -> float:
    return math.floor(value * 10**decimals) / 10**decimals


def p_at_least(p: float) -> str:
    """Format the least of several p as "smallest p = 0.142", with the digits that it has elsewhere."""
    return p_is(p, "smallest p")


def p_is(p: float, name: str = "p") -> str:
    """Format p as "p = 0.012", "p < 0.001" or "p > 0.999"."""
    if pd.isna(p):
        return ""
    text = p_value(p)
    return f"{name} {text[0]} {text[1:]}" if text[0] in "<>" else f"{name} = {text}"
