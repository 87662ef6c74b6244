"""Choice of the best masks of an ensemble by their predicted Dice coefficient.

The candidates are the masks of each reader and those of at least k votes. The Dice coefficient of a candidate, by
structure and phase, is predicted by a ridge regression on its Dice coefficients with all other candidates, which is
fitted to mice with a reference (Hann et al., Med Image Anal 2021;71:102029). Agreement cannot show an error that all
readers share.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from murmur.quality.ensemble import by_votes
from murmur.quality.ridge import best_penalty, ridge
from murmur.vocabulary import PHASES, STRUCTURES

PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 1000.0)  # the last predicts nearly the mean
FEWEST_MICE = 3  # to fit: two remain when one is left out
COLUMNS = ["candidate", "structure", "phase", "n", "dice", "error", "error_constant"]


def candidates(masks: np.ndarray, readers: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the candidates of an ensemble by name, the majority first.

    Parameters
    ----------
    masks : ndarray of uint8
        Labels of each reader, axes (reader, ...).
    readers : sequence of str
        Names of the readers.

    Returns
    -------
    dict of str to ndarray
        Labels without the first axis: those of at least k votes, named `2 votes`, and those of each reader.
    """
    votes = by_votes(masks)
    numbers = sorted(range(len(masks)), key=lambda number: number != len(masks) // 2)
    found = {f"{number + 1} vote{'s' if number else ''}": votes[number] for number in numbers}
    return found | dict(zip(readers, masks, strict=True))


def pairwise_dice(masks: np.ndarray, label: int) -> np.ndarray:
    """Return the Dice coefficients of all pairs of masks of a structure.

    Parameters
    ----------
    masks : ndarray of uint8
        Labels of each candidate, axes (candidate, ...).
    label : int
        The structure.

    Returns
    -------
    ndarray
        Axes (candidate, candidate); 1 where both masks are empty.
    """
    flat = (masks == label).reshape(len(masks), -1)
    flat = flat[:, flat.any(axis=0)].astype(np.float64)
    shared = flat @ flat.T
    total = shared.diagonal()[:, None] + shared.diagonal()
    return np.divide(2 * shared, total, out=np.ones_like(shared), where=total > 0)


def fit(agreement: Mapping[tuple[str, str], np.ndarray], dice: Mapping[tuple[str, str], np.ndarray], names: list[str]):
    """Fit the regressions of all candidates.

    Parameters
    ----------
    agreement : mapping
        For each structure and phase, the pairwise Dice coefficients, axes (mouse, candidate, candidate).
    dice : mapping
        For each structure and phase, the Dice coefficients with the reference, axes (mouse, candidate).
    names : list of str
        The candidates.

    Returns
    -------
    model : dict
        Values of JSON: `candidates`, and `regressions` with structure, phase, candidate, intercept and coefficients.
    table : DataFrame
        COLUMNS: the number of mice, the mean Dice coefficient, and the mean absolute error of predictions for mice that
        were left out, by the regression and by the mean of the other mice.
    """
    regressions, rows = [], []
    for structure, phase in dice:
        for number, name in enumerate(names):
            x = np.delete(agreement[structure, phase][:, number], number, axis=1)
            y = dice[structure, phase][:, number]
            penalty, residuals = best_penalty(x, y, np.arange(len(y)), PENALTIES)
            intercept, coefficients = ridge(x, y, penalty)
            place = {"structure": structure, "phase": phase, "candidate": name}
            regressions.append(place | {"intercept": float(intercept), "coefficients": coefficients.tolist()})
            constant = (y.mean() - y) * len(y) / (len(y) - 1)  # mean of the other mice, minus this one
            errors = [float(np.abs(each).mean()) for each in (residuals, constant)]
            rows.append((name, structure, phase, len(y), float(y.mean()), *errors))
    return {"candidates": names, "regressions": regressions}, pd.DataFrame(rows, columns=COLUMNS)


def predict(masks: Mapping[str, np.ndarray], model: Mapping) -> pd.Series:
    """Predict the Dice coefficient of each candidate of a mouse.

    Parameters
    ----------
    masks : mapping of str to ndarray
        By phase, the labels of all candidates, axes (candidate, row, column, slice), in the order of the model.
    model : mapping
        As returned by `fit`.

    Returns
    -------
    Series
        Mean over structures and phases, between 0 and 1, by candidate.
    """
    found = {name: [] for name in model["candidates"]}
    pairs = {(s, p): pairwise_dice(masks[p], STRUCTURES[s]) for s in STRUCTURES for p in PHASES[:2] if p in masks}
    for each in model["regressions"]:
        if (each["structure"], each["phase"]) not in pairs:
            continue
        number = model["candidates"].index(each["candidate"])
        x = np.delete(pairs[each["structure"], each["phase"]][number], number)
        found[each["candidate"]].append(np.clip(each["intercept"] + x @ np.array(each["coefficients"]), 0, 1))
    return pd.Series({name: float(np.mean(values)) for name, values in found.items()})
