"""The network of the page: the weights that ship or those of a file, exported once for inference on processors."""

import os
import subprocess
import sys
from pathlib import Path

from murmur.files import sha256
from murmur.network.weights_file import check_weights
from murmur.study.reader import SHIPPED

EXPORT = "import sys, export_network; export_network.main(*sys.argv[1:])"


def cache_folder() -> Path:
    """Return the folder in which exported networks are kept between sessions."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "murmur" / "networks"


def model_of(weights: str) -> Path:
    """Return the file of the network: `murmur` stands for the weights that ship."""
    return SHIPPED if weights == "murmur" else Path(weights).resolve()


def exported(weights: str) -> str:
    """Return the network in the format of OpenVINO (.xml), exported if it is not in the cache.

    Raises BadInput if the file is not a network that maps one image to three classes.
    """
    model = model_of(weights)
    folder = cache_folder() / sha256(model)
    network, values = folder / "network.xml", folder / "network.bin"
    if not (network.exists() and values.exists()):
        check_weights(str(model))
        # In another process, as in the workflow: TensorFlow would stay in memory, and on a GPU take all of its memory.
        quiet = {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-c", EXPORT, str(model), str(network), str(values)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, env=os.environ | quiet, stderr=subprocess.PIPE)
        if done.returncode:  # otherwise TensorFlow has only written about itself
            sys.stderr.buffer.write(done.stderr)
            done.check_returncode()
    return str(network)
