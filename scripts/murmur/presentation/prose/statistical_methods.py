"""Statistical methods in words, from the settings of a study, its tables and the constants of the modules that compute.

Only what was computed is described: `made` holds the statistical tables of the study by name, each with the rows of all
cohorts and readers, of which at least one has the result in RESULT.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.presentation.prose.phenotypes import averages_scans
from murmur.presentation.prose.phrases import (
    COUNT,
    METRIC,
    difference_with_unit,
    enumerate_words,
    paragraph,
    with_unit,
)
from murmur.statistics.bootstrap import MIN_RESAMPLED, RESAMPLES
from murmur.statistics.conclusions import MIN_DF, MIN_MICE
from murmur.statistics.dice_cells import CONTRASTS, EFFECTS
from murmur.statistics.dice_error import METRIC as DICE_ERRORS
from murmur.statistics.limits import Z
from murmur.subject import printed_unit, printed_value
from murmur.vocabulary import METRICS

# the column that holds the result of each table
RESULT = {
    "agreement": "bias",
    "overlap_anova": "p",
    "overlap_pairwise": "p",
    "overlap_model": "F",
    "dice_error": "p",
    "group_tests": "p",
    "sample_size": "reference_mice_per_group",
    "reader_comparison": "p",
    "reader_ranking": "rank",
    "reader_beside_observer": "loa_width_ratio",
    "cohort_comparison": "ratio_ci_low",
}


def computed(paths: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Return the tables among the results `paths` that hold a result, by name; only rows with a result are kept."""
    found: dict[str, list[pd.DataFrame]] = {}
    for path in map(Path, paths):
        if path.suffix == ".csv" and path.stem in RESULT:
            table = read_csv(path).dropna(subset=RESULT[path.stem])
            found.setdefault(path.stem, []).append(table)
    tables = {name: [table for table in parts if len(table)] for name, parts in found.items()}
    return {name: pd.concat(parts) for name, parts in tables.items() if parts}


def _count(items: Collection) -> str:
    """Write the number of items, in words up to twelve."""
    return COUNT[len(items)] if len(items) < len(COUNT) else str(len(items))


def _any(table: pd.DataFrame, column: str) -> bool:
    return bool(table[column].notna().any())


def conventions(
    statistics: dict, made: Mapping[str, pd.DataFrame], measured: Sequence[str], repeated: bool = False
) -> str:
    """Give the unit of analysis, the sign of differences, SDs, levels, and the families of corrected tests.

    `measured` are the left-ventricular parameters of the study, `repeated` tells whether animals have several scans.
    """
    if not made:
        return ""
    alpha = statistics["alpha"]
    raters = "the reference and each reader" if "group_tests" in made else "each reader"
    family = (
        f"Holm correction was applied across the {_count(measured)} left-ventricular parameters "
        f"({enumerate_words(METRIC[metric] for metric in measured)}), separately for each type of test, for "
        f"{raters}, in each cohort"
    )
    return paragraph(
        "the mouse was the unit of analysis, and differences were calculated as reader − reference",
        "several scans of a mouse were averaged: means, SD, tests, correlations and sample sizes are based on one "
        f"value per mouse, whereas limits of agreement{', Dice coefficients' if 'dice_error' in made else ''} and "
        "coefficients of variation are those of single scans"
        if repeated
        else "",
        f"standard deviations (SDs) were calculated with a denominator of {'n − 1' if statistics['sd_ddof'] else 'n'}",
        f"unless stated otherwise, tests were two-sided, and {100 * (1 - alpha):g}% confidence intervals (CIs) were "
        f"not adjusted for multiple comparisons; the significance level was {alpha:g}",
        family if len(measured) > 1 else "",
    )


