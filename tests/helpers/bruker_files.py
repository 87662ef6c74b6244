"""Bruker ParaVision studies written for the tests: every image has a value for each slice, frame and pixel.

The headers have the parameters of `visu_pars` that describe images, in the syntax of ParaVision 5.1, 6 or 360.
"""

import itertools
from pathlib import Path

import numpy as np

ROWS, COLUMNS, SLICES, FRAMES = 12, 10, 4, 6
PIXEL_MM, SLICE_MM, CYCLE_MS = (0.2, 0.25), 1.1, 115
BEAT, MOVIE, SLICE = ("FG_CARDIAC_MOVIE", FRAMES), ("FG_MOVIE", FRAMES), ("FG_SLICE", SLICES)
UNTURNED = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
TYPES = {"<i2": "_16BIT_SGN_INT", ">i2": "_16BIT_SGN_INT", "<i4": "_32BIT_SGN_INT", "<f4": "_32BIT_FLOAT"}


def value(row, column, number, frame, other=0):
    """Return the value of a pixel; arguments are arrays or indices."""
    return 1 + row + ROWS * (column + COLUMNS * (number + SLICES * (frame + FRAMES * other)))


PATTERN = value(*np.mgrid[:ROWS, :COLUMNS, :SLICES, :FRAMES])  # of a cine, axes (row, column, slice, frame)


def _wrapped(values) -> str:
    """Values as ParaVision writes them, in lines of at most 76 characters."""
    lines, line = [], ""
    for text in (f"{one:.15g} " if not isinstance(one, str) else f"{one} " for one in values):
        if len(line) + len(text) > 76:
            lines.append(line)
            line = ""
        line += text
    return "\n".join([*lines, line])


def _several(values, compact: bool) -> str:
    """Numbers of all frames; ParaVision 360 counts equal ones."""
    values = list(values)
    if compact and len(set(values)) == 1:
        return f"@{len(values)}*({values[0]:g})"
    return _wrapped(values)


def geometry(turned=UNTURNED, origin=(0, 0, 0), numbers=range(SLICES)) -> dict[str, np.ndarray]:
    """Return orientations and positions of slices, whose normal, row and column are turned; in the patient's frame."""
    positions = [np.array(origin) + number * SLICE_MM * np.asarray(turned)[:, 2] for number in numbers]
    return {
        "VisuCoreOrientation": np.tile(np.asarray(turned).T.ravel(), (len(positions), 1)),
        "VisuCorePosition": np.array(positions),
    }


def write_scan(study: Path, scan: int, groups, places=None, reconstruction=1, **options) -> Path:
    """Write a scan with the frame groups `groups`, (name, size), the first of which varies fastest.

    `places` are the parameters of `geometry`; `options` may have version, dtype, slopes and offsets (one or per frame),
    reverse (slices), numbers (of the slices), comments (of frame groups), and other parameters by their names, None to
    leave one out. Returns the folder of the reconstruction.
    """
    numbers = options.pop("numbers", range(SLICES if dict(groups).get("FG_SLICE") else 1))
    places = geometry(numbers=numbers) if places is None else places
    version, dtype = options.pop("version", "5.1"), options.pop("dtype", "<i2")
    count = int(np.prod([size for _, size in groups]))
    slopes = np.resize(options.pop("slopes", 1.0), count)
    offsets = np.resize(options.pop("offsets", 0.0), count)
    reverse, comments = options.pop("reverse", False), options.pop("comments", {})
    frames = np.zeros((count, ROWS, COLUMNS))
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    sizes = [range(size) for _, size in reversed(groups)]
    for index, found in enumerate(itertools.product(*sizes)):
        at = dict(zip([name for name, _ in reversed(groups)], found, strict=True))
        number = numbers[at.get("FG_SLICE", 0)]
        frame = at.get("FG_CARDIAC_MOVIE", at.get("FG_MOVIE", at.get("FG_RESP_MOVIE", 0)))
        frames[index] = value(rows, columns, number, frame, at.get("FG_CYCLE", 0))
    stored = (frames - offsets[:, None, None]) / slopes[:, None, None]
    compact = version.startswith("360")
    first, described = 0, []
    for name, size in groups:
        dependent = 2 if name == "FG_SLICE" else 1
        described.append(f"({size}, <{name}>, <{comments.get(name, '')}>, {first}, {dependent})")
        first += dependent
    parameters = {
        "VisuVersion": 1,
        "VisuCreatorVersion": f"<{version}>",
        "VisuCoreFrameCount": count,
        "VisuCoreDim": 2,
        "VisuCoreSize": f"( 2 )\n{COLUMNS} {ROWS}",
        "VisuCoreDimDesc": "( 2 )\nspatial spatial",
        "VisuCoreExtent": f"( 2 )\n{COLUMNS * PIXEL_MM[1]:.15g} {ROWS * PIXEL_MM[0]:.15g}",
        "VisuCoreFrameThickness": "( 1 )\n0.8",  # which is no distance
        "VisuCoreUnits": "( 2, 65 )\n<mm> <mm>",
        **{name: f"( {len(array)}, {array.shape[1]} )\n{_wrapped(array.ravel())}" for name, array in places.items()},
        "VisuCoreDataOffs": f"( {count} )\n{_several(offsets, compact)}",
        "VisuCoreDataSlope": f"( {count} )\n{_several(slopes, compact)}",
        "VisuCoreFrameType": "MAGNITUDE_IMAGE",
        "VisuCoreWordType": TYPES[dtype],
        "VisuCoreByteOrder": "bigEndian" if dtype[0] == ">" else "littleEndian",
        "VisuFGOrderDescDim": len(groups),
        "VisuFGOrderDesc": f"( {len(groups)} )\n{_wrapped(described)}",
        "VisuCoreDiskSliceOrder": "disk_reverse_slice_order" if reverse else "disk_normal_slice_order",
        "VisuCardiacSynchUsed": "Yes",
        "VisuCardiacSynchTechnique": "CARDIAC_RETROSPECTIVE",
        "VisuCardiacCycle": CYCLE_MS,
        "VisuAcqRepetitionTime": "( 1 )\n5.2",  # which is no frame interval
        "VisuAcquisitionProtocol": "( 65 )\n<IgFLASH_cine>",
        **options,
    }
    folder = study / str(scan) / "pdata" / str(reconstruction)
    folder.mkdir(parents=True)
    lines = [f"##${name}={text}\n$$ @vis= {name}" for name, text in parameters.items() if text is not None]
    head = "##TITLE=Parameter List\n##JCAMPDX=4.24\n##DATATYPE=Parameter Values\n##ORIGIN=Bruker BioSpin MRI GmbH\n"
    (folder / "visu_pars").write_text("\n".join([head + "##OWNER=nmrsu", *lines, "##END=\n"]), encoding="utf-8")
    (np.round(stored) if dtype[1] == "i" else stored).astype(dtype).tofile(folder / "2dseq")
    return folder
