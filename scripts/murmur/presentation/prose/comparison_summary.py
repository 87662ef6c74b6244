"""A comparison of groups in up to five sentences, the answer first."""

import pandas as pd

from murmur.comparison.design import POWER
from murmur.comparison.verdicts import BETWEEN, SIGNIFICANT, UNCONFIRMED
from murmur.presentation.comparison_words import TOO_SMALL, UNIT, column_name, difference_unit, in_sentence, too_small
from murmur.presentation.number_format import number, p_is
from murmur.presentation.prose.differences import Compared, facts, place_in
from murmur.presentation.prose.phrases import counted, enumerate_words, mean_sd, missing_values, paragraph, parenthesis
from murmur.vocabulary import REFERENCE

SILENT = ("no_value", "one_value", "error_unknown", TOO_SMALL, *UNIT)  # said elsewhere


def summary(found: Compared) -> str:
    """Summarise the comparison: who was compared, the primary measure, the others, what to look at, and the power."""
    if len(found.settings["groups"]) == 1:
        return paragraph(question(found), changes(found))
    others = "; ".join(filter(None, [secondary(found), longitudinal(found)]))
    return paragraph(question(found), primary(found), others, caution(found), power(found))


def sized(found: Compared) -> str:
    """Name the groups with their numbers of animals: "sham, n = 6; MI, n = 7", or "sham, n = 6 in 2 litters"."""
    within = {
        group: "" if found.unit == "animal" else f" in {counted(n, found.unit)}" for group, n in found.units.items()
    }
    return "; ".join(f"{group}, n = {n}{within[group]}" for group, n in found.animals.items())


def question(found: Compared) -> str:
    """Say who was compared, in which measures, and by whom they were measured."""
    settings, measures = found.settings, enumerate_words(map(in_sentence, found.measures))
    by = "the expert" if found.reader == REFERENCE else f"reader {found.reader}"
    was = f"{measures}, as measured by {by}, {'was' if len(found.measures) == 1 else 'were'}"
    sessions = enumerate_words(settings["sessions"]) if settings["sessions"] else ""
    animals = f"{found.animals.sum()} animals ({sized(found)})"
    if len(settings["groups"]) == 1:
        return f"{was} compared between {sessions} in {animals}"
    control = settings["control"]
    pairs = f"between each group and {control}" if control else "between all pairs of groups"
    if len(settings["groups"]) == 2:
        pairs = f"between {enumerate_words(settings['groups'])}"
    scanned = f" scanned at {sessions}" if sessions else ""
    adjusted = f", adjusted for {column_name(settings['covariate'])}," if settings["covariate"] else ""
    return f"{was} compared {pairs}{adjusted} in {animals}{scanned}"


def changes(found: Compared) -> str:
    """Say in which measures the sessions of a single group differ."""
    rows = found.tests[found.tests["effect"] == "session"].dropna(subset="p_holm")
    yes, no = (rows.loc[(rows["p_holm"] < found.alpha) == verdict] for verdict in (True, False))
    texts = [
        f"{in_sentence(row['measure'])} ({p_is(row['p_holm'])})"
        for part in (yes, no)
        for row in part.to_dict("records")
    ]
    changed, rest = texts[: len(yes)], texts[len(yes) :]
    parts = [f"sessions differed significantly in {enumerate_words(changed)}"] if changed else []
    parts += (
        [f"no significant differences between sessions were found in {enumerate_words(rest, 'or')}"] if rest else []
    )
    return "; ".join(parts)


