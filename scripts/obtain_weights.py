"""Obtain the weights of a network trained elsewhere: download the file and check its size and SHA-256."""

from typing import TYPE_CHECKING

from murmur.data.download import download
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(address: str, expected: dict[str, str | int], weights: str) -> None:
    """Write the file `weights` from `address`; `expected` gives its SHA-256 and, if known, its size in bytes.

    Raises BadInput if the file does not match or cannot be obtained.
    """
    download(address, weights, expected)


if __name__ == "__main__":
    with job(snakemake):
        main(
            address=snakemake.params.address,
            expected=snakemake.params.expected,
            weights=snakemake.output.weights,
        )
