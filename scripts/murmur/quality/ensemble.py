"""Ensembles of masks: masks by the number of votes, their majority, and where the readers disagree.

Labels are nested: 0 outside the heart, 1 its myocardium, 2 the blood pool within. The k-th largest label of a pixel is
therefore what at least k readers agree on: blood pool if k readers see it, and otherwise heart if k readers do. The
masks of k votes are rank filters of the labels, and the majority of an odd number of readers is their median.
"""

import numpy as np

from murmur.vocabulary import STRUCTURES

LABELS = 1 + len(STRUCTURES)


def by_votes(masks: np.ndarray) -> np.ndarray:
    """Return the masks of at least k votes, for each k.

    Parameters
    ----------
    masks : ndarray of uint8
        Labels of each reader, axes (reader, ...).

    Returns
    -------
    ndarray of uint8
        Labels that at least 1, 2, ... readers agree on, with the axes of `masks`; the largest heart comes first.
    """
    return np.sort(masks, axis=0)[::-1]


def majority(masks: np.ndarray) -> np.ndarray:
    """Return the labels that more than half of the readers agree on, from masks with the axes (reader, ...)."""
    return by_votes(masks)[len(masks) // 2]


def entropy(shares: np.ndarray) -> np.ndarray:
    """Return the entropy of labels, in % of that of labels that are equally probable.

    Parameters
    ----------
    shares : ndarray
        Probability of each label, or its share of the votes; the last axis is that of the labels.

    Returns
    -------
    ndarray of uint8
        0 where the label is certain, 100 where all labels are equally probable; without the last axis.
    """
    logarithms = np.log(shares, out=np.zeros(shares.shape, np.float32), where=shares > 0)
    return np.rint(-100 / np.log(LABELS) * (shares * logarithms).sum(axis=-1)).astype(np.uint8)


def entropy_of_votes(masks: np.ndarray) -> np.ndarray:
    """Return the `entropy` of the labels of all readers in each pixel, from masks with the axes (reader, ...)."""
    return entropy(np.stack([(masks == label).mean(axis=0, dtype=np.float32) for label in range(LABELS)], axis=-1))
