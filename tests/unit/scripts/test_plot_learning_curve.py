import numpy as np
import pandas as pd
import pytest

import plot_learning_curve
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import write_csv


def history(epochs: int, best: int) -> pd.DataFrame:
    epoch = np.arange(1, epochs + 1)
    table = pd.DataFrame({"epoch": epoch, "loss": 1 / epoch, "val_loss": 0.5 + abs(epoch - best) / 10})
    for number, name in enumerate(("dice_myocardium", "dice_blood_pool", "val_dice_myocardium", "val_dice_blood_pool")):
        table[name] = 0.9 - 0.5 / epoch - number / 100
    return table


@pytest.mark.parametrize(("epochs", "best"), [(1, 1), (2, 2), (30, 23)])
def test_every_series_and_the_best_epoch_are_drawn(tmp_path, monkeypatch, epochs, best):
    seen = record_figures(monkeypatch)
    table = history(epochs, best)
    write_csv(table, tmp_path / "history.csv")
    plot_learning_curve.main(str(tmp_path / "history.csv"), [str(tmp_path / "figure.png")])
    left, right = seen[0].axes
    drawn = {line.get_label(): list(line.get_ydata()) for axes in (left, right) for line in axes.lines}
    assert drawn["training"] == table["loss"].tolist()
    assert drawn["validation"] == table["val_loss"].tolist()
    assert drawn["blood pool, validation"] == table["val_dice_blood_pool"].tolist()
    assert drawn["myocardium, training"] == table["dice_myocardium"].tolist()
    assert [axes.lines[-1].get_xdata()[0] for axes in (left, right)] == [best, best]
    assert words(seen[0]).count(f"best epoch: {best}") == 2
    assert smallest_font(seen[0]) >= 7
