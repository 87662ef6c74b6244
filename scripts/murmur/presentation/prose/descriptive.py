"""What a comparison describes without a verdict, because it does not answer its question: as tables."""

import pandas as pd

from murmur.comparison.verdicts import WITHIN, of_question
from murmur.presentation.comparison_words import column_name, difference_unit, in_sentence, name_of
from murmur.presentation.markdown_page import markdown_table
from murmur.presentation.number_format import DASH, number, p_is
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.phrases import interval, paragraph, parenthesis

IN_SENTENCES = ("group:factor", "covariate")  # effects of the mixed model that are not in its table


def sections(found: Compared) -> dict[str, list[str]]:
    """Return the estimates of the primary measure without a verdict, by heading, and the tests of the mixed model."""
    if len(found.settings["groups"]) == 1:
        return {"Mixed model": mixed_model(found)}
    measure, factor = in_sentence(found.measures[0]), column_name(found.settings["factor"])
    within, texts = found.changes["effect"] == WITHIN, {}
    if factor:
        asked = of_question(found.differences, found.changes, found.settings)
        what = f"differences in {found.quantity(measure)} within each level of {factor}"
        texts[f"Differences within {factor}"] = described(what, asked[asked["level"] != ""], found)
    if found.of_changes:
        what = f"differences in {measure}"
        texts["Differences at each session"] = described(what, averages(found.differences), found)
    if found.settings["sessions"]:
        first = found.settings["sessions"][0]
        rows = averages(found.changes[within] if found.of_changes else found.changes)
        both = "" if found.of_changes else ", and differences between groups in these changes"
        texts[f"Changes from {first}"] = described(f"changes in {measure} from {first}{both}", rows, found)
    return texts | {"Mixed model": mixed_model(found)}


def averages(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are averages over the levels of a second factor, or all without one."""
    return rows[rows["level"] == ""]


def described(what: str, table: pd.DataFrame, found: Compared) -> list[str]:
    """Introduce `what` is described, and list the rows of the primary measure with their intervals, by session."""
    rows = table[table["measure"] == found.measures[0]].dropna(subset="difference")
    sessions = found.settings["sessions"] or [""]
    rows = rows.sort_values("session", key=lambda of: of.map(sessions.index), kind="stable")
    unit, places = difference_unit(found.measures[0]), [name for name in ("session", "level") if rows[name].any()]
    cells = [
        [
            *(row[name] for name in places),
            row["group_b"] if row["group_a"] == row["group_b"] else f"{row['group_b']} − {row['group_a']}",
            f"{row['n_b']:g}" if row["group_a"] == row["group_b"] else f"{row['n_b']:g}, {row['n_a']:g}",
            estimate(row, found),
        ]
        for row in rows.to_dict("records")
    ]
    if not cells:
        return []
    intro = paragraph(
        f"the table gives {what}, with {100 * (1 - found.alpha):g}% confidence intervals corrected for the number "
        "of such estimates of a measure"
    )
    column = f"{name_of(found.measures[0])}{parenthesis(unit)}"
    return [intro, markdown_table([*places, "group", f"{found.unit}s", column], cells)]


def estimate(row: dict, found: Compared) -> str:
    """Write a difference or change with its interval, where there is one."""
    decimals = found.decimals(row["measure"])
    return f"{number(row['difference'], decimals)}{parenthesis(interval(row['ci_low'], row['ci_high'], decimals))}"


def mixed_model(found: Compared) -> list[str]:
    """Return the F tests of the mixed model as a table: a row per measure, a column per effect."""
    tests = found.tests[(found.tests["test"] == "mixed_model") & ~found.tests["effect"].isin(IN_SENTENCES)]
    tests = tests.dropna(subset="p_holm")
    if tests.empty:
        return []
    effects = list(tests["effect"].unique())
    cells = {(row["measure"], row["effect"]): f_test(row) for row in tests.to_dict("records")}
    measures = [measure for measure in found.measures if measure in set(tests["measure"])]
    factor = column_name(found.settings["factor"])
    names = [effect.replace("factor", factor).replace(":", " × ") for effect in effects]
    corrected = ", with p values corrected for the number of measures by Holm's method" if len(measures) > 1 else ""
    intro = paragraph(f"the table gives the supplementary F tests of the linear mixed model{corrected}")
    rows = [[name_of(measure), *(cells.get((measure, effect), DASH) for effect in effects)] for measure in measures]
    return [intro, markdown_table(["measure", *names], rows)]


def f_test(row: dict) -> str:
    """Write an F test: "F(1.5, 30.2) = 59.93, p < 0.001"."""
    df1 = number(row["df1"], 0 if float(row["df1"]).is_integer() else 1)
    return f"F({df1}, {number(row['df2'])}) = {number(row['statistic'], 2)}, {p_is(row['p_holm'])}"
