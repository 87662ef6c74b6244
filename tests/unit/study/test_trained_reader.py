"""Readers trained on several cohorts, on few mice, from another network, repeatedly, or selected."""

import pytest
import yaml

from murmur.errors import BadInput
from murmur.study.study import Study

SMALL = {"filters": [4, 4, 4, 4, 4], "size": 64}


@pytest.fixture
def demo(root):
    """Two cohorts with the same names of mice, both with a split."""
    study = yaml.safe_load((root / "config" / "demo.yaml").read_text())
    study["cohorts"]["external_7T"]["split"] = {"train": 6, "validation": 2, "test": 4}
    return study


def readers(demo, **given):
    demo["readers"] = given
    return Study(demo).readers


def test_several_cohorts_contribute_their_training_and_validation_mice(demo):
    both = readers(demo, both={"train_on": ["internal", "external_7T"]})["both"]
    assert len(both.learning_mice) == 12 + 4 + 6 + 2
    assert len(set(both.learning_files)) == len(both.learning_files) == len(both.learning_mice)
    assert {name.split(":")[0] for name in both.learning_mice} == {"internal", "external_7T"}
    assert both.trained_on == "internal"
    with pytest.raises(BadInput, match=r"readers.both.train_on: found 'intern', expected one of internal"):
        readers(demo, both={"train_on": ["internal", "intern"]})


def training_mice(reader):
    return {mouse for mouse, where in reader.learning_mice.items() if where == "train"}


def test_larger_numbers_of_mice_include_smaller_ones(demo):
    found = readers(demo, **{f"n{number}": {"train_on": "internal", "train_mice": number} for number in (1, 3, 12)})
    assert [len(training_mice(found[name])) for name in ("n1", "n3", "n12")] == [1, 3, 12]
    assert training_mice(found["n1"]) < training_mice(found["n3"]) < training_mice(found["n12"])
    assert all(len(reader.learning_mice) - len(training_mice(reader)) == 4 for reader in found.values())
    other = readers(demo, n3={"train_on": "internal", "train_mice": 3, "training": {"seed": 7}})["n3"]
    assert training_mice(other) != training_mice(found["n3"])
    many = readers(demo, n13={"train_on": "internal", "train_mice": 13})
    with pytest.raises(BadInput, match="readers.n13.train_mice: found 13, .* expected 1 to 12"):
        _ = many["n13"].learning_mice


def test_mice_of_several_cohorts_are_divided_equally(demo):
    both = readers(demo, both={"train_on": ["internal", "external_7T"], "train_mice": 5})["both"]
    cohorts = [mouse.split(":")[0] for mouse in training_mice(both)]
    assert (cohorts.count("internal"), cohorts.count("external_7T")) == (3, 2)


def test_all_scans_of_an_animal_are_drawn_together(demo):
    phantom = {"phantom": {"mice": 6, "sessions": ["baseline", "day 7"]}}
    demo["cohorts"] = {"twice": {"source": phantom, "split": {"train": 3, "validation": 1, "test": 2}}}
    found = readers(demo, few={"train_on": "twice", "train_mice": 2})["few"]
    animals = [mouse.split("_")[0] for mouse in training_mice(found)]
    assert len(animals) == 4 and len(set(animals)) == 2