def primary(found: Compared) -> str:
    """Answer the question for the primary measure."""
    measure = found.measures[0]
    rows = found.differences[(found.differences["measure"] == measure) & (found.differences["level"] == "")]
    tested = rows.dropna(subset="p_adjusted")
    name = in_sentence(measure)
    which = f"the primary measure, {name}," if len(found.measures) > 1 else name
    if tested.empty:
        return f"{which} could not be compared between groups"
    significant = tested[tested["verdict"] == SIGNIFICANT]
    if len(significant):
        return f"{which} was {enumerate_words(answers(significant))}{example(significant, found)}"
    least = tested.loc[tested["p_adjusted"].idxmin()].to_dict()
    place = place_in(found, least["session"], "") if found.settings["sessions"] else ""
    pair = f"{least['group_b']} and {least['group_a']}{f' {place}' if place else ''}{facts(least, found, False)}"
    if least["verdict"] == UNCONFIRMED:
        return (
            f"the difference in the primary measure, {name}, between {pair} was not significant after correction for "
            f"the number of measures ({p_is(least['p_measure'])}) and remains unconfirmed"
        )
    if len(tested) == 1:
        return f"{which} did not differ significantly between {pair}"
    any_groups = "the groups" if len(found.settings["groups"]) == 2 else "any groups"
    return f"{which} did not differ significantly between {any_groups}; the smallest p was that of {pair}"


def answers(rows: pd.DataFrame) -> list[str]:
    """Write where a measure was lower or higher: "significantly lower in MI and patch than in sham at day 28"."""
    found = []
    for (reference, higher), alike in rows.assign(higher=rows["difference"] > 0).groupby(
        ["group_a", "higher"], sort=False
    ):
        groups: dict[tuple[str, ...], list[str]] = {}
        for group, of_group in alike.groupby("group_b", sort=False):
            groups.setdefault(tuple(of_group["session"]), []).append(str(group))
        word = f"significantly {'higher' if higher else 'lower'}"
        at = {sessions: f" at {enumerate_words(sessions)}" if all(sessions) else "" for sessions in groups}
        if len(groups) == 1:
            ((sessions, names),) = groups.items()
            found.append(f"{word} in {enumerate_words(names)} than in {reference}{at[sessions]}")
        else:
            places = [f"in {enumerate_words(names)}{at[sessions]}" for sessions, names in groups.items()]
            found.append(f"{word} than in {reference} {enumerate_words(places)}")
    return found


def example(rows: pd.DataFrame, found: Compared) -> str:
    """Give the largest of several differences, or the only one, in numbers."""
    row = rows.loc[rows["difference"].abs().idxmax()].to_dict()
    value, _, rest = facts(row, found, False).strip(" ()").removeprefix("difference ").partition(", ")
    means = [mean_of(found, row, row[side]) for side in ("group_b", "group_a")]
    versus = f"mean ± SD {means[0]} versus {means[1]}; " if all(means) else ""
    if len(rows) == 1:
        return f"; the difference was {value} ({versus}{rest})"
    place = f" at {row['session']}" if row["session"] else ""
    return f"; the largest difference, {row['group_b']} − {row['group_a']}{place}, was {value} ({versus}{rest})"


def mean_of(found: Compared, row: dict, group: str) -> str:
    """Write the mean ± SD of a group in the session of a difference; empty where means are adjusted or averaged."""
    rows = found.summary[(found.summary["measure"] == row["measure"]) & (found.summary["group"] == group)]
    rows = rows[(rows["session"] == row["session"]) & (rows["level"] == row["level"])]
    if rows.empty or found.settings["covariate"]:
        return ""
    return mean_sd(rows["mean"].iloc[0], rows["sd"].iloc[0], found.decimals(row["measure"]))


def secondary(found: Compared) -> str:
    """Say in which of the other measures any groups differed significantly."""
    rows = found.differences.dropna(subset="p_adjusted")
    tested = [measure for measure in found.measures[1:] if (rows["measure"] == measure).any()]
    significant = set(rows.loc[rows["verdict"] == SIGNIFICANT, "measure"])
    different = [in_sentence(measure) for measure in tested if measure in significant]
    changed = changed_differently(found)
    rest = [in_sentence(measure) for measure in tested if measure not in significant | changed.keys()]
    if not different:
        return f"no difference in {enumerate_words(rest, 'or')} was significant" if rest else ""
    also = "also " if found.measures[0] in significant else ""
    left = f", but not in {enumerate_words(rest, 'or')}" if rest else ""
    return f"groups {also}differed significantly in {enumerate_words(different)}{left}"


