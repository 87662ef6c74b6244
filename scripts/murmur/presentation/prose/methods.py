"""Methods in words: cohorts, contours, split, readers, measures, software, from settings and tables.

`settings` are those of the study file with every default filled in. No number is typed here except in citations: each
comes from the settings, the tables, the record of a training, or a constant of the module that computes with it. The
statistical methods are in `statistical_methods`.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import partial

import pandas as pd

from murmur.data.published_dataset import WEIGHTS
from murmur.data.split import SPLITS
from murmur.measurement.function import MYOCARDIAL_DENSITY
from murmur.measurement.measures import MEASURES
from murmur.presentation.comparison_words import in_sentence
from murmur.presentation.prose.phrases import STRUCTURE, counted, enumerate_words, paragraph, parenthesis
from murmur.statistics.notes import mice, reasons_for_exclusion
from murmur.subject import printed_unit
from murmur.vocabulary import METRIC_MEANINGS, METRICS, SHIPPED_WEIGHTS, STRUCTURES, in_order

# The packages that compute or draw, as their authors write them; records list the others too.
PACKAGES = {
    "snakemake": "Snakemake",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "tensorflow_cpu": "TensorFlow",
    "openvino": "OpenVINO",
    "numpy": "NumPy",
    "scipy": "SciPy",
    "pandas": "pandas",
    "statsmodels": "statsmodels",
    "pingouin": "pingouin",
    "scikit-image": "scikit-image",
    "surface_distance": "surface-distance",
    "matplotlib": "Matplotlib",
    "seaborn": "seaborn",
}


def span(values: pd.Series) -> str:
    """Write the range of `values`, or the only value."""
    low, high = f"{values.min():g}", f"{values.max():g}"
    return low if low == high else f"{low} to {high}"


def images(name: str, cohort: dict, manifest: pd.DataFrame, excluded: Mapping[str, str], animals: int = 0) -> str:
    """Describe the origin, the exclusions, the phenotypes and the images of a cohort.

    `animals` is their number if some have several scans.
    """
    source, n = cohort["source"], len(manifest)
    if "phantom" in source:
        phantom = source["phantom"]
        varied = (
            ", with anatomy and appearance varied well beyond those of a single scanner" if phantom["varied"] else ""
        )
        origin = (
            f"simulated with the Murmur digital phantom at {phantom['field_T']:g} T (seed {phantom['seed']}){varied}"
        )
        if corruptions := [each for each in phantom.get("corruptions", []) if each != "none"]:
            origin += f", with corrupted images ({enumerate_words(corruptions)}; severity of 1 to 5)"
    elif "published" in source:
        origin = "from the publicly available data of the original study (doi 10.1016/j.jocmr.2026.102706)"
    else:
        origin = "with cine images" if (manifest["frames"] > 1).any() else "with images"
    voxel = " × ".join(span(manifest[f"{axis}_mm"]) for axis in ("row", "column", "slice"))
    texts = [
        f"the {name} cohort comprised {mice(n + len(excluded))} {origin}",
        exclusions(excluded, n),
        several_scans(animals),
        phenotypes(manifest["phenotype"], of_scans=animals > 0),
        f"each mouse had one short-axis {_frames(manifest)} and a voxel size of {voxel} mm (row × column × slice)",
    ]
    if assumed := int(manifest["spacing_assumed"].sum()):
        texts.append(f"in {mice(assumed)}, no voxel size was recorded and this one was assumed")
    if assumed := int((manifest["frame_interval_assumed"] & (manifest["frames"] > 1)).sum()):
        texts.append(f"in {mice(assumed)}, no frame interval was recorded and this one was assumed")
    return paragraph(*texts)


def several_scans(animals: int) -> str:
    """Give the number of animals if some have several scans."""
    return f"the scans analysed were acquired in {animals} {'animal' if animals == 1 else 'animals'}" if animals else ""


def _frames(manifest: pd.DataFrame) -> str:
    """Describe slices, pixels and frames of the stacks of a cohort."""
    grid = " × ".join(span(manifest[side]) for side in ("rows", "columns"))
    slices = f"{span(manifest['slices'])} {'slice' if (manifest['slices'] == 1).all() else 'slices'} of {grid} pixels"
    if (manifest["frames"] == 1).all():
        return f"stack of {slices}, with a single frame"
    interval = span(manifest["frame_interval_ms"])
    return f"cine stack of {slices}, with {span(manifest['frames'])} frames at intervals of {interval} ms"


def exclusions(excluded: Mapping[str, str], n: int) -> str:
    """Give the number of excluded mice by reason, and of the `n` others; nothing where none was excluded."""
    if not excluded:
        return ""
    out, analysed = (f"{mice(number)} {'was' if number == 1 else 'were'}" for number in (len(excluded), n))
    return f"{out} excluded ({reasons_for_exclusion(excluded)}), and {analysed} analysed"


def plausibility(checks: Mapping[str, pd.DataFrame]) -> str:
    """Count the findings of the plausibility checks of each cohort; nothing where there are none."""
    counts = [f"{counted(len(table), 'finding')} in the {name} cohort" for name, table in checks.items() if len(table)]
    return paragraph(f"plausibility checks of the data resulted in {enumerate_words(counts)}") if counts else ""


def phenotypes(column: pd.Series, of_scans: bool = False) -> str:
    """Give the number of mice, or of scans, of each phenotype; nothing where none is known."""
    size = partial(counted, thing="scan") if of_scans else "n = {}".format
    sizes = column.dropna().value_counts(sort=False)
    kinds = [f"{phenotype} ({size(sizes[phenotype])})" for phenotype in in_order(sizes.index)]
    if kinds and (unknown := int(column.isna().sum())):
        kinds.append(f"unknown ({size(unknown)})")
    return f"{'the phenotype was' if len(kinds) == 1 else 'phenotypes were'} {enumerate_words(kinds)}" if kinds else ""


def numbers_alone(
    name: str, functions: Mapping[str, pd.DataFrame], excluded: Mapping[str, str], animals: int = 0
) -> str:
    """Describe a cohort that consists of measurements only, made by the reference and the readers of `functions`.

    `animals` is their number if some have several scans.
    """
    n = max(table["metric"].value_counts().max() for table in functions.values())
    measured = [
        METRIC_MEANINGS[m] for m in METRICS if any((table["metric"] == m).any() for table in functions.values())
    ]
    readers = f"{'reader' if len(functions) == 1 else 'readers'} {enumerate_words(functions)}"
    reference = any(table["reference"].notna().any() for table in functions.values())
    return paragraph(
        f"the {name} cohort comprised {mice(n + len(excluded))} with existing measurements of "
        f"{enumerate_words(measured)} by {'the reference and ' if reference else ''}{readers}; no images were analysed",
        exclusions(excluded, n),
        several_scans(animals),
    )


def sets_of(mice_named: pd.Series, table: pd.DataFrame) -> str:
    """Name the sets of some mice of a cohort, " of the training set", from its split."""
    sizes = table.loc[table["mouse"].isin(mice_named), "split"].value_counts().reindex(SPLITS, fill_value=0)
    found = {name: size for name, size in zip(("training", "validation", "test"), sizes, strict=True) if size}
    if len(found) < 2:
        return "".join(f" of the {name} set" for name in found)
    return f" ({enumerate_words(f'{size} of the {name} set' for name, size in found.items())})"


def contours(name: str, cohort: dict, manifest: pd.DataFrame, table: pd.DataFrame) -> str:
    """Describe who contoured which frames, and which of them are ED and ES; `table` is the split of the cohort."""
    frames = manifest["annotated_frames"].dropna().str.split(";").map(len)
    if frames.empty:
        return paragraph(f"no reference contours were available in the {name} cohort")
    n, phased = len(manifest), int(manifest["es_frame"].notna().sum())
    structures = enumerate_words(STRUCTURE[structure] for structure in STRUCTURES)
    whose = f"the {mice(n)}" if len(frames) == n else f"{len(frames)} of the {mice(n)}"
    where = f"{counted(int(frames.sum()), 'frame')} of {whose} of the {name} cohort"
    texts = [f"an expert contoured {structures} in {where}"]
    if "phantom" in cohort["source"]:
        texts = [f"the true contours of {structures} were taken from the phantom geometry in {where}"]
    inflow = manifest["inflow_frames"].dropna().str.split(";").map(len)
    others = (frames[manifest["es_frame"].notna()] - 2).sub(inflow, fill_value=0)
    further = []
    for extra, kind in ((inflow, "with inflow artefacts"), (others[others > 0], "other than ED and ES")):
        if len(extra):
            sets = sets_of(manifest.loc[extra.index, "mouse"], table) if "split" in cohort else ""
            further.append(f"{counted(int(extra.sum()), 'frame')} {kind} in {mice(len(extra))}{sets}")
    if further:
        texts[0] += f", including {enumerate_words(further)}"
    if single := len(frames) - phased:
        identified = mice(phased) if phased else "no mouse"
        texts.append(
            f"end-diastole and end-systole were identified in {identified}; {mice(single)} had too few annotated frames"
        )
    return paragraph(*texts)


def split(name: str, cohort: dict, manifest: pd.DataFrame, table: pd.DataFrame) -> str:
    """Give the number of mice that train, validate and test, and describe how they were assigned."""
    if "split" not in cohort and manifest["annotated_frames"].isna().all():
        return ""
    if "split" not in cohort:
        return paragraph(
            f"the {mice(len(table))} of the {name} cohort {'was' if len(table) == 1 else 'were'} used for testing only"
        )
    sizes = table["split"].value_counts().reindex(SPLITS, fill_value=0)
    drawn = "file" not in cohort["split"]
    how = f"at random, stratified by phenotype (seed {cohort['split']['seed']})," if drawn else "by a predefined list"
    fixed = {
        "mice with inflow artefacts were always assigned to the training set": manifest["inflow_frames"].notna().any(),
        "mice without contours were assigned to the test set": manifest["annotated_frames"].isna().any(),
    }
    return paragraph(
        f"the {mice(len(table))} of the {name} cohort were divided {how} into a training (n = {sizes['train']}), a "
        f"validation (n = {sizes['validation']}) and a test set (n = {sizes['test']}), all images of an animal being "
        "assigned to the same set",
        enumerate_words(sentence for sentence, occurs in fixed.items() if occurs)
        if drawn and any(fixed.values())
        else "",
    )


def read_mice(reader: dict, read: dict[str, int]) -> str:
    """Name the mice that a reader segmented, with their number in each cohort."""
    where = enumerate_words(f"{n} in the {cohort} cohort" for cohort, n in read.items())
    return f"{'all mice' if reader['mice'] == 'all' else 'the test mice'} ({where})"


def application(name: str, reader: dict, read: dict[str, int]) -> str:
    """Describe to which mice a network trained in this study was applied."""
    return paragraph(f"reader {name} was applied to {read_mice(reader, read)}", mirrored(reader))


def other_reader(name: str, reader: dict, digest: str | None, read: dict[str, int]) -> str:
    """Describe a reader that was not trained in this study; `digest` is the SHA-256 of its weights."""
    if "masks" in reader:
        return paragraph(
            f"the masks of reader {name}, created outside Murmur, were imported for {read_mice(reader, read)}"
        )
    if "corrects" in reader:
        return reviewed(name, reader)
    if "select" in reader:
        return paragraph(
            f"reader {name} was the best of {enumerate_words(reader['select']['from'])} by the Dice coefficient over "
            "all validation slices, averaged over both structures; it was selected before any test mouse was "
            f"segmented, and applied to {read_mice(reader, read)}"
        )
    if "ensemble" in reader:
        return ensemble(name, reader, read)
    published = reader["weights"] == "published" or digest == WEIGHTS["sha256"]
    what = "the published network of the original study" if published else "a previously trained network"
    if reader["weights"] in SHIPPED_WEIGHTS:
        what = "the network supplied with Murmur, trained on simulated images only"
    return paragraph(
        f"reader {name}, {what} (SHA-256 of the weight file, {digest}), was applied to {read_mice(reader, read)}",
        mirrored(reader),
    )


def mirrored(reader: dict) -> str:
    """Describe that probabilities were averaged over mirrored copies; empty if they were not."""
    if "copies" not in reader:
        return ""
    return "its probabilities were averaged over each slice and its copies mirrored along rows, columns and both"


def ensemble(name: str, reader: dict, read: dict[str, int]) -> str:
    """Describe how the masks of several readers were combined."""
    how = {
        "majority": "the labels that more than half of them agreed on were used",
        "best": "in each mouse, the masks of one of them, or those of at least a number of votes, were used: those "
        "with the highest predicted Dice coefficient. It was predicted, by structure and phase, by ridge regression on "
        "the Dice coefficients of all pairs of masks, fitted to validation mice",
        "mean": "the mean of their class probabilities was used",
    }
    return paragraph(
        f"reader {name} is an ensemble of the readers {enumerate_words(reader['ensemble'])}, applied to "
        f"{read_mice(reader, read)}",
        how[reader["combine"]],
        mirrored(reader),
    )


def reviewed(name: str, reader: dict) -> str:
    """Describe a reader that consists of the masks of another after review by a person."""
    return paragraph(
        f"the masks of reader {reader['corrects']} were reviewed by a person and corrected in another program where "
        f"necessary (reader {name})"
        if "corrections" in reader
        else f"the masks of reader {reader['corrects']} were reviewed by a person (reader {name})",
        "only mice whose masks were accepted or corrected were used" if "decisions" in reader else "",
        f"because corrected masks are biased towards those that they started from, reader {name} was not compared with "
        "the reference",
    )


def masks(readers: dict[str, dict]) -> str:
    """Describe how networks segment, and how the masks of each reader were post-processed."""
    readers = {name: reader for name, reader in readers.items() if "corrects" not in reader}
    networks = [name for name, reader in readers.items() if "masks" not in reader and "ensemble" not in reader]
    cleaned = [name for name, reader in readers.items() if reader["postprocess"] == "largest_component"]
    left = [name for name in readers if name not in cleaned]
    return paragraph(
        "for segmentation by a network, slices were min-max normalised and segmented independently, frame by frame; "
        "each pixel was assigned its most probable class"
        if networks
        else "",
        f"in the masks of {enumerate_words(cleaned)}, the largest connected component of each structure was retained "
        "in each frame and continued slice by slice beyond its basal and apical ends by the nearest component; all "
        "other components were discarded"
        if cleaned
        else "",
        f"the masks of {enumerate_words(left)} were not post-processed" if left else "",
    )


def measures(manifests: Iterable[pd.DataFrame], readers: Mapping[str, dict]) -> str:
    """Define volumes, function, mass and their frames; `manifests` are those of the cohorts with images."""
    own = [name for name, reader in readers.items() if reader["frames"] == "own"]
    others = " of the other readers" if own else " of a reader"
    contoured = pd.concat([manifest["annotated_frames"].notna() for manifest in manifests])
    return paragraph(
        "end-diastole (ED) and end-systole (ES) were the annotated frames with the largest and the smallest blood pool "
        f"in the reference, and the measurements{others} were taken in the same frames"
        if contoured.any()
        else "",
        f"{enumerate_words(own)} {'was' if len(own) == 1 else 'were'} measured in the frames in which "
        f"{'it' if len(own) == 1 else 'they'} found the largest and the smallest blood pool"
        if own and contoured.any()
        else "",
        f"{'in mice without contours, ' if contoured.any() else ''}end-diastole (ED) and end-systole (ES) were the "
        "frames in which the reader found the largest and the smallest blood pool"
        if not contoured.all()
        else "",
        "the volume of a structure was the number of its voxels multiplied by the voxel volume",
        "end-diastolic (EDV) and end-systolic volume (ESV) were the blood-pool volumes at ED and ES, the stroke volume "
        "(SV) was EDV − ESV, the ejection fraction (EF) was SV / EDV, and the myocardial mass was the myocardial "
        f"volume multiplied by a density of {MYOCARDIAL_DENSITY:g} {printed_unit('mg/uL').replace('uL', 'µL')}",
    )


def further_measures() -> str:
    """Define heart rate, cardiac output, rates and wall thickness, which the tables of measurements contain."""
    return paragraph(
        "the heart rate was taken from the table of participants or, where it was not given, from the duration of the "
        "cine, which was taken to cover one beat; the cardiac output was SV multiplied by the heart rate",
        "the rates of ejection and filling were the steepest slopes of a periodic smoothing spline fitted to the "
        "volume of the blood pool, in which basal slices counted in proportion to their part below the moving base",
        "the thickness of the wall was the length of myocardium on rays from the centroid of the ventricle in each "
        "short-axis slice with a closed ring of myocardium",
    )


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


def software(versions: Mapping[str, list[str]], commits: Iterable[str]) -> str:
    """Give the commit of the code and the packages that computed or drew, all versions where there are several."""
    used = [f"{shown} {enumerate_words(versions[name])}" for name, shown in PACKAGES.items() if name in versions]
    at = [
        f"{commit.rstrip('+')}{' with uncommitted changes' if commit.endswith('+') else ''}"
        for commit in commits
        if commit != "unknown"
    ]
    code = parenthesis(f"commit {enumerate_words(at)}" if at else "")
    packages = f" with {enumerate_words(used)}" if used else ""
    return paragraph(
        f"analyses were run with Murmur{code} in Python {enumerate_words(versions['python'])}{packages}; provenance "
        "records list all versions, inputs and settings"
    )


def to_be_completed(cohorts: Mapping[str, dict], made: Collection[str], contoured: bool, compared: bool) -> str:
    """List what authors must add: what is known neither from the images nor from the settings.

    `contoured` tells whether any mouse has a reference, `compared` whether groups are compared.
    """
    points = []
    if any("phantom" not in cohort["source"] for cohort in cohorts.values()):
        points += [
            "the animals (strain, sex, age and ethics approval)",
            "image acquisition (scanner, field strength, sequence and gating)",
            *["contouring (observers, their experience and blinding, and the handling of papillary muscles)"]
            * contoured,
            "exclusions before the analysis",
            *["the treatment of each group, and how animals were allocated (`arrive.md` lists all items)"] * compared,
        ]
    points += ["the meaning of the phenotype labels"] if "group_tests" in made else []
    points += ["the choice of the equivalence margins"] if "agreement" in made else []
    return paragraph(f"add what Murmur cannot know: {enumerate_words(points)}" if points else "")
