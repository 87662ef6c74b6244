"""Statistical methods of a comparison of groups in words: only what was computed is described."""

import pandas as pd

from murmur.comparison.design import MIN_ANIMALS, POWER
from murmur.comparison.verdicts import BETWEEN, WITHIN
from murmur.presentation.comparison_words import column_name, in_sentence, unit_notes
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.phrases import enumerate_words, paragraph
from murmur.vocabulary import REFERENCE

HC2 = (
    "HC2 standard errors (MacKinnon and White, J Econom 1985;29:305) and Satterthwaite's degrees of freedom, which do "
    "not assume equal variances"
)
CONTRASTS = {
    "welch": "Welch's t-test, which does not assume equal variances",
    "ancova_hc2": f"a linear model with {{covariate}} as covariate, with {HC2}",
    "within_cluster_hc2": f"a linear model with a mean for each {{cluster}}, to compare animals within it, with {HC2}",
}
F_TESTS = {
    "mixed_model": "a linear mixed model with the animal as random intercept, fitted by restricted maximum likelihood "
    "to all scans, including those of animals that lack a session, with Greenhouse and Geisser's correction of effects "
    "within animals (Psychometrika 1959;24:95)",
    "welch_james": "the Welch-James procedure (Johansen, Biometrika 1980;67:85), which does not assume equal variances",
    "ancova": "analysis of covariance",
    "block_anova": "analysis of variance within clusters",
}
EFFECT_SIZE = (
    "Hedges' g was the difference divided by the square root of the mean of the two groups' variances, corrected for "
    "the bias of small samples (Hedges, J Educ Stat 1981;6:107)"
)
ASSUMPTIONS = (
    "normality of the residuals (Shapiro-Wilk) and equality of variances (Brown-Forsythe) were examined but not used "
    "to choose a test"
)


def methods(found: Compared, named: bool) -> str:
    """Describe a comparison for the methods section: groups, animals, measures and statistics; by its name if `named`.

    The numbers of animals are those with a value.
    """
    settings, measures = found.settings, enumerate_words(map(in_sentence, found.measures))
    what = f"the comparison {found.name} concerned" if named else "the groups compared were"
    by = "the expert" if found.reader == REFERENCE else f"reader {found.reader}"
    groups = enumerate_words(f"{group} (n = {n})" for group, n in found.animals.items())
    at = f", scanned at {enumerate_words(settings['sessions'])}" if settings["sessions"] else ""
    control = f"; {settings['control']} was the control group" if settings["control"] else ""
    intro = f"{what} {groups}{at}{control}"
    return " ".join(
        [
            paragraph(
                intro, f"{measures} {'were' if len(found.measures) > 1 else 'was'} compared, as measured by {by}"
            ),
            described(found),
        ]
    )


def described(found: Compared) -> str:
    """Describe how groups were compared."""
    two_sided = found.tests["p"].notna().any() or found.differences["p"].notna().any()
    tested = found.differences.dropna(subset="p_adjusted")
    return paragraph(
        unit(found),
        *contrasts(tested, found),
        correction(tested, found),
        *further(found),
        changes(found),
        *effect_size(tested, found),
        f"groups of fewer than {MIN_ANIMALS} {found.unit}s were described but not tested",
        "all tests were two-sided" if two_sided else "",
        ASSUMPTIONS if len(tested) else "",
        error_method(found),
        power_method(found),
    )


def unit(found: Compared) -> str:
    """Name the unit of analysis and the primary measure."""
    notes = unit_notes(found.summary)
    primary = f"; the primary measure was {in_sentence(found.measures[0])}" if len(found.measures) > 1 else ""
    return f"{notes[0] if notes else 'the unit of analysis was the animal'}{primary}"


def contrasts(tested: pd.DataFrame, found: Compared) -> list[str]:
    """Describe the comparison of pairs."""
    if tested.empty:
        return []
    control, sessions = found.settings["control"], found.settings["sessions"]
    pairs = f"each group was compared with {control}" if control else "all pairs of groups were compared"
    if len(found.settings["groups"]) == 2:
        pairs = "the groups were compared"
    within = "at each session, " if sessions else ""
    words = {name: column_name(found.settings[name]) for name in ("covariate", "cluster")}
    how = enumerate_words(CONTRASTS[method].format(**words) for method in tested["method"].unique())
    return [f"{within}{pairs} by {how}"]