SLOPING = (
    "; where the slope was significant, limits of agreement were also computed as linear functions of the mean, "
    "parallel unless the absolute residuals also depended significantly on it (Bland and Altman, Stat Methods Med Res "
    "1999;8:135)"
)
COMPONENTS = (
    "with an SD from the variances of differences between and within mice and CIs by the MOVER method (Zou, Stat "
    "Methods Med Res 2013;22:630)"
)


def agreement(statistics: dict, table: pd.DataFrame) -> str:
    """Describe how agreement with the reference was measured and tested."""
    within: dict[str, list[str]] = {}
    for metric, margin in statistics["equivalence_margins"].items():
        unit = METRICS[metric]
        margin = difference_with_unit(f"{printed_value(margin, unit):g}", printed_unit(unit))
        within.setdefault(f"±{margin}", []).append(METRIC[metric])
    margins = enumerate_words(f"{margin} ({', '.join(metrics)})" for margin, metrics in within.items())
    tested = ", tested by paired t-tests with Holm correction," if _any(table, "p") else ""
    limits = f" and the 95% limits of agreement, bias ± {Z:.2f} SD (Bland and Altman, Lancet 1986;327:307)"
    exact = ", with exact CIs based on the noncentral t distribution (Carkeet, Optom Vis Sci 2015;92:e71)"
    several = table["scans"] > table["n"]
    if several.all():
        limits = limits.replace("Lancet 1986;327:307", "J Biopharm Stat 2007;17:571")
        exact = f" of single scans, {COMPONENTS}"
    return paragraph(
        f"agreement between reader and reference was assessed by the bias (mean difference){tested}"
        f"{limits if _any(table, 'loa_low') else ''}{exact if _any(table, 'loa_low_ci_low') else ''}".rstrip(","),
        f"in cohorts with several scans per mouse, limits of agreement are those of single scans, {COMPONENTS}"
        if several.any() and not several.all()
        else "",
        "proportional bias was tested by regressing the difference on the mean of the two measurements, with Holm "
        f"correction{'' if several.all() else SLOPING}"
        if _any(table, "slope_p")
        else "",
        f"normality of the differences{' (of the means of each mouse)' if several.all() else ''} was examined by "
        "Shapiro-Wilk tests with Holm correction"
        if _any(table, "shapiro_p")
        else "",
        "equivalence of the means was assessed by two one-sided paired t-tests with Holm correction and margins of "
        f"{margins}, and not concluded where bias depended significantly on size"
        if _any(table, "tost_p")
        else "",
        "reliability was quantified by the intraclass correlation coefficient ICC(2,1) (Shrout and Fleiss, Psychol "
        "Bull 1979;86:420), Lin's concordance correlation coefficient (Biometrics 1989;45:255) and the coefficient of "
        "variation between reader and reference, that is, the within-subject SD (Bland and Altman, BMJ 1996;312:1654), "
        "which includes the bias, as a percentage of the mean"
        if _any(table, "icc2")
        else "",
    )


def overlap(made: Mapping[str, pd.DataFrame], controls: Collection[str]) -> str:
    """Describe how Dice was compared between phases, structures and phenotypes, and related to the error.

    `controls` holds the phenotype with which others are compared in each cohort that has several.
    """
    anova = (
        "two-way repeated-measures ANOVA with the factors phase and structure (generalised η²; Olejnik and Algina, "
        f"Psychol Methods 2003;8:434), with Holm correction for {_count(EFFECTS)} effects"
    )
    pairwise = f"paired t-tests with Holm correction for {_count(CONTRASTS)} contrasts"
    how = [text for name, text in (("overlap_anova", anova), ("overlap_pairwise", pairwise)) if name in made]
    texts = [
        f"Dice coefficients were compared by {', and by '.join(how)}" if how else "",
        "the adjusted p value of a contrast is the larger of its Holm-corrected p value and the smallest "
        "Holm-corrected p value of the effects to which it belongs: phase and the interaction (ED against ES in a "
        "structure), structure and the interaction (blood pool against myocardium in a phase), or structure only "
        "(blood pool against myocardium over both phases)"
        if len(how) == 2
        else "",
    ]
    if "overlap_model" in made:
        control = next(iter(controls)) if len(controls) == 1 else "the control or else the first phenotype"
        texts.append(
            "the Dice error of each mouse, 1 − Dice averaged over phases and structures, was compared between "
            f"phenotypes with at least {MIN_MICE} mice by Welch's ANOVA and each phenotype with {control} by Welch's "
            "t-tests with Bonferroni correction of p values and CIs; the adjusted p value is the larger of the "
            "Bonferroni-corrected p value and the p value of the ANOVA"
        )
    if "dice_error" in made:
        texts.append(DICE_AND_ERROR)
    return paragraph(*texts)


