import copy
import re

import numpy as np
import pandas as pd
import pytest

from methods_of_a_study import (
    DIGEST,
    HISTORY,
    MADE,
    OURS,
    SPLIT,
    STUDY,
    THEIRS,
    TRAINING,
    VERSIONS,
    bare_study,
    words,
)
from murmur.data.published_dataset import WEIGHTS
from murmur.measurement.function import MYOCARDIAL_DENSITY
from murmur.measurement.wall import RAYS
from murmur.network import augmentation, heart_region
from murmur.presentation.prose import cohort_methods, methods, segmentation_methods, statistical_methods
from murmur.study.schema import complete, in_force

KNOWN = """
the ours cohort comprised 8 mice with cine images
Phenotypes were control (n = 3), TAC (n = 4) and unknown (n = 1)
8 to 11 slices of 256 × 240 pixels, with 14 frames at intervals of 5 ms and a voxel size of 0.1 × 0.1 × 1 mm
the theirs cohort comprised 2 mice simulated with the Murmur digital phantom (7 T, seed 9)
an expert contoured the myocardium and the blood pool in 15 frames of 7 of the 8 mice of the ours cohort
including 2 frames with inflow artefacts in 1 mouse of the training set
identified in 6 mice; 1 mouse had too few annotated frames
taken from the phantom geometry in 4 frames of the 2 mice of the theirs cohort
divided into
the other mice at random, stratified by phenotype (seed 77)
a training (n = 4), a validation (n = 1) and a test set (n = 3)
the 2 mice of the theirs cohort were used for testing only
5 encoder levels (3, 6, 12, 24 and 48 filters), 4 decoder levels with full-scale skip connections
123,456 parameters, of which 123,000 were trainable
192 × 192 pixels and downsampled by averaging over 2 × 2 pixels
trained on 1,044 slices from 4 mice and validated on 31 slices from 1 mouse
the learning rate of 0.001 was kept constant, the batch size was 16, the dropout rate at the bottleneck 0.3 and the
computations were in single precision (float32)
with a standard deviation of 2.1% to 3.9% of the intensity range
not decreased for 25 epochs, and after 200 epochs at the latest; it ran for 37 epochs on a GPU with XLA
the weights of epoch 29, with the lowest validation loss (0.618), were retained
0.812 for the myocardium and 0.906 for the blood pool
reader net was applied to the test mice (3 in the ours cohort and 2 in the theirs cohort)
was applied to all mice (8 in the ours cohort)
the masks of reader second, created outside Murmur, were imported for the test mice (3 in the ours cohort)
in the masks of net and given, the largest three-dimensional connected component
the masks of second were not post-processed
a density of 1.05 mg/µL
a denominator of n − 1
bias ± 1.96 SD
±13 mg (mass at ED, mass at ES)
with Holm correction for three effects, and by paired t-tests with Holm correction for five contrasts
a power of 80% was estimated from the SDs pooled within phenotypes
multiplied by the slope of the regression of reader on reference within phenotypes
across the six left-ventricular parameters (EDV, ESV, SV, EF, mass at ED and mass at ES), separately for each type
each phenotype with control by Welch's t-tests
in the reference, and the measurements of a reader were taken in the same frames
in mice without contours, ED and ES were the frames in which the reader found
in 1 of 7 mice, reader given was measured at ED and ES chosen by a person
in cines of at least 6 frames, only a rectangle around the heart was segmented
in every third slice of the first and the middle frame, enlarged by 8 pixels
along 360 rays from the centroid of the ventricle
relative to that of the human observer second
by bootstrapping the mice (9,999 resamples)
"""


@pytest.mark.parametrize("words_known", KNOWN.strip().splitlines())
def test_known_numbers_are_in_the_words(words_known):
    assert words_known.lower() in words().lower()


def test_published_network_is_known_by_its_digest():
    def described(weights, digest):
        return segmentation_methods.other_reader("given", {"weights": weights, "mice": "test"}, digest, {"ours": 3})

    assert "given, the published network of the original study (" in described("SEG459.h5", WEIGHTS["sha256"])
    assert "given, a previously trained network (" in described("SEG459.h5", DIGEST)
    assert "given, the published network of the original study (" in described("published", None)


@pytest.mark.parametrize("keyword", ["murmur", "phantom"])
def test_network_that_ships_is_named(keyword):
    text = segmentation_methods.other_reader("given", {"weights": keyword, "mice": "test"}, DIGEST, {"ours": 3})
    assert (
        f"the network supplied with Murmur, trained on simulated images only (SHA-256 of the weight file, {DIGEST})"
        in text
    )


