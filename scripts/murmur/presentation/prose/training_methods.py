"""Methods in words: a network and its training, from the record of the training."""

import numpy as np
import pandas as pd

from murmur.network import augmentation
from murmur.network.augmentation import RECIPES
from murmur.presentation.number_format import number
from murmur.presentation.prose.phrases import STRUCTURE, counted, enumerate_words, paragraph
from murmur.statistics.notes import mice
from murmur.vocabulary import STRUCTURES


def _unet3plus(levels: int, filters: str) -> str:
    return (
        f"a UNet 3+ (Huang et al., ICASSP 2020) with {levels} encoder levels ({filters} filters), {levels - 1} decoder "
        "levels with full-scale skip connections (features from more than one level deeper were taken from the "
        f"encoder rather than the decoder) and deep supervision at all {levels} levels"
    )


def _unet(levels: int, filters: str) -> str:
    return f"a U-Net (Ronneberger et al., MICCAI 2015) with {counted(levels, 'level')} ({filters} filters)"


def _nnunet(levels: int, filters: str) -> str:
    return (
        "a U-Net configured as by nnU-Net (Isensee et al., Nature Methods 2021), with "
        f"{levels} levels ({filters} filters), instance normalisation, leaky ReLU and deep supervision"
    )


def _resnet_vae(levels: int, filters: str) -> str:
    return (
        f"a residual network (Myronenko, BrainLes 2018) with {levels} levels ({filters} filters) and, during training, "
        "a variational branch that reconstructed the image"
    )


def _swin_unet(levels: int, filters: str) -> str:
    return f"a Swin-Unet (Cao et al., ECCV Workshops 2022) with {levels} levels ({filters} channels)"


ARCHITECTURES = {
    "unet3plus": _unet3plus,
    "unet": _unet,
    "nnunet": _nnunet,
    "resnet_vae": _resnet_vae,
    "swin_unet": _swin_unet,
}
SUMMED = {  # over the outputs of an architecture with several
    "unet3plus": " and summed over the supervised levels",
    "nnunet": " and, with weights halved from each level to the next coarser one, over the supervised levels",
}
PRECISIONS = {
    "float32": "single precision (float32)",
    "mixed_bfloat16": "mixed precision (bfloat16 and float32)",
    "mixed_float16": "mixed precision (float16 and float32)",
}
DROPPED = {
    "unet": "at the first level, increased by a quarter of this value at each further level,",
    "resnet_vae": "of the channels of the first convolution",
    "swin_unet": "in each transformer block",
}


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
    kind = ARCHITECTURES[shape["architecture"]](len(filters), enumerate_words(map(str, filters)))
    return paragraph(
        f"reader {name} was {kind}; it had {record['parameters']:,} parameters, of which "
        f"{record['parameters_trainable']:,} were trainable (Figure 1)",
        f"slices were centre-cropped or zero-padded to {shape['size']} × {shape['size']} pixels{coarser}",
    )


def _loss(architecture: str, how: dict) -> str:
    """Describe the loss of a training."""
    loss = (
        "the loss was one minus the soft Dice coefficient of each batch, averaged over background, myocardium and "
        f"blood pool{SUMMED.get(architecture, '')}"
    )
    if how["loss"] != "dice":
        loss += ", plus the cross-entropy averaged over the pixels"
    if how["loss"] == "dice_ce_shape":
        loss += (
            f", plus {how['shape_weight']:g} times the mean absolute difference between the probabilities of each "
            "structure and a map of the distance to its border"
        )
    if architecture == "resnet_vae":
        loss += (
            ", plus 0.1 times the mean squared error of the reconstructed image and 0.1 times the Kullback-Leibler "
            "divergence of the latent vector from a standard normal distribution"
        )
    return loss


def training(name: str, record: dict, history: pd.DataFrame) -> str:
    """Describe how a network was trained and how the training ended, from its training.json and history.csv."""
    how, slices, animals = record["training"], record["slices"], record["mice"]
    recipe, architecture = RECIPES[how["recipe"]], record["network"]["architecture"]
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
    initialisation = "Glorot" if architecture == "swin_unet" else "He"
    dropped = DROPPED.get(architecture, "at the bottleneck")
    return paragraph(
        f"it was trained on {counted(slices['train'], 'slice')} from {mice(len(animals['train']))} and validated on "
        f"{counted(slices['validation'], 'slice')} from {mice(len(animals['validation']))}",
        _loss(architecture, how),
        f"weights were {_initial(record, initialisation + ' initialisation' + identical)} and optimised with Adam; the "
        f"learning rate of {how['learning_rate']:g} was {rate}, the batch size was "
        f"{how['batch_size']}{validation_batch}, the dropout rate {dropped} {record['network']['dropout']:g} and "
        f"the random seed {how['seed']}; computations were in {PRECISIONS[how['precision']]}",
        "in each epoch, as many slices as there were in the training set were drawn with replacement"
        if recipe.with_replacement
        else "in each epoch, every slice was used once, in random order",
        AUGMENTATION[how["recipe"]](),
        f"{_duration(how)} ran for {counted(record['epochs_trained'], 'epoch')} on {device}",
        f"the weights of epoch {record['best_epoch']}, with the lowest validation loss "
        f"({number(record['best_val_loss'], 3)}), were retained; with these, the Dice coefficient over all validation "
        f"slices was {reached}",
    )


def folds(reader: dict) -> str:
    """Describe the folds of the training and validation mice, one of which validated a network; empty without folds."""
    if "folds" not in reader:
        return ""
    return paragraph(
        "for this cross-validation, the mice of the training and validation sets were divided anew at random into "
        f"{reader['folds']} folds, all images of an animal being in the same fold, stratified by phenotype",
        f"fold {reader['fold']} was used for validation and the others for training; no fold contained test mice",
    )


def _duration(how: dict) -> str:
    """Describe when a training was stopped, up to the subject of the next clause.

    The first epoch sets the lowest loss, so that training can stop early only if it has more than patience + 1 epochs.
    """
    if how["patience"] + 1 >= how["epochs"]:
        return "training"
    return (
        f"training was stopped when the validation loss had not decreased for {counted(how['patience'], 'epoch')}, and "
        f"after {how['epochs']} epochs at the latest; it"
    )


def _initial(record: dict, random: str) -> str:
    """Describe the weights with which a training started."""
    if "start_from" not in record:
        return f"initialised with {random}"
    frozen = ", of which those of the encoder were kept" if record["training"]["freeze"] == "encoder" else ""
    return f"initialised with those of a trained network (SHA-256 of its file, {record['start_from']}){frozen}"


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
