"""Statistical methods in words, from the settings of a study and the constants of the modules that compute."""

from murmur.presentation.prose.phrases import METRIC, difference_with_unit, enumerate_words, paragraph, with_unit
from murmur.statistics.agreement import Z
from murmur.statistics.bootstrap import MIN_RESAMPLED, RESAMPLES
from murmur.statistics.dice_anova import CONTRASTS, EFFECTS
from murmur.statistics.phenotypes import MIN_MICE
from murmur.vocabulary import METRICS


def conventions(statistics: dict) -> str:
    """Give the statistical unit, the sign of differences, the denominator of SDs and the significance level."""
    alpha = statistics["alpha"]
    return paragraph(
        "the mouse was the statistical unit, and differences were calculated as reader − reference",
        f"standard deviations (SD) were calculated with a denominator of {'n − 1' if statistics['sd_ddof'] else 'n'}",
        f"unless stated otherwise, tests were two-sided; the significance level was {alpha:g}, and "
        f"{100 * (1 - alpha):g}% confidence intervals (CI) are given",
    )


def agreement(statistics: dict) -> str:
    """Describe how agreement with the reference was measured and tested."""
    within: dict[str, list[str]] = {}
    for metric, margin in statistics["equivalence_margins"].items():
        within.setdefault(f"±{difference_with_unit(f'{margin:g}', METRICS[metric])}", []).append(METRIC[metric])
    margins = enumerate_words(f"{margin} ({', '.join(metrics)})" for margin, metrics in within.items())
    return paragraph(
        "agreement between reader and reference was assessed by the bias (mean difference) and the 95% limits of "
        f"agreement, bias ± {Z:.2f} SD (Bland and Altman, Lancet 1986;327:307), with exact CI based on the "
        "noncentral t distribution (Carkeet, Optom Vis Sci 2015;92:e71)",
        "means were compared by paired t-tests with Holm correction across metrics, supplemented by Shapiro-Wilk tests "
        "of the differences and Wilcoxon signed-rank tests",
        "Pearson's r (CI by Fisher's z transformation), Spearman's ρ (CI by the standard error of Bonett and Wright, "
        "Psychometrika 2000;65:23), the intraclass correlation coefficients ICC(2,1) and ICC(3,1) (Shrout and Fleiss, "
        "Psychol Bull 1979;86:420), Lin's concordance correlation coefficient (Biometrics 1989;45:255), and the "
        "within-subject SD, coefficient of variation and repeatability coefficient (Bland and Altman, BMJ "
        "1996;312:1654) were also computed",
        "proportional bias was tested by regressing the difference on the mean of the two measurements; where the "
        "slope was significant after Holm correction across metrics, regression-based limits of agreement were "
        "computed (Bland and Altman, Stat Methods Med Res 1999;8:135)",
        "equivalence was assessed by two one-sided paired t-tests with Holm correction across metrics and margins of "
        f"{margins}",
    )


def overlap(made: set[str]) -> str:
    """Describe how Dice was compared between phases, structures and phenotypes, and related to the error."""
    texts = [
        "Dice coefficients were compared by two-way repeated-measures ANOVA with the factors phase and structure "
        f"(generalised η²; Olejnik and Algina, Psychol Methods 2003;8:434) with Holm correction for {len(EFFECTS)} "
        f"effects, and by paired t-tests with Holm correction for {len(CONTRASTS)} contrasts between phases and "
        "structures; a contrast was considered significant only if a corresponding effect was significant in the ANOVA"
    ]
    if "overlap_model" in made:
        texts.append(
            "the Dice error of each mouse, 1 − Dice averaged over phases and structures, was compared between "
            f"phenotypes with at least {MIN_MICE} mice by Welch's ANOVA, followed, if significant, by Welch's t-tests "
            "against the first phenotype with Bonferroni correction"
        )
    texts.append(
        "the association between Dice and absolute error was assessed with Spearman's rank correlation and Holm "
        "correction"
    )
    return paragraph(*texts)


def groups() -> str:
    """Describe how phenotypes were compared."""
    return paragraph(
        f"left-ventricular function was compared between phenotypes with at least {MIN_MICE} mice by Welch's ANOVA "
        "(Welch's t-test for two phenotypes) with Holm correction across metrics and, for metrics that differed "
        "significantly, pairwise by Welch's t-test with Bonferroni correction of p values and CI for the number of "
        "pairs",
        "one-way ANOVA, Kruskal-Wallis and Mann-Whitney tests were also computed",
    )


def sample_size(statistics: dict, with_phenotypes: bool) -> str:
    """Describe the sample-size estimates."""
    units = {"EF": "percentage points"}
    changes = [
        f"{with_unit(f'{change:g}', units.get(m, '%'))} in {METRIC[m]}" for m, change in statistics["changes"].items()
    ]
    within = ", using the SD within phenotypes" if with_phenotypes else ""
    return paragraph(
        f"the number of mice per group required to detect a difference of {enumerate_words(changes, 'or')} was "
        f"estimated for a two-sample t-test with equal group sizes and a power of {100 * statistics['power']:g}%"
        f"{within}"
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
        "freedom) and Holm correction across quantities"
    )
