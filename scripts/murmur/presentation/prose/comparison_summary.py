"""A comparison of groups in up to five sentences, the answer first."""

import pandas as pd

from murmur.comparison.verdicts import SIGNIFICANT, UNCONFIRMED
from murmur.presentation.comparison_words import (
    TOO_SMALL,
    UNIT,
    column_name,
    difference_unit,
    in_sentence,
    too_small,
    unit_of,
)
from murmur.presentation.number_format import p_is
from murmur.presentation.prose import changes
from murmur.presentation.prose.differences import Compared, changes_of, facts, of_difference, place_in
from murmur.presentation.prose.phrases import (
    confidence_interval,
    counted,
    enumerate_words,
    interval,
    mean_sd,
    missing_values,
    paragraph,
)

SILENT = ("no_value", "one_value", "error_unknown", TOO_SMALL, *UNIT)  # said elsewhere


def summary(found: Compared) -> str:
    """Summarise the comparison: who was compared, the primary measure, the others, and what to look at."""
    if len(found.settings["groups"]) == 1:
        return paragraph(question(found), changes.summary(found), caution(found))
    return paragraph(question(found), primary(found), secondary(found), caution(found))


def sized(found: Compared) -> str:
    """Name the groups with their numbers of animals: "sham, n = 6; MI, n = 7", or "sham, n = 6 in 2 litters"."""
    within = {
        group: "" if found.unit == "animal" else f" in {counted(n, found.unit)}" for group, n in found.units.items()
    }
    return "; ".join(f"{group}, n = {n}{within[group]}" for group, n in found.animals.items())


def question(found: Compared) -> str:
    """Say who was compared, in which measures, and by whom they were measured."""
    settings = found.settings
    were = "was" if len(found.measures) == 1 else "were"
    was = f"{found.measured} {were}"
    if found.of_changes:
        was = f"changes from {settings['sessions'][0]} in {found.measured} were"
    sessions = enumerate_words(settings["sessions"]) if settings["sessions"] else ""
    animals = f"{found.animals.sum()} animals ({sized(found)})"
    if len(settings["groups"]) == 1:
        return f"{was} tested in {animals} scanned at {sessions}"
    control = settings["control"]
    pairs = f"between each group and {control}" if control else "between all pairs of groups"
    if len(settings["groups"]) == 2:
        pairs = f"between {enumerate_words(settings['groups'])}"
    scanned = f" scanned at {sessions}" if sessions else ""
    adjusted = f", adjusted for {column_name(settings['covariate'])}," if settings["covariate"] else ""
    return f"{was} compared {pairs}{adjusted} in {animals}{scanned}"


def primary(found: Compared) -> str:
    """Answer the question for the primary measure."""
    measure = found.measures[0]
    tested = found.asked[found.asked["measure"] == measure].dropna(subset="p_adjusted")
    name = found.quantity(in_sentence(measure))
    several = len(found.measures) > 1
    which = found.quantity(f"the primary measure, {in_sentence(measure)},") if several else name
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
            f"the difference in {which.removesuffix(',')} between {pair} was not significant after correction for the "
            f"number of measures ({p_is(least['p_measure'])}) and remains unconfirmed"
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
    decimals = found.decimals(row["measure"])
    value = of_difference(row, decimals, difference_unit(row["measure"]))
    limits = interval(row["ci_low"], row["ci_high"], decimals)
    rest = f"{confidence_interval(found.alpha, limits)}, {p_is(row['p_adjusted'])}"
    versus = means_of(found, row)
    if len(rows) == 1:
        return f"; the difference was {value} ({versus}{rest})"
    place = f" at {row['session']}" if row["session"] else ""
    return f"; the largest difference, {row['group_b']} − {row['group_a']}{place}, was {value} ({versus}{rest})"


def means_of(found: Compared, row: dict) -> str:
    """Write the means of both groups, ± SD where values are compared; empty where means are adjusted or averaged."""
    decimals, unit = found.decimals(row["measure"]), unit_of(row["measure"])
    if found.settings["covariate"] or found.settings["factor"]:
        return ""
    if found.of_changes:
        return f"{changes_of(row, decimals)}; "
    rows = found.summary[(found.summary["measure"] == row["measure"]) & (found.summary["session"] == row["session"])]
    of = rows.set_index("group")
    means = [mean_sd(of.loc[row[side], "mean"], of.loc[row[side], "sd"], decimals) for side in ("group_b", "group_a")]
    printed = [f"{mean}{'' if unit == '%' else ' '}{unit}".strip() for mean in means]
    return f"mean ± SD {printed[0]} versus {printed[1]}; "


def secondary(found: Compared) -> str:
    """Say in which of the other measures any groups differed significantly."""
    rows = found.asked.dropna(subset="p_adjusted")
    tested = [measure for measure in found.measures[1:] if (rows["measure"] == measure).any()]
    significant = set(rows.loc[rows["verdict"] == SIGNIFICANT, "measure"])
    different = [in_sentence(measure) for measure in tested if measure in significant]
    rest = [in_sentence(measure) for measure in tested if measure not in significant]
    of = f"the change from {found.settings['sessions'][0]} in " if found.of_changes else ""
    if not different:
        return f"no difference in {of}{enumerate_words(rest, 'or')} was significant" if rest else ""
    also = "also " if found.measures[0] in significant else ""
    left = f"; no significant difference was found in {enumerate_words(rest, 'or')}" if rest else ""
    return f"groups {also}differed significantly in {of}{enumerate_words(different)}{left}"


def caution(found: Compared) -> str:
    """Name what to look at first: groups that were not tested, or unconfirmed differences in other measures."""
    table = found.asked
    names = list(map(in_sentence, table["measure"]))
    if untested := too_small(table) or missing_values(table, names, "not everything could be compared", SILENT):
        return untested
    unconfirmed = table.loc[table["verdict"] == UNCONFIRMED, "measure"].unique()
    others = [in_sentence(measure) for measure in unconfirmed if measure != found.measures[0]]
    return f"unconfirmed differences in {enumerate_words(others)} should not be reported as findings" if others else ""
