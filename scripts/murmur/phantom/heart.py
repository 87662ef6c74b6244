"""The phantom's heart: drawn to target volumes, every surface a radius about the ventricle's long axis.

Heights are in mm above the epicardial apex, angles in the image plane. Since all surfaces are star-shaped
about the axis, a volume is the integral of r²/2 over angle and height; where a surface's radius is linear in
an unknown scale, its volume is quadratic in it, so targets are met by solving, not by searching.
"""

from dataclasses import dataclass, replace

import numpy as np

from murmur.measurement.function import MYOCARDIAL_DENSITY

THINNEST_WALL = 0.25  # mm
ANGLES = 720
_angle = np.arange(ANGLES) * (2 * np.pi / ANGLES)

# Mean and standard deviation of the targets: EDV (uL), EF (%), mass at ED (mg). Weighted by the phenotypes'
# numbers they give the cohort of the study: EDV 65.6 (10), EF 59 (11), mass 105 (27).
TARGETS = {
    "control": {"EDV": (61.0, 8.0), "EF": (67.0, 5.0), "mass": (86.0, 11.0)},
    "mi_patch": {"EDV": (73.0, 8.0), "EF": (45.0, 6.0), "mass": (98.0, 10.0)},
    "dcm": {"EDV": (69.5, 10.5), "EF": (56.0, 9.5), "mass": (100.0, 17.0)},
    "tac": {"EDV": (61.5, 9.5), "EF": (59.5, 9.0), "mass": (138.0, 21.0)},
}


# Distance in mm from the contour of the epicardium outwards to the edge of the muscle's signal: mean between mice,
# standard deviations between mice (experts) and between slices. Experts draw on the inner side of the blurred edge;
# a network trained on contours along the middle of the edge overestimated the mass of real mice by 12 to 21%.
MARGIN = (0.12, 0.03, 0.03)
SESSION_SD = 0.3  # standard deviation between sessions of a mouse, as a share of that between mice


@dataclass(frozen=True)
class Session:
    """A session of a mouse scanned repeatedly: severity of its phenotype, 0 to 1, and the session's variation."""

    severity: float
    rng: np.random.Generator


@dataclass(frozen=True)
class Heart:
    """What is drawn once for a mouse. Volumes in uL, lengths in mm, angles in radians, masses in mg."""

    edv: float
    esv: float
    mass_ed: float
    mass_es: float
    length: float  # epicardial apex to valve plane at ED
    shortening: float  # descent of the valve plane from ED to ES
    apex_wall: float
    widest: float  # height of the widest cavity, as a share of its length
    outline: np.ndarray  # relative deviation of the epicardium from a circle, one number per angle
    cavity_outline: np.ndarray  # of the endocardium, beyond the epicardium's
    papillary: np.ndarray  # (2, 3): angle, half width in mm, depth in mm
    trabeculae: np.ndarray  # depth in mm, one number per angle
    twist: float  # of the apex against the base, ED to ES
    patch: np.ndarray | None  # infarct: angle, half width in radians, upper end as a share of the length
    patch_wall: float
    rv_angle: float
    rv_span: float
    rv_width: float
    rv_wall: float
    margin: np.ndarray  # mm at each mm of height: muscle outside the contour of the epicardium
    fringe: np.ndarray | None = None  # depth in mm, one number per angle: muscle mixed with blood inside the contour
    apex_form: float = 1.0  # above 1 pointed, below 1 blunt


@dataclass(frozen=True)
class Pose:
    """The left ventricle in one frame: its scales, solved for the frame's volumes."""

    filling: float
    base: float  # height of the valve plane, mm
    cavity_scale: float
    wall_scale: float
    ed_cavity_scale: float


def targets_of(phenotype: str, severity: float) -> list[np.ndarray]:
    """Return mean and SD of EDV, EF and mass; `severity` is 0 for a healthy mouse and 1 for the phenotype."""
    healthy, ill = (np.array(list(TARGETS[name].values())) for name in ("control", phenotype))
    return list((1 - severity) * healthy + severity * ill)