def correction(tested: pd.DataFrame, found: Compared) -> str:
    """Describe the corrections for several comparisons and several measures."""
    if tested.empty:
        return ""
    parts, most, measures = [], int(tested["comparisons"].max()), tested["measure"].nunique()
    if most > 1:
        parts.append(
            f"confidence intervals and p values were corrected for the {most} comparisons of each measure by Dunnett's "
            "T3 procedure (J Am Stat Assoc 1980;75:796)"
        )
    if measures > 1:
        parts.append(
            f"a difference was called significant if both its p and, after Holm correction for the {measures} "
            f"measures, the smallest p of its measure were below {found.alpha:g}"
        )
    else:
        parts.append(f"the significance level was {found.alpha:g}")
    return "; ".join(parts)


def further(found: Compared) -> list[str]:
    """Describe the tests of sessions, of a second factor and of a covariate."""
    tests = found.tests.dropna(subset="p")
    of = tests[~tests["effect"].isin(["group"])].drop_duplicates(["effect", "measure"])
    names = [F_TESTS[test] for test in of["test"].unique() if test in F_TESTS]
    if not names:
        return []
    roles = {"session": "sessions"} | {role: column_name(found.settings[role]) for role in ("factor", "covariate")}
    what = enumerate_words(str(word) for role, word in roles.items() if of["effect"].str.contains(role).any())
    interactions = " and interactions with the group" if of["effect"].str.contains("group:").any() else ""
    holm = "p values of these effects were corrected for the number of measures by Holm's method"
    text = f"effects of {what}{interactions} were tested by {enumerate_words(names)}"
    return [text, holm] if tests["measure"].nunique() > 1 else [text]


def changes(found: Compared) -> str:
    """Describe the tests of changes from the first session, within groups and between them."""
    tested = found.changes.dropna(subset="p_adjusted")
    within, between = (tested[tested["effect"] == effect] for effect in (WITHIN, BETWEEN))
    if within.empty:
        return ""
    words = {name: column_name(found.settings[name]) for name in ("covariate", "cluster")}
    how = [CONTRASTS[method].format(**words) for method in between["method"].unique()]
    texts = [
        f"changes from {tested['from_session'].iloc[0]} were tested within each group by paired t-tests on the animals "
        f"measured at both sessions{f', and compared between groups by {enumerate_words(how)}' if how else ''}"
    ]
    ways = [
        (int(within["comparisons"].max()), "changes within groups by Šidák's method (J Am Stat Assoc 1967;62:626)"),
        (int(between["comparisons"].max() if len(between) else 0), "differences in change by Dunnett's T3 procedure"),
    ]
    if counts := [f"the {number} {name}" for number, name in ways if number > 1]:
        texts.append(f"confidence intervals and p values of a measure were corrected for {enumerate_words(counts)}")
    return "; ".join(texts)


def effect_size(tested: pd.DataFrame, found: Compared) -> list[str]:
    """Define Hedges' g of differences between groups, and of differences in change."""
    between = found.changes[found.changes["effect"] == BETWEEN]
    changed = between["p_adjusted"].notna().any()
    if tested.empty and not changed:
        return []
    return [f"{EFFECT_SIZE}{'; for differences in change, these are the variances of the changes' if changed else ''}"]


def error_method(found: Compared) -> str:
    """Describe how the measurement error was estimated."""
    if found.measurement_error["reliability"].isna().all():
        return ""
    if found.error_on_simulated_mice:
        n = int(found.measurement_error["n"].max())
        return (
            f"in the absence of contours by an expert, the variance of the measurement error of {found.reader} was "
            f"that of its errors in {n} simulated mice, which is a lower limit; the part of the variance within groups "
            "that exceeds it was reported"
        )
    return (
        f"the variance of the measurement error of {found.reader} was that of its differences from the reference; the "
        "part of the variance within groups that exceeds it was reported"
    )


def power_method(found: Compared) -> str:
    """Describe the detectable difference."""
    table = found.measurement_error
    if table["detectable_difference"].isna().all():
        return ""
    of = " of the values, or of their changes," if table["detectable_change"].notna().any() else ""
    measures = " and of measures, as if no other measure differed" if len(found.measures) > 1 else ""
    return (
        "detectable differences are those that a two-sided t-test finds with a power of "
        f"{100 * POWER:g}%, for the standard deviation{of} pooled within groups and the harmonic mean of their sizes, "
        f"with Bonferroni correction for the number of comparisons{measures}"
    )
