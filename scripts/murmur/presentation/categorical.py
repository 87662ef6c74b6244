"""Figures by category: points of mice in their groups, and estimates with their confidence intervals.

They are drawn by seaborn, which takes a second to import; figures without categories do not import this module.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from murmur.presentation import style

GROUP_WIDTH = 0.8  # of the distance between two groups; the default of seaborn
GOLDEN_SECTION = (np.sqrt(5) - 1) / 2


def spread(values: pd.Series) -> pd.Series:
    """Return offsets between -0.5 and 0.5, centred, that keep points of similar value apart.

    Multiples of the golden section, taken in the order of the values, fill the width evenly for any number of points.
    The stripplot of seaborn uses random offsets, and its swarmplot cannot fit a hundred mice into a column.
    """
    offsets = values.rank(method="first") * GOLDEN_SECTION % 1
    return offsets - (offsets.min() + offsets.max()) / 2


def draw_points(
    axes: Axes,
    data: pd.DataFrame,
    x: str,
    y: str,
    hue: str,
    order: Sequence[str],
    hue_order: Sequence[str],
    palette: Mapping[str, str],
    markers: Mapping[str, str],
    width: float = GROUP_WIDTH,
) -> None:
    """Draw every value of the column `y` where seaborn's boxplot and pointplot place its group.

    `x` and `hue` name the columns of the groups and of those within them, in the orders `order` and `hue_order`;
    `palette` and `markers` give each of the latter its colour and symbol. A group takes a `width`, in units of the
    distance between two groups.
    """
    shown = data.dropna(subset=y)
    if shown.empty:
        return
    column = width / len(hue_order)
    middle = shown[x].map(order.index) + column * (shown[hue].map(hue_order.index) - (len(hue_order) - 1) / 2)
    largest = shown.groupby([x, hue]).size().max()
    seaborn.scatterplot(
        data=shown,
        x=middle + 0.7 * column * shown.groupby([x, hue])[y].transform(spread),
        y=y,
        hue=hue,
        palette=palette,
        style=hue,
        markers=markers,
        s=14 if largest <= 25 else 7 if largest <= 50 else 4,
        edgecolor=style.BLACK,
        linewidth=0.4,
        legend=False,
        clip_on=False,
        zorder=3,
        ax=axes,
    )


def draw_intervals(
    axes: Axes,
    data: pd.DataFrame,
    x: str,
    limits: tuple[str, str],
    y: str,
    hue: str,
    palette: Mapping[str, str],
    markers: Mapping[str, str],
    significant: pd.Series | None = None,
) -> None:
    """Draw estimates with their confidence intervals along x, in the columns `x` and `limits`, at the heights `y`.

    `palette` and `markers` give each value of the column `hue` its colour and symbol; the symbols of rows that are not
    `significant`, if given, are open. A missing limit draws no line.
    """
    low, high = limits
    data = data.dropna(subset=x)
    if data.empty:
        return
    bounded = data.dropna(subset=[low, high])
    axes.hlines(bounded[y], bounded[low], bounded[high], color=style.BLACK, linewidth=0.8, zorder=2)
    seaborn.scatterplot(
        data=data,
        x=x,
        y=y,
        hue=hue,
        palette=palette,
        style=hue,
        markers=markers,
        s=15,
        edgecolor=style.BLACK,
        linewidth=0.5,
        legend=False,
        clip_on=False,
        zorder=3,
        ax=axes,
    )
    if significant is not None:
        symbols = axes.collections[-1]
        filled, colours = significant[data.index].to_numpy()[:, np.newaxis], symbols.get_facecolors()
        symbols.set_facecolors(np.where(filled, colours, to_rgba("white")))
        symbols.set_edgecolors(np.where(filled, to_rgba(style.BLACK), colours))
        symbols.set_linewidths(np.where(filled, 0.5, 1).ravel())