def test_network_takes_the_settings_of_the_one_from_which_it_starts(demo):
    found = readers(
        demo,
        tuned={"train_on": "internal", "start_from": "base", "network": {"size": 128}},
        base={"train_on": "internal", "network": SMALL | {"dropout": 0.1}},
        shipped={"train_on": "internal", "start_from": "murmur"},
        theirs={"train_on": "internal", "start_from": "published"},
        given={"weights": "murmur"},
        again={"train_on": "internal", "start_from": "given"},
    )
    assert found["tuned"].network == found["base"].network | {"size": 128}
    assert found["tuned"].start_files == ["results/demo/readers/base/model.keras"]
    assert found["shipped"].network["filters"] == [16, 32, 64, 96, 128]
    assert found["again"].network == found["shipped"].network
    assert found["theirs"].network["filters"] == [32, 64, 128, 256, 512]
    assert found["theirs"].start_files[0].startswith("results/demo/readers/theirs/")
    assert found["theirs"].download and not found["shipped"].download
    assert found["base"].start_files == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": {"start_from": "murmor"}}, "readers.a.start_from: found 'murmor', .*did you mean 'murmur'"),
        ({"a": {"start_from": "b"}, "b": {"start_from": "a"}}, "found a circle, a from b from a"),
        (
            {"a": {"start_from": "b"}, "b": {"select": {"from": ["c"]}}, "c": {}},
            "found 'b', a reader with select, expected one with train_on or weights",
        ),
        ({"a": {"start_from": "murmur", "network": {"filters": [8] * 5}}}, "found .*8.*, expected .*16, 32, 64"),
        ({"a": {"start_from": "murmur", "network": {"architecture": "unet"}}}, "found unet, expected unet3plus"),
        (
            {"a": {"start_from": "b", "network": {"size": 128}}, "b": {"network": {"architecture": "resnet_vae"}}},
            "found 128, expected 256, because the weights of resnet_vae",
        ),
    ],
)
def test_start_that_does_not_fit_is_refused(demo, given, words):
    with pytest.raises(BadInput, match=words):
        for reader in readers(
            demo,
            **{name: found if "select" in found else {"train_on": "internal"} | found for name, found in given.items()},
        ).values():
            _ = reader.network


def test_seeds_make_readers_that_differ_in_their_seed(demo):
    found = readers(
        demo,
        net={"train_on": "internal", "network": SMALL, "training": {"seed": 10}, "seeds": 3},
        tuned={"train_on": "internal", "start_from": "net", "seeds": 2},
        best={"select": {"from": ["net"]}},
        team={"ensemble": ["net_2", "net"], "combine": "mean"},
    )
    assert list(found) == ["net_1", "net_2", "net_3", "tuned_1", "tuned_2", "best", "team"]
    assert [reader.name for reader in found["team"].members] == ["net_2", "net_1", "net_3"]
    assert [found[f"net_{number}"].training["seed"] for number in (1, 2, 3)] == [10, 11, 12]
    assert found["net_1"].network == found["net_3"].network
    assert found["tuned_2"].start is found["net_2"]
    assert [reader.name for reader in found["best"].candidates] == ["net_1", "net_2", "net_3"]
    with pytest.raises(BadInput, match="readers.net_1: found this name for a repeat of 'net' too"):
        readers(demo, net={"train_on": "internal", "seeds": 2}, net_1={"train_on": "internal"})


def validated(readers):
    return [{mouse for mouse, where in reader.learning_mice.items() if where == "validation"} for reader in readers]


def test_folds_validate_each_training_and_validation_mouse_once_and_no_test_mouse(demo):
    net = {"train_on": "internal", "network": SMALL, "training": {"seed": 10}, "folds": 5}
    found = readers(demo, net=net, tuned=net | {"start_from": "net"}, wide=net)
    assert list(found) == [f"{name}_{number}" for name in ("net", "tuned", "wide") for number in range(1, 6)]
    folds = [found[f"net_{number}"] for number in range(1, 6)]
    assert [reader.training["seed"] for reader in folds] == [10, 11, 12, 13, 14]
    cohort = folds[0].cohort
    mice = set(cohort.mice_of("train", "validation"))
    assert all(set(reader.learning_mice) == mice and reader.mice(cohort) == cohort.mice_of("test") for reader in folds)
    of_validation = validated(folds)
    assert sorted(map(len, of_validation)) == [3, 3, 3, 3, 4] and set.union(*of_validation) == mice
    assert validated(found[f"wide_{number}"] for number in range(1, 6)) == of_validation
    assert found["tuned_4"].start is found["net_4"]
    demo["cohorts"]["internal"]["split"]["seed"] += 1
    other = readers(demo, net=net)
    assert validated(other[f"net_{number}"] for number in range(1, 6)) != of_validation


