"""Files in the layout of the published network, and its outputs, from its description only: h5py, NumPy and SciPy.

Weights are a dictionary from LAYER/WEIGHT to an array, kernels (row, column, input channel, output channel).
"""

import json

import h5py
import numpy as np
from scipy.ndimage import correlate1d

BATCH_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def draw_weights(filters: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    """Draw all weights; the statistics of the batch normalisations are far from their initial 0 and 1."""
    rng = np.random.default_rng(seed)
    width = dict(enumerate(filters, start=1))
    blocks = {}
    for level in width:
        blocks[f"Encoder{level}", 1] = (width[level - 1] if level > 1 else 1, width[level])
        blocks[f"Encoder{level}", 2] = (width[level], width[level])
    for level in (4, 3, 2, 1):
        for source in width:
            blocks[f"Skip{source}_{level}", 1] = (width[source], width[level])
        blocks[f"Decoder{level}", 1] = (5 * width[level], width[level])
    weights = {}

    def convolution(name: str, inputs: int, outputs: int) -> None:
        weights[f"{name}/kernel"] = rng.normal(0, np.sqrt(2 / (9 * inputs)), (3, 3, inputs, outputs))
        weights[f"{name}/bias"] = rng.normal(0, 0.2, outputs)

    for (block, number), (inputs, outputs) in blocks.items():
        convolution(f"{block}_Conv_{number}", inputs, outputs)
        for name in BATCH_NORM:
            values = rng.normal(0, 0.5, outputs) if name in ("beta", "moving_mean") else rng.uniform(0.02, 2, outputs)
            weights[f"{block}_BN_{number}/{name}"] = values
    for level in width:
        convolution(f"deepsup_conv_{level}_1", width[level], 3)
        convolution(f"deepsup_conv_{level}_2", 3, 3)
    return {name: values.astype(np.float32) for name, values in weights.items()}


class Answer:
    """The network's forward pass on one image, level by level."""

    def __init__(self, weights: dict[str, np.ndarray], skip: str):
        """Take the weights and the skip mode, encoder or decoder."""
        self.weights = {name: values.astype(float) for name, values in weights.items()}
        self.skip = skip

    def convolve(self, image: np.ndarray, name: str) -> np.ndarray:
        """Return the 3×3 convolution of (row, column, channel), zero beyond the border."""
        kernel, padded = self.weights[f"{name}/kernel"], np.pad(image, ((1, 1), (1, 1), (0, 0)))
        rows, columns = image.shape[:2]
        parts = [
            padded[row : row + rows, column : column + columns] @ kernel[row, column]
            for row in range(3)
            for column in range(3)
        ]
        return sum(parts) + self.weights[f"{name}/bias"]

    def block(self, image: np.ndarray, block: str, number: int = 1) -> np.ndarray:
        """Return convolution, batch normalisation by the moving statistics, and ReLU."""
        gamma, beta, mean, variance = (self.weights[f"{block}_BN_{number}/{name}"] for name in BATCH_NORM)
        image = self.convolve(image, f"{block}_Conv_{number}")
        return np.maximum(gamma * (image - mean) / np.sqrt(variance + 1e-3) + beta, 0)

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Return the three classes' probabilities at full resolution for an image (row, column)."""
        encoder, tensor = {}, image[..., None].astype(float)
        for level in range(1, 6):
            tensor = pool(tensor, 2) if level > 1 else tensor
            encoder[level] = tensor = self.block(self.block(tensor, f"Encoder{level}", 1), f"Encoder{level}", 2)
        decoder = {5: encoder[5]}
        for level in (4, 3, 2, 1):
            inputs = []
            for source in range(1, 6):
                deep = source > level if self.skip == "decoder" else source == level + 1
                tensor = decoder[source] if deep else encoder[source]
                if source < level:
                    tensor = pool(tensor, 2 ** (level - source))
                if source > level:
                    tensor = upsample(tensor, 2 ** (source - level))
                inputs.append(self.block(tensor, f"Skip{source}_{level}"))
            decoder[level] = self.block(np.concatenate(inputs, axis=-1), f"Decoder{level}")
        scores = self.convolve(self.convolve(decoder[1], "deepsup_conv_1_1"), "deepsup_conv_1_2")
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


def pool(image: np.ndarray, side: int) -> np.ndarray:
    """Return the maximum of each square of `side` pixels."""
    rows, columns, channels = image.shape
    return image.reshape(rows // side, side, columns // side, side, channels).max(axis=(1, 3))


def upsample(image: np.ndarray, factor: int) -> np.ndarray:
    """Interpolate bilinearly between the centres of pixels; beyond the outermost centres, their values are continued.

    `factor` is even. Pixels repeated that often and smoothed by a box that wide are that interpolation.
    """
    box = np.r_[0.5, np.ones(factor - 1), 0.5] / factor
    for axis in (0, 1):
        image = correlate1d(image.repeat(factor, axis), box, axis, mode="nearest")
    return image


def layers(filters: list[int], size: int, skip: str) -> list[dict]:
    """Return the layers of the network's configuration, as Keras 2 writes them."""
    found = []

    def add(class_name: str, name: str, sources: list[str], **config) -> str:
        node = [[[source, 0, 0, {}] for source in sources]] if sources else []
        found.append(
            {
                "class_name": class_name,
                "config": {"name": name, "trainable": True, "dtype": "float32", **config},
                "name": name,
                "inbound_nodes": node,
            }
        )
        return name

    def conv(name: str, source: str, outputs: int) -> str:
        steps = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "dilation_rate": [1, 1]}
        return add("Conv2D", name, [source], filters=outputs, activation="linear", use_bias=True, **steps)

    def block(source: str, prefix: str, number: int, outputs: int) -> str:
        source = conv(f"{prefix}_Conv_{number}", source, outputs)
        source = add("BatchNormalization", f"{prefix}_BN_{number}", [source], axis=[3], momentum=0.99, epsilon=0.001)
        return add("Activation", f"{prefix}_Activation_{number}", [source], activation="relu")

    def maxpool(name: str, source: str, side: int) -> str:
        return add("MaxPooling2D", name, [source], pool_size=[side, side], strides=[side, side], padding="valid")

    def upsampling(name: str, source: str, factor: int) -> str:
        return add("UpSampling2D", name, [source], size=[factor, factor], interpolation="bilinear")

    tensor = add("InputLayer", "input_1", [], batch_input_shape=[None, size, size, 1])
    encoder = {}
    for level, outputs in enumerate(filters, start=1):
        if level > 1:
            tensor = maxpool(f"encoding_{level - 1}_maxpool", tensor, 2)
        for number in (1, 2):
            tensor = block(tensor, f"Encoder{level}", number, outputs)
        encoder[level] = tensor
    encoder[5] = add("Dropout", "Encoder5_dropout", [tensor], rate=0.3)
    decoder = {5: encoder[5]}
    for level in (4, 3, 2, 1):
        inputs = []
        for source in range(1, 6):
            deep = source > level if skip == "decoder" else source == level + 1
            tensor = (decoder if deep else encoder)[source]
            if source < level:
                tensor = maxpool(f"Skip_Maxpool_{source}_{level}", tensor, 2 ** (level - source))
            if source > level:
                tensor = upsampling(f"Skip_Upsample_{source}_{level}", tensor, 2 ** (source - level))
            inputs.append(block(tensor, f"Skip{source}_{level}", 1, filters[level - 1]))
        tensor = add("ResizeAndConcatenate", f"D{level}_input", inputs, axis=-1)
        decoder[level] = block(tensor, f"Decoder{level}", 1, filters[level - 1])
    for level in (5, 4, 3, 2, 1):
        tensor = conv(f"deepsup_conv_{level}_1", decoder[level], 3)
        if level > 1:
            tensor = upsampling(f"deepsup_upsamp_{level}", tensor, 2 ** (level - 1))
        tensor = conv(f"deepsup_conv_{level}_2", tensor, 3)
        add("Activation", f"deepsup_activation_{level}", [tensor], activation="softmax")
    return found


def write_network(path, weights: dict[str, np.ndarray], filters: list[int], size: int, skip: str) -> None:
    """Write the whole network as Keras 2 saved it, with an optimiser's state."""
    config = {
        "name": "model",
        "layers": layers(filters, size, skip),
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [[f"deepsup_activation_{level}", 0, 0] for level in (5, 4, 3, 2, 1)],
    }
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = "2.10.0"
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
        file.attrs["training_config"] = json.dumps({"optimizer_config": {"class_name": "Adam"}})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([layer["name"].encode() for layer in config["layers"]])
        group.create_group("top_level_model_weights").attrs["weight_names"] = np.zeros(0)
        for layer in config["layers"]:
            name = layer["name"]
            names = [f"{key}:0" for key in weights if key.startswith(f"{name}/")]
            of_layer = group.create_group(name)
            of_layer.attrs["weight_names"] = np.array([key.encode() for key in names]) if names else np.zeros(0)
            for key in names:
                of_layer[key] = weights[key.removesuffix(":0")]
                for slot in ("m", "v"):
                    file[f"optimizer_weights/Adam/{key.removesuffix(':0')}/{slot}:0"] = np.zeros_like(
                        weights[key.removesuffix(":0")]
                    )
        file["optimizer_weights/iteration:0"] = np.int64(19_000)
        file["optimizer_weights"].attrs["weight_names"] = np.array([b"iteration:0"])
