import json
import zipfile

import pandas as pd
import pytest

import plot_contours
import plot_domains
import plot_learning_curves
import summarise_networks
from drawn_figures import record_figures, words
from murmur.vocabulary import STRUCTURES

REPEATS = {"net_1": "net", "net_2": "net"}


def record(mice, seed=1):
    return {
        "network": {"architecture": "unet", "filters": [4, 8], "size": 64, "downsample": 2},
        "training": {"loss": "dice_ce_shape", "shape_weight": 0.05, "seed": seed},
        "parameters": 1234,
        "mice": {"train": [f"M{number}" for number in range(mice)], "validation": ["V"]},
        "best_epoch": 2,
        "epochs_trained": 3,
    }


def history(dice):
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "val_loss": [0.5, 0.1, 0.2],
            "val_dice_myocardium": [0.6, dice, 0.7],
            "val_dice_blood_pool": [0.7, dice + 0.1, 0.7],
        }
    )


def test_settings_and_validation_of_networks():
    origins = {"net_1": {"trained_on": "here", "start_from": ""}, "net_2": {"trained_on": "here", "start_from": ""}}
    origins["murmur"] = {"trained_on": "", "start_from": "murmur", "architecture": "unet3plus", "filters": [2, 4]}
    trained = {"net_1": (record(3), history(0.8), 10**9), "net_2": (record(3, 2), history(0.84), 10**9)}
    table = summarise_networks.describe(origins, trained, REPEATS, {}).set_index("reader")
    assert list(table.index) == ["net", "murmur"]
    row = table.loc["net"]
    assert (row["filters"], row["parameters"], row["repeats"], row["train_mice"], row["epochs"]) == (
        "4-8",
        1234,
        2,
        3,
        3,
    )
    assert row["gflop"] == 2
    assert row["val_dice"] == pytest.approx((0.85 + 0.89) / 2)
    assert row["val_dice_sd"] == pytest.approx(0.04 / 2**0.5)
    given = table.loc["murmur", ["train_mice", "start_from", "architecture", "filters"]]
    assert given.tolist() == [0, "murmur", "unet3plus", "2-4"]


def test_given_networks_have_the_cost_that_their_file_tells(root):
    """Parameters as in models/README.md; of an unknown architecture, layers may be of kinds that are not counted."""
    shipped = root / "models" / "murmur.keras"
    found = summarise_networks.cost_of_given(shipped, {"architecture": "unet3plus"})
    assert found == {"parameters": 1772595, "gflop": pytest.approx(2.641, abs=1e-3)}
    assert summarise_networks.cost_of_given(shipped, {}) == {"parameters": 1772595}


def test_number_of_mice_is_a_mean_over_folds():
    origins = {name: {"trained_on": "here", "start_from": ""} for name in REPEATS}
    trained = {name: (record(mice), history(0.8), 10**9) for name, mice in (("net_1", 12), ("net_2", 13))}
    assert summarise_networks.describe(origins, trained, REPEATS, {})["train_mice"].tolist() == [12.5]


@pytest.mark.parametrize(
    ("trained_on", "names", "mice"), [("here", "M0 M1 M2", 2), ("here + there", "here:M0 here:M1 there:M0 there:M1", 3)]
)
def test_scans_of_an_animal_are_one_mouse(trained_on, names, mice):
    """M0 and M1 are scans of one animal in one of the cohorts."""
    several = record(3) | {"mice": {"train": names.split(), "validation": names.split()[:1]}}
    origins, animals = {"net": {"trained_on": trained_on, "start_from": ""}}, {"here": {"M0": "M", "M1": "M"}}
    row = summarise_networks.describe(origins, {"net": (several, history(0.8), 10**9)}, {}, animals).iloc[0]
    assert (row["train_mice"], row["validation_mice"]) == (mice, 1)