def test_all_scans_of_an_animal_are_in_one_fold(demo):
    phantom = {"phantom": {"mice": 8, "sessions": ["baseline", "day 7"]}}
    demo["cohorts"] |= {"twice": {"source": phantom, "split": {"train": 5, "validation": 1, "test": 2}}}
    found = readers(demo, net={"train_on": ["twice", "internal"], "folds": 3})
    for mice in validated(found.values()):
        scans = [mouse for mouse in mice if mouse.startswith("twice:")]
        assert len(scans) == 4 and len({mouse.split("_")[0] for mouse in scans}) == 2
        assert len(mice) - len(scans) in (5, 6)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folds": 17}, "readers.net.folds: found 17 folds, expected at most 16"),
        ({"folds": 5, "seeds": 2}, "readers.net.folds: found together with seeds, expected one or the other"),
        ({"folds": 5, "train_mice": 3}, "readers.net.folds: found together with train_mice"),
        ({"folds": 5, "fold": 6}, "readers.net.fold: found 6, expected 1 to 5"),
        ({"fold": 1}, "readers.net.fold: found without folds"),
        ({"folds": 1}, "readers.net.folds: found 1, expected 2 or more"),
        ({"folds": 4, "start_from": "base"}, "found 'base_1', which was trained on mice on which 'net_1' is validated"),
        ({"start_from": "base"}, "found 'base_1', which was trained on mice on which 'net' is validated"),
        ({"start_from": "between"}, "found 'base_1', which was trained on mice on which 'net' is validated"),
    ],
)
def test_folds_that_leak_or_have_no_effect_are_refused(demo, given, words):
    with pytest.raises(BadInput, match=words):
        for reader in readers(
            demo,
            net={"train_on": "internal"} | given,
            base={"train_on": "internal", "folds": 5},
            between={"train_on": "external_7T", "start_from": "base"},
        ).values():
            _ = reader.learning_mice


def test_validation_mice_in_folds_neither_select_nor_fit_a_choice(demo):
    net = {"train_on": "internal", "folds": 2}
    with pytest.raises(BadInput, match="found net_1 and net_2, which have other validation mice, because of folds"):
        readers(demo, net=net, best={"select": {"from": ["net"]}})
    found = readers(demo, net=net, wide=net, best={"select": {"from": ["net_1", "wide_1"]}})
    assert [reader.name for reader in found["best"].candidates] == ["net_1", "wide_1"]
    demo["cohorts"]["external_7T"]["split"] = {"train": 4, "validation": 4, "test": 4}
    given = {
        "net": net,
        "tuned": {"train_on": "external_7T", "start_from": "net_1"},
        "best": {"select": {"from": ["tuned"]}},
        "team": {"ensemble": ["best", "given"], "combine": "best"},
        "given": {"weights": "murmur"},
    }
    assert readers(demo, **given)["team"].mice_of_choice[0].name == "external_7T"
    given["team"] |= {"cohorts": ["internal"]}
    del demo["cohorts"]["external_7T"]["split"]
    given["tuned"] = {"train_on": "internal", "folds": 2}
    given["best"]["select"]["from"] = ["tuned_2"]
    with pytest.raises(BadInput, match="contoured validation mice outside the folds of its networks 0 in external_7T"):
        _ = readers(demo, **given)["team"].mice_of_choice


def test_settings_in_force_are_a_study_file_of_the_same_study(demo):
    from murmur.study.schema import in_force

    demo["readers"] = {
        "net": {"train_on": "internal", "network": SMALL, "seeds": 2},
        "crossed": {"train_on": "internal", "network": SMALL, "folds": 2},
        "best": {"select": {"from": ["net"]}},
        "tuned": {"train_on": "internal", "start_from": "net_1"},
    }
    study = Study(demo)
    again = Study(in_force(study.settings))
    assert again.settings["readers"] == study.settings["readers"]


def test_only_networks_with_the_same_validation_mice_are_selected(demo):
    nets = {"a": {"train_on": "internal"}, "b": {"train_on": "external_7T"}, "given": {"weights": "murmur"}}
    with pytest.raises(BadInput, match="trained on internal, and b, trained on external_7T, expected the same cohorts"):
        readers(demo, **nets, best={"select": {"from": ["a", "b"]}})
    with pytest.raises(BadInput, match="found 'given', expected readers with train_on, of a, b"):
        readers(demo, **nets, best={"select": {"from": ["a", "given"]}})
