"""Vocabulary of the measures, which are computed per scan: name, unit, column, printed name, meaning and formula.

docs/measures.md gives the methods with their sources, and the errors on simulated mice.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from murmur.vocabulary import METRIC_NAMES, METRICS

SPELLED_UNITS = {"%": "percent", "": "ratio", "1/s": "per_s"}  # in names of columns, where they differ
LEVELS = {"base": range(1, 7), "mid": range(7, 13), "apex": range(13, 17)}  # the segments of each level
SEGMENTS = [segment for segments in LEVELS.values() for segment in segments]


@dataclass(frozen=True)
class Measure:
    """A measure of a scan.

    Attributes
    ----------
    name : str
        Name in tables, such as cardiac_output.
    unit : str
        Unit in tables, such as mL/min; empty for a ratio.
    printed : str
        Name in print, such as "Cardiac output".
    meaning : str
        Definition in words.
    formula : str
        Formula in terms of other measures, or the method.
    """

    name: str
    unit: str
    printed: str
    meaning: str
    formula: str

    @property
    def column(self) -> str:
        """Column of measurements.csv: name and unit."""
        return f"{self.name}_{SPELLED_UNITS.get(self.unit, self.unit.replace('/', '_per_'))}"

    @property
    def printed_unit(self) -> str:
        """Unit in print; empty for a ratio."""
        return self.unit.replace("uL", "µL")


# Columns of measurements.csv that are computed as well.
COMPUTED = {
    "contoured": "whether the expert contoured ED and ES, so that the reference has an ejection fraction",
    "ed_frame": "frame measured as ED, counted from 0",
    "es_frame": "frame measured as ES, counted from 0",
    "frames_from": "whose ED and ES these are: of the reference, the reader's own, or chosen by a person",
    "measurement_notes": "why measures are missing, and how the heart rate is known",
    "mask_findings": "number of findings in the masks (findings.csv, docs/quality.md)",
    "flags": "findings of the plausibility checks (docs/checks.md), and predicted Dice coefficients below 0.8, if any",
}

_VOXELS = "voxels × volume of a voxel"
_MYOCARDIUM = "volume of the myocardium × 1.05 mg/µL"
_MAXIMUM, _MINIMUM = "maximum of the volume curve", "minimum of the volume curve"
_RAYS = "length of myocardium on rays from the centroid of the ventricle"
_CHANGE = "100 × (thickness at ES − thickness at ED) / thickness at ED"

FUNCTION = {
    "EDV": ("end-diastolic volume of the blood pool", _VOXELS),
    "ESV": ("end-systolic volume of the blood pool", _VOXELS),
    "SV": ("stroke volume", "EDV − ESV"),
    "EF": ("ejection fraction", "100 × SV / EDV"),
    "mass_ED": ("mass of the left-ventricular myocardium at ED", _MYOCARDIUM),
    "mass_ES": ("mass of the left-ventricular myocardium at ES", _MYOCARDIUM),
}
# name: unit, printed name, meaning, formula
INDICES = {
    "heart_rate": ("bpm", "Heart rate", "heart rate", "recorded, else 60 000 / duration of the cine in ms"),
    "cardiac_output": ("mL/min", "Cardiac output", "blood volume ejected per minute", "SV × heart_rate / 1000"),
    "EDV_index": ("uL/g", "EDV index", "EDV per body weight", "EDV / body_weight"),
    "ESV_index": ("uL/g", "ESV index", "ESV per body weight", "ESV / body_weight"),
    "SV_index": ("uL/g", "Stroke index", "SV per body weight", "SV / body_weight"),
    "cardiac_index": ("mL/min/g", "Cardiac index", "cardiac output per body weight", "cardiac_output / body_weight"),
    "mass_index": ("mg/g", "Mass / body weight", "mass at ED per body weight", "mass_ED / body_weight"),
    "mass_per_tibia": ("mg/mm", "Mass / tibia length", "mass at ED per tibia length", "mass_ED / tibia_length"),
}
# of the periodic curve fitted to the volume of the blood pool
CURVE = {
    "ED_time": ("ms", "Time of ED", "time from the first frame to the largest volume", _MAXIMUM),
    "ES_time": ("ms", "Time of ES", "time from the first frame to the smallest volume", _MINIMUM),
    "curve_EDV": ("uL", "EDV of the curve", "largest volume of the volume curve", _MAXIMUM),
    "curve_ESV": ("uL", "ESV of the curve", "smallest volume of the volume curve", _MINIMUM),
    "ejection_time": ("ms", "Ejection time", "time from ED to ES", "ES_time − ED_time"),
    "peak_ejection_rate": ("uL/ms", "Peak ejection rate", "fastest decrease of the volume", "largest −dV/dt, ED to ES"),
    "time_to_peak_ejection": (
        "ms",
        "Time to peak ejection",
        "time from ED to it",
        "time of the largest −dV/dt − ED_time",
    ),
    "peak_filling_rate": (
        "uL/ms",
        "Peak filling rate",
        "fastest increase of the volume in the first half of diastole",
        "largest dV/dt, first half of ES to ED",
    ),
    "time_to_peak_filling": ("ms", "Time to peak filling", "time from ES to it", "time of largest dV/dt − ES_time"),
    "late_filling_rate": (
        "uL/ms",
        "Late filling rate",
        "fastest increase of the volume in the second half of diastole",
        "largest dV/dt, second half of ES to ED",
    ),
}
RATES = {
    "ejection_rate_index": (
        "1/s",
        "Peak ejection rate / EDV",
        "peak ejection rate in end-diastolic volumes per second",
        "1000 × peak_ejection_rate / curve_EDV",
    ),
    "filling_rate_index": (
        "1/s",
        "Peak filling rate / EDV",
        "peak filling rate in end-diastolic volumes per second",
        "1000 × peak_filling_rate / curve_EDV",
    ),
}


def _wall() -> Iterator[Measure]:
    """The thickness of the wall: of all rings, of each level and of each segment."""
    places = {"": "", **{f"_{level}": f", {level}" for level in LEVELS}}
    places |= {f"_segment_{number}": f", segment {number}" for number in SEGMENTS}
    for place, words in places.items():
        for phase in ("ED", "ES"):
            meaning = f"mean thickness of the wall at {phase}{words}"
            yield Measure(f"wall_thickness_{phase}{place}", "mm", f"Wall thickness at {phase}{words}", meaning, _RAYS)
        meaning = f"increase of the thickness from ED to ES{words}"
        yield Measure(f"wall_thickening{place}", "%", f"Wall thickening{words}", meaning, _CHANGE)
        if not place:
            meaning = "thickness of the wall in relation to the radius of the cavity, mid-ventricular at ED"
            formula = "2 × thickness / diameter of the circle with the area of the cavity"
            yield Measure("relative_wall_thickness", "", "Relative wall thickness", meaning, formula)


MEASURES = {
    measure.name: measure
    for measure in [
        *(Measure(name, METRICS[name], METRIC_NAMES[name], *words) for name, words in FUNCTION.items()),
        *(Measure(name, *words) for name, words in (INDICES | CURVE | RATES).items()),
        *_wall(),
    ]
}

# Names that a column of the user's cannot have; the heart rate of the participants is that of the table.
TAKEN = {*COMPUTED, *(measure.column for measure in MEASURES.values())} - {MEASURES["heart_rate"].column}
