"""Fit and evaluate the prediction of the quality of masks on simulated, corrupted mice with known masks.

    python benchmarks/quality.py simulate FOLDER    segment 92 mice, each also in three corruptions
    python benchmarks/quality.py fit FOLDER         write models/quality.json
    python benchmarks/quality.py evaluate FOLDER    print the tables of docs/quality.md

Every other mouse has the wide range of anatomy and appearance of the mice that the shipped network was trained on, none
of which is used here. The mice of the seeds FITTED served to choose the signs and their limits, and to fit the
regressions; those of TESTED, to evaluate them. Simulation takes about 6 s of processor time per cine; it resumes if it
was interrupted.
"""

import hashlib
import itertools
import json
import os
import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import export_network  # noqa: E402
from murmur.csv_tables import read_csv, write_csv  # noqa: E402
from murmur.measurement.function import function, mass, structure_volumes  # noqa: E402
from murmur.measurement.overlap import dice  # noqa: E402
from murmur.network.inference import Network, read_openvino  # noqa: E402
from murmur.network.preprocessing import scale, to_square  # noqa: E402
from murmur.network.segmentation import segment_cine  # noqa: E402
from murmur.phantom.corruption import KINDS, SEVERITIES, Cine, corrupt  # noqa: E402
from murmur.phantom.mouse import phantom_mouse  # noqa: E402
from murmur.quality import score, slice_score  # noqa: E402
from murmur.quality.image_signs import image_signs  # noqa: E402
from murmur.quality.scan_signs import scan_signs  # noqa: E402
from murmur.quality.signs import TRAINED, judge, tables, with_ranges  # noqa: E402
from murmur.quality.slice_signs import slice_signs  # noqa: E402
from murmur.vocabulary import STRUCTURES  # noqa: E402

FITTED, TESTED = {7171: 40, 4242: 26}, {9393: 26}  # number of mice of each seed
RESAMPLES = 1000
INTERVAL_MS = 9.0
COPIES = 3  # of each mouse, corrupted
EVERY = 4  # frames, of which one serves the prediction of slices
GOOD, FALSE_ALARMS = 0.8, 0.1
MODEL = ROOT / "models" / "murmur.keras"
REGRESSIONS = ROOT / "models" / "quality.json"
MIRRORED = ((), (0,), (1,))  # axes (row, column) along which the copies for the agreement are mirrored
VALUES = ["true", "predicted", "low", "high", "constant"]
AGREEMENT = [*(f"disagreement_{structure}" for structure in STRUCTURES), "entropy"]


def agreement(images: np.ndarray, network: Network) -> dict[str, float]:
    """Return the disagreement of a network on mirrored copies of images (image, row, column), means over the images.

    One minus the mean Dice coefficient of all pairs of copies, by structure, and the mean entropy of the mean
    probabilities over the pixels that any copy assigns to the heart.
    """
    squares = to_square(scale(images), network.size)
    copies = []
    for axes in MIRRORED:
        along = tuple(axis + 1 for axis in axes)
        copies.append(np.flip(network.probabilities(np.ascontiguousarray(np.flip(squares, along))), along))
    probabilities = np.stack(copies)
    labels = probabilities.argmax(axis=-1)
    found = {}
    for structure, label in STRUCTURES.items():
        masks = labels == label
        pairs = itertools.combinations(range(len(masks)), 2)
        scores = [
            dice(masks[one, image], masks[other, image])
            for one, other in pairs
            for image in range(masks.shape[1])
            if masks[one, image].any() or masks[other, image].any()
        ]
        found[f"disagreement_{structure}"] = np.log1p(10 * (1 - np.mean(scores))) if scores else np.nan
    mean = probabilities.mean(axis=0)[(labels > 0).any(axis=0)].astype(float)
    found["entropy"] = float(-(mean * np.log(np.maximum(mean, 1e-12))).sum(axis=-1).mean()) if len(mean) else np.nan
    return found


def phases_of(masks: np.ndarray) -> tuple[int, int]:
    """Return the frames with the largest and the smallest blood pool."""
    volumes = (masks == STRUCTURES["blood_pool"]).sum(axis=(0, 1, 2))
    return int(volumes.argmax()), int(volumes.argmin())