def draw_heart(rng: np.random.Generator, phenotype: str, session: Session | None = None) -> Heart:
    """Draw a heart of the phenotype: targets first (normal, cut at two standard deviations), then its form.

    In another session, the same heart has another severity, and its targets deviate by SESSION_SD of theirs.
    """
    severity = 1.0 if session is None else session.severity
    deviations = [np.clip(rng.normal(), -2, 2) for _ in range(3)]
    if session is not None:
        deviations = [of + SESSION_SD * np.clip(session.rng.normal(), -2, 2) for of in deviations]
    found = zip(targets_of(phenotype, severity), deviations, strict=True)
    edv, ef, mass = (mean + sd * deviation for (mean, sd), deviation in found)
    outer_volume = edv + mass / MYOCARDIAL_DENSITY
    rv_angle = rng.uniform(0, 2 * np.pi)
    papillary = [
        (rv_angle + np.pi + side * rng.uniform(0.6, 1.05), rng.uniform(0.3, 0.5), rng.uniform(0.5, 1.1))
        for side in (-1, 1)
    ]
    patch = None
    if phenotype == "mi_patch":
        patch_angle = rv_angle + rng.choice([-1, 1]) * rng.uniform(1.4, 2.6)
        width, top = rng.uniform(0.6, 0.95), rng.uniform(0.55, 0.75)
        patch = np.array([patch_angle, width * severity, top]) if severity > 0 else None
    heart = Heart(
        edv=edv,
        esv=edv * (1 - ef / 100),
        mass_ed=mass,
        mass_es=mass * rng.uniform(1.0, 1.05),
        length=7.6 * (outer_volume / 155) ** (1 / 3) * rng.uniform(0.94, 1.06),
        shortening=rng.uniform(0.8, 1.0) if ef < 58 else rng.uniform(0.9, 1.15),
        apex_wall=0.5 + mass / 250,
        widest=rng.uniform(0.68, 0.78),
        outline=harmonics(rng, {2: 0.045, 3: 0.02, 4: 0.01}),
        cavity_outline=0.06 * np.cos(_angle - rv_angle)
        + harmonics(rng, {1: 0.05, 2: 0.08, 3: 0.05, 4: 0.025, 5: 0.02}),
        papillary=np.array(papillary),
        trabeculae=draw_trabeculae(rng),
        twist=np.radians(rng.uniform(4, 11)),
        patch=patch,
        patch_wall=rng.uniform(0.35, 0.55),
        rv_angle=rv_angle,
        rv_span=rng.uniform(1.05, 1.5),
        rv_width=rng.uniform(1.2, 2.1),
        rv_wall=rng.uniform(0.25, 0.4),
        margin=draw_margin(rng, *MARGIN),
    )
    return with_closed_wall(heart)


def with_closed_wall(heart: Heart, thicker: float = 1.0) -> Heart:
    """Return the heart, made rounder as far as needed for a wall of THINNEST_WALL all around.

    In each step the masses are multiplied by `thicker`, for hearts whose wall would be too thin were they round.
    """
    while min(_thinnest_wall(heart, filling) for filling in (0.0, 1.0)) < THINNEST_WALL:
        heart = replace(
            heart,
            outline=0.8 * heart.outline,
            cavity_outline=0.8 * heart.cavity_outline,
            mass_ed=thicker * heart.mass_ed,
            mass_es=thicker * heart.mass_es,
        )
    return heart


def solve_pose(heart: Heart, filling: float) -> Pose:
    """Find the scales at which cavity and wall have the frame's volumes; `filling` is 1 at ED and 0 at ES."""
    volume = heart.esv + filling * (heart.edv - heart.esv)
    mass = heart.mass_es + filling * (heart.mass_ed - heart.mass_es)
    base = heart.length - heart.shortening * (1 - filling)
    heights, step = _layers(base, 160)
    ed_scale = 0.0
    if heart.patch is not None:
        ed_heights, ed_step = _layers(heart.length, 160)
        moving, fixed, rough = _cavity(heart, 1.0, heart.length, ed_heights)
        ed_scale = _scale_for(heart.edv, (moving + fixed) * rough, np.zeros(()), ed_step)
    moving, fixed, rough = _cavity(heart, filling, base, heights)
    cavity_scale = _scale_for(volume, moving * rough, ed_scale * fixed * rough, step)
    smooth = cavity_scale * moving + ed_scale * fixed
    moving, fixed = _epicardium(heart, filling, base, heights, smooth)
    wall_scale = _scale_for(volume + mass / MYOCARDIAL_DENSITY, moving, fixed, step)
    return Pose(filling, base, cavity_scale, wall_scale, ed_scale)


