"""What to look at, worst first: slices and scans with findings, with the predicted quality of their mouse."""

from collections.abc import Mapping

import pandas as pd

PLACE = ["slice_number", "frame_number"]  # from 1, as in figures and in the names of corrected masks
COLUMNS = ["mouse", *PLACE, "frames", "reasons", "dice_blood_pool", "dice_myocardium", "EF_error", "picture"]
COLUMNS += ["dice_slice", "jump_percent", "page"]
TO_FILL_IN = ["decision", "comment", "decided_by", "decided_on"]  # by a person, in a copy

# of the rows with findings, those that are shown with pictures
MOST_SHOWN, MOST_OF_MOUSE, ON_A_PAGE = 100, 5, 10


def review(
    findings: pd.DataFrame,
    quality: pd.DataFrame,
    pictures: Mapping[str, str],
    pages: str,
    jumps: Mapping[tuple[str, int], float],
    dice: Mapping[tuple[str, int], float],
) -> pd.DataFrame:
    """List the findings of a reader, one row per mouse and slice, or scan.

    Parameters
    ----------
    findings : DataFrame
        Rows of findings.csv: mouse, slice, frame, value, high, low, reason.
    quality : DataFrame
        Rows of quality.csv: mouse, quantity, predicted.
    pictures : mapping of str to str
        Picture of each mouse; all mice are listed.
    pages : str
        The PDF that shows the first findings, to which the rows link.
    jumps : mapping of (str, int) to float
        By mouse and slice, `correction_cost.jumps`.
    dice : mapping of (str, int) to float
        By mouse and slice, the predicted Dice coefficient (`slice_score.of_slices`).

    Returns
    -------
    DataFrame
        Mice in the order of the smaller of their two predicted Dice coefficients, the smallest first; within a mouse,
        the row of the scan, and then the slices in the order of `dice_slice`, one of `dice`. `slice_number` and
        `frame_number` count from 1; the latter is the frame with the most reasons, `frames` the number of frames with
        any, `reasons` the reasons of all frames, each given once, with the value of its first frame. `EF_error` is the
        predicted absolute error of EF in percentage points, and `jump_percent` one of the `jumps`. `page` links to the
        page of `pages` with the row (see `page_numbers`). Mice without findings have one row without reasons.
    """
    predicted = quality.pivot(index="mouse", columns="quantity", values="predicted")
    rows = [_row(mouse, number, group) for (mouse, number), group in findings.groupby(["mouse", "slice"], dropna=False)]
    rows += [(mouse, None, None, None, None) for mouse in pictures if mouse not in set(findings["mouse"])]
    columns = ["mouse", "slice", "frame", "frames", "reasons"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:4], "Int64"))
    for column, quantity in (("dice_blood_pool",) * 2, ("dice_myocardium",) * 2, ("EF_error", "EF")):
        table[column] = table["mouse"].map(predicted[quantity])
    table["picture"] = table["mouse"].map(pictures)
    table["worst"] = table[["dice_blood_pool", "dice_myocardium"]].min(axis=1)
    order = {mouse: number for number, mouse in enumerate(pictures)}
    table["place"] = table["mouse"].map(order)
    places = [*zip(table["mouse"], table["slice"].astype(object), strict=True)]
    for column, known in (("dice_slice", dice), ("jump_percent", jumps)):
        table[column] = pd.Series([known.get(place) for place in places], table.index, float)
    table["order"] = table["dice_slice"].fillna(0).where(table["slice"].notna(), -1)  # 0 without a mask in any frame
    table = table.sort_values(["worst", "place", "order", "slice"], kind="stable")
    numbers = page_numbers(table)
    table["page"] = numbers.map(f"{pages}#page={{}}".format).where(numbers.notna(), None)
    table[PLACE] = table[["slice", "frame"]] + 1
    return table[COLUMNS].reset_index(drop=True).assign(**dict.fromkeys(TO_FILL_IN))


def page_numbers(table: pd.DataFrame) -> pd.Series:
    """Return the page, from 1, on which each row of the table is shown with pictures, <NA> if it is not.

    The first MOST_SHOWN rows with reasons are shown, at most MOST_OF_MOUSE of a mouse and ON_A_PAGE on a page.
    """
    shown = table["reasons"].notna() & (table.groupby("mouse").cumcount() < MOST_OF_MOUSE)
    place = shown.cumsum()
    return ((place - 1) // ON_A_PAGE + 1).astype("Int64").where(shown & (place <= MOST_SHOWN))


def _row(mouse: str, number: float, group: pd.DataFrame) -> tuple:
    """Return (mouse, slice, frame, frames, reasons) of the findings of a slice or a scan."""
    reasons = "; ".join(group.drop_duplicates("sign")["reason"])
    if pd.isna(number):
        return mouse, None, None, None, reasons
    counts = group["frame"].value_counts()
    frame = min(counts[counts == counts.max()].index)
    return mouse, int(number), int(frame), len(counts), reasons
