"""Methods in words: the mice of each cohort, their images, contours and split, from settings and tables."""

from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from murmur.data.split import SPLITS
from murmur.presentation.prose.phrases import STRUCTURE, counted, enumerate_words, paragraph, parenthesis
from murmur.statistics.notes import mice, reasons_for_exclusion
from murmur.vocabulary import METRIC_MEANINGS, METRICS, PHENOTYPE_MEANINGS, STRUCTURES, in_order


def span(values: pd.Series) -> str:
    """Write the range of `values`, or the only value, with four digits."""
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
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
        origin = f"simulated with the Murmur digital phantom ({phantom['field_T']:g} T, seed {phantom['seed']}){varied}"
        if corruptions := [each for each in phantom.get("corruptions", []) if each != "none"]:
            origin += f", with corrupted images ({enumerate_words(corruptions)}; severity of 1 to 5)"
    elif "published" in source:
        origin = "from the publicly available data of the original study (doi 10.1016/j.jocmr.2026.102706)"
    else:
        origin = "with cine images" if (manifest["frames"] > 1).any() else "with images"
    voxel = " × ".join(span(manifest[f"{axis}_mm"]) for axis in ("row", "column", "slice"))
    texts = [
        f"the {name} cohort comprised {mice(n + len(excluded))}{of_animals(animals, excluded)} {origin}",
        exclusions(excluded, n),
        several_scans(animals, excluded),
        phenotypes(manifest["phenotype"], of_scans=animals > 0),
        f"each mouse had one short-axis {_frames(manifest)} and a voxel size of {voxel} mm (row × column × slice)",
    ]
    if assumed := int(manifest["spacing_assumed"].sum()):
        texts.append(f"in {mice(assumed)}, no voxel size was recorded and this one was assumed")
    if assumed := int((manifest["frame_interval_assumed"] & (manifest["frames"] > 1)).sum()):
        texts.append(f"in {mice(assumed)}, no frame interval was recorded and this one was assumed")
    texts.append(overridden(cohort))
    return paragraph(*texts)


def overridden(cohort: dict) -> str:
    """Name what the study file specifies in place of the headers of the files; empty if it does not override them."""
    names = {"spacing_mm": "the voxel size", "frame_interval_ms": "the frame interval"}
    given = [name for key, name in names.items() if key in cohort]
    if not given or not cohort.get("override_headers") or "phantom" in cohort["source"]:
        return ""
    was, those = ("was", "that") if len(given) == 1 else ("were", "those")
    return f"{enumerate_words(given)} {was} specified by the authors and used in place of {those} in the image files"


def of_animals(animals: int, excluded: Mapping[str, str]) -> str:
    """Give the number of animals if some have several scans and all scans are analysed, as a phrase."""
    return f" of {animals} {'animal' if animals == 1 else 'animals'}" if animals and not excluded else ""


def several_scans(animals: int, excluded: Mapping[str, str]) -> str:
    """Give the number of animals if some have several scans and some scans are excluded, as a sentence."""
    return f"the scans analysed were{of_animals(animals, {})}" if animals and excluded else ""


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


def simulated_phenotypes(manifests: Iterable[pd.DataFrame]) -> str:
    """Explain the names of the phenotypes of cohorts of simulated mice; empty without any but control."""
    simulated = {name for manifest in manifests for name in manifest["phenotype"]}
    found = [name for name in PHENOTYPE_MEANINGS if name in simulated]
    if not found:
        return ""
    names = f"phenotype{'s' * (len(found) > 1)} {enumerate_words(found)} denote{'s' * (len(found) == 1)}"
    respectively = ", respectively" if len(found) > 1 else ""
    return paragraph(f"the {names} {enumerate_words(map(PHENOTYPE_MEANINGS.get, found))}{respectively}")


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
        f"the {name} cohort comprised {mice(n + len(excluded))}{of_animals(animals, excluded)} with existing "
        f"measurements of {enumerate_words(measured)} by {'the reference and ' if reference else ''}{readers}; no "
        "images were analysed",
        exclusions(excluded, n),
        several_scans(animals, excluded),
    )


