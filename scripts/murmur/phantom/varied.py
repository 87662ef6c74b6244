"""Varied mice, for training networks that are applied to images of other scanners: wide ranges of anatomy and pose.

Each property of a heart is drawn independently and uniformly, beyond the range of the phenotypes, so that small ragged
cavities in thick walls are as frequent as any others, and so are thin walls. The contour of the blood pool follows the
outer edge of the mixture of blood and trabeculae, as an expert would draw it. A varied mouse has two frames, ED and ES,
which are those used for training.
"""

from dataclasses import replace

import numpy as np

from murmur.measurement.function import MYOCARDIAL_DENSITY
from murmur.phantom.beat import Beat
from murmur.phantom.heart import Heart, draw_heart, draw_margin, draw_trabeculae, harmonics, with_closed_wall
from murmur.phantom.look import between, draw_look
from murmur.phantom.scanner import MATRIX, Scanner, draw_scanner, place_slices


def draw_varied_heart(rng: np.random.Generator, phenotype: str) -> Heart:
    """Draw a heart; only the infarct is taken from the phenotype, and hearts of other phenotypes may have one too."""
    heart = draw_heart(rng, phenotype)
    edv, ef = rng.uniform(30, 115), rng.uniform(15, 85)
    mass = between(rng, 14 + 0.6 * edv, 190)
    rv_angle = heart.rv_angle
    papillary = [
        (rv_angle + np.pi + rng.uniform(-1.6, 1.6), rng.uniform(0.15, 0.6), rng.uniform(0.2, 1.3))
        for _ in range(rng.integers(0, 5))
    ]
    patch = heart.patch
    if rng.random() < 0.15:
        patch = np.array([rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.95), rng.uniform(0.4, 0.8)])
    cavity = rng.uniform(0.3, 1.5) * harmonics(rng, {1: 0.05, 2: 0.08, 3: 0.06, 4: 0.04, 5: 0.03, 6: 0.02, 7: 0.02})
    return with_closed_wall(
        replace(
            heart,
            edv=edv,
            esv=edv * (1 - ef / 100),
            mass_ed=mass,
            mass_es=mass * rng.uniform(0.95, 1.08),
            length=7.6 * ((edv + mass / MYOCARDIAL_DENSITY) / 155) ** (1 / 3) * rng.uniform(0.8, 1.2),
            shortening=rng.uniform(0.3, 1.4),
            apex_wall=rng.uniform(0.2, 1.2) + mass / 250,
            apex_form=rng.uniform(0.7, 1.4),
            widest=rng.uniform(0.6, 0.82),
            outline=rng.uniform(0.5, 1.6) * heart.outline,
            cavity_outline=np.clip(cavity, -0.35, 0.5),
            papillary=np.array(papillary).reshape(-1, 3),
            trabeculae=draw_trabeculae(rng, (5, 40), (0.05, 0.2), rng.uniform(0.05, 0.5)),
            twist=np.radians(rng.uniform(0, 30)),
            patch=patch,
            patch_wall=rng.uniform(0.35, 0.7),
            rv_span=rng.uniform(0.8, 1.7),
            rv_width=rng.uniform(0.6, 2.8),
            rv_wall=rng.uniform(0.15, 0.6),
            margin=draw_margin(rng, rng.uniform(0.04, 0.2), 0.0, 0.05),
            fringe=rng.uniform(0, 0.06) + draw_trabeculae(rng, (0, 40), (0.02, 0.1), rng.uniform(0.05, 0.35)),
        ),
        thicker=1.03,
    )


def two_frames(rng: np.random.Generator) -> Beat:
    """Return a beat of ED and ES only, with a random amount of flow in each."""
    return Beat(filling=np.array([1.0, 0.0]), flow=rng.uniform(0, 1, 2), ed_frame=0, es_frame=1)


def draw_varied_scanner(rng: np.random.Generator, heart: Heart, field_T: float) -> Scanner:
    """Draw an acquisition: the stack reaches up to three slices above the valve plane, and two beyond the apex."""
    scanner = draw_scanner(rng, heart, field_T)
    pixel = scanner.pixel * rng.uniform(0.8, 1.25)
    tops = place_slices(rng, heart, above=int(rng.integers(1, 4)), below=int(rng.integers(0, 3)), most=15)
    return replace(
        scanner,
        pixel=pixel,
        slice_tops=tops,
        centre=MATRIX * pixel / 2 + rng.uniform(-35, 35, 2) * pixel,
        tilt=rng.normal(0, 0.25, 2),
        myocardium=rng.uniform(0.12, 0.68),
        noise=between(rng, 0.008, 0.09),
        shading=np.array([rng.uniform(-0.03, 0.12), *rng.normal(0, 0.04, 2)]),
        jet_at=rng.normal(0, 1, 2),
        look=draw_look(rng),
    )
