"""Statistical methods in words, from the settings of a study and the constants of the modules that compute."""

from collections.abc import Collection, Sequence

from murmur.presentation.prose.phrases import METRIC, difference_with_unit, enumerate_words, paragraph, with_unit
from murmur.statistics.agreement import Z
from murmur.statistics.bootstrap import MIN_RESAMPLED, RESAMPLES
from murmur.statistics.dice_anova import CONTRASTS, EFFECTS
from murmur.statistics.dice_error import METRIC as DICE_ERRORS
from murmur.statistics.phenotypes import MIN_MICE
from murmur.vocabulary import METRICS

COUNT = ("no", "one", "two", "three", "four", "five", "six")


def conventions(statistics: dict, made: set[str], measured: Sequence[str]) -> str:
    """Give the statistical unit, the sign of differences, SDs, levels, and the families of corrected tests.

    `measured` are the left-ventricular parameters of the study, `made` the names of its tables.
    """
    alpha = statistics["alpha"]
    compared = made & {"groups", "overlap_model"}
    family = (
        f"Holm correction was applied across the {COUNT[len(measured)]} left-ventricular parameters "
        f"({enumerate_words(METRIC[metric] for metric in measured)}), separately for each type of test, "
        f"{'for the reference and each reader' if 'groups' in made else 'for each reader'}, in each cohort, unless "
        "another family is given"
    )
    return paragraph(
        "the mouse was the statistical unit, and differences were calculated as reader − reference",
        f"standard deviations (SD) were calculated with a denominator of {'n − 1' if statistics['sd_ddof'] else 'n'}",
        f"tests were two-sided unless stated otherwise; the significance level was {alpha:g}, and "
        f"{100 * (1 - alpha):g}% confidence intervals (CI) are given, not adjusted for multiple comparisons"
        f"{' except those of differences between phenotypes' if compared else ''}",
        family if len(measured) > 1 else "",
    )


def agreement(statistics: dict) -> str:
    """Describe how agreement with the reference was measured and tested."""
    within: dict[str, list[str]] = {}
    for metric, margin in statistics["equivalence_margins"].items():
        within.setdefault(f"±{difference_with_unit(f'{margin:g}', METRICS[metric])}", []).append(METRIC[metric])
    margins = enumerate_words(f"{margin} ({', '.join(metrics)})" for margin, metrics in within.items())
    return paragraph(
        "agreement between reader and reference was assessed by the bias (mean difference), tested by paired t-tests "
        f"with Holm correction, and the 95% limits of agreement, bias ± {Z:.2f} SD (Bland and Altman, Lancet "
        "1986;327:307), with exact CI based on the noncentral t distribution (Carkeet, Optom Vis Sci 2015;92:e71)",
        "proportional bias was tested by regressing the difference on the mean of the two measurements, with Holm "
        "correction; where the slope was significant, limits of agreement were also computed as linear functions of "
        "the mean (Bland and Altman, Stat Methods Med Res 1999;8:135)",
        "equivalence was assessed by two one-sided paired t-tests with Holm correction and margins of " + margins,
        "reliability was quantified by the intraclass correlation coefficient ICC(2,1) (Shrout and Fleiss, Psychol "
        "Bull 1979;86:420), Lin's concordance correlation coefficient (Biometrics 1989;45:255) and the coefficient of "
        "variation between the two methods, which includes the bias (Bland and Altman, BMJ 1996;312:1654)",
    )


