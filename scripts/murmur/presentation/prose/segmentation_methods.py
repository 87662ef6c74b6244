"""Methods in words: how mice were segmented by each reader, and how masks were post-processed."""

from murmur.data.published_dataset import WEIGHTS
from murmur.network.heart_region import COARSE_FRAMES, COARSE_SLICES, FEWEST_FRAMES, MARGIN
from murmur.presentation.prose.phrases import enumerate_words, paragraph
from murmur.vocabulary import SHIPPED_WEIGHTS

EVERY = {3: "third"}
FRAMES = {2: "the first and the middle frame"}
PART = (
    f"in cines of at least {FEWEST_FRAMES} frames, only a rectangle around the heart was segmented, where the "
    "architecture allowed its class probabilities to be computed as in the whole image. It was the smallest rectangle "
    f"around the masks that the network computed in every {EVERY[COARSE_SLICES]} slice of {FRAMES[COARSE_FRAMES]}, "
    f"enlarged by {MARGIN} pixels on each side; images in which the heart reached the border of the rectangle, "
    "there or in an adjacent slice, were segmented whole"
)


def read_mice(reader: dict, read: dict[str, int]) -> str:
    """Name the mice that a reader segmented, with their number in each cohort."""
    where = enumerate_words(f"{n} in the {cohort} cohort" for cohort, n in read.items())
    return f"{'all mice' if reader['mice'] == 'all' else 'the test mice'} ({where})"


def application(name: str, reader: dict, read: dict[str, int]) -> str:
    """Describe to which mice a network trained in this study was applied."""
    return paragraph(f"reader {name} was applied to {read_mice(reader, read)}", mirrored(reader))


SIMULATED = "agreement in simulated images does not show accuracy in acquired images"


def other_reader(name: str, reader: dict, digest: str | None, read: dict[str, int], of_phantoms: bool = False) -> str:
    """Describe a reader that was not trained in this study; `digest` is the SHA-256 of its weights.

    `of_phantoms` tells whether some of the mice that it segments are simulated.
    """
    if "masks" in reader:
        return paragraph(
            f"the masks of reader {name}, created outside Murmur, were imported for {read_mice(reader, read)}"
        )
    if "corrects" in reader:
        return reviewed(name, reader)
    if "select" in reader:
        least = reader["select"]["min_dice"]
        floor = f", among those with at least {least:g} in both" if least else ""
        return paragraph(
            f"reader {name} was the best of {enumerate_words(reader['select']['from'])} by the Dice coefficient over "
            f"all validation slices, averaged over both structures{floor}; it was selected before any of them had "
            f"segmented a test mouse, and applied to {read_mice(reader, read)}"
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
        f"because it was also trained on such images, {SIMULATED}"
        if of_phantoms and reader["weights"] in SHIPPED_WEIGHTS
        else "",
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
        f"function by reader {name} was measured at ED and ES of reader {reader['corrects']}",
        f"because corrected masks are biased towards those that they started from, reader {name} was not compared with "
        "the reference",
    )


def masks(readers: dict[str, dict], inference: dict, longest: int, openvino: bool) -> str:
    """Describe how networks segment, and how the masks of each reader were post-processed.

    `longest` is the largest number of frames of a cine, and `openvino` tells whether OpenVINO computed the networks.
    """
    readers = {name: reader for name, reader in readers.items() if "corrects" not in reader}
    networks = [
        reader for reader in readers.values() if "masks" not in reader and reader.get("combine", "mean") == "mean"
    ]
    cleaned = [name for name, reader in readers.items() if reader["postprocess"] == "largest_component"]
    left = [name for name in readers if name not in cleaned]
    in_part = inference["crop"] and longest >= FEWEST_FRAMES
    return paragraph(
        "for segmentation by a network, slices were min-max normalised and segmented independently, frame by frame; "
        "each pixel was assigned its most probable class"
        if networks
        else "",
        f"class probabilities were computed in {inference['precision']} precision where the processor supported it, "
        "otherwise in single precision (float32)"
        if networks and openvino and inference["precision"] != "float32"
        else "",
        PART if in_part and any(reader["postprocess"] == "largest_component" for reader in networks) else "",
        f"in the masks of {enumerate_words(cleaned)}, the largest three-dimensional connected component of each "
        "structure was retained in each frame. Beyond its basal and apical ends, it was extended slice by slice to "
        "the component with the nearest centroid, as long as the centroids were no farther apart than the radius of a "
        "disc with the area of the preceding cross-section; all other components were discarded"
        if cleaned
        else "",
        f"the masks of {enumerate_words(left)} were not post-processed" if left else "",
    )
