"""What correction costs: the errors of EF that are left after so many slices have been reviewed, in several orders.

Reviewing a slice is assumed to give the areas of the reference in it, at ED and ES. The order that needs no reference
is that of the jumps of the volume curve: slices whose area at ED or ES differs most from that of the frames around come
first.
"""

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

WITHIN, OF_MICE = 2.0, 95.0  # percentage points of EF, and % of mice
ORDERS = ("predicted", "random", "best")
AROUND = 2  # frames before and after, to which the area at ED and ES is compared
RANDOM_ORDERS, SEED = 200, 1
CURVE = ["order", "slices", "mice_within_percent", "low", "high", "mean_error"]
COST = ["order", "mice", "slices", "slices_needed", "slices_needed_percent", "mice_within_before_percent"]

Places = Sequence[tuple[str, int]]  # mouse and slice


def areas_by_mouse(slices: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the areas of the blood pool (mm²) in slices.csv by mouse, axes (slice, frame), NaN without masks."""
    found = {}
    for mouse, rows in slices.groupby("mouse", sort=False):
        table = rows.pivot(index="slice", columns="frame", values="blood_pool_mm2").sort_index()
        found[mouse] = table.reindex(columns=range(table.columns.max() + 1)).to_numpy(float)
    return found


def jumps(areas: np.ndarray, phases: Sequence[int]) -> np.ndarray:
    """Return by how much the area of each slice differs from that of the frames around, at ED or ES.

    Parameters
    ----------
    areas : ndarray
        Areas of the blood pool, axes (slice, frame), with the frames of one beat in their order; NaN in frames that
        were not segmented.
    phases : sequence of int
        Frames of ED and ES.

    Returns
    -------
    ndarray
        The larger of the absolute differences at both phases from the median of AROUND frames before and after, in % of
        the sum of the areas at ED, which is about the change of EF in percentage points; 0 where it is not known.
    """
    found = np.zeros(len(areas))
    for phase in phases:
        around = [(phase + step) % areas.shape[1] for step in range(-AROUND, AROUND + 1) if step]
        known = areas[:, [frame for frame in around if np.isfinite(areas[:, frame]).all() and frame not in phases]]
        if known.shape[1]:
            found = np.maximum(found, np.abs(areas[:, phase] - np.median(known, axis=1)))
    whole = areas[:, phases[0]].sum()
    return np.nan_to_num(100 * found / whole) if whole > 0 else np.zeros(len(areas))


def ejection_fraction(areas: np.ndarray) -> np.ndarray:
    """Return the EF in % from areas at ED and ES, the last axis; 0 without blood at ED."""
    ed, es = areas[..., 0], areas[..., 1]
    return 100 * np.divide(ed - es, ed, out=np.zeros_like(ed), where=ed > 0)


def errors_left(reader: np.ndarray, reference: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """Return the absolute error of EF of a mouse after each review.

    Parameters
    ----------
    reader, reference : ndarray
        Areas of the blood pool, axes (slice, phase), with the phases ED and ES.
    order : sequence of int
        The slices in the order of their review.

    Returns
    -------
    ndarray
        Percentage points, before the first and after each review: one value more than slices.
    """
    changes = (reference - reader)[list(order)]
    total = reader.sum(axis=0) + np.concatenate([np.zeros((1, 2)), np.cumsum(changes, axis=0)])
    return np.abs(ejection_fraction(total) - ejection_fraction(reference.sum(axis=0)))


def best_order(reader: np.ndarray, reference: np.ndarray) -> list[int]:
    """Return the slices of a mouse in the order that reduces its error most at each step, as the reference shows."""
    left, order, areas = list(range(len(reader))), [], reader.astype(float).copy()
    true = ejection_fraction(reference.sum(axis=0))
    while left:
        corrected = areas.sum(axis=0) + (reference - areas)[left]
        chosen = left.pop(int(np.abs(ejection_fraction(corrected) - true).argmin()))
        areas[chosen] = reference[chosen]
        order.append(chosen)
    return order


def best_places(areas: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Places:
    """Return mice and slices in the best order: first the mice that need the fewest slices to be within the limit.

    Within a mouse, the order is that of `best_order`. Slices that are not needed come last, each time that of the mouse
    with the largest error. `areas` are by mouse: of the reader and the reference.
    """
    orders = {mouse: best_order(*both) for mouse, both in areas.items()}
    errors = {mouse: errors_left(*areas[mouse], order) for mouse, order in orders.items()}
    needed = {mouse: int((each <= WITHIN).argmax()) for mouse, each in errors.items()}
    first = [(mouse, number) for mouse in sorted(orders, key=needed.get) for number in orders[mouse][: needed[mouse]]]
    waiting = [(-errors[mouse][count], mouse, count) for mouse, count in needed.items() if count < len(orders[mouse])]
    heapq.heapify(waiting)
    while waiting:
        _, mouse, count = heapq.heappop(waiting)
        first.append((mouse, orders[mouse][count]))
        if count + 1 < len(orders[mouse]):
            heapq.heappush(waiting, (-errors[mouse][count + 1], mouse, count + 1))
    return first


def errors_in_order(areas: Mapping[str, tuple[np.ndarray, np.ndarray]], places: Places) -> tuple[np.ndarray, ...]:
    """Return the % of mice within the limit, and the mean error, before the first and after each of the `places`."""
    orders = {mouse: [] for mouse in areas}
    for mouse, number in places:
        orders[mouse].append(number)
    errors = {mouse: errors_left(*areas[mouse], order) for mouse, order in orders.items()}
    steps = np.zeros((2, len(places) + 1))
    steps[:, 0] = [sum(each[0] <= WITHIN for each in errors.values()), sum(each[0] for each in errors.values())]
    changes = {mouse: pairwise(each) for mouse, each in errors.items()}
    for step, (mouse, _) in enumerate(places, start=1):
        before, after = next(changes[mouse])
        steps[:, step] = int(after <= WITHIN) - int(before <= WITHIN), after - before
    within, mean = np.cumsum(steps, axis=1) / len(areas)
    return 100 * within, np.maximum(mean, 0)


def curves(areas: Mapping[str, tuple[np.ndarray, np.ndarray]], predicted: Places) -> pd.DataFrame:
    """Return the errors that are left in each of ORDERS.

    Parameters
    ----------
    areas : mapping of str to tuple of ndarray
        By mouse, the areas of the blood pool by reader and reference, axes (slice, phase).
    predicted : sequence of (str, int)
        All mice and slices, those to be reviewed first at the front.

    Returns
    -------
    DataFrame
        CURVE: for each number of reviewed slices, the % of mice whose EF is within WITHIN points, and the mean absolute
        error of EF. Those of the random order are means of RANDOM_ORDERS orders, of which 90% are between low and high.
    """
    rng, rows = np.random.default_rng(SEED), []
    number = np.arange(len(predicted) + 1)
    shuffled = [[predicted[place] for place in rng.permutation(len(predicted))] for _ in range(RANDOM_ORDERS)]
    drawn = [errors_in_order(areas, places) for places in shuffled]
    within, errors = (np.stack(values) for values in zip(*drawn, strict=True))
    for order, places in (("predicted", predicted), ("random", None), ("best", best_places(areas))):
        if places is None:
            low, high = np.quantile(within, [0.05, 0.95], axis=0)
            columns = within.mean(axis=0), low, high, errors.mean(axis=0)
        else:
            share, error = errors_in_order(areas, places)
            columns = share, share, share, error
        rows.append(pd.DataFrame(dict(zip(CURVE, (order, number, *columns), strict=True))))
    return pd.concat(rows, ignore_index=True)


def costs(curve: pd.DataFrame, mice: int) -> pd.DataFrame:
    """Return COST: after how many slices of each order OF_MICE % of the `mice` are within the limit.

    With further reviews, they must remain so, except in the best order, which ends there.
    """
    rows = []
    for order, rows_of in curve.groupby("order", sort=False):
        reached = rows_of["mice_within_percent"].to_numpy() >= OF_MICE - 1e-9
        failed = np.flatnonzero(~reached)
        needed = int(reached.argmax()) if order == "best" else int(failed[-1]) + 1 if failed.size else 0
        total = int(rows_of["slices"].max())
        before = float(rows_of["mice_within_percent"].iloc[0])
        rows.append((order, mice, total, needed, 100 * needed / total, before))
    return pd.DataFrame(rows, columns=COST)
