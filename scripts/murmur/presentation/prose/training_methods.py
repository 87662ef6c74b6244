"""Methods in words: a network and its training, from the record of the training."""

import numpy as np
import pandas as pd

from murmur.network import augmentation
from murmur.network.augmentation import RECIPES
from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import STRUCTURE, counted, enumerate_words, paragraph
from murmur.statistics.notes import mice
from murmur.vocabulary import STRUCTURES


def network(name: str, record: dict) -> str:
    """Describe the network that was trained, from its training.json."""
    shape = record["network"]
    filters = shape["filters"]
    coarser = ""
    if (factor := shape["downsample"]) > 1:
        coarser = (
            f" and downsampled by averaging over {factor} × {factor} pixels; the output was upsampled by bilinear "
            "interpolation"
        )
    return paragraph(
        f"reader {name} was a UNet 3+ (Huang et al., ICASSP 2020) with {len(filters)} encoder levels "
        f"({enumerate_words(map(str, filters))} filters), {len(filters) - 1} decoder levels with full-scale skip "
        f"connections and deep supervision at all {len(filters)} levels; it had {record['parameters']:,} parameters, "
        f"of which {record['parameters_trainable']:,} were trainable",
        f"slices were centre-cropped or zero-padded to {shape['size']} × {shape['size']} pixels{coarser}",
    )


def training(name: str, record: dict, history: pd.DataFrame) -> str:
    """Describe how a network was trained and how the training ended, from its training.json and history.csv."""
    how, slices, animals = record["training"], record["slices"], record["mice"]
    recipe = RECIPES[how["recipe"]]
    rate = f"decreased to zero over {how['epochs']} epochs by cosine annealing"
    if how["schedule"] != "cosine":
        rate = "kept constant"
    device = f"a {record['device']['kind'].upper()}{' with XLA compilation' if record['device']['xla'] else ''}"
    best = history.set_index("epoch").loc[record["best_epoch"]]
    reached = enumerate_words(
        f"{number(best[f'val_dice_{structure}'], 3)} for {STRUCTURE[structure]}" for structure in STRUCTURES
    )
    validation_batch = f" ({recipe.validation_batch} for validation)" if recipe.validation_batch else ""
    identical = " (identical for kernels of the same shape)" if recipe.equal_starts else ""
    return paragraph(
        f"it was trained on {counted(slices['train'], 'slice')} from {mice(len(animals['train']))} and validated on "
        f"{counted(slices['validation'], 'slice')} from {mice(len(animals['validation']))}",
        "the loss was one minus the soft Dice coefficient of each batch, averaged over background, myocardium and "
        "blood pool and summed over the supervised levels",
        f"weights were initialised with He initialisation{identical} and optimised with Adam; the learning rate of "
        f"{how['learning_rate']:g} was {rate}, the batch size was {how['batch_size']}{validation_batch}, the dropout "
        f"rate at the bottleneck {record['network']['dropout']:g}, the numerical precision {how['precision']} and the "
        f"random seed {how['seed']}",
        "in each epoch, as many slices as there were in the training set were drawn with replacement"
        if recipe.with_replacement
        else "in each epoch, every slice was used once, in random order",
        AUGMENTATION[how["recipe"]](),
        f"training was stopped early when the validation loss had not decreased for {how['patience']} epochs, and "
        f"after {how['epochs']} epochs at the latest; it ran for {counted(record['epochs_trained'], 'epoch')} on "
        f"{device}",
        f"the weights of epoch {record['best_epoch']}, with the lowest validation loss "
        f"({number(record['best_val_loss'], 3)}), were retained; their Dice coefficient over all validation slices was "
        f"{reached}",
    )


def _percent(share: float) -> str:
    return f"{100 * share:g}%"


def _to(limits: tuple[float, float], write=lambda value: f"{value:g}") -> str:
    return f"{write(limits[0])} to {write(limits[1])}"


def _augmented(turns: str, noise: str, clip: str, affine: str) -> str:
    tiles = f"{augmentation.CLAHE_TILES} × {augmentation.CLAHE_TILES}"
    changes = {
        "flip": "left-right flipping",
        "turn": f"rotation by {turns}",
        "brightness": f"a change in brightness of up to ±{_percent(augmentation.BRIGHTNESS)} of the intensity range",
        "gamma": f"gamma correction with an exponent of {_to(augmentation.GAMMA)}",
        "noise": f"addition of Gaussian noise with a standard deviation of {noise} of the intensity range",
        "CLAHE": f"contrast-limited adaptive histogram equalisation with {tiles} tiles and a clip limit of {clip}",
        "affine": affine,
    }
    done = enumerate_words(f"{change} (probability {augmentation.CHANCE[name]:g})" for name, change in changes.items())
    return f"training slices were augmented, in this order, by {done}; finally, each slice was min-max normalised"


def _paper() -> str:
    return _augmented(
        "90°, 180° or 270°",
        _to(tuple(np.sqrt(augmentation.NOISE_VARIANCE) / 255), lambda share: f"{100 * share:.1f}%"),
        f"{augmentation.CLAHE_CLIP:g}",
        f"an affine transformation comprising rotation by up to ±{np.rad2deg(augmentation.ROTATION):g}°, isotropic "
        f"scaling by up to ±{_percent(augmentation.SCALE)} and translation by up to ±{_percent(augmentation.SHIFT)} of "
        "the image size along each axis",
    )


def _notebook() -> str:
    return _augmented(
        "a random multiple of 90°",
        _to(augmentation.NOISE_SD, _percent),
        f"{_to((1, augmentation.CLAHE_CLIP))}",
        f"an affine transformation comprising scaling by up to ±{_percent(augmentation.SCALE)} independently along "
        f"each axis, rotation by up to ±{np.rad2deg(augmentation.ROTATION):g}° and translation by "
        f"{_percent(augmentation.SHIFT)} of the image size along both axes",
    )


AUGMENTATION = {"paper": _paper, "notebook": _notebook}
