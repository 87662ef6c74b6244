"""Methods describe only what was made and computed: studies without contours, images, readers or some tables."""

import pandas as pd
import pytest

from compared_groups import write_comparison
from methods_of_a_study import DIGEST, MADE, OURS, SPLIT, STUDY, bare_study, words
from murmur.csv_tables import write_csv
from murmur.presentation.prose import cohort_methods, measurement_methods, statistical_methods
from murmur.presentation.prose.differences import TABLES, read_comparison
from murmur.presentation.prose.measurement_methods import Measured
from murmur.presentation.prose.methods import sections
from murmur.study.schema import complete, in_force


def test_what_was_not_made_is_not_described():
    few = {"agreement": MADE["agreement"].assign(icc2=None), "sample_size": MADE["sample_size"].assign(groups=1)}
    text = words(made=few)
    for absent in (
        "ANOVA",
        "intraclass",
        "resamples",
        "within phenotypes",
        "Readers",
        "generalisation",
        "Spearman's rank",
    ):
        assert absent not in text
    assert "limits of agreement" in text


def write_methods_of_nothing(**more):
    """The paragraphs of a study of mice without contours that a network segments, by heading."""
    bare = OURS.assign(annotated_frames=None, ed_frame=None, es_frame=None, inflow_frames=None)
    study = {
        "study": "s",
        "cohorts": {"ours": {"source": {"folder": "m"}}},
        "readers": {"murmur": {"weights": "murmur"}},
    }
    tables = bare_study(
        in_force(complete(study)),
        manifests={"ours": bare},
        splits={"ours": SPLIT.assign(split="test")},
        weights={"murmur": DIGEST},
        excluded={"ours": {}},
        **{"measured": Measured({"EDV"}, {"murmur": pd.Series({"own": 8})}, set())} | more,
    )
    return {heading: text for heading, texts in sections(tables).items() if (text := " ".join(filter(None, texts)))}


def test_mice_without_contours_are_neither_tested_nor_compared():
    found = write_methods_of_nothing()
    assert list(found) == [
        "Mice and images",
        "Reference contours",
        "Segmentation",
        "Measurements",
        "Software",
        "To be completed by the authors",
    ]
    assert "was applied to all mice (8 in the ours cohort)" in found["Segmentation"]
    for absent in ("test", "Dice coefficient, 2", "the reference, and", "equivalence"):
        assert absent not in " ".join(found.values()), absent


def compared(folder, **design):
    paths, settings = write_comparison(folder, {"sham": 4, "MI": 4}, control="sham", **design)
    return read_comparison({name: paths[name] for name in TABLES}, "treatment", "murmur", settings)


def test_comparisons_are_described_with_their_measures_and_statistics(tmp_path):
    found = write_methods_of_nothing(compared=[compared(tmp_path, settings={"measures": ["EF", "mass_ED"]})])
    text = found["Comparison of groups"]
    assert text.startswith(
        "The groups compared were sham (n = 4) and MI (n = 4); sham was the control group. EF and mass at ED, as "
        "measured by reader murmur, were compared. The unit of analysis was the animal; the primary measure was EF."
    )
    assert measurement_methods.compared_measures(["EF", "mass_index"], images=True) == (
        "Further measures compared were mass / body weight (mass at ED per body weight)."
    )
    assert "by Welch's t-test" in text and "the treatment of each group" in found["To be completed by the authors"]
    assert "Statistical analysis" not in found, "there is no reference"


def test_each_of_several_comparisons_is_named(tmp_path):
    one = compared(tmp_path)
    text = write_methods_of_nothing(compared=[one, one])["Comparison of groups"]
    assert text.count("The comparison treatment concerned sham (n = 4) and MI (n = 4)") == 2


def test_scans_of_animals_are_no_mice():
    found = write_methods_of_nothing(animals={"ours": 3})
    assert found["Mice and images"].startswith(
        "The ours cohort comprised 8 scans of 3 animals with cine images. Phenotypes"
    )
    died = cohort_methods.images("ours", STUDY["cohorts"]["ours"], OURS, {"M9": "died"}, animals=3)
    assert "comprised 9 mice with cine images. One mouse was excluded" in died
    assert "The scans analysed were of 3 animals." in died
    assert "Phenotypes were control (3 scans), TAC (4 scans) and unknown (1 scan)." in found["Mice and images"]
    assert "Each scan had one short-axis cine stack" in found["Mice and images"]
    assert "was applied to all scans (8 in the ours cohort)" in found["Segmentation"]


def test_mouse_is_the_unit_where_it_has_several_scans():
    text = statistical_methods.conventions({"alpha": 0.05, "sd_ddof": 1}, MADE, ["EF"], repeated=True)
    assert text.startswith(
        "The mouse was the unit of analysis, and differences were calculated as reader − reference. "
        "Several scans of a mouse were averaged: "
    )
    statistics, one = in_force(complete(STUDY))["statistics"], MADE["agreement"]
    several = one.assign(scans=2 * one["n"])
    text = statistical_methods.agreement(statistics, several)
    assert "bias ± 1.96 SD (Bland and Altman, J Biopharm Stat 2007;17:571) of single scans, with an SD from" in text
    assert "Carkeet" not in text and text.count("Zou") == 1 and "linear functions" not in text
    text = statistical_methods.agreement(statistics, pd.concat([one, several]))
    assert "Carkeet" in text and "In cohorts with several scans per mouse, limits of agreement are those of" in text


