"""Tables of a generated cohort of which results are written, and the paragraphs of the results."""

import numpy as np
import pandas as pd

import compare_groups
import compare_overlap
import correlate_dice_error
import estimate_sample_size
import measure_agreement
import model_overlap
import summarise_overlap
from murmur.csv_tables import write_csv
from murmur.vocabulary import METRICS

MARGINS = {"EDV": 5, "ESV": 5, "SV": 3, "EF": 5, "mass_ED": 13, "mass_ES": 13}
EFFECT = {"control": (66, 27, 90), "DCM": (85, 52, 95), "MI": (80, 45, 92), "TAC": (66, 29, 130)}


def measurements(folder, mice_per_phenotype, phenotypes=("control", "DCM", "MI", "TAC"), seed=0):
    """Write function.csv, overlap.csv and manifest.csv of generated mice, and return their phenotypes."""
    rng = np.random.default_rng(seed)
    function, overlap, manifest, found = [], [], [], {}
    for phenotype in phenotypes:
        for _ in range(mice_per_phenotype):
            mouse = f"Mouse{len(found) + 1}"
            found[mouse] = phenotype
            edv, esv, mass = rng.normal(EFFECT[phenotype], (8, 6, 12))
            read_edv, read_esv, read_mass = edv + rng.normal(3, 4), esv + rng.normal(0, 4), mass + rng.normal(-6, 5)
            values = {
                "EDV": (edv, read_edv),
                "ESV": (esv, read_esv),
                "SV": (edv - esv, read_edv - read_esv),
                "EF": (100 - 100 * esv / edv, 100 - 100 * read_esv / read_edv),
                "mass_ED": (mass, read_mass),
                "mass_ES": (mass + rng.normal(), read_mass + rng.normal()),
            }
            function += [(mouse, metric, METRICS[metric], *pair) for metric, pair in values.items()]
            for phase in ("ED", "ES"):
                for structure, mean in (("blood_pool", 0.95), ("myocardium", 0.89)):
                    dice = mean + rng.normal(0, 0.02)
                    overlap.append((mouse, phase, structure, dice, 2.2 - 2 * dice, 1.1 - dice))
            manifest.append((mouse, phenotype, 0, 7))
    columns = ["mouse", "metric", "unit", "reference", "reader"]
    write_csv(pd.DataFrame(function, columns=columns), folder / "function.csv")
    columns = ["mouse", "phase", "structure", "dice", "hd95_mm", "assd_mm"]
    write_csv(pd.DataFrame(overlap, columns=columns), folder / "overlap.csv")
    manifest = pd.DataFrame(manifest, columns=["mouse", "phenotype", "ed_frame", "es_frame"]).assign(excluded=None)
    write_csv(manifest.astype({"ed_frame": "Int64", "es_frame": "Int64"}), folder / "manifest.csv")
    return found


def statistics(folder, phenotypes):
    """Write every table that the text is made from, and return their paths by name."""
    path = {name: folder / f"{name}.csv" for name in TABLES}
    function, overlap = folder / "function.csv", folder / "overlap.csv"
    measure_agreement.main(function, path["agreement"], 1, 0.05, MARGINS)
    summarise_overlap.main(overlap, path["overlap_summary"], path["surface_summary"], 1)
    compare_overlap.main(overlap, path["overlap_anova"], path["overlap_pairwise"], 0.05)
    model_overlap.main(overlap, phenotypes, path["overlap_model"], 0.05)
    correlate_dice_error.main(overlap, function, path["dice_error"], 0.05)
    groups = path["groups"], path["group_tests"], path["group_differences"]
    compare_groups.main(function, phenotypes, *groups, 1, 0.05)
    changes = {"EF": 5, "EDV": 10, "mass_ED": 10}
    estimate_sample_size.main(function, phenotypes, path["sample_size"], 0.05, 0.8, changes)
    return path


TABLES = [
    "agreement",
    "manifest",
    "overlap_summary",
    "surface_summary",
    "overlap_anova",
    "overlap_pairwise",
    "overlap_model",
    "dice_error",
    "groups",
    "group_tests",
    "group_differences",
    "sample_size",
]


def changed(tables, name, column, value, **where):
    """Return `tables` with another value in `column` of the rows of table `name` that have the values `where`."""
    table = tables[name].copy()
    rows = np.logical_and.reduce([table[key] == is_value for key, is_value in where.items()])
    assert rows.sum() == 1
    table[column] = table[column].astype(object).mask(rows, value)
    return tables | {name: table}


def paragraphs(text):
    """Return the paragraphs by heading."""
    found, heading = {}, None
    for block in text.rstrip("\n").split("\n\n"):
        if block.startswith("#"):
            heading = block.strip("# ")
        else:
            found.setdefault(heading, []).append(block)
    return found
