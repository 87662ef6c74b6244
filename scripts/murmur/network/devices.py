"""GPUs available to TensorFlow."""

import os

import keras

from murmur.errors import BadInput
from murmur.logs import log


def find_gpus(wanted: int) -> list[str]:
    """Return the GPUs available to TensorFlow, and log the device used.

    Raises BadInput if fewer than `wanted` are available, with the devices that are.
    """
    try:
        devices = keras.distribution.list_devices()  # of the fastest kind available
    except RuntimeError as error:  # a GPU in use by another process, or an outdated driver
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(
            f"TensorFlow cannot use the GPU: {reason}; check that nvidia-smi lists it and that no other job uses it, "
            "or set CUDA_VISIBLE_DEVICES to an empty string to use the CPU"
        ) from None
    gpus = [device for device in devices if device.startswith("gpu")]
    if len(gpus) < wanted:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        raise BadInput(
            f"The job was given {wanted} GPU, and TensorFlow sees {len(gpus)}: it lists {', '.join(devices)}, and "
            f"CUDA_VISIBLE_DEVICES is {'not set' if visible is None else repr(visible)}; check that nvidia-smi lists "
            "the GPU and that the packages include CUDA (envs/training-gpu.yaml, or those installed by make gpu), or "
            "do not request a GPU"
        )
    log.info("TensorFlow computes on %s", ", ".join(gpus) or "the CPU")
    return gpus
