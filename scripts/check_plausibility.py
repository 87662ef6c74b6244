"""List what is odd about the mice of a cohort in checks.csv: mouse, check, found, expected (docs/checks.md).

Inputs: manifest.csv, the mouse files, the masks that were imported and the manifests of cohorts on which networks were
trained or, for a cohort without images, its table of measurements. Findings stop a study only if it is `strict`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data import measurement_table, plausibility
from murmur.data.manifest import read_analysed, read_manifest
from murmur.data.mouse import Mouse
from murmur.data.plausibility import Finding
from murmur.data.plausible_images import check_rescaled, fingerprint, look_at_images
from murmur.data.plausible_masks import Imported, MaskFindings, check_same_masks, look_at_masks
from murmur.errors import BadInput
from murmur.job import job, processes
from murmur.logs import log, progress
from murmur.subject import in_words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def findings_of_images(
    manifest: str,
    files: Sequence[str],
    input_sizes: Mapping[str, int],
    datasets: Sequence[str],
    one_protocol: bool,
    threads: int,
    learnt: Mapping[str, tuple[str, Sequence[str]]] | None = None,
    imported: Mapping[str, Mapping[str, Imported]] | None = None,
) -> list[Finding]:
    """Return the findings of the mice of a manifest, whose `files` are in its order; by mouse, then of the cohort.

    `learnt` has the manifests of other cohorts, and the mice in them from which networks that segment this one learnt;
    `imported` has the masks of other observers and tools, by mouse and reader.
    """
    mice, table = read_manifest(manifest), read_analysed(manifest)[0]
    look = partial(_look, sizes=input_sizes, others=tuple(datasets))
    masks = [(imported or {}).get(name, {}) for name in mice]
    with processes(threads) as pool:
        seen = list(progress(pool.map(look, files, mice.values(), masks), "plausibility", "mouse", total=len(mice)))
    found = []
    for (images, of_masks, _), mouse, row in zip(seen, mice.values(), table.itertuples(), strict=True):
        found += plausibility.check_grid(mouse, row.spacing_assumed, row.frame_interval_assumed)
        found += [*plausibility.check_phases(mouse), *images, *of_masks.found]
    found += plausibility.check_same_images(mice.values())
    found += check_rescaled(list(mice.values()), [vector for *_, vector in seen])
    found += check_same_masks(list(mice.values()), [of_masks.digests for _, of_masks, _ in seen])
    used = {}
    for cohort, (path, names) in (learnt or {}).items():
        others = read_manifest(path)
        used[cohort] = [others[name] for name in names]
    found += plausibility.check_unseen(mice.values(), used)
    return found + (list(plausibility.check_same_grid(list(mice.values()))) if one_protocol else [])


def _look(
    file: str, mouse: Mouse, imported: Mapping[str, Imported], sizes: Mapping[str, int], others: tuple[str, ...]
) -> tuple[list[Finding], MaskFindings, np.ndarray]:
    return look_at_images(file, mouse, others), look_at_masks(file, mouse, sizes, imported), fingerprint(file)


def findings_of_table(table: str, excluded: Mapping[str, str]) -> list[Finding]:
    """Return the findings of the measurements of the reference and of each reader of a table."""
    found, values = [], {}
    for number, reader in enumerate(measurement_table.readers(table)):
        function = measurement_table.function(table, reader, excluded)
        columns = {"the reference": "reference", reader: "reader"} if number == 0 else {reader: "reader"}
        for who, column in columns.items():
            if function[column].isna().all():
                found.append(Finding("", "no values", f"only empty cells by {who}", "a value at least once"))
            found += plausibility.check_measurements(function, who, column)
            values[who] = function.set_index(["mouse", "metric"])[column]
    return [*found, *plausibility.check_same_values(pd.DataFrame(values))]


def main(checks: str, findings: Sequence[Finding], strict: bool) -> None:
    """Write `checks` (checks.csv). Raises BadInput with one line per finding if there are any and `strict` is true."""
    findings = [Finding(mouse, *map(in_words, found)) for mouse, *found in findings]
    if findings and strict:
        raise BadInput("\n".join(finding.sentence for finding in findings))
    log.info("%d findings of %d mice", len(findings), len({finding.mouse for finding in findings}))
    write_csv(pd.DataFrame(findings, columns=Finding._fields), checks)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        noticed = [Finding(*finding) for finding in params.noticed]
        if given.table:
            found = findings_of_table(given.table, params.excluded)
        else:
            learnt = {
                cohort: (manifest, mice)
                for manifest, (cohort, mice) in zip(given.learnt, params.learnt.items(), strict=True)
            }
            imported = {}
            for (mouse, reader, own), file in zip(params.imported, given.imported, strict=True):
                imported.setdefault(mouse, {})[reader] = Imported(file, own)
            images = (params.input_sizes, params.datasets, params.one_protocol, snakemake.threads)
            found = findings_of_images(given.manifest, list(given.mice), *images, learnt, imported)
        main(snakemake.output.checks, [*noticed, *found], params.strict)
