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
    )
    assert list(found) == ["net_1", "net_2", "net_3", "tuned_1", "tuned_2", "best"]
    assert [found[f"net_{number}"].training["seed"] for number in (1, 2, 3)] == [10, 11, 12]
    assert found["net_1"].network == found["net_3"].network
    assert found["tuned_2"].start is found["net_2"]
    assert [reader.name for reader in found["best"].candidates] == ["net_1", "net_2", "net_3"]
    with pytest.raises(BadInput, match="readers.net_1: found this name for a repeat of 'net' too"):
        readers(demo, net={"train_on": "internal", "seeds": 2}, net_1={"train_on": "internal"})


def test_settings_in_force_are_a_study_file_of_the_same_study(demo):
    from murmur.study.schema import in_force

    demo["readers"] = {
        "net": {"train_on": "internal", "network": SMALL, "seeds": 2},
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
