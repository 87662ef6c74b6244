import pandas as pd
import pytest

from murmur import subject as module
from murmur.comparison import description
from murmur.data.plausibility import LIMITS, check_values
from murmur.measurement.measures import MEASURES
from murmur.presentation import style
from murmur.presentation.crate import captions
from murmur.provenance.code import modules_of
from murmur.statistics import agreement, cohort_comparison, phenotypes, reader_comparison, sample_size
from murmur.subject import SPECIES, choose_subject, in_print, in_scans, in_words, printed_unit, printed_value, subject


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """The subject of other tests, a mouse, after each test."""
    monkeypatch.setenv(module.VARIABLE, '"mouse"')


TEXT = "A mouse, 3 mice: Mouse1 in mice/Mouse1.h5. Mice of the cohort (n = 3 mice); the mouse's EF. Simulated mice."


def test_text_about_mice_is_that_about_the_subject():
    assert in_words(TEXT) is TEXT
    choose_subject("rat")
    assert in_words(TEXT) == (
        "A rat, 3 rats: Mouse1 in mice/Mouse1.h5. Rats of the cohort (n = 3 rats); the rat's EF. Simulated mice."
    )
    choose_subject({"name": "otter", "plural": "otters", "units": "uL and mg"})
    assert in_words("of a mouse, a mouse file and 'mice'") == "of an otter, an otter file and 'mice'"
    assert in_words("A mouse was trained on simulated mice; data of the published mice.") == (
        "An otter was trained on simulated mice; data of the published mice."
    )


def test_names_of_ticks_are_about_the_subject(tmp_path):
    choose_subject("rat")
    with style.printed_figure([tmp_path / "figure.png"], height_mm=30) as figure:
        axes = figure.subplots()
        axes.set_xticks([0, 1], ["3 mice", "sham"])
        axes.set_ylabel("Number of mice")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["3 rats", "sham"]
    assert axes.get_ylabel() == "Number of rats"


def test_captions_of_a_crate_are_about_the_subject(tmp_path):
    choose_subject("rat")
    template = tmp_path / "caption.rst"
    template.write_text("Each mouse of {{ snakemake.wildcards.mouse }}.")
    made = {"rule": "r", "wildcards": {"mouse": "M1"}, "settings": {}, "study": "s"}
    assert captions.fill_in(template, made) == "Each rat of M1."


def test_scans_of_animals_are_counted_as_scans():
    assert in_scans(TEXT) == (
        "A scan, 3 scans: Mouse1 in mice/Mouse1.h5. Scans of the cohort (n = 3 scans); the scan's EF. Simulated mice."
    )
    choose_subject("rat")
    assert in_words(in_scans("3 mice of 2 animals")) == "3 scans of 2 animals"


def test_people_are_no_animals():
    choose_subject("pig")
    assert in_words("Each symbol is an animal.") == "Each symbol is an animal."
    choose_subject("human")
    assert in_words("Each symbol is an animal; 3 animals.") == "Each symbol is a participant; 3 participants."


def test_species_decides_on_units():
    table = pd.DataFrame({"unit": ["uL", "mg", "%"], "mean": [150_000.0, 110_000.0, 60.0], "p": [0.5, 0.5, 0.5]})
    assert in_print(table) is table
    choose_subject("human")
    printed = in_print(table)
    assert printed["unit"].tolist() == ["mL", "g", "%"]
    assert printed["mean"].tolist() == pytest.approx([150, 110, 60]) and (printed["p"] == 0.5).all()
    assert printed_value(5000.0, "mL/min") == 5 and printed_unit("mL/min") == "L/min"
    choose_subject({"name": "sheep", "plural": "sheep", "units": "mL and g"})
    assert printed_unit("uL") == "mL" and subject().species == ""


def test_every_unit_of_volume_or_mass_has_one_for_large_subjects():
    choose_subject("pig")
    for measure in MEASURES.values():
        assert measure.unit in module.LARGE_UNITS or not any(part in measure.unit for part in ("uL", "mg"))


WITHOUT_UNIT = """
n t df p p_holm shapiro_p wilcoxon_p pearson_r spearman_rho spearman_p icc2 icc2_ci_low icc2_ci_high icc3 icc3_ci_low
icc3_ci_high ccc cv_percent tost_p pearson_p pearson_ci_low pearson_ci_high spearman_ci_low spearman_ci_high slope
slope_ci_low slope_ci_high slope_p loa_low_slope loa_high_slope tost_p_holm slope_p_holm change groups
reference_effect_size reader_effect_size reference_mice_per_group reference_mice_per_group_ci_low
reference_mice_per_group_ci_high reader_mice_per_group n_a n_b calibrated_effect_size
calibrated_mice_per_group mice_ratio reference_p reader_p reference_p_mannwhitney reader_p_mannwhitney
bias_difference_p bias_difference_p_adjusted shapiro_p_holm reference_p_adjusted reader_p_adjusted ratio ratio_ci_low
ratio_ci_high p_mannwhitney n_internal
n_external dz loa_width_ratio dice_mean dice_sd
metric unit phenotype group_a group_b conclusion change_unit note reasons internal external measure structure phase
reader_a reader_b better role session group level scans
"""


@pytest.mark.parametrize(
    "columns",
    [
        agreement.STATISTICS, phenotypes.SUMMARY, phenotypes.DIFFERENCES, sample_size.COLUMNS,
        cohort_comparison.COLUMNS, reader_comparison.COMPARISON, reader_comparison.BESIDE, description.SUMMARY,
    ],
)  # fmt: skip
def test_each_column_of_statistics_either_has_the_unit_of_its_row_or_none(columns):
    for name in columns:
        assert bool(module.OF_UNIT.fullmatch(name)) != (name in WITHOUT_UNIT.split()) or name == "reader", name


def test_plausible_ranges_are_those_of_the_species():
    human = {"EDV": 150_000.0, "ESV": 60_000.0, "SV": 90_000.0, "EF": 60.0, "mass_ED": 110_000.0}
    (*_, found) = check_values("M1", human, "the reference")
    assert found.expected == "10 to 500 mg in mice"
    choose_subject("human")
    assert list(check_values("M1", human, "the reference")) == []
    (found,) = check_values("M1", {"EDV": 60.0}, "the reference")
    assert (found.found, found.expected) == ("EDV 0.06 mL by the reference", "5 to 600 mL in participants")
    choose_subject({"name": "sheep", "plural": "sheep", "units": "mL and g"})
    assert list(check_values("M1", {"EDV": 60.0}, "the reference")) == [], "no range is known"
    for name in ("human", "Participant"):
        choose_subject({"name": name, "plural": "people", "units": "mL and g"})
        assert len(list(check_values("M1", {"EDV": 60.0}, "the reference"))) == 1, "a species in other words"


def test_each_species_has_limits():
    assert LIMITS.keys() == SPECIES.keys()


def test_only_what_is_printed_depends_on_the_subject(root):
    """Another word must not train a network again."""
    scripts = (root / "scripts").glob("*.py")
    printing = {path.stem for path in scripts if root / "scripts" / "murmur" / "subject.py" in modules_of(path)}
    assert {"plot_agreement", "tabulate_groups", "write_results", "check_plausibility"} <= printing
    computing = ("train_", "segment_", "measure_", "collect_", "convert_", "compare_", "estimate_")
    assert not [name for name in printing if name.startswith(computing)]