@pytest.fixture
def study(tmp_path):
    """Tables of a study with trainings on 3 and 10 mice, from random weights and from a network, in two cohorts."""
    readers = [("scratch_3", 3, ""), ("scratch_10", 10, ""), ("tuned_3", 3, "murmur"), ("tuned_10", 10, "murmur")]
    rows = [
        {"reader": reader, "architecture": "unet", "filters": "4-8", "size": 64, "downsample": 2, "loss": "dice",
         "shape_weight": None, "trained_on": "near", "start_from": start, "train_mice": mice}
        for reader, mice, start in [*readers, ("murmur", 0, "murmur")]
    ]  # fmt: skip
    networks = pd.DataFrame(rows)
    networks.loc[networks["reader"] == "murmur", ["trained_on", "architecture", "loss"]] = None
    results, pairs = [], []
    for cohort, lower in (("near", 0.0), ("far", 0.1)):
        for number, reader in enumerate(networks["reader"]):
            for measure, quantity in plot_domains.PANELS:
                mean = (0.95 - lower - 0.02 * number) if measure == "dice" else 2 + number
                results.append(
                    {"cohort": cohort, "reader": reader, "measure": measure, "quantity": quantity, "mean": mean,
                     "ci_low": mean - 0.02, "ci_high": mean + 0.02}
                )  # fmt: skip
            if number:
                pairs += [
                    {"reader_a": "scratch_3", "reader_b": reader, "structure": name, "metric": None,
                     "p_holm": 0.5 if number == 1 else 0.001}
                    for name in ("myocardium", "blood_pool")
                ]  # fmt: skip
    files = {name: tmp_path / f"{name}.csv" for name in ("networks", "results", "pairs")}
    networks.to_csv(files["networks"], index=False)
    pd.DataFrame(results).to_csv(files["results"], index=False)
    pd.DataFrame(pairs).to_csv(files["pairs"], index=False)
    return {name: str(path) for name, path in files.items()}


def test_lines_join_trainings_that_differ_in_the_number_of_mice(study):
    lines = plot_contours.lines_of(pd.read_csv(study["networks"]))
    assert {name: rows["train_mice"].tolist() for name, rows in lines.items()} == {
        "from random weights": [3, 10],
        "fine-tuned from murmur": [0, 3, 10],
    }


def test_each_start_has_a_line_from_the_network_itself(study, monkeypatch):
    """A further start, trained elsewhere, has a line whose first point is that network without any mouse."""
    networks, results = (pd.read_csv(study[name]) for name in ("networks", "results"))
    renamed = {"tuned_3": "human_3", "tuned_10": "human_10", "murmur": "human_cine"}
    for table, name in ((networks, "networks"), (results, "results")):
        more = table[table["reader"].isin(renamed)].replace(renamed)
        pd.concat([table, more]).to_csv(study[name], index=False)
    lines = plot_contours.lines_of(pd.read_csv(study["networks"]))
    assert lines["fine-tuned from human_cine"]["reader"].tolist() == ["human_cine", "human_3", "human_10"]
    seen = record_figures(monkeypatch)
    plot_contours.main(study["networks"], study["results"], [], 0.05)
    (figure,) = seen
    names = [text.get_text() for text in figure.legends[0].texts]
    assert names == ["from random weights", "fine-tuned from murmur", "fine-tuned from human_cine"]
    drawn = [len(container.lines[0].get_xdata()) for container in figure.axes[0].containers]
    assert drawn == [2, 3, 3]


@pytest.mark.parametrize(
    ("column", "values", "names"),
    [
        ("filters", ["4-8", "8-16"], ["filters 4-8", "filters 8-16"]),
        ("size", [64, 128], ["64 pixels", "128 pixels"]),
        ("downsample", [1, 2], ["downsampled by 1", "downsampled by 2"]),
        ("shape_weight", [0.05, 0.1], ["weight 0.05", "weight 0.1"]),
    ],
)
def test_trainings_of_other_networks_have_lines_of_their_own(study, column, values, names):
    networks = pd.read_csv(study["networks"])
    networks = pd.concat([networks[networks["start_from"].isna()].assign(**{column: value}) for value in values])
    lines = plot_contours.lines_of(networks)
    assert {name: rows["train_mice"].tolist() for name, rows in lines.items()} == {name: [3, 10] for name in names}


