"""Methods in words: what was measured in images and masks, at which frames, and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.measurement.curve import CINE, RECORDED
from murmur.measurement.function import MYOCARDIAL_DENSITY
from murmur.measurement.measures import MEASURES
from murmur.measurement.wall import RAYS
from murmur.presentation.comparison_words import in_sentence
from murmur.presentation.prose.phrases import enumerate_words, paragraph
from murmur.statistics.notes import mice
from murmur.subject import in_scans, printed_unit
from murmur.vocabulary import METRICS, REFERENCE


@dataclass(frozen=True)
class Measured:
    """What was measured in the images of a study.

    Attributes
    ----------
    names : set of str
        The measures that have a value.
    frames : dict of str to Series
        For each reader and the reference, the number of scans by whose ED and ES they were measured at: `reference`,
        `own` or `chosen`.
    heart_rates : set of str
        Where the heart rates are from: RECORDED or CINE.
    """

    names: set[str]
    frames: dict[str, pd.Series]
    heart_rates: set[str]

    def readers_at(self, whose: str) -> list[str]:
        """Return the readers that were measured at the ED and ES of `whose` in any scan."""
        return [name for name, counts in self.frames.items() if name != REFERENCE and counts.get(whose, 0)]


NOTHING_MEASURED = Measured(set(), {}, set())


def read_measured(paths: Mapping[tuple[str, str], tuple[str, str]]) -> Measured:
    """Read measurements.csv and curve.csv of each cohort and reader, or the reference, with images."""
    names, heart_rates = set(), set()
    sources: dict[str, list[pd.Series]] = {}
    for (_, reader), (measurements, curve) in paths.items():
        table, curves = read_csv(measurements), read_csv(curve)
        names |= {
            name for name, found in MEASURES.items() if found.column in table and table[found.column].notna().any()
        }
        heart_rates |= set(curves.loc[curves["measure"].eq("heart_rate") & curves["value"].notna(), "note"])
        sources.setdefault(reader, []).append(table["frames_from"])
    frames = {reader: pd.concat(found).value_counts() for reader, found in sources.items()}
    return Measured(names, frames, heart_rates)


def phases(measured: Measured, readers: Mapping[str, dict], of_scans: bool = False) -> str:
    """Define ED and ES; `of_scans` tells whether mice have several scans, which are then counted."""
    same, found = measured.readers_at("reference"), measured.readers_at("own")
    contoured = bool(same) or "reference" in measured.frames.get(REFERENCE, ())
    own = [name for name in found if contoured and readers[name]["frames"] == "own"]
    named, extreme = "end-diastole (ED) and end-systole (ES)", "the largest and the smallest blood pool"
    texts = []
    if contoured:
        whose = "the other readers" if own else "a reader"
        taken = f", and the measurements of {whose} were taken in the same frames" if same else ""
        texts.append(f"{named} were the annotated frames with {extreme} in the reference{taken}")
    if own:
        who, they = (
            (f"reader {own[0]} was", "it") if len(own) == 1 else (f"readers {enumerate_words(own)} were", "they")
        )
        texts.append(f"{who} measured in the frames in which {they} found {extreme}")
    if len(found) > len(own):
        where = "in mice without contours, ED and ES" if contoured else named
        texts.append(f"{where} were the frames in which the reader found {extreme}")
    for name in measured.readers_at("chosen"):
        n, total = int(measured.frames[name]["chosen"]), int(measured.frames[name].sum())
        where = f"{n} of {mice(total)}" if n < total else "all mice"
        frames = "ED and ES" if texts else named
        texts.append(f"in {where}, reader {name} was measured at {frames} chosen by a person")
    return in_scans(paragraph(*texts)) if of_scans else paragraph(*texts)


def measures(measured: Measured) -> str:
    """Define volumes, function and mass."""
    mass = (
        "the myocardial mass was the myocardial volume multiplied by a density of "
        f"{MYOCARDIAL_DENSITY:g} {printed_unit('mg/uL').replace('uL', 'µL')}"
    )
    function = (
        "end-diastolic (EDV) and end-systolic volume (ESV) were the blood-pool volumes at ED and ES, the stroke volume "
        "(SV) was EDV − ESV, the ejection fraction (EF) was SV / EDV, and "
    )
    return paragraph(
        "the volume of a structure was the number of its voxels multiplied by the voxel volume",
        function + mass if "EDV" in measured.names else mass,
    )


HEART_RATES = {
    (RECORDED,): "heart rates were those recorded with the scans",
    (CINE,): "heart rates were calculated from the duration of the cine on the assumption that it covers one cardiac "
    "cycle",
    (CINE, RECORDED): "heart rates were those recorded with the scans or, where none was recorded, were "
    "calculated from the duration of the cine on the assumption that it covers one cardiac cycle",
}


def further_measures(measured: Measured, simulated: bool = False) -> str:
    """Define heart rate, cardiac output, rates and wall thickness, as far as any scan has a value.

    `simulated` tells whether all mice are.
    """
    names = measured.names
    heart_rate = HEART_RATES.get(tuple(sorted(measured.heart_rates)), "")
    if simulated and measured.heart_rates == {RECORDED}:
        heart_rate = "heart rates were those of the simulation"
    output = "cardiac output was SV × heart rate" if "cardiac_output" in names else ""
    curve = (
        "a periodic smoothing spline was fitted to the blood-pool volumes of the segmented frames of one beat; in "
        "these volumes, each basal slice that the base of the ventricle passes through was weighted by its fraction "
        "below the base, on the assumption that the base descends in proportion to the ejected volume. The peak "
        "ejection rate was the steepest slope of the spline from its maximum to its minimum, and the peak and the late "
        "filling rate were its steepest upward slopes in the first and the second half of the time from the minimum to "
        "the next maximum"
    )
    wall = (
        f"wall thickness was the length of myocardium along {RAYS} rays from the centroid of the ventricle (myocardium "
        "and blood pool), averaged over the rays and over all short-axis slices with a closed ring of myocardium"
    )
    found = [
        "; ".join(filter(None, [heart_rate, output])),
        curve if "peak_ejection_rate" in names else "",
        wall if names & {"wall_thickness_ED", "wall_thickness_ES"} else "",
    ]
    where = "the values of each mouse are given in the supplementary tables"
    return paragraph(*found, where if any(found) else "")


def compared_measures(names: Iterable[str], images: bool) -> str:
    """Define the measures of comparisons that no other paragraph defines; without images, none does."""
    known = {*METRICS, "heart_rate", "cardiac_output"} if images else {"heart_rate"}
    further = [name for name in dict.fromkeys(names) if name not in known]
    texts = [f"{in_sentence(name)} ({MEASURES[name].meaning})" for name in further]
    which = "further measures compared were" if images else "the measures compared were"
    return paragraph(f"{which} {enumerate_words(texts)}") if texts else ""


def overlap_measures(manifests: Iterable[pd.DataFrame]) -> str:
    """Define the Dice coefficient and the surface distances, where there are contours to compare with."""
    annotated = pd.concat([manifest[["annotated_frames", "es_frame"]] for manifest in manifests])
    annotated = annotated[annotated["annotated_frames"].notna()]
    if annotated.empty:
        return ""
    phased = annotated["es_frame"].notna()
    where = ["at ED and at ES"] if phased.any() else []
    where += (
        [f"{'in mice without ED and ES, ' if where else ''}at the first annotated frame"] if not phased.all() else []
    )
    return paragraph(
        "the masks of a reader (A) and the reference (B) were compared by the Dice coefficient, "
        "2 |A ∩ B| / (|A| + |B|), the 95th-percentile Hausdorff distance (HD95; the larger of the two directed 95th "
        "percentiles of the distances between their surfaces) and the average symmetric surface distance (ASSD), with "
        "surface elements weighted by area (Nikolov et al., J Med Internet Res 2021;23:e26151); each was computed over "
        f"the whole stack {' and, '.join(where)}"
    )
