"""Fixtures of the tests of written results."""

import pytest

import write_results
from murmur.csv_tables import read_csv, write_csv
from results_of_a_cohort import measurements, statistics


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """The tables of 4 phenotypes of 10 mice, by name."""
    folder = tmp_path_factory.mktemp("cohort")
    paths = statistics(folder, measurements(folder, 10))
    return {name: read_csv(path) for name, path in paths.items()}


@pytest.fixture
def write(tmp_path):
    """A function that writes tables, then the results, and returns the text."""

    def run(tables, alpha=0.05, power=0.8):
        paths = {name: tmp_path / f"{name}.csv" for name in tables}
        for name, table in tables.items():
            write_csv(table, paths[name])
        output = tmp_path / "results.md"
        write_results.main(output=output, cohort="mine", reader="net", alpha=alpha, power=power, **paths)
        return output.read_text(encoding="utf-8")

    return run
