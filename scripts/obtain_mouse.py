"""Obtain one mouse of the published study: download it, or link to the user's copy; either way its digest is checked.

The link is symbolic and created after the check, so that nothing is copied and the user's files remain untouched.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from murmur.data.download import difference, download
from murmur.errors import BadInput
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(address: str, git_blob_sha1: str, copy: str | None, mouse: str) -> None:
    """Write the file `mouse` from `address`, or make it a symbolic link to the file `copy` if there is one.

    Raises BadInput if the file is not the published one or cannot be obtained.
    """
    expected = {"git_blob_sha1": git_blob_sha1}
    if copy is None:
        return download(address, mouse, expected)
    if problem := difference(copy, expected):
        raise BadInput(f"{copy}: {problem}; this is not the published file: copy or download it again")
    Path(mouse).symlink_to(Path(copy).resolve())


if __name__ == "__main__":
    with job(snakemake):
        main(
            address=snakemake.params.address,
            git_blob_sha1=snakemake.params.git_blob_sha1,
            copy=snakemake.input[0] if snakemake.input else None,
            mouse=snakemake.output.mouse,
        )
