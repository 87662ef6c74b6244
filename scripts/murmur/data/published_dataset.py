"""Location and checksums of the published study's data and weights.

They are in the study's public repository (doi 10.1016/j.jocmr.2026.102706), at a fixed commit, so that the files never
change.
"""

import re
from pathlib import Path

from murmur.data.user_tables import read_rows
from murmur.errors import BadInput

_COMMIT = "mrphys/Open-Source_Pre-Clinical_Segmentation/97252ef6bbb06cf255c438dae1375959ec4972a4"

ADDRESS = f"https://raw.githubusercontent.com/{_COMMIT}"
CHECKSUMS = Path(__file__).parents[3] / "config" / "published" / "dataset_checksums.tsv"
WEIGHTS = {
    "address": f"https://media.githubusercontent.com/media/{_COMMIT}/ModelWeights/SEG459.h5",
    "bytes": 156_245_288,
    "sha256": "3aac032c3725e843736eb01595131bddd64d34bf12d5a02dba16b177048e0d92",
}

# The mice with more than two annotated frames, as listed in the study's public notebook; all are training mice there.
# They are listed here because a split is drawn before anything is downloaded.
INFLOW_MICE = frozenset({"Mouse17", "Mouse48", "Mouse91", "Mouse125"})


def read_checksums(path: str | Path = CHECKSUMS) -> dict[str, tuple[str, str]]:
    """Read the checksums of the mouse files.

    Parameters
    ----------
    path : str or Path
        Tab-separated table with the columns file and git_blob_sha1. Each mouse is named after its file.

    Returns
    -------
    dict of str to (str, str)
        File (path below the address) and git blob SHA-1 of each mouse.

    Raises
    ------
    BadInput
        If a checksum is malformed or a mouse is listed twice.
    """
    found: dict[str, tuple[str, str]] = {}
    for row in read_rows(path, ["file", "git_blob_sha1"], delimiter="\t"):
        mouse, digest = Path(row["file"]).stem, row["git_blob_sha1"].lower()
        if not re.fullmatch("[0-9a-f]{40}", digest):
            raise BadInput(
                f"{path}: found the git_blob_sha1 '{digest}' for {row['file']}, expected 40 hex digits; correct it"
            )
        if mouse in found:
            raise BadInput(f"{path}: found {mouse} twice, expected one row per mouse; remove one")
        found[mouse] = row["file"], digest
    return found
