import pytest
import yaml

from murmur.errors import BadInput
from murmur.study.schema import complete, in_force

STUDIES = ["demo.yaml", "paper.yaml", "pretrained.yaml", "examples/nifti.yaml", "examples/second_observer.yaml"]
STUDIES += ["examples/measurements.yaml", "examples/own_mice.yaml", "examples/train_on_own_mice.yaml"]


@pytest.mark.parametrize("name", STUDIES)
def test_settings_in_force_are_a_study_file_of_the_same_study(root, name):
    settings = complete(yaml.safe_load((root / "config" / name).read_text()))
    assert complete(in_force(settings)) == settings


def test_defaults_without_effect_are_left_out():
    study = {
        "study": "few",
        "cohorts": {
            "a": {"source": {"folder": "mice"}, "split": {"file": "split.csv"}},
            "b": {"source": {"measurements": "b.csv"}},
        },
        "readers": {"given": {"weights": "given.keras"}},
    }
    found = in_force(complete(study))
    study["cohorts"]["a"]["on_bad_file"] = "stop"
    assert found["cohorts"] == study["cohorts"]
    assert set(found["readers"]["given"]) == {"weights", "mice", "frames", "postprocess"}
    assert found["statistics"]["alpha"] == 0.05


def test_override_of_headers_needs_a_value():
    study = {"study": "s", "cohorts": {"a": {"source": {"folder": "mice"}, "override_headers": True}}}
    with pytest.raises(BadInput, match="override_headers: found true without spacing_mm or frame_interval_ms"):
        complete(study)
    study["cohorts"]["a"] |= {"frame_interval_ms": 5, "on_bad_file": "stop"}
    assert in_force(complete(study))["cohorts"] == study["cohorts"]


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        ({"training": {"freeze": "encoder"}}, "training.freeze: found encoder without start_from"),
        ({"training": {"shape_weight": 0.1}}, "training.shape_weight: found without loss: dice_ce_shape"),
        (
            {"training": {"shape_weight": 0.1, "loss": "dice_ce"}},
            "training.shape_weight: found without loss: dice_ce_shape",
        ),
    ],
)
def test_setting_of_a_training_without_its_partner_is_refused(reader, words):
    study = {"study": "s", "cohorts": {"a": {"source": {"folder": "mice"}}}}
    with pytest.raises(BadInput, match=f"readers.net.{words}, expected both together"):
        complete(study | {"readers": {"net": {"train_on": "a"} | reader}})


def test_loss_that_is_not_given_depends_on_the_architecture():
    unet = {"train_on": "a", "network": {"architecture": "unet"}}
    readers = {
        "plain": {"train_on": "a"},
        "unet": unet,
        "given": unet | {"training": {"loss": "dice"}},
        "tuned": {"train_on": "a", "start_from": "unet"},
    }
    settings = complete({"study": "s", "cohorts": {"a": {"source": {"folder": "mice"}}}, "readers": readers})
    losses = {name: reader["training"]["loss"] for name, reader in settings["readers"].items()}
    assert losses == {"plain": "dice", "unet": "dice_ce", "given": "dice", "tuned": "dice"}
    assert complete(in_force(settings)) == settings


def test_weight_of_the_shape_term_is_kept_with_its_loss():
    study = {"study": "s", "cohorts": {"a": {"source": {"folder": "mice"}}}}
    given = {"training": {"loss": "dice_ce_shape", "shape_weight": 0.1, "freeze": "encoder"}, "start_from": "murmur"}
    settings = complete(study | {"readers": {"net": {"train_on": "a"} | given, "plain": {"train_on": "a"}}})
    found = in_force(settings)
    assert found["readers"]["net"]["training"]["shape_weight"] == 0.1
    assert "shape_weight" not in found["readers"]["plain"]["training"]
    assert complete(found) == settings


def test_subject_is_a_species_or_a_word_with_its_plural():
    study = {"study": "s", "cohorts": {"a": {"source": {"folder": "mice"}}}}
    assert complete(study)["subject"] == "mouse"
    named = complete(study | {"subject": {"name": "sheep", "plural": "sheep", "units": "mL and g"}})
    assert complete(in_force(named)) == named
    with pytest.raises(BadInput, match='subject: found "dog", expected mouse, rat, pig, human, or a section'):
        complete(study | {"subject": "dog"})
    with pytest.raises(BadInput, match="subject: found no key plural"):
        complete(study | {"subject": {"name": "dog"}})
