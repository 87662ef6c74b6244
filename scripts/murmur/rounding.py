"""Numbers as they are printed in figures and tables."""


def rounded(value: float, decimals: int) -> str:
    """Write `value` for print, with a true minus sign and no minus before a zero."""
    return f"{value:z.{decimals}f}".replace("-", "−")