def test_network_trained_on_simulated_images_is_not_accurate_in_acquired_ones_because_it_is_in_these():
    reader = {"weights": "murmur", "mice": "all"}
    text = segmentation_methods.other_reader("given", reader, DIGEST, {"ours": 3}, of_phantoms=True)
    assert text.endswith(
        "Because it was also trained on such images, agreement in simulated images does not show accuracy in acquired "
        "images."
    )
    assert "accuracy" not in segmentation_methods.other_reader("given", reader, DIGEST, {"ours": 3})
    phantoms = {"cohorts": {"ours": {"source": {"phantom": {}}}}, "readers": {"given": reader}}
    found = methods.paragraphs_of_reader(
        "given", bare_study(phantoms, splits={"ours": SPLIT}, weights={"given": DIGEST})
    )
    assert "accuracy in acquired images" in found[0]


def test_digest_of_weights_software_and_commits_are_named():
    text = words()
    assert DIGEST in text
    assert f"commits {'a' * 40} and {'b' * 40} with uncommitted changes" in text
    assert "Python 3.11.7 with Snakemake 9.27.1 and 9.28.0 and Keras 3.15.1; provenance records" in text


def test_software_that_neither_computes_nor_draws_and_an_unknown_commit_are_left_out():
    text = methods.software({"jinja2": ["3.1.6"], "numpy": ["2.4.6"], "python": ["3.11.7"]}, ["unknown"])
    assert text.startswith("Analyses were run with Murmur in Python 3.11.7 with NumPy 2.4.6; provenance records")


def test_adjusted_p_values_are_disclosed():
    """Each contrast of Dice, each phenotype and each pair of phenotypes is gated by its ANOVA."""
    text = words()
    for rule in (
        "adjusted p value of a contrast is the larger of its Holm-corrected p value and the smallest Holm-corrected p "
        "value of the effects to which it belongs",
        "adjusted p value is the larger of the Bonferroni-corrected p value and the p value of the ANOVA",
        "adjusted p value of a pair is the larger of its Bonferroni-corrected p value and the Holm-corrected p value "
        "of the ANOVA",
    ):
        assert rule in text


def test_authors_are_asked_for_what_is_not_known():
    phantom = {"source": {"phantom": {}}}
    asked = methods.to_be_completed({"ours": {"source": {"folder": "mice"}}, "theirs": phantom}, MADE, True, False)
    for point in ("ethics approval", "field strength", "blinding", "exclusions", "phenotype labels", "margins"):
        assert point in asked
    assert methods.to_be_completed({"theirs": phantom}, {"agreement"}, True, False) == (
        "The choice of the equivalence margins."
    )
    assert methods.to_be_completed({"theirs": phantom}, {}, True, False) == ""
    assert "contouring" not in methods.to_be_completed({"ours": {"source": {"folder": "mice"}}}, {}, False, False)


CHANGES = {
    "cohorts.ours.split.seed": (78, "(seed 78)"),
    "cohorts.theirs.source.phantom.field_T": (9.4, "(9.4 T, seed 9)"),
    "cohorts.theirs.source.phantom.varied": (True, "varied well beyond those of a single scanner"),
    "readers.net.network.filters": ([1, 2, 4, 8, 17], "(1, 2, 4, 8 and 17 filters)"),
    "readers.net.network.dropout": (0.25, "rate at the bottleneck 0.25"),
    "readers.net.training.epochs": (33, "after 33 epochs at the latest"),
    "readers.net.training.patience": (7, "not decreased for 7 epochs"),
    "readers.net.training.learning_rate": (0.0005, "the learning rate of 0.0005"),
    "readers.net.training.schedule": ("cosine", "decreased to zero over 200 epochs by cosine annealing"),
    "readers.net.training.precision": ("mixed_bfloat16", "in mixed precision (bfloat16 and float32)"),
    "readers.net.training.recipe": ("notebook", "(32 for validation)"),
    "readers.net.training.seed": (5, "the random seed 5;"),
    "readers.net.mice": ("all", "net was applied to all mice (8 in the ours cohort and 2 in the theirs cohort)"),
    "readers.given.postprocess": ("none", "masks of given and second were not post-processed"),
    "statistics.sd_ddof": (0, "a denominator of n."),
    "statistics.alpha": (
        0.01,
        "99% confidence intervals (CIs) were not adjusted for multiple comparisons; the significance level was 0.01.",
    ),
    "statistics.power": (0.9, "a power of 90%"),
    "statistics.changes.EF": (4.5, "4.5 percentage points in EF"),
    "statistics.equivalence_margins.SV": (2.5, "±2.5 µL (SV)"),
}


