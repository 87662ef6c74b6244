"""Which measures are compared by default."""

from collections.abc import Iterable

from murmur.measurement.measures import MEASURES

# The first is the primary measure. SV, and volumes over body weight, follow from these, and would only dilute them.
DEFAULT = ("EF", "EDV", "ESV", "mass_ED", "cardiac_output", "heart_rate")


def chosen(columns: Iterable[str], given: Iterable[str] | None) -> list[str]:
    """Return the measures to compare.

    Parameters
    ----------
    columns : iterable of str
        Columns of the table of measurements.
    given : iterable of str or None
        Names of measures, such as EF, in the order wanted; None for those of DEFAULT that have a column.

    Returns
    -------
    list of str
        Names of measures; the first is the primary one.
    """
    columns = set(columns)
    return list(given) if given else [name for name in DEFAULT if MEASURES[name].column in columns]
