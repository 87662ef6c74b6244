"""The same comparison in the scans that an expert contoured, by the reader and by the reference."""

import pandas as pd

from murmur.comparison.changes import answers_of
from murmur.comparison.design import design, long, of_measures, tidy
from murmur.comparison.measures import chosen
from murmur.comparison.pairs import DIFFERENCES
from murmur.comparison.verdicts import READER
from murmur.measurement.measures import MEASURES
from murmur.statistics.notes import annotate
from murmur.vocabulary import REFERENCE

CONTOURED = ["values", *(column for column in DIFFERENCES if column not in ("p_measure", "verdict"))]


def of_both(reader: pd.DataFrame, reference: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the contoured scans with the values of the reader, and with those of the reference.

    Parameters
    ----------
    reader, reference : DataFrame
        Measurements by reader and reference, one row per scan: mouse and the columns of MEASURES; that of the reader
        also has the columns of the participants and `contoured`.

    Returns
    -------
    dict of str to DataFrame
        By "reader" and "reference", rows of `reader`. Each measure is missing where one of the two lacks it, so that
        the same animals are compared.
    """
    by_reader = reader[reader["contoured"].astype(bool)]
    others = reference.set_index("mouse").reindex(by_reader["mouse"]).set_axis(by_reader.index)
    columns = [measure.column for measure in MEASURES.values() if measure.column in by_reader]
    values, expected = by_reader[columns], others.reindex(columns=columns).astype(float)
    both = values.notna() & expected.notna()
    return {READER: by_reader.assign(**values.where(both)), REFERENCE: by_reader.assign(**expected.where(both))}


def compare_contoured(reader: pd.DataFrame, reference: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """Compare the groups in the scans that an expert contoured, by the reader and by the reference.

    Parameters
    ----------
    reader, reference : DataFrame
        Measurements, as in `of_both`.
    settings : dict
        Settings of the comparison, as in `murmur.comparison.compare.compare`.

    Returns
    -------
    DataFrame
        CONTOURED: the differences, with `values` naming whose values are compared. They have no verdict, because they
        ask the question of the whole comparison again.
    """
    if not reader["contoured"].any():
        return pd.DataFrame(columns=CONTOURED)
    measures = chosen(reader.columns, settings.get("measures"))
    rows = []
    for who, table in of_both(reader, reference).items():
        scans, left_out = tidy(table, settings)
        plan = design(scans, settings)
        values = long(scans, settings | {"measures": measures})
        for measure in of_measures(values, plan, left_out):
            rows += [{"values": who} | row for row in answers_of(measure, plan)]
    return annotate(pd.DataFrame(rows, columns=CONTOURED).astype(dict.fromkeys(("n_a", "n_b", "comparisons"), "Int64")))
