"""Measure left-ventricular function: EDV, ESV, SV (µL), EF (%), and mass at ED and ES (mg), for reference and reader.

Frames are those of ED and ES in the reference. For mice without expert contours, ED and ES are the frames with the
largest and the smallest blood pool of the reader, and the reference is missing. Function is not computed for mice with
a single annotated frame.
"""

from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import Mouse, read_manifest
from murmur.job import job
from murmur.logs import log
from murmur.measurement.function import function
from murmur.vocabulary import METRICS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def measure(mouse: Mouse, reader: pd.DataFrame, reference: pd.DataFrame | None) -> list[tuple]:
    """Return the rows (mouse, metric, unit, reference, reader) of one mouse.

    `reader` and `reference`, which may be None, are its volumes by frame, columns blood_pool_uL and myocardium_mg.
    """
    ed, es = mouse.ed_frame, mouse.es_frame
    if not mouse.annotated_frames and reader["blood_pool_uL"].notna().sum() > 1:
        ed, es = reader["blood_pool_uL"].idxmax(), reader["blood_pool_uL"].idxmin()
    if ed is None:
        return [(mouse.name, metric, unit, None, None) for metric, unit in METRICS.items()]
    by_reference = dict.fromkeys(METRICS) if reference is None else function(reference.loc[ed], reference.loc[es])
    by_reader = function(reader.loc[ed], reader.loc[es])
    return [(mouse.name, metric, unit, by_reference[metric], by_reader[metric]) for metric, unit in METRICS.items()]


def main(manifest: str, reader_volumes: str, reference_volumes: str | None, output: str) -> None:
    """Write `output` (function.csv) for every mouse of `reader_volumes`; `reference_volumes` is None without any."""
    described = read_manifest(manifest)
    by_mouse = [
        {mouse: rows.set_index("frame") for mouse, rows in read_csv(path).groupby("mouse", sort=False)} if path else {}
        for path in (reader_volumes, reference_volumes)
    ]
    rows = []
    for name, volumes in by_mouse[0].items():
        rows += measure(described[name], volumes, by_mouse[1].get(name))
    table = pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference", "reader"])
    log.info("%d of %d mice have an EF", (table["metric"].eq("EF") & table["reader"].notna()).sum(), len(by_mouse[0]))
    write_csv(table, output)


if __name__ == "__main__":
    with job(snakemake):
        main(
            manifest=snakemake.input.manifest,
            reader_volumes=snakemake.input.reader,
            reference_volumes=snakemake.input.reference or None,
            output=snakemake.output.function,
        )