def radii(heart: Heart, pose: Pose, heights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the radius of each surface in mm, arrays (height, angle); 0 above the valve plane and below the apex.

    `endocardium` bounds the blood pool: papillary muscles and trabeculae are on its outer side. Then follow,
    outwards, `epicardium`, the contour that an expert draws, `edge`, where the muscle's signal ends,
    `rv_endocardium` and `rv_epicardium`; where there is no right ventricle, the last three coincide. `blood` is the
    blood of a heart with a fringe: strands too fine to follow, which lean from plane to plane and so mix with blood in
    a slice, lie between it and the endocardium, a contour's course outside them.
    """
    moving, fixed, rough = _cavity(heart, pose.filling, pose.base, heights)
    smooth = pose.cavity_scale * moving + pose.ed_cavity_scale * fixed
    moving, fixed = _epicardium(heart, pose.filling, pose.base, heights, smooth)
    epicardium = pose.wall_scale * moving + fixed
    share = heights[:, None] / pose.base
    reach = _smoothstep((share - 0.22) / 0.5) * (epicardium > 0)
    span = heart.rv_span * (0.6 + 0.4 * share)
    offset = _wrap(_angle - heart.rv_angle) / span
    crescent = np.clip(1 - offset**2, 0, 1) ** 1.2 * reach
    margin = np.interp(heights, np.arange(len(heart.margin)), heart.margin)[:, None]
    edge = epicardium + margin * (epicardium > 0)
    rv_endocardium = edge + heart.rv_width * (0.45 + 0.55 * pose.filling) * crescent
    surfaces = {
        "endocardium": smooth * rough,
        "epicardium": epicardium,
        "edge": edge,
        "rv_endocardium": rv_endocardium,
        "rv_epicardium": rv_endocardium + heart.rv_wall * np.clip(4 * crescent, 0, 1),
    }
    if heart.fringe is not None:
        column = np.rint((_angle - 0.25 * heights[:, None]) * (ANGLES / (2 * np.pi))).astype(int) % ANGLES
        surfaces["blood"] = surfaces["endocardium"] - np.minimum(heart.fringe[column], 0.5 * surfaces["endocardium"])
    return surfaces


def true_volumes(heart: Heart, pose: Pose) -> tuple[float, float]:
    """Integrate the surfaces over 1000 layers; return the volumes of blood pool and myocardium in uL."""
    heights, step = _layers(pose.base, 1000)
    surfaces = radii(heart, pose, heights)
    inner, outer = (_volume(surfaces[name], step) for name in ("endocardium", "epicardium"))
    return inner, outer - inner


def _thinnest_wall(heart: Heart, filling: float) -> float:
    pose = solve_pose(heart, filling)
    surfaces = radii(heart, pose, _layers(pose.base, 60)[0])
    wall = surfaces["epicardium"] - surfaces["endocardium"]
    return float(wall[surfaces["endocardium"] > 0].min())


def _cavity(heart: Heart, filling: float, base: float, heights: np.ndarray):
    """Return the endocardium's moving and fixed unit radii and the share that muscle strands leave of them."""
    apex = heart.apex_wall * (1.25 - 0.25 * filling)
    level = ((heights - apex) / (base - apex))[:, None]
    profile = _profile(level, heart.widest, heart.apex_form)
    inside = np.clip(level, 0, 1)
    turn = heart.twist * (1 - filling) * (0.5 - inside)
    column = np.rint((_angle - turn) * (ANGLES / (2 * np.pi))).astype(int) % ANGLES
    akinetic = _akinetic(heart, inside)
    profile = profile * (1 + 0.6 * heart.outline + (1.6 - 0.8 * filling) * heart.cavity_outline)
    # Muscle keeps its size while the cavity shrinks, so it takes a larger share of a small radius.
    volume = heart.esv + filling * (heart.edv - heart.esv)
    radius = np.sqrt(volume / (np.pi * 0.72 * (base - apex)))
    papillary = np.zeros(ANGLES)
    for angle, half_width, depth in heart.papillary:
        distance = radius * _wrap(_angle - angle)
        papillary += depth * np.exp(-((distance / half_width) ** 4))
    reach = _smoothstep((inside - 0.12) / 0.2) * _smoothstep((0.85 - inside) / 0.2)
    strands = papillary[column] * reach + heart.trabeculae[column] * _smoothstep((1.05 - inside) / 0.3)
    rough = 1 - np.minimum(strands / radius, 0.72)
    return profile * (1 - akinetic), profile * akinetic, rough


def _epicardium(heart: Heart, filling: float, base: float, heights: np.ndarray, cavity: np.ndarray):
    """Return the epicardium's unit radius and its fixed part, mm: the thin wall over an infarct."""
    level = (heights / base)[:, None]
    widest = 0.62 + 0.05 * filling
    profile = _profile(level, widest, heart.apex_form)
    apex = heart.apex_wall * (1.25 - 0.25 * filling)
    inside = np.clip((heights - apex) / (base - apex), 0, 1)[:, None]
    akinetic = _akinetic(heart, inside)
    return profile * (1 + heart.outline) * (1 - akinetic), (cavity + heart.patch_wall) * akinetic * (profile > 0)


def _profile(level: np.ndarray, widest: float, apex_form: float) -> np.ndarray:
    """Return the unit radius at each level from the apex (0) to the base (1): a spheroid's where `apex_form` is 1."""
    below = (level < widest) * (apex_form - 1) + 1
    spheroid = np.sqrt(np.clip(1 - ((level - widest) / widest) ** 2, 0, 1)) ** below
    return np.where((level > 0) & (level <= 1), spheroid, 0)


def _akinetic(heart: Heart, inside: np.ndarray) -> np.ndarray:
    """Return 1 in the infarct and 0 outside, with soft borders, arrays (height, angle)."""
    if heart.patch is None:
        return np.zeros((len(inside), 1))
    angle, half_width, top = heart.patch
    across = _smoothstep((half_width - np.abs(_wrap(_angle - angle))) / 0.5 + 0.5)
    return across * _smoothstep(inside / 0.15) * _smoothstep((top - inside) / 0.2 + 0.5)


def draw_trabeculae(rng: np.random.Generator, counts=(12, 24), half_widths=(0.04, 0.1), deepest=0.22) -> np.ndarray:
    """Draw strands on the endocardium: the depth in mm at each angle; half widths in radians."""
    depth = np.zeros(ANGLES)
    for angle in rng.uniform(0, 2 * np.pi, rng.integers(*counts)):
        bump = np.exp(-((_wrap(_angle - angle) / rng.uniform(*half_widths)) ** 2))
        depth = np.maximum(depth, rng.uniform(0.03, deepest) * bump)
    return depth


def draw_margin(rng: np.random.Generator, mean: float, sd_mice: float, sd_slices: float) -> np.ndarray:
    """Draw the distance in mm from the contour of the epicardium to the edge of the muscle, at each mm of height."""
    return np.clip(rng.normal(mean, sd_mice) + rng.normal(0, sd_slices, 16), 0, None)


def harmonics(rng: np.random.Generator, sizes: dict[int, float]) -> np.ndarray:
    """Draw a sum of cosines about the axis, one number per angle; `sizes` maps waves to standard deviations."""
    return sum(rng.normal(0, size) * np.cos(n * _angle + rng.uniform(0, 2 * np.pi)) for n, size in sizes.items())


def _layers(top: float, count: int) -> tuple[np.ndarray, float]:
    step = top / count
    return (np.arange(count) + 0.5) * step, step


def _volume(radius: np.ndarray, step: float) -> float:
    return float((radius**2).sum()) * np.pi / ANGLES * step


def _scale_for(volume: float, moving: np.ndarray, fixed: np.ndarray, step: float) -> float:
    """Solve volume(scale * moving + fixed) = volume for the scale; all radii in mm, volume in uL."""
    a, b, c = ((moving * moving).sum(), (moving * fixed).sum(), (fixed * fixed).sum() * np.ones(()))
    c = c - volume * ANGLES / (np.pi * step)
    return float((-b + np.sqrt(b * b - a * c)) / a)


def _wrap(angle: np.ndarray) -> np.ndarray:
    return np.mod(angle + np.pi, 2 * np.pi) - np.pi


def _smoothstep(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