@pytest.mark.parametrize("key", CHANGES)
def test_other_settings_give_other_words(key):
    value, expected = CHANGES[key]
    study = copy.deepcopy(STUDY)
    section = study
    *path, last = key.split(".")
    for part in path:
        section = section.setdefault(part, {})
    section[last] = value
    assert expected in words(study)
    assert expected not in words()


def test_headers_that_the_study_file_overrides_are_disclosed():
    study = copy.deepcopy(STUDY)
    study["cohorts"]["ours"] |= {"override_headers": True, "spacing_mm": [0.1, 0.1, 1.0]}
    one = "The voxel size was specified by the authors and used in place of that in the image files."
    assert one in words(study) and one not in words()
    study["cohorts"]["ours"]["frame_interval_ms"] = 5.0
    both = "The voxel size and the frame interval were specified by the authors and used in place of those in the image"
    assert both in words(study)
    study["cohorts"]["ours"]["override_headers"] = False
    assert "specified by the authors" not in words(study)


def test_precision_of_openvino_is_given_unless_it_is_float32():
    study = STUDY | {"inference": {"precision": "bfloat16"}}
    given = "computed in bfloat16 precision where the processor supported it, otherwise in single precision (float32)"
    assert given not in words(study), "Keras computed the networks"
    assert given in words(study, versions=VERSIONS | {"openvino": ["2026.4.1"]})
    assert "precision where" not in words(versions=VERSIONS | {"openvino": ["2026.4.1"]})


@pytest.mark.parametrize(
    ("crop", "longest", "postprocess"),
    [(False, 14, "largest_component"), (True, 5, "largest_component"), (True, 14, "none")],
)
def test_whole_images_are_not_said_to_be_segmented_in_part(crop, longest, postprocess):
    readers = {"net": {"train_on": "ours", "postprocess": postprocess}}
    readers["observer"] = {"masks": "masks", "postprocess": "largest_component"}
    text = segmentation_methods.masks(readers, {"crop": crop, "precision": "float32"}, longest, True)
    assert "square region" not in text and "each pixel was assigned" in text


@pytest.mark.parametrize(("patience", "early"), [(9, False), (8, True), (25, False)])
def test_early_stopping_is_described_only_where_it_is_possible(patience, early):
    """With a patience of 9 epochs, the tenth is the first after which training can stop, and is the last anyway."""
    study = copy.deepcopy(STUDY)
    study["readers"]["net"]["training"] = {"epochs": 10, "patience": patience}
    text = words(study, epochs_trained=10)
    assert ("Training was stopped when the validation loss" in text) == early
    assert ("Training ran for 10 epochs on a GPU" in text) != early


NAMES = (
    r"\([^()]*\d{4};[^()]*\)|ICASSP 2020|UNet 3\+|90°(, 180° or 270°)?|HD95|ICC\(\d,\d\)|95th|2 \|A|n − 1|HDF5|float32|"
    r"SHA-256|1\.96 SD"
)


def numbers(values):
    """All numbers in nested dictionaries, lists and tables, as they are."""
    if isinstance(values, dict):
        return [number for value in values.values() for number in numbers(value)]
    if isinstance(values, list | tuple | set):
        return [number for value in values for number in numbers(value)]
    if isinstance(values, pd.DataFrame):
        return numbers(values.select_dtypes("number").to_numpy().ravel().tolist())
    return [values] if isinstance(values, int | float) and not isinstance(values, bool) else []


def test_each_number_is_found_in_what_the_words_are_made_from():
    settings = in_force(complete(STUDY))
    text = re.sub(NAMES, "", words().replace(DIGEST, "").replace("a" * 40, "").replace("b" * 40, ""))
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.partition("Analyses were run with Murmur")[0])
    shown = set(re.findall(r"\d+(?:\.\d+)?", text))
    given = numbers([settings, TRAINING, HISTORY, OURS, THEIRS])
    constants = [getattr(augmentation, name) for name in dir(augmentation) if name.isupper()]
    given += numbers([*constants, *augmentation.CHANCE.values(), MYOCARDIAL_DENSITY, statistical_methods.RESAMPLES])
    given += [100 * share for share in numbers(constants)] + [np.rad2deg(augmentation.ROTATION)]
    given += [100 * np.sqrt(v) / 255 for v in augmentation.NOISE_VARIANCE]
    given += [100 * settings["statistics"]["power"], 100 * (1 - settings["statistics"]["alpha"])]
    given += [RAYS, heart_region.FEWEST_FRAMES, heart_region.MARGIN]
    given += [4, 1, 3, 8, 7, 6, 2, 15]  # mice by set and phenotype, with contours, with ED and ES; frames, with inflow
    given += [len(settings["readers"]["net"]["network"]["filters"]), len(statistical_methods.CONTRASTS)]
    allowed = {written for n in given for written in (f"{n:g}", f"{n:.1f}", f"{n:.3f}", f"{n}")}
    assert shown - allowed == set()


