"""Statistical methods of a comparison of groups in words: only what was computed is described."""

import pandas as pd

from murmur.comparison.design import MIN_ANIMALS
from murmur.comparison.measurement_error import POWER
from murmur.presentation.comparison_words import in_sentence, unit_notes
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.phrases import enumerate_words, paragraph

HC2 = "HC2 standard errors and Satterthwaite's degrees of freedom, which do not assume equal variances"
CONTRASTS = {
    "welch": "Welch's t-test, which does not assume equal variances",
    "ancova_hc2": f"a linear model with {{covariate}} as covariate, with {HC2}",
    "within_cluster_hc2": f"a linear model with a mean for each {{cluster}}, to compare animals within it, with {HC2}",
}
F_TESTS = {
    "mixed_model": "a linear mixed model with the animal as random intercept, fitted by restricted maximum likelihood "
    "to all scans, those of animals that lack a session included, with Greenhouse and Geisser's correction of effects "
    "within animals",
    "welch_james": "the Welch-James procedure (Johansen, 1980), which does not assume equal variances",
    "ancova": "analysis of covariance",
    "block_anova": "analysis of variance within clusters",
}
EFFECT_SIZE = "Hedges' g divides the difference by the root mean variance of the groups, corrected for small samples"
ASSUMPTIONS = (
    "normality of the residuals (Shapiro-Wilk) and equality of variances (Brown-Forsythe) were examined but not used "
    "to choose a test"
)


def described(found: Compared) -> str:
    """Describe how groups were compared."""
    tested = found.differences.dropna(subset="p_adjusted")
    return paragraph(
        unit(found),
        *contrasts(tested, found),
        correction(tested, found),
        *further(found),
        EFFECT_SIZE if len(tested) else "",
        f"groups of fewer than {MIN_ANIMALS} animals were described but not tested",
        ASSUMPTIONS if len(tested) else "",
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
    words = {name: found.settings[name] for name in ("covariate", "cluster")}
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
            "T3 procedure (Dunnett, 1980)"
        )
    if measures > 1:
        parts.append(
            f"a difference was called significant if its p was below {found.alpha:g} and the smallest p of its measure "
            f"remained so after Holm correction for the {measures} measures"
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
    roles = {"session": "sessions", "factor": found.settings["factor"], "covariate": found.settings["covariate"]}
    what = enumerate_words(str(word) for role, word in roles.items() if of["effect"].str.contains(role).any())
    interactions = " and interactions with the group" if of["effect"].str.contains("group:").any() else ""
    holm = "p values of these effects were corrected for the number of measures by Holm's method"
    text = f"effects of {what}{interactions} were tested by {enumerate_words(names)}"
    return [text, holm] if tests["measure"].nunique() > 1 else [text]


def power_method(found: Compared) -> str:
    """Describe the detectable difference."""
    if found.measurement_error["detectable_difference"].isna().all():
        return ""
    return (
        f"detectable differences are those of a two-sided t-test with a power of {100 * POWER:g}%, for the standard "
        "deviation pooled within groups and the harmonic mean of their sizes, with Bonferroni correction"
    )