def function_of(masks: np.ndarray, spacing_mm: tuple[float, float, float]) -> dict[str, float]:
    """Return the function of masks at their own ED and ES; EF is 0 without a blood pool."""
    volumes = [structure_volumes(masks[..., frame], spacing_mm) for frame in phases_of(masks)]
    rows = [{"blood_pool_uL": each["blood_pool"], "myocardium_mg": mass(each["myocardium"])} for each in volumes]
    found = function(*rows)
    return found | {"EF": 0.0 if np.isnan(found["EF"]) else found["EF"]}


def places_of(findings: pd.DataFrame, masks: np.ndarray, expert: np.ndarray) -> pd.DataFrame:
    """Return a row for each slice and frame with a mask or contours.

    `dice` is the smaller Dice coefficient of the two structures there, `around` the smallest there and in the
    neighbouring slices and frames, and `findings` the number of findings.
    """
    scores = np.full((2, *(side + 2 for side in masks.shape[2:])), np.nan)  # structure, slice and frame, with a border
    for structure, label in enumerate(STRUCTURES.values()):
        for slice_, frame in np.ndindex(masks.shape[2:]):
            pair = [stack[:, :, slice_, frame] == label for stack in (masks, expert)]
            if pair[0].any() or pair[1].any():
                scores[structure, slice_ + 1, frame + 1] = dice(*pair)
    lowest = np.fmin.reduce(scores)
    lowest[:, [0, -1]] = lowest[:, [-2, 1]]  # the beat is periodic
    neighbours = (np.s_[1:-1, 1:-1], np.s_[:-2, 1:-1], np.s_[2:, 1:-1], np.s_[1:-1, :-2], np.s_[1:-1, 2:])
    around = np.fmin.reduce([lowest[place] for place in neighbours])
    found = np.zeros(masks.shape[2:], int)
    for slice_, frame in findings[["slice", "frame"]].dropna().itertuples(index=False):
        found[slice_, frame] += 1
    rows = [
        {"slice": slice_, "frame": frame, "dice": lowest[slice_ + 1, frame + 1], "around": around[slice_, frame]}
        | {"findings": found[slice_, frame]}
        for slice_, frame in np.argwhere(np.isfinite(lowest[1:-1, 1:-1]))
    ]
    return pd.DataFrame(rows)


def slices_of(by_slice: dict[str, np.ndarray], masks: np.ndarray, expert: np.ndarray) -> pd.DataFrame:
    """Return the variables and the Dice coefficients of the masks of slices, in one of EVERY frames."""
    table = slice_score.variables(by_slice, masks)
    table = table[table["frame"] % EVERY == 0].reset_index(drop=True)
    for structure, label in STRUCTURES.items():
        pairs = [
            (masks[:, :, slice_, frame] == label, expert[:, :, slice_, frame] == label)
            for slice_, frame in table[["slice", "frame"]].itertuples(index=False)
        ]
        table[f"dice_{structure}"] = [dice(*pair) if any(map(np.any, pair)) else np.nan for pair in pairs]
    return table


def scan_of(
    name: str, cine: Cine, truth: Cine, network: Network
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict]:
    """Segment a cine; return its rows of signs.csv, its places, its slices, and what is true of its masks."""
    masks = segment_cine(cine.images, network, cine.spacing_mm, only_heart=True, crop=True).masks
    phases, pixel = phases_of(masks), cine.spacing_mm[0] * cine.spacing_mm[1]
    blood, heart = (np.isin(masks, labels).sum(axis=(0, 1)) * pixel for labels in ([2], [1, 2]))
    by_slice = slice_signs(masks, cine.spacing_mm) | image_signs(cine.images, masks)
    by_scan = scan_signs(blood, heart, cine.spacing_mm, INTERVAL_MS, phases)
    signs, findings = tables([judge(name, by_slice, by_scan, heart > 0, with_ranges(TRAINED))])
    ours, true = function_of(masks, cine.spacing_mm), function_of(truth.masks, truth.spacing_mm)
    outcome = {quantity: abs(ours[quantity] - true[quantity]) for quantity in score.ERRORS}
    for structure, label in STRUCTURES.items():
        pairs = [(masks[..., frame] == label, cine.masks[..., frame] == label) for frame in phases_of(truth.masks)]
        outcome[f"dice_{structure}"] = float(np.mean([dice(expert, found) for found, expert in pairs]))
    images = np.concatenate([np.moveaxis(cine.images[..., frame], 2, 0) for frame in phases])
    tables_of_places = places_of(findings, masks, cine.masks), slices_of(by_slice, masks, cine.masks)
    return signs, *tables_of_places, outcome | agreement(images, network)