def test_excluded_mice_are_counted_by_reason():
    reasons = {"M9": "motion", "M10": "motion", "M11": "invalid file: mice/M11.h5: found none, expected one"}
    text = words(excluded=reasons)
    assert "ours cohort comprised 11 mice" in text
    assert "Three mice were excluded (motion, n = 2; invalid file, n = 1), and 8 mice were analysed." in text
    assert "excluded" not in words()


def test_findings_of_checks_are_counted_if_there_are_any():
    assert "Plausibility checks of the data resulted in 2 findings in the ours cohort." in words(checks=["M1", "M1"])
    assert "lausibility" not in words()


class Never:
    """A generator of random numbers that draws nothing, and notes how likely each change would be."""

    def __init__(self):
        self.chances = []

    def random(self):
        return self

    def __lt__(self, chance):
        self.chances.append(chance)
        return False


@pytest.mark.parametrize("augment", [augmentation.augment_paper, augmentation.augment_notebook])
def test_probabilities_are_those_of_the_augmentation(augment):
    rng = Never()
    augment(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8), np.zeros((8, 8), np.uint8), rng)
    assert rng.chances == list(augmentation.CHANCE.values())


def test_folds_are_described_with_the_training_of_each():
    settings = copy.deepcopy(STUDY)
    settings["readers"]["net"] |= {"folds": 5, "fold": 2, "repeat_of": "net"}
    text = words(settings)
    assert "divided anew at random into 5 folds, all images of an animal being in the same fold" in text
    assert "Fold 2 was used for validation and the others for training; no fold contained test mice." in text
    assert "folds" not in words()


def test_names_of_readers_stay_as_they_are():
    """A sentence begins with a capital, a name with its own letter."""
    assert not re.search(r"\b(Net|Given|Second|Ours|Theirs)\b", words())


def test_words_are_whole():
    for text in words().splitlines():
        assert not re.search(r"\bnan\b|None|\( |\(\)|  | \.|\.\.|,,| ,|\{|\}", text), text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"combine": "majority"}, "The labels that more than half of them agreed on were used."),
        ({"combine": "best"}, "fitted to validation mice."),
        (
            {"combine": "mean", "copies": "mirrored"},
            "class probabilities was used. Its probabilities were averaged",
        ),
    ],
)
def test_ensemble_names_its_readers(settings, words):
    reader = {"ensemble": ["a", "b", "c"], "postprocess": "largest_component", "mice": "test"} | settings
    text = segmentation_methods.other_reader("team", reader, None, {"ours": 3})
    assert "an ensemble of the readers a, b and c" in text and words in text


@pytest.mark.parametrize(
    ("floor", "words"),
    [(0, "averaged over both structures; it was"), (0.6, "both structures, among those with at least 0.6 in both; it")],
)
def test_selected_reader_names_its_candidates_and_the_floor(floor, words):
    select = {"from": ["a", "b"], "by": "validation", "min_dice": floor}
    reader = {"select": select, "postprocess": "largest_component", "mice": "test"}
    text = segmentation_methods.other_reader("best", reader, None, {"ours": 3})
    assert text.startswith("Reader best was the best of a and b by the Dice coefficient") and words in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"corrections": "corrected"}, "reviewed by a person and corrected in another program where necessary"),
        ({"decisions": "reviewed.csv"}, "Only mice whose masks were accepted or corrected were used."),
    ],
)
def test_reviewed_reader_is_not_taken_for_a_network(settings, words):
    reader = {"corrects": "given", "postprocess": "largest_component", "mice": "test"} | settings
    text = segmentation_methods.other_reader("second", reader, None, {"ours": 3})
    assert words in text and "reader second was not compared with the reference" in text
    assert "Function by reader second was measured at ED and ES of reader given." in text
    readers = {"second": reader, "given": {"weights": "w", "postprocess": "none"}}
    assert "second" not in segmentation_methods.masks(readers, {"crop": True, "precision": "float32"}, 14, True)


def test_spacing_and_interval_of_headers_are_not_more_precise_than_they_are():
    assert cohort_methods.span(pd.Series([9.999974556])) == "10"
    assert cohort_methods.span(pd.Series([36.58536, 37.97468137])) == "36.59 to 37.97"