def sets_of(mice_named: pd.Series, table: pd.DataFrame) -> str:
    """Name the sets of some mice of a cohort, " of the training set", from its split."""
    sizes = table.loc[table["mouse"].isin(mice_named), "split"].value_counts().reindex(SPLITS, fill_value=0)
    found = {name: size for name, size in zip(("training", "validation", "test"), sizes, strict=True) if size}
    if len(found) < 2:
        return "".join(f" of the {name} set" for name in found)
    return f" ({enumerate_words(f'{size} of the {name} set' for name, size in found.items())})"


def structures_contoured(manifest: pd.DataFrame, volumes: pd.DataFrame, total: int) -> str:
    """State in how many of `total` annotated frames each structure is contoured; empty if both are in all of them.

    `volumes` is volumes.csv of the reference, which has no value where a structure is not contoured.
    """
    frame_of = {phase: manifest.set_index("mouse")[f"{phase.lower()}_frame"] for phase in ("ED", "ES")}
    known = {name: volumes[volumes[name].notna()] for name in ("blood_pool_uL", "myocardium_mg")}
    if all(len(frames) == total for frames in known.values()):
        return ""
    found = []
    for frames in known.values():
        at = {f"at {phase}": frames["mouse"].map(of) == frames["frame"] for phase, of in frame_of.items()}
        sizes = {where: int(rows.sum()) for where, rows in at.items()}
        sizes["in other phases"] = len(frames) - sum(sizes.values())
        where = [(size, phase) for phase, size in sizes.items() if size]
        only = f"{where[0][1]} only" if len(where) == 1 else " and ".join(f"{size} {phase}" for size, phase in where)
        found.append("all" if len(frames) == total else f"{len(frames) or 'none'}{parenthesis(only)}")
    return f"the blood pool was contoured in {found[0]} of these frames and the myocardium in {found[1]}"


def contours(
    name: str, cohort: dict, manifest: pd.DataFrame, table: pd.DataFrame, volumes: pd.DataFrame | None = None
) -> str:
    """Describe who contoured which structures in which frames, and which frames are ED and ES.

    `table` is the split of the cohort, and `volumes` volumes.csv of the reference.
    """
    frames = manifest["annotated_frames"].dropna().str.split(";").map(len)
    if frames.empty:
        return paragraph(f"no reference contours were available in the {name} cohort")
    n, phased = len(manifest), int(manifest["es_frame"].notna().sum())
    structures = enumerate_words(STRUCTURE[structure] for structure in STRUCTURES)
    whose = f"the {mice(n)}" if len(frames) == n else f"{len(frames)} of the {mice(n)}"
    where = f"{counted(int(frames.sum()), 'frame')} of {whose} of the {name} cohort"
    texts = [f"an expert contoured {structures} in {where}"]
    apart = "" if volumes is None else structures_contoured(manifest, volumes, int(frames.sum()))
    if apart:
        texts = [f"an expert contoured {where}"]
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
    texts.append(apart)
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
    how, rules = " by a predefined list", []
    if drawn:
        at_random = f"at random, stratified by phenotype (seed {cohort['split']['seed']})"
        rules = assigned_without_drawing(manifest)
        how = "" if rules else f" {at_random},"
    inflow = drawn and manifest["inflow_frames"].notna().any()
    return paragraph(
        f"the {mice(len(table))} of the {name} cohort were divided{how} into a training (n = {sizes['train']}), a "
        f"validation (n = {sizes['validation']}) and a test set (n = {sizes['test']}), all images of an animal being "
        "assigned to the same set",
        enumerate_words([*rules, f"the other mice {at_random}"]) if rules else "",
        "performance with inflow artefacts was therefore not tested in this cohort" if inflow else "",
    )


def assigned_without_drawing(manifest: pd.DataFrame) -> list[str]:
    """Name the mice that a random split assigns to a certain set, as parts of a sentence."""
    inflow = int(manifest["inflow_frames"].notna().sum())
    who = "the mouse with inflow artefacts was" if inflow == 1 else f"the {mice(inflow)} with inflow artefacts were"
    rules = [f"{who} assigned to the training set"] if inflow else []
    if manifest["annotated_frames"].isna().any():
        rules.append(f"mice without contours{'' if rules else ' were assigned'} to the test set")
    return rules
