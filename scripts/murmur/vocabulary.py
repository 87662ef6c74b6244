"""Vocabulary: names of structures, phases, metrics and units, in tables and in print, and the columns of labels."""

from collections.abc import Iterable, Sequence

from murmur.files import natural_key

MYOCARDIUM = 1
BLOOD_POOL = 2
STRUCTURES = {"myocardium": MYOCARDIUM, "blood_pool": BLOOD_POOL}
STRUCTURE_NAMES = {"blood_pool": "Blood pool", "myocardium": "Myocardium"}  # as printed, in this order

PHASES = ("ED", "ES", "single")  # `single`: the only annotated frame of a mouse
PHASE_NAMES = {"ED": "ED", "ES": "ES", "single": "single frame"}  # as printed

METRICS = {"EDV": "uL", "ESV": "uL", "SV": "uL", "EF": "%", "mass_ED": "mg", "mass_ES": "mg"}
# as printed
METRIC_NAMES = {metric: metric for metric in METRICS} | {"mass_ED": "Mass at ED", "mass_ES": "Mass at ES"}
# as defined at first use in text
METRIC_MEANINGS = {
    "EDV": "end-diastolic volume (EDV)",
    "ESV": "end-systolic volume (ESV)",
    "SV": "stroke volume (SV)",
    "EF": "ejection fraction (EF)",
    "mass_ED": "myocardial mass at end-diastole (mass at ED)",
    "mass_ES": "myocardial mass at end-systole (mass at ES)",
}
UNITS = {"uL": "µL", "mg": "mg", "%": "%", "mL": "mL", "g": "g"}  # the last two of large subjects, in print only
DIFFERENCE_UNITS = UNITS | {"%": "percentage points"}

INVALID_FILE = "invalid file"  # reason of an exclusion, followed by a colon and the sentence on the file

# Columns of names or lists, which remain text even if they look like numbers.
LABEL_COLUMNS = ("mouse", "cohort", "figure_id", "file", "sha256", "split", "phenotype", "group_a", "group_b")
LABEL_COLUMNS += ("reader", "reader_a", "reader_b", "better", "trained_on", "start_from", "internal", "external")
LABEL_COLUMNS += (
    "role",
    "rater",
    "metric",
    "unit",
    "structure",
    "phase",
    "measure",
    "quantity",
    "conclusion",
    "status",
    "excluded",
    "note",
    "reasons",
)
LABEL_COLUMNS += ("annotated_frames", "inflow_frames")
LABEL_COLUMNS += ("animal", "session", "group", "level", "cluster", "sex", "cage", "litter")

PHENOTYPE_MEANINGS = {  # of simulated mice
    "mi_patch": "myocardial infarction treated with a patch",
    "dcm": "dilated cardiomyopathy",
    "tac": "transverse aortic constriction",
}

CONTROLS = ("control", "ctrl", "healthy", "sham", "wild type", "wild-type", "wildtype", "wt")
# prefixes of the groups and sessions that come first
FIRST = (*CONTROLS, "baseline", "before", "pre ", "pre-", "pre_", "preop")

REFERENCE = "reference"  # the expert as a reader, with masks in the mouse files
SHIPPED_WEIGHTS = ("murmur", "phantom")  # keywords of the network in models/; the second is its former name

ABBREVIATIONS = {
    "EDV": "EDV, end-diastolic volume",
    "ESV": "ESV, end-systolic volume",
    "SV": "SV, stroke volume",
    "EF": "EF, ejection fraction",
    "mass_ED": "ED, end-diastole",
    "mass_ES": "ES, end-systole",
}


def numbered(thing: str, index: int, count: int) -> str:
    """Name a frame or slice as people count, "frame 7 of 14"; `index` counts from 0, as files and tables of data do."""
    return f"{thing} {index + 1} of {count}"


def in_order(names: Iterable[str], given: Sequence[str] = ()) -> list[str]:
    """Sort groups or sessions: those `given` first, in order, then controls and baseline, then day -7 before day 28."""

    def key(name: str) -> tuple:
        words = name.casefold()
        return (
            given.index(name) if name in given else len(given),
            not f"{words} ".startswith(FIRST),
            natural_key(words),
            name,
        )

    return sorted(names, key=key)


def abbreviations(metrics: Iterable[str]) -> str:
    """Return a sentence that explains the abbreviations in the printed names of `metrics`."""
    return "; ".join(dict.fromkeys(ABBREVIATIONS[metric] for metric in metrics)) + "."