def simulate(folder: Path) -> None:
    """Write signs and outcomes of all scans to files in `folder`."""
    exported = folder / "network.xml"
    if not exported.exists():
        export_network.main(str(MODEL), str(exported), str(exported.with_suffix(".bin")))
    for seed, mice in (FITTED | TESTED).items():
        for index in range(mice):
            simulate_mouse(folder, exported, seed, index)


def simulate_mouse(folder: Path, exported: Path, seed: int, index: int) -> None:
    """Write the files of the scans of one mouse that are not in `folder`."""
    phantom = phantom_mouse(seed, index, varied=index % 2 == 1, every_frame=True, frame_interval_ms=INTERVAL_MS)
    truth, kinds = Cine(phantom.images, phantom.masks, phantom.spacing_mm), list(KINDS)
    for copy in range(COPIES + 1):
        kind, severity = "none", 0
        if copy:
            kind = kinds[(COPIES * index + copy - 1) % len(kinds)]
            severity = SEVERITIES[(7 * index + 3 * copy + index // len(kinds)) % len(SEVERITIES)]
        name = f"{seed}_{index:03d}_{kind}_{severity}"
        if (folder / f"{name}.signs.csv").exists():
            continue
        cine = corrupt(np.random.default_rng([seed, index, copy]), truth, kind, severity) if copy else truth
        network = read_openvino(exported, cine.images.shape[3], 1)
        signs, places, slices, outcome = scan_of(name, cine, truth, network)
        row = {"mouse": name, "seed": seed, "number": index, "kind": kind, "severity": severity, **outcome}
        write_csv(pd.DataFrame([row]), folder / f"{name}.outcome.csv")
        for table, kind in ((places, "places"), (slices, "slices")):
            write_csv(table.assign(mouse=name, seed=seed, number=index), folder / f"{name}.{kind}.csv")
        write_csv(signs, folder / f"{name}.signs.csv")
        print(name, {key: round(outcome[key], 2) for key in score.QUANTITIES}, flush=True)


def read(folder: Path, seeds: Collection[int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return signs, places, variables and outcomes of the scans of `seeds`, without those that have no blood pool."""
    signs, places, outcomes = (
        pd.concat([read_csv(path) for seed in seeds for path in sorted(folder.glob(f"{seed}_*.{name}.csv"))])
        for name in ("signs", "places", "outcome")
    )
    outcomes = outcomes.set_index("mouse")
    outcomes["number"] += 1000 * outcomes["seed"]  # of the mouse among those of all seeds
    variables = score.features(signs).reindex(outcomes.index)
    empty = variables["open_ring"].isna()
    print(f"{len(outcomes)} scans of {outcomes['number'].nunique()} mice; {empty.sum()} without a blood pool:")
    print(outcomes.loc[empty, ["kind", *score.DICE]].groupby("kind").agg(["size", "max"]).to_string())
    return signs, places, variables[~empty], outcomes[~empty]


def read_slices(folder: Path, seeds: Collection[int]) -> pd.DataFrame:
    """Return the slices of the scans of `seeds`."""
    paths = [path for seed in seeds for path in sorted(folder.glob(f"{seed}_*.slices.csv"))]
    table = pd.concat([read_csv(path) for path in paths], ignore_index=True)
    return table.assign(number=table["number"] + 1000 * table["seed"])


def predictions(
    fitted: tuple[pd.DataFrame, pd.DataFrame], tested: tuple[pd.DataFrame, pd.DataFrame], by_kind: bool
) -> pd.DataFrame:
    """Predict the scans `tested` by regressions fitted to `fitted`, each (variables, outcomes).

    With `by_kind`, scans with the corruption of the predicted one are left out of the fit.
    """
    found, outcomes = [], tested[1]
    for kind in outcomes["kind"].unique() if by_kind else [None]:
        training = fitted[1]["kind"] != kind
        variables, known = (table[training] for table in fitted)
        model = score.fit(variables, known, known["number"])
        chosen = (outcomes["kind"] == kind) | (kind is None)
        predicted = score.predict(tested[0][chosen], model)
        constants = known[score.QUANTITIES].median()
        found.append(predicted.assign(constant=predicted["quantity"].map(constants)))
    table = pd.concat(found, ignore_index=True)
    true = outcomes[score.QUANTITIES].stack()
    places = pd.MultiIndex.from_frame(table[["mouse", "quantity"]])
    return table.assign(true=true.reindex(places).to_numpy(), number=table["mouse"].map(outcomes["number"]))


def area_under_curve(bad: np.ndarray, risk: np.ndarray) -> float:
    """Return the area under the ROC curve of a risk; NaN unless there are bad and good scans."""
    positive, negative = int(bad.sum()), int((~bad).sum())
    if not positive or not negative:
        return np.nan
    return (rankdata(risk)[bad].sum() - positive * (positive + 1) / 2) / (positive * negative)


def sensitivity(bad: np.ndarray, risk: np.ndarray) -> float:
    """Return the share of bad scans above the risk that FALSE_ALARMS of the good ones exceed."""
    if bad.all() or not bad.any():
        return np.nan
    return float((risk[bad] > np.quantile(risk[~bad], 1 - FALSE_ALARMS, method="higher")).mean())


def results(values: np.ndarray) -> np.ndarray:
    """Return AUC, sensitivity, error of the prediction and of the constant, and coverage, from the rows VALUES."""
    true, predicted, low, high, constant = values
    bad = true < GOOD  # of Dice coefficients
    covered = (low <= true + 1e-9) & (high >= true - 1e-9)
    errors = [np.abs(guess - true).mean() for guess in (predicted, constant)]
    return np.array([area_under_curve(bad, -predicted), sensitivity(bad, -predicted), *errors, covered.mean()])


def with_intervals(rows: pd.DataFrame) -> list[str]:
    """Return the results of one quantity with 95% intervals, resampling mice."""
    rng, values = np.random.default_rng(1), rows[VALUES].to_numpy().T
    mice = [np.flatnonzero(rows["number"] == number) for number in rows["number"].unique()]
    drawn = [
        results(values[:, np.concatenate([mice[number] for number in rng.integers(0, len(mice), len(mice))])])
        for _ in range(RESAMPLES)
    ]
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return [f"{value:.3g} ({a:.3g} to {b:.3g})" for value, a, b in zip(results(values), low, high, strict=True)]


def of_errors(cells: list[str]) -> list[str]:
    """Leave out what is about Dice coefficients only."""
    return ["", "", *cells[2:]]


def evaluate(folder: Path) -> None:
    """Print the tables of docs/quality.md."""
    _, _, *fitted = read(folder, FITTED)
    signs, places, *tested = read(folder, TESTED)
    outcomes = tested[1]
    columns = ["AUC", "sensitivity", "error", "error of the constant", "coverage"]
    for by_kind in (False, True):
        rows = {}
        for name in ("signs", "agreement", "both"):
            chosen = [(predictors(*tables, name), tables[1]) for tables in (fitted, tested)]
            for quantity, group in predictions(*chosen, by_kind).groupby("quantity"):
                cells = with_intervals(group)
                rows[quantity, name] = cells if quantity in score.DICE else of_errors(cells)
        print("\nOther mice and other corruptions" if by_kind else "\nOther mice")
        print(pd.DataFrame(rows, index=columns).T.sort_index().to_string())
    bad = (outcomes[score.DICE] < GOOD).any(axis=1)
    flagged = signs.groupby("mouse")["places"].sum().reindex(outcomes.index) > 0
    summary = outcomes.assign(bad=bad, flagged=flagged, scans=1).groupby("kind")
    print(
        summary[[*score.QUANTITIES, "bad", "flagged"]].mean().round(2).assign(scans=summary["scans"].sum()).to_string()
    )
    evaluate_findings(places, outcomes)
    fitted, tested = (read_slices(folder, seeds) for seeds in (FITTED, TESTED))
    predicted = slice_score.predict(tested, slice_score.fit(fitted, fitted[score.DICE], fitted["number"].to_numpy()))
    evaluate_slices(fitted, tested, predicted)
    evaluate_review(places, predicted.assign(mouse=tested["mouse"]))


def evaluate_slices(fitted: pd.DataFrame, tested: pd.DataFrame, predicted: pd.DataFrame) -> None:
    """Print how well the Dice coefficients of slices are predicted, with 95% intervals."""
    for quantity in score.DICE:
        rows = tested[["mouse", "number"]].assign(true=tested[quantity], predicted=predicted[quantity], low=0, high=1)
        rows = rows.assign(constant=fitted[quantity].median()).dropna()
        for words, chosen in (("all", rows), ("intact", rows[rows["mouse"].str.contains("_none_")])):
            rho = chosen["true"].corr(chosen["predicted"], method="spearman")
            cells, bad = with_intervals(chosen)[:4], (chosen["true"] < GOOD).sum()
            print(f"\n{quantity} of {len(chosen)} slices and frames, {bad} bad, scans: {words}; Spearman {rho:.2f}")
            print("AUC {}, sensitivity {}, error {}, of the constant {}".format(*cells))


def evaluate_review(places: pd.DataFrame, predicted: pd.DataFrame) -> None:
    """Print which slices review.csv lists, by signs and by a low mean prediction, and how many of them are bad.

    A slice is bad if the mean of its `dice` over the frames is.
    """
    groups = places.groupby(["mouse", "slice"])
    means = predicted.groupby(["mouse", "slice"])[score.DICE].mean().min(axis=1)
    table = groups["number"].first().to_frame()
    table["bad"], table["good_in_all"] = groups["dice"].mean() < GOOD, groups["dice"].min() >= GOOD
    table["signs"] = groups["findings"].max() > 0
    table["prediction"] = means.reindex(table.index) < score.LOW_DICE
    table["either"] = table["signs"] | table["prediction"]
    for words, chosen in (("all", table), ("intact", table.filter(like="_none_", axis=0))):
        print(f"\nSlices, scans: {words}")
        for name in ("signs", "prediction", "either"):
            bad, others = (share(chosen[chosen["bad"] == is_bad], name) for is_bad in (True, False))
            good = (chosen[name] & chosen["good_in_all"]).sum()
            print(
                f"listed by {name}: {bad} of the bad ones, {others} of the others, of which {good} good in all frames"
            )


def predictors(variables: pd.DataFrame, outcomes: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the variables of the regressions: signs, agreement or both."""
    sets = {"signs": [variables], "agreement": [outcomes[AGREEMENT]]}
    return pd.concat(sets.get(name, [table for tables in sets.values() for table in tables]), axis=1)


def share(rows: pd.DataFrame, column: str) -> str:
    """Return the number and the share of the rows in which a column is true, with a 95% interval, resampling mice."""
    counts, rng = rows.groupby("number")[column].agg(["sum", "size"]).to_numpy(), np.random.default_rng(1)
    drawn = [counts[rng.integers(0, len(counts), len(counts))].sum(axis=0) for _ in range(RESAMPLES)]
    low, high = np.percentile([found / total for found, total in drawn], [2.5, 97.5])
    found, total = counts.sum(axis=0)
    return f"{found} of {total}, {found / total:.4f} ({low:.4f} to {high:.4f})"


def evaluate_findings(places: pd.DataFrame, outcomes: pd.DataFrame) -> None:
    """Print how many bad and how many good masks of slices and frames have findings, with 95% intervals."""
    places = places.assign(flagged=places["findings"] > 0)
    good = outcomes.index[(outcomes[score.DICE] >= GOOD).all(axis=1)]
    intact = places["mouse"].str.contains("_none_")
    kinds = {
        "all": intact | True,
        "intact": intact,
        "intact and good at ED and ES": intact & places["mouse"].isin(good),
    }
    for words, chosen in kinds.items():
        here = places[chosen]
        bad, well = here["dice"] < GOOD, here["around"] >= GOOD
        print(f"\nMasks of slices and frames, scans: {words} ({here['mouse'].nunique()})")
        for name, group in (("bad", here[bad]), ("good, with good neighbours", here[well])):
            print(f"{name} with findings: {share(group, 'flagged')}")
        alarms, justified = here[well & here["flagged"]]["mouse"].nunique(), (here["flagged"] & ~well).sum()
        print(f"{justified} of {here['flagged'].sum()} masks with findings, or neighbours of them, are bad")
        print(f"{here[here['flagged']]['mouse'].nunique()} of {here['mouse'].nunique()} scans have findings in slices")
        print(f"{alarms} scans have a finding in a good mask with good neighbours")


def fit(folder: Path) -> None:
    """Write models/quality.json."""
    *_, variables, outcomes = read(folder, FITTED)
    model = score.fit(variables, outcomes, outcomes["number"])
    about = {"weights_sha256": hashlib.sha256(MODEL.read_bytes()).hexdigest(), "scans": len(outcomes)}
    about |= {"mice": int(outcomes["number"].nunique()), "seeds": list(FITTED)}
    slices = read_slices(folder, FITTED)
    model["slices"] = slice_score.fit(slices, slices[score.DICE], slices["number"].to_numpy())
    REGRESSIONS.write_text(json.dumps(about | model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    command, place = sys.argv[1:]
    Path(place).mkdir(exist_ok=True)
    {"simulate": simulate, "fit": fit, "evaluate": evaluate}[command](Path(place))