DICE_AND_ERROR = (
    "the Dice coefficients of the blood pool at ED and ES and of the myocardium at ED and ES were related to the "
    "absolute errors in EDV, ESV, mass at ED and mass at ES, respectively, by Spearman's rank correlation (CIs by "
    "the standard error of Bonett and Wright, Psychometrika 2000;65:23), with Holm correction for these "
    f"{_count(DICE_ERRORS)} tests"
)


OF_ERRORS = (
    "whether a reader measured the same differences between phenotypes as the reference was tested on the differences "
    "reader − reference of each mouse"
)


def groups(tests: pd.DataFrame) -> str:
    """Describe how phenotypes were compared: two by t-tests, more by ANOVA and pairs."""
    effects = tests.loc[tests["test"] == "welch_anova", "df1"]
    if effects.max() == 1:
        return paragraph(
            f"left-ventricular parameters were compared between phenotypes with at least {MIN_MICE} mice by Welch's "
            "t-test with Holm correction",
            f"{OF_ERRORS} by the same test",
        )
    of_two = " (Welch's t-test for two phenotypes)" if effects.min() == 1 else ""
    return paragraph(
        f"left-ventricular parameters were compared between phenotypes with at least {MIN_MICE} mice by Welch's ANOVA"
        f"{of_two} with Holm correction",
        "pairs of phenotypes were compared, as measured by the reference and by each reader, by Welch's t-tests with "
        "Bonferroni correction of p values and CIs for the number of pairs; the adjusted p value of a pair is the "
        "larger of its Bonferroni-corrected p value and the Holm-corrected p value of the ANOVA of the same "
        "measurements, so that no pair differs significantly where the ANOVA is not significant",
        f"{OF_ERRORS} by the same tests",
    )


def sample_size(statistics: dict, table: pd.DataFrame) -> str:
    """Describe the sample-size estimates."""
    with_phenotypes = (table["groups"] > 1).any()
    units = {"EF": "percentage points"}
    changes = [
        f"{with_unit(f'{change:g}', units.get(m, '%'))} in {METRIC[m]}"
        for m, change in statistics["changes"].items()
        if m in set(table["metric"])
    ]
    of_what = " (percentages of the mean of the reference)" if set(table["metric"]) - units.keys() else ""
    pooled = "pooled within phenotypes" if with_phenotypes else "of all mice"
    pooled = f"of the means over the scans of each mouse, {pooled}" if averages_scans(table) else pooled
    within = " within phenotypes" if with_phenotypes else ""
    return paragraph(
        f"the number of mice per group required to detect a difference of {enumerate_words(changes, 'or')}{of_what} "
        f"by a two-sample t-test with equal group sizes and a power of {100 * statistics['power']:g}% was estimated "
        f"from the SDs {pooled}; its CI for the reference follows from that of the SD (χ² distribution; Browne, Stat "
        "Med 1995;14:1933)",
        f"for a reader, the difference was multiplied by the slope of the regression of reader on reference{within}, "
        "because a reader that underestimates differences between mice also yields a smaller SD; with fewer than "
        f"{MIN_DF} degrees of freedom, no number is given for a reader",
    )


