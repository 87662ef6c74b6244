"""Appearance of the anatomy: tissue contrast, texture, blur, artefacts and grey scale.

The defaults are those of the ordinary phantom. `draw_look` varies them far beyond a single scanner (domain
randomisation: Tobin et al., IROS 2017; Billot et al., Med Image Anal 2023), so that real images appear as one more
variation to a network trained on them.
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Look:
    """Lengths in mm, signal relative to blood (1)."""

    edge: float = 0.3  # width of the heart's edges, from its motion within a frame
    blood_spread: float = 0.08  # of the blood's signal between slices: fresh blood is bright, slow blood dark
    blood_texture: float = 1.0
    rv_blood: float = 0.92
    voids: float = 0.0  # share of the signal that turbulent blood loses, in patches
    muscle_texture: float = 0.07
    muscle_regions: float = 0.0  # slow changes of the muscle's signal about the heart
    rind: float = 0.0  # thickness of the layer around the heart: fat, pericardium, fluid
    rind_signal: float = 0.0
    surroundings: dict[str, float] = field(default_factory=dict)  # factors of the signal of the chest's tissues
    detail: tuple[float, float] = (1.0, 1.0)  # share of the samples kept, along row and column
    ghost: tuple[float, int, int] = (0.0, 0, 0)  # signal of a displaced copy, its displacement in pixels, its axis
    grey: tuple[float, float, float] | None = None  # darkest and brightest signal shown, and gamma


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a factor, uniform on a logarithmic scale: half and double are equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_look(rng: np.random.Generator) -> Look:
    """Draw an appearance; features that not every image has are drawn for some images only."""

    def sometimes(share: float, value: float) -> float:
        return value if rng.random() < share else 0.0

    tissues = {"muscle": (0.5, 1.6), "lung": (0.5, 6), "liver": (0.5, 2), "skin": (0.4, 2), "fat": (0.4, 3)}
    ghost = sometimes(0.3, rng.uniform(0.02, 0.12))
    return Look(
        edge=rng.uniform(0.12, 0.45),
        blood_spread=rng.uniform(0.02, 0.3),
        blood_texture=rng.uniform(0.3, 2.5),
        rv_blood=rng.uniform(0.5, 1.15),
        voids=sometimes(0.4, rng.uniform(0.1, 0.7)),
        muscle_texture=rng.uniform(0.02, 0.2),
        muscle_regions=rng.uniform(0, 0.25),
        rind=sometimes(0.5, rng.uniform(0.1, 0.6)),
        rind_signal=rng.uniform(0, 1.2),
        surroundings={name: between(rng, *bounds) for name, bounds in tissues.items()},
        detail=(rng.uniform(0.5, 1), rng.uniform(0.5, 1)),
        ghost=(ghost, int(rng.integers(20, 128)), int(rng.integers(2))),
        grey=(rng.uniform(0, 0.12), between(rng, 0.8, 2.5), between(rng, 0.65, 1.5)),
    )
