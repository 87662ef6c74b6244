import re

import numpy as np
import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.statistics.notes import WORDS, annotate, joined, mice, note, reason, reasons_of, words


def test_mice_are_counted():
    assert [mice(n) for n in (0, 1, 2)] == ["0 mice", "1 mouse", "2 mice"]
    assert joined("", "one", "", "two") == "one; two"


def test_many_names_are_a_number_in_print():
    few, many = ([f"Mouse{number}" for number in range(n)] for n in (5, 6))
    assert words(reason("dice_missing", mice=few), brief=True) == f"excluded, Dice missing: {', '.join(few)}"
    assert words(reason("dice_missing", mice=many), brief=True) == "excluded, Dice missing: n = 6"
    assert words(reason("dice_missing", mice=many)) == f"excluded, Dice missing: {', '.join(many)}"


def test_a_note_words_each_reason_once():
    why = [reason("no_value"), reason("too_few_mice", "n = 1"), reason("no_value")]
    assert note(why) == "no value; n = 1, at least 2 are required"


def test_reasons_pass_through_a_table_whatever_the_names(tmp_path):
    """Names with the signs that notes and tables are made of come back as they were."""
    why = [[], [reason("dice_missing", mice=["a; b, c: d", '"01"'])], [reason("pairs_missing", np.int64(2), 5)]]
    write_csv(annotate(pd.DataFrame({"note": "", "reasons": why})), tmp_path / "table.csv")
    table = read_csv(tmp_path / "table.csv")
    assert [reasons_of(cell) for cell in table["reasons"]] == why
    assert table["note"].to_list()[1:] == [note(why[1]), "2 of 5 scans excluded, no value for reference or reader"]


def test_every_reason_has_its_words_and_no_code_reads_a_note(root):
    codes = set()
    for path in (root / "scripts").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'reason\(\s*"(\w+)"', source))
        assert not re.search(r"""note(s|"\])?\.(str\.)?(split|startswith|endswith|contains|partition)""", source), path
    assert codes <= set(WORDS), codes - set(WORDS)