def overlap(made: set[str], controls: Collection[str]) -> str:
    """Describe how Dice was compared between phases, structures and phenotypes, and related to the error.

    `controls` holds the phenotype with which others are compared in each cohort that has several.
    """
    texts = [
        "Dice coefficients were compared by two-way repeated-measures ANOVA with the factors phase and structure "
        f"(generalised η²; Olejnik and Algina, Psychol Methods 2003;8:434), with Holm correction for "
        f"{COUNT[len(EFFECTS)]} effects, and by paired t-tests with Holm correction for {COUNT[len(CONTRASTS)]} "
        "contrasts",
        "the adjusted p value of a contrast is the larger of its Holm-corrected p value and the smallest "
        "Holm-corrected p value of the effects to which it belongs: phase and the interaction (ED against ES in a "
        "structure), structure and the interaction (blood pool against myocardium in a phase), or structure only "
        "(blood pool against myocardium over both phases)",
    ]
    if "overlap_model" in made:
        control = next(iter(controls)) if len(controls) == 1 else "the control or else the first phenotype"
        texts.append(
            "the Dice error of each mouse, 1 − Dice averaged over phases and structures, was compared between "
            f"phenotypes with at least {MIN_MICE} mice by Welch's ANOVA and each phenotype with {control} by Welch's "
            "t-tests with Bonferroni correction of p values and CI; the adjusted p value is the larger of the "
            "Bonferroni-corrected p value and the p value of the ANOVA"
        )
    texts.append(
        "the Dice coefficients of the blood pool at ED and ES and of the myocardium at ED and ES were related to the "
        "absolute errors in EDV, ESV, mass at ED and mass at ES, respectively, by Spearman's rank correlation (CI by "
        "the standard error of Bonett and Wright, Psychometrika 2000;65:23), with Holm correction for these "
        f"{COUNT[len(DICE_ERRORS)]} tests"
    )
    return paragraph(*texts)


def groups() -> str:
    """Describe how phenotypes were compared."""
    return paragraph(
        f"left-ventricular parameters were compared between phenotypes with at least {MIN_MICE} mice by Welch's ANOVA "
        "(Welch's t-test for two phenotypes) with Holm correction",
        "if the ANOVA was significant for a method, reference or reader, pairs were compared for that method by "
        "Welch's t-tests with Bonferroni correction of p values and CI for the number of pairs; the adjusted p value "
        "of a pair is the larger of its Bonferroni-corrected p value and the Holm-corrected p value of the ANOVA of "
        "that parameter",
    )


def sample_size(statistics: dict, with_phenotypes: bool) -> str:
    """Describe the sample-size estimates."""
    units = {"EF": "percentage points"}
    changes = [
        f"{with_unit(f'{change:g}', units.get(m, '%'))} in {METRIC[m]}" for m, change in statistics["changes"].items()
    ]
    of_what = " (percentages of the mean of the reference)" if statistics["changes"].keys() - units else ""
    pooled = "pooled within phenotypes" if with_phenotypes else "of all mice"
    within = " within phenotypes" if with_phenotypes else ""
    return paragraph(
        f"the number of mice per group required to detect a difference of {enumerate_words(changes, 'or')}{of_what} "
        f"by a two-sample t-test with equal group sizes and a power of {100 * statistics['power']:g}% was estimated "
        f"from the SD {pooled}",
        f"for a reader, the difference was multiplied by the slope of the regression of reader on reference{within}, "
        "so that a reader that compresses differences between mice gains nothing from its smaller SD",
    )


def readers(statistics: dict) -> str:
    """Describe how the readers of a cohort were compared with each other."""
    human = statistics["observers"]
    return paragraph(
        "readers of the same cohort were compared pairwise in Dice coefficient and absolute error by paired t-tests on "
        "the mice measured by both, with Holm correction across all comparisons of a measure",
        f"readers were also ranked; where at least {MIN_RESAMPLED} mice were available, CI of ranks were obtained by "
        f"bootstrapping the mice ({RESAMPLES:,} resamples)",
        f"the width of each reader's limits of agreement was expressed relative to that of the human observer "
        f"{human[0]}"
        if len(human) == 1
        else f"the width of each reader's limits of agreement was expressed relative to the widest of those of the "
        f"human observers {enumerate_words(human)}"
        if human
        else "",
    )


def between_cohorts() -> str:
    """Describe how the errors of a reader in several cohorts were compared."""
    return paragraph(
        "generalisation was quantified as the ratio of mean errors (1 − Dice or absolute error), external to internal, "
        "with CI and tests based on the t distribution of the log ratio (delta method, Welch-Satterthwaite degrees of "
        "freedom) and Holm correction across the quantities of a reader and an external cohort"
    )


def supplement(made: set[str]) -> str:
    """Name the statistics that only the supplementary tables give."""
    found = []
    if "agreement" in made:
        found += [
            "Shapiro-Wilk tests of the differences",
            "Wilcoxon signed-rank tests",
            "Pearson's and Spearman's correlation coefficients",
            "ICC(3,1)",
            "repeatability coefficients",
        ]
    if "groups" in made:
        found += ["one-way ANOVA", "Kruskal-Wallis", "Mann-Whitney tests of phenotypes"]
    return paragraph(f"supplementary tables give {enumerate_words(found)}" if found else "")