def test_agreement_is_described_as_far_as_it_was_computed():
    """All differences are the same: there are limits, but neither tests nor confidence limits."""
    statistics = in_force(complete(STUDY))["statistics"]
    same = MADE["agreement"].assign(p=None, loa_low_ci_low=None, slope_p=None, tost_p=None, shapiro_p=None)
    text = statistical_methods.agreement(statistics, same)
    assert text.startswith(
        "Agreement between reader and reference was assessed by the bias (mean difference) and the 95% limits of "
        "agreement, bias ± 1.96 SD (Bland and Altman, Lancet 1986;327:307). Reliability"
    )
    one_pair = same.assign(loa_low=None, icc2=None)
    assert statistical_methods.agreement(statistics, one_pair) == (
        "Agreement between reader and reference was assessed by the bias (mean difference)."
    )


def test_two_phenotypes_are_compared_by_t_tests():
    two = statistical_methods.groups(MADE["group_tests"].query("df1 == 1"))
    assert two.endswith(
        "with at least 3 mice by Welch's t-test with Holm correction. Whether a reader measured the same differences "
        "between phenotypes as the reference was tested on the differences reader − reference of each mouse by the "
        "same test."
    )
    assert "(Welch's t-test for two phenotypes)" in statistical_methods.groups(MADE["group_tests"])
    assert "t-test for two" not in statistical_methods.groups(MADE["group_tests"].query("df1 == 3"))


def test_readers_of_numbers_alone_are_not_compared_in_dice():
    few = MADE | {
        "reader_comparison": pd.DataFrame({"measure": ["absolute_error"]}),
        "reader_ranking": pd.DataFrame({"rank_ci_low": [None]}),
    }
    text = statistical_methods.readers({"observers": ["second"]}, few, {"second": {"masks": "folder"}})
    assert text.startswith("Readers of the same cohort were compared pairwise in absolute error by paired t-tests")
    assert "Readers were also ranked. The width" in text


def test_repetitions_of_a_training_are_named():
    names = {"net": ("net_1", "net_2"), "other": ("other_1", "other_2", "other_3"), None: ("single",)}
    readers = {name: {"repeat_of": of} if of else {} for of, each in names.items() for name in each}
    made = {"reader_comparison": pd.DataFrame({"measure": ["dice"]})}
    text = statistical_methods.readers({"observers": []}, made, readers)
    assert text.startswith(
        "Readers net_1 and net_2 were repetitions of one training with different random seeds, as were other_1, "
        "other_2 and other_3; before readers or cohorts were compared, their values were averaged by mouse. Readers of"
    )
    folds = {f"net_{fold}": {"repeat_of": "net", "folds": 2, "fold": fold} for fold in (1, 2)}
    assert (
        "Readers net_1 and net_2 were repetitions of one training with different random seeds and validation folds"
        in (statistical_methods.readers({"observers": []}, made, readers | folds))
    )
    assert "tests and CIs do not include the variation between repetitions" in text.replace("Tests", "tests")
    assert "selected" not in text
    best = readers | {"best": {"select": {"from": ["net_1", "net_2"]}}}
    text = statistical_methods.readers({"observers": []}, made, best)
    assert "Readers selected among the others were neither compared nor ranked." in text
    assert statistical_methods.readers({"observers": []}, {}, readers) == "", "nothing was compared"


def test_only_tables_with_a_result_are_described(tmp_path):
    paths = []
    for cohort, p in (("a", 0.25), ("b", None)):
        for name in ("overlap_anova", "overlap_pairwise", "elsewhere"):
            (tmp_path / cohort).mkdir(exist_ok=True)
            value = None if name == "overlap_pairwise" else p
            write_csv(
                pd.DataFrame({"effect": ["phase", "structure"], "p": [value, None]}), tmp_path / cohort / f"{name}.csv"
            )
            paths.append(str(tmp_path / cohort / f"{name}.csv"))
    found = statistical_methods.computed([*paths, str(tmp_path / "overlap_model.png")])
    assert {name: table["p"].tolist() for name, table in found.items()} == {"overlap_anova": [0.25]}


@pytest.mark.parametrize(("reference", "who"), [(60.0, "the reference and reader other"), (None, "reader other")])
def test_numbers_alone_have_neither_images_nor_readers(reference, who):
    study = {"study": "alone", "cohorts": {"numbers": {"source": {"measurements": "numbers.csv"}}}}
    # not linked: each metric has mice of its own
    function = pd.DataFrame({"mouse": ["A1", "A2", "B1", "B2"], "metric": ["EDV", "EDV", "ESV", "ESV"]})
    function = function.assign(reference=reference)
    tables = bare_study(
        in_force(complete(study)),
        functions={"numbers": {"other": function}},
        made={"agreement": MADE["agreement"]},
        excluded={"numbers": {"C1": "died"}},
    )
    found = sections(tables)
    assert "The numbers cohort comprised 3 mice" in found["Mice"][0]
    assert f" by {who}; no images were analysed" in found["Mice"][0]
    assert "One mouse was excluded (died, n = 1), and 2 mice were analysed" in found["Mice"][0]
    assert not any(any(found[heading]) for heading in ("Reference contours", "Segmentation", "Measurements"))
