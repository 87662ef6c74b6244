"""One value per animal: the unit of every test, also where animals have several scans."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

ONE_SCAN_EACH: Mapping[str, str] = {}  # the animal of each scan, in cohorts in which no animal has a second one


def average_scans(values: pd.DataFrame | pd.Series, animals: Mapping[str, str]) -> pd.DataFrame | pd.Series:
    """Average the scans of each animal.

    Parameters
    ----------
    values : DataFrame or Series
        One row per scan, with its name as the index; missing values are ignored.
    animals : mapping of str to str
        The animal of each scan; empty if each scan is of another animal.

    Returns
    -------
    DataFrame or Series
        One row per animal, in the order of their first scans; `values` itself if `animals` is empty.
    """
    if not animals:
        return values
    return values.groupby(values.index.map(dict(animals)), sort=False).mean()


def numbered(animals: Sequence[Hashable]) -> np.ndarray | None:
    """Number the animals of some scans.

    Parameters
    ----------
    animals : sequence, shape (scans,)
        The animal of each scan.

    Returns
    -------
    ndarray of int, shape (scans,), or None
        Number of the animal of each scan, from 0 in the order of their first scans; None if none has a second scan.
    """
    numbers, found = pd.factorize(np.asarray(animals))
    return numbers if len(found) < len(numbers) else None


def animal_means(values: np.ndarray, numbers: np.ndarray | None) -> np.ndarray:
    """Average the scans of each animal.

    Parameters
    ----------
    values : ndarray, shape (scans,)
        One value per scan, none missing.
    numbers : ndarray of int, shape (scans,), or None
        From `numbered`.

    Returns
    -------
    ndarray, shape (animals,)
        Means, in the order of their numbers; `values` itself without `numbers`.
    """
    return values if numbers is None else np.bincount(numbers, weights=values) / np.bincount(numbers)
