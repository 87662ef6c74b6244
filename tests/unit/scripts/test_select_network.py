import pandas as pd
import pytest

import select_network
from murmur.errors import BadInput


def history(best, others=0.5):
    """Three epochs, the second with the lowest validation loss and these Dice coefficients."""
    myocardium, pool = best
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "val_loss": [0.9, 0.2, 0.3],
            "val_dice_myocardium": [others, myocardium, others],
            "val_dice_blood_pool": [others, pool, others],
        }
    )


def test_network_with_the_best_dice_at_its_best_epoch_is_selected_and_copied(tmp_path):
    """By the mean of both structures; what other epochs reached does not count."""
    found = {"a": history((0.80, 0.90), others=0.99), "b": history((0.85, 0.87)), "c": history((0.70, 0.98))}
    for name, table in found.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        (tmp_path / f"{name}.keras").write_text(name)
    select_network.main(
        list(found),
        [str(tmp_path / f"{name}.keras") for name in found],
        [str(tmp_path / f"{name}.csv") for name in found],
        str(tmp_path / "model.keras"),
        str(tmp_path / "selection.csv"),
    )
    table = pd.read_csv(tmp_path / "selection.csv", index_col="reader")
    assert (tmp_path / "model.keras").read_text() == "b"
    assert table["selected"].tolist() == [False, True, False]
    assert table["val_dice"].round(12).tolist() == [0.85, 0.86, 0.84]
    assert table["best_epoch"].tolist() == [2, 2, 2]


def test_first_of_equal_networks_is_selected():
    table = select_network.select({"a": history((0.8, 0.9)), "b": history((0.8, 0.9))})
    assert table["selected"].tolist() == [True, False]


def test_networks_below_the_floor_in_one_structure_are_not_selected():
    found = {"uneven": history((0.70, 0.98)), "even": history((0.80, 0.82)), "poor": history((0.60, 0.60))}
    assert select_network.select(found)["selected"].tolist() == [True, False, False]
    assert select_network.select(found, 0.75)["selected"].tolist() == [False, True, False]
    assert select_network.select(found, 0.80)["selected"].tolist() == [False, True, False], "the floor itself is enough"
    with pytest.raises(BadInput, match=r"found networks .* at most 0\.800 in one of the structures, expected 0\.9"):
        select_network.select(found, 0.9)
