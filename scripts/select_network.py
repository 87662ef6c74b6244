"""Select the best of several networks by its Dice on the validation mice, before any of them segments a test mouse.

The Dice of a network is the mean over both structures, each over all validation slices, at its best epoch, the one with
the lowest validation loss, whose weights were retained. Networks whose Dice of one structure is below a floor are not
selected. Of equal networks, the first is selected.
"""

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.errors import BadInput
from murmur.files import atomic_write
from murmur.job import job
from murmur.logs import log
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["reader", "best_epoch", *(f"val_dice_{structure}" for structure in STRUCTURES), "val_dice", "selected"]


def select(histories: Mapping[str, pd.DataFrame], min_dice: float = 0) -> pd.DataFrame:
    """Return COLUMNS, one row per candidate, in the order of `histories` (history.csv by reader).

    Raises BadInput if the Dice of every candidate is below `min_dice` in one of the structures.
    """
    rows = []
    for reader, history in histories.items():
        best = history.loc[history["val_loss"].idxmin()]
        dice = {f"val_dice_{structure}": best[f"val_dice_{structure}"] for structure in STRUCTURES}
        mean = sum(dice.values()) / len(dice)
        rows.append({"reader": reader, "best_epoch": int(best["epoch"]), **dice, "val_dice": mean})
    table = pd.DataFrame(rows)
    names = [f"val_dice_{structure}" for structure in STRUCTURES]
    eligible = table[(table[names] >= min_dice).all(axis=1)]
    if eligible.empty:
        reached = table[names].min(axis=1).max()
        raise BadInput(
            f"select.min_dice: found networks whose Dice on the validation mice is at most {reached:.3f} in one of the "
            f"structures, expected {min_dice:g} in both; train longer, or lower it"
        )
    table["selected"] = table.index == eligible["val_dice"].idxmax()
    return table[COLUMNS]


def main(
    readers: list[str], models: list[str], histories: list[str], model: str, selection: str, min_dice: float = 0
) -> None:
    """Write the `selection` among `readers`, and a copy of the `model` selected."""
    table = select({reader: read_csv(path) for reader, path in zip(readers, histories, strict=True)}, min_dice)
    (chosen,) = table.index[table["selected"]]
    log.info("%s selected, with a Dice of %.4f on the validation mice", readers[chosen], table.at[chosen, "val_dice"])
    with atomic_write(model) as partial:
        shutil.copyfile(models[chosen], partial)
    write_csv(table, selection)


if __name__ == "__main__":
    with job(snakemake):
        main(
            readers=snakemake.params.readers,
            models=list(snakemake.input.models),
            histories=list(snakemake.input.histories),
            model=snakemake.output.model,
            selection=snakemake.output.selection,
            min_dice=snakemake.params.min_dice,
        )