def repetitions(readers: Mapping[str, dict]) -> str:
    """Name the readers that are repetitions of the same training, and state how they were compared; may be empty."""
    repeats: dict[str, dict[str, list[str]]] = {}
    for name, reader in readers.items():
        if "repeat_of" in reader:
            how = "random seeds and validation folds" if "folds" in reader else "random seeds"
            repeats.setdefault(how, {}).setdefault(reader["repeat_of"], []).append(name)
    texts = []
    for how, names in repeats.items():
        first, *others = map(enumerate_words, names.values())
        same = f", as were {'; '.join(others)}" if others else ""
        texts.append(f"readers {first} were repetitions of one training with different {how}{same}")
    if not texts:
        return ""
    return "; ".join([*texts, "before readers or cohorts were compared, their values were averaged by mouse"])


def readers(statistics: dict, made: Mapping[str, pd.DataFrame], given: Mapping[str, dict]) -> str:
    """Describe how the readers of a cohort, `given` by name, were compared with each other."""
    compares = any(name in made for name in ("reader_comparison", "cohort_comparison"))
    texts = [repetitions(given)] if compares else []
    if "reader_comparison" in made:
        measures = set(made["reader_comparison"]["measure"])
        names = {"dice": "Dice coefficient", "absolute_error": "absolute error"}
        compared = enumerate_words(name for measure, name in names.items() if measure in measures)
        texts.append(
            f"readers of the same cohort were compared pairwise in {compared} by paired t-tests on the mice measured "
            "by both, with Holm correction across all comparisons of a measure"
        )
        if any("select" in reader for reader in given.values()):
            texts.append("readers selected among the others were neither compared nor ranked")
        if any("repeat_of" in reader for reader in given.values()):
            texts.append("tests and CIs do not include the variation between repetitions of a training")
    if "reader_ranking" in made:
        texts.append(f"readers were {'also ' if 'reader_comparison' in made else ''}ranked")
        if _any(made["reader_ranking"], "rank_ci_low"):
            texts[-1] += (
                f"; where at least {MIN_RESAMPLED} mice were available, CIs of ranks were obtained by bootstrapping "
                f"the mice ({RESAMPLES:,} resamples)"
            )
    if "reader_beside_observer" in made:
        human = statistics["observers"]
        widest = "that" if len(human) == 1 else "the widest of those"
        observers = f"observer{'' if len(human) == 1 else 's'} {enumerate_words(human)}"
        texts.append(
            f"the width of each reader's limits of agreement was expressed relative to {widest} of the human "
            f"{observers}"
        )
    return paragraph(*texts)


def between_cohorts() -> str:
    """Describe how the errors of a reader in several cohorts were compared."""
    return paragraph(
        "generalisation was quantified as the ratio of mean errors (1 − Dice of a structure, averaged over ED and ES, "
        "or absolute error in a parameter), external to internal, with CIs and tests based on the t distribution of "
        "the log ratio (delta method, Welch-Satterthwaite degrees of freedom) and Holm correction across the "
        "quantities of a reader and an external cohort",
    )


OF_PHENOTYPES = "one-way ANOVA, Kruskal-Wallis and Mann-Whitney tests between phenotypes"


def supplement(made: Mapping[str, pd.DataFrame]) -> str:
    """Name the statistics that only the supplementary tables give."""
    of_agreement = {
        "wilcoxon_p": "Wilcoxon signed-rank tests",
        "pearson_r": "Pearson's and Spearman's correlation coefficients",
        "icc3": "ICC(3,1)",
        "repeatability_coefficient": "repeatability coefficients",
    }
    found = [name for column, name in of_agreement.items() if "agreement" in made and _any(made["agreement"], column)]
    listed = enumerate_words(found) if found else ""
    if "group_tests" in made:
        listed = f"{', '.join([*found, ''])}{'and ' if found else ''}{OF_PHENOTYPES}"
    return paragraph(f"supplementary tables give {listed}" if listed else "")
