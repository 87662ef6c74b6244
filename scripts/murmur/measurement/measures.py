"""Vocabulary of the measures, which are computed per scan: name, unit, column, printed name, meaning and formula.

docs/measures.md gives the methods with their sources, and the errors on simulated mice.
"""

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


FUNCTION = {
    "EDV": ("end-diastolic volume of the blood pool", "voxels at ED × volume of a voxel"),
    "ESV": ("end-systolic volume of the blood pool", "voxels at ES × volume of a voxel"),
    "SV": ("stroke volume", "EDV − ESV"),
    "EF": ("ejection fraction", "100 × SV / EDV"),
    "mass_ED": ("mass of the left-ventricular myocardium at ED", "volume of the myocardium × 1.05 mg/µL"),
    "mass_ES": ("mass of the left-ventricular myocardium at ES", "volume of the myocardium × 1.05 mg/µL"),
}

CURVE = "maximum of the fitted volume curve"
WALL = "radial distance from endocardium to epicardium"

_OTHERS = [
    ("heart_rate", "bpm", "Heart rate", "heart rate", "participants table, else 60 000 / duration of the cine in ms"),
    ("cardiac_output", "mL/min", "Cardiac output", "blood volume ejected per minute", "SV × heart_rate / 1000"),
    ("EDV_index", "uL/g", "EDV index", "EDV per body weight", "EDV / body_weight"),
    ("ESV_index", "uL/g", "ESV index", "ESV per body weight", "ESV / body_weight"),
    ("SV_index", "uL/g", "Stroke index", "SV per body weight", "SV / body_weight"),
    ("cardiac_index", "mL/min/g", "Cardiac index", "cardiac output per body weight", "cardiac_output / body_weight"),
    ("mass_index", "mg/g", "Mass / body weight", "mass at ED per body weight", "mass_ED / body_weight"),
    ("mass_per_tibia", "mg/mm", "Mass / tibia length", "mass at ED per tibia length", "mass_ED / tibia_length"),
]

MEASURES = {
    measure.name: measure
    for measure in [
        *(Measure(name, METRICS[name], METRIC_NAMES[name], *words) for name, words in FUNCTION.items()),
        *(Measure(*described) for described in _OTHERS),
    ]
}
