"""Numbers as they are printed in figures, tables and text."""

import pandas as pd

DASH = "–"


def rounded(value: float, decimals: int) -> str:
    """Write `value` for print, with a true minus sign and no minus before a zero."""
    return f"{value:z.{decimals}f}".replace("-", "−")


def number(value: float, decimals: int = 1) -> str:
    """Print `value`, or a dash where it is missing."""
    return DASH if pd.isna(value) else rounded(value, decimals)


def mean_and_sd(mean: float, sd: float, decimals: int = 1) -> str:
    """Print a mean with its standard deviation."""
    return DASH if pd.isna(mean) else f"{number(mean, decimals)} ± {number(sd, decimals)}"


def p_value(p: float) -> str:
    """Print p with three decimals, or as beyond the last one that these can show."""
    if p < 0.001:
        return "<0.001"
    return ">0.999" if p > 0.999 else number(p, 3)


def p_is(p: float, name: str = "p") -> str:
    """Write "p = 0.012", "p < 0.001" or "p > 0.999"."""
    if pd.isna(p):
        return ""
    text = p_value(p)
    return f"{name} {text[0]} {text[1:]}" if text[0] in "<>" else f"{name} = {text}"