def test_figures_of_networks(study, monkeypatch):
    seen = record_figures(monkeypatch)
    plot_contours.main(study["networks"], study["results"], [], 0.05)
    figure = seen[-1]
    panels = figure.axes
    assert len(panels) == 6
    assert [axes.get_title(loc="left") for axes in panels[::3]] == ["near cohort", "far cohort"]
    pairs = {"near": study["pairs"], "far": study["pairs"]}
    plot_domains.main(study["networks"], study["results"], pairs, [], 0.05)
    figure = seen[-1]
    cells = {text.get_text(): text.get_fontweight() for text in figure.axes[0].texts}
    assert cells["0.950"] == "bold"
    assert "0.930†" in cells and "0.910" in cells
    assert "(0.930 to 0.970)" in cells, "the confidence limits of the best"
    assert len(figure.axes[0].patches) == 4  # of the four networks trained on one of the cohorts


def test_panels_without_a_value_state_it(study, monkeypatch):
    """EF is missing if no network segmented a blood pool."""
    results = pd.read_csv(study["results"])
    results.loc[results["quantity"] == "EF", ["mean", "ci_low", "ci_high"]] = None
    results.to_csv(study["results"], index=False)
    seen = record_figures(monkeypatch)
    plot_contours.main(study["networks"], study["results"], [], 0.05)
    plot_domains.main(study["networks"], study["results"], {name: study["pairs"] for name in ("near", "far")}, [], 0.05)
    for figure, panels in zip(seen, (2, 1), strict=True):
        assert words(figure).count("No mouse has a value by any network.") == panels
    names = [label.get_text() for label in seen[1].axes[0].get_yticklabels()]
    assert names == pd.read_csv(study["networks"])["reader"].tolist()


def test_learning_curves_of_repetitions_share_a_colour(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    files = {}
    for number, name in enumerate(["net_1", "net_2", "other"]):
        history(0.8 + 0.01 * number).to_csv(tmp_path / f"{name}.csv", index=False)
        files[name] = str(tmp_path / f"{name}.csv")
    plot_learning_curves.main(files, REPEATS, [])
    (figure,) = seen
    colours = [line.get_color() for line in figure.axes[0].lines[::2]]
    assert colours[0] == colours[1] != colours[2]
    assert [text.get_text() for text in figure.legends[0].texts] == ["net (2 trainings)", "other"]


def test_mice_from_which_a_network_learnt_are_left_out_for_all(tmp_path):
    """Test mice A and B err by 1 and 3, the training mouse C by 11."""
    overlap = pd.DataFrame(
        [(mouse, phase, structure, 0.9, 0.1) for mouse in "ABC" for phase in ("ED", "ES") for structure in STRUCTURES],
        columns=["mouse", "phase", "structure", "dice", "hd95_mm"],
    )
    function = pd.DataFrame({"mouse": [*"ABC"], "metric": "EF", "unit": "%", "reference": 50, "reader": [51, 53, 61]})
    files = {}
    for name, table in {"overlap": overlap, "function": function, "history": history(0.8)}.items():
        files[name] = str(tmp_path / f"{name}.csv")
        table.to_csv(files[name], index=False)
    files["record"] = str(tmp_path / "training.json")
    (tmp_path / "training.json").write_text(json.dumps(record(3)))
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as model:
        layers = [{"name": "image", "class_name": "InputLayer", "config": {}, "inbound_nodes": []}]
        model.writestr("config.json", json.dumps({"config": {"layers": layers, "output_layers": ["image", 0, 0]}}))
    summarise_networks.main(
        pairs=[("near", "net"), ("near", "murmur")],
        functions=[files["function"]] * 2,
        overlaps=[files["overlap"]] * 2,
        trained={"net": (files["record"], files["history"], str(tmp_path / "model.keras"))},
        origins={name: {"trained_on": "", "start_from": ""} for name in ("net", "murmur")},
        repeats={},
        networks=str(tmp_path / "networks.csv"),
        results=str(tmp_path / "results.csv"),
        alpha=0.05,
        animals={},
        learnt={"near": ["C"]},
    )
    results = pd.read_csv(tmp_path / "results.csv")
    assert set(results["n"]) == {2}
    assert results.loc[results["quantity"] == "EF", "mean"].tolist() == [2, 2]
