"""Statistical methods of a comparison of groups in words: only what was computed is described."""

import pandas as pd

from murmur.comparison.design import MIN_ANIMALS
from murmur.presentation.comparison_words import column_name, in_sentence, too_small, unit_notes
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.phrases import enumerate_words, paragraph

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
    "to all scans, with Greenhouse and Geisser's correction of effects "
    "within animals (Psychometrika 1959;24:95)",
    "welch_james": "the Welch-James procedure (Johansen, Biometrika 1980;67:85), which does not assume equal variances",
    "ancova": "analysis of covariance",
    "block_anova": "analysis of variance within clusters",
}
CORRECTIONS = {
    "dunnett_t3": "Dunnett's T3 procedure (J Am Stat Assoc 1980;75:796)",
    "sidak": "Šidák's method (J Am Stat Assoc 1967;62:626)",
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
    settings = found.settings
    what = f"the comparison {found.name} concerned" if named else "the groups compared were"
    groups = enumerate_words(f"{group} (n = {n})" for group, n in found.animals.items())
    at = f", scanned at {enumerate_words(settings['sessions'])}" if settings["sessions"] else ""
    named_so = "control" in str(settings["control"]).casefold()
    control = f"; {settings['control']} was the control group" if settings["control"] and not named_so else ""
    intro = f"{what} {groups}{at}{control}"
    were = f"{found.measured} {'were' if len(found.measures) > 1 else 'was'} compared"
    return " ".join([paragraph(intro, were), described(found)])


def described(found: Compared) -> str:
    """Describe how groups were compared."""
    tested = found.asked.dropna(subset="p_adjusted")
    two_sided = found.tests["p"].notna().any() or len(tested)
    return paragraph(
        unit(found),
        *contrasts(tested, found),
        correction(tested, found),
        *further(found),
        described_only(found),
        effect_size(tested, found),
        f"groups of fewer than {MIN_ANIMALS} {found.unit}s were described but not tested"
        if too_small(found.asked)
        else "",
        "all tests were two-sided" if two_sided else "",
        ASSUMPTIONS if len(tested) else "",
        error_method(found),
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
    if len(found.settings["groups"]) == 1:
        return [f"changes from {sessions[0]} were tested by paired t-tests"]
    pairs = f"each group was compared with {control}" if control else "all pairs of groups were compared"
    if len(found.settings["groups"]) == 2:
        pairs = "the groups were compared"
    within = "at each session, " if sessions else ""
    if found.of_changes:
        within = f"changes from {sessions[0]} were calculated in the animals measured at both sessions; in these, "
    words = {name: column_name(found.settings[name]) for name in ("covariate", "cluster")}
    how = enumerate_words(CONTRASTS[method].format(**words) for method in tested["method"].unique())
    return [f"{within}{pairs} by {how}"]


def correction(tested: pd.DataFrame, found: Compared) -> str:
    """Describe the corrections for several comparisons and several measures."""
    if tested.empty:
        return ""
    parts, most, measures = [], int(tested["comparisons"].max()), tested["measure"].nunique()
    if most > 1:
        how = CORRECTIONS[tested.loc[tested["comparisons"] > 1, "correction"].iloc[0]]
        parts.append(
            f"confidence intervals and p values were corrected for the {most} comparisons of each measure by {how}"
        )
    if measures > 1:
        parts.append(
            f"a difference was called significant if its p was below {found.alpha:g} and the smallest p of its measure "
            f"remained so after Holm correction for the {measures} measures, which controls the familywise error "
            "rate across measures and within each measure, but not across all differences"
        )
    else:
        parts.append(f"the significance level was {found.alpha:g}")
    return "; ".join(parts)


def further(found: Compared) -> list[str]:
    """Describe the F tests: of sessions, of a second factor and of a covariate."""
    tests = found.tests[found.tests["test"].isin(F_TESTS)].dropna(subset="p")
    if tests.empty:
        return []
    words = {"group": "group", "session": "session"}
    words |= {role: column_name(found.settings[role]) for role in ("factor", "covariate")}
    effects = set(tests["effect"])
    what = enumerate_words(word for role, word in words.items() if role in effects)
    interactions = sum(":" in effect for effect in effects)
    interactions = f", and their interaction{'s' if interactions > 1 else ''}," if interactions else ""
    names = enumerate_words(F_TESTS[test] for test in tests["test"].unique())
    sentences = [f"effects of {what}{interactions} were tested by {names}"]
    if tests["measure"].nunique() > 1:
        sentences.append("p values of these effects were corrected for the number of measures by Holm's method")
    if found.settings["sessions"]:
        sentences.append("the tests of the mixed model are supplementary")
    return sentences


def described_only(found: Compared) -> str:
    """Name the estimates that do not answer the question, and how their intervals were computed."""
    sessions, factor = found.settings["sessions"], column_name(found.settings["factor"])
    if len(found.settings["groups"]) == 1:
        return ""
    names = []
    if found.changes["ci_low"].notna().any():
        sidak = CORRECTIONS["sidak"]
        within = f"changes from {sessions[0]} within groups, with paired t intervals corrected by {sidak},"
        names = [within, "differences at each session" if found.of_changes else "differences in these changes"]
    names += [f"differences within each level of {factor}"] if factor else []
    if not names:
        return ""
    return (
        f"{enumerate_words(names)} were described with confidence intervals corrected for their number, and not tested "
        "for significance"
    )


def effect_size(tested: pd.DataFrame, found: Compared) -> str:
    """Define Hedges' g of differences between groups; that of changes is not reported."""
    return EFFECT_SIZE if len(tested) and not found.of_changes else ""


def error_method(found: Compared) -> str:
    """Describe how the measurement error was estimated."""
    if found.measurement_error["reliability"].isna().all():
        return ""
    if found.error_on_simulated_mice:
        n = int(found.measurement_error["n"].max())
        return (
            f"in the absence of reference contours, the variance of the measurement error of {found.reader} was "
            f"taken to be at least that of its errors in {n} simulated mice; the proportion of the variance within "
            "groups that is not due to it was reported"
        )
    return (
        f"the variance of the measurement error of {found.reader} was that of its differences from the reference; the "
        "proportion of the variance within groups that is not due to it was reported"
    )