def changed_differently(found: Compared) -> dict[str, list[str]]:
    """Return the measures whose changes differ significantly between groups, each with the groups or pairs in which.

    There are none for a measure of which only the interaction of group and session is significant.
    """
    rows = found.changes[(found.changes["effect"] == BETWEEN) & (found.changes["level"] == "")]
    order = {group: number for number, group in enumerate(found.settings["groups"])}
    rows = rows[rows["verdict"] == SIGNIFICANT].sort_values(["group_b", "group_a"], key=lambda names: names.map(order))
    pairs = rows["group_b"] if found.settings["control"] else rows["group_b"] + " versus " + rows["group_a"]
    tests = found.tests[(found.tests["effect"] == "group:session") & (found.tests["p_holm"] < found.alpha)]
    changed = {*rows["measure"], *tests["measure"]}
    return {
        measure: list(dict.fromkeys(pairs[rows["measure"] == measure]))
        for measure in found.measures
        if measure in changed
    }


def longitudinal(found: Compared) -> str:
    """Say in which measures the changes from the first session differ between groups."""
    changed = changed_differently(found)
    if not changed:
        return ""
    first, control = found.settings["sessions"][0], found.settings["control"]
    several = len(found.settings["groups"]) > 2
    named = [
        f"{in_sentence(measure)}{parenthesis(enumerate_words(groups) if several else '')}"
        for measure, groups in changed.items()
        if groups
    ]
    whose = f"from that of {control}" if control else "between groups"
    parts = [f"the change from {first} differed significantly {whose} in {enumerate_words(named)}"] if named else []
    if overall := [in_sentence(measure) for measure, groups in changed.items() if not groups]:
        parts.append(
            f"the change over all sessions differed significantly between groups in {enumerate_words(overall)}, but "
            f"no single change from {first} did"
        )
    return "; ".join(parts)


def caution(found: Compared) -> str:
    """Name what to look at first: groups that were not tested, or unconfirmed differences in other measures."""
    table = found.differences
    names = list(map(in_sentence, table["measure"]))
    if untested := too_small(table) or missing_values(table, names, "not everything could be compared", SILENT):
        return untested
    unconfirmed = table.loc[table["verdict"] == UNCONFIRMED, "measure"].unique()
    others = [in_sentence(measure) for measure in unconfirmed if measure != found.measures[0]]
    return f"unconfirmed differences in {enumerate_words(others)} should not be reported as findings" if others else ""


def power(found: Compared) -> str:
    """Say which difference in the primary measure would be called significant, with and without the reader's error."""
    rows = found.measurement_error[found.measurement_error["measure"] == found.measures[0]]
    if rows.empty or pd.isna(rows["detectable_difference"].iloc[0]):
        return ""
    row = rows.iloc[0]
    decimals, unit = found.decimals(row["measure"]), difference_unit(row["measure"])
    sizes = [
        f"{number(row[name], decimals)} {unit}".strip()
        for name in ("detectable_difference", "detectable_without_error", "detectable_change")
    ]
    name, change = in_sentence(row["measure"]), ""
    if pd.notna(row["detectable_change"]):
        change = f", or in its change from {found.settings['sessions'][0]} of {sizes[2]},"
    text = (
        f"given the number of {found.unit}s and the standard deviation within groups, a difference between two groups "
        f"in {name} of {sizes[0]}{change} would be called significant with a power of {100 * POWER:g}%"
    )
    known = pd.notna(row["detectable_without_error"]) and sizes[0] != sizes[1]
    if not known:
        return text
    if found.error_on_simulated_mice:
        return f"{text}; without the measurement error of {found.reader} on simulated mice, one in {name} of {sizes[1]}"
    return f"{text}; without the measurement error of {found.reader}, one in {name} of {sizes[1]}"
