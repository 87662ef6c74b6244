"""What the file of a network says of its layers; these tests import TensorFlow."""

import pytest

keras = pytest.importorskip("keras")

import tensorflow  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

from murmur.network import train  # noqa: E402
from murmur.network.architectures import with_defaults  # noqa: E402
from murmur.network.model import last_head, save_model  # noqa: E402
from murmur.network.stored_layers import count_parameters, multiply_adds, read_layers, segmenting_layers  # noqa: E402

COUNTED = ["Conv2D", "Conv2DBackpropInput", "MatMul", "BatchMatMulV2"]


def network(architecture, **settings):
    return train._architecture(with_defaults({"architecture": architecture, "downsample": 1, **settings}))


def flops_by_profiler(model) -> int:
    """The operations of products and convolutions in a network, as the profiler of TensorFlow counts them."""
    image = tensorflow.TensorSpec((1, *model.inputs[0].shape[1:]))
    frozen = convert_variables_to_constants_v2(tensorflow.function(model).get_concrete_function(image))
    options = tensorflow.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options |= {"output": "none", "account_type_regexes": COUNTED}
    with tensorflow.Graph().as_default() as graph:
        tensorflow.graph_util.import_graph_def(frozen.graph.as_graph_def(), name="")
        return tensorflow.compat.v1.profiler.profile(graph, options=options).total_float_ops


def test_parameters_are_those_that_keras_counts(tmp_path):
    found = network("unet", filters=[4, 8], size=16, dropout=0.3)
    found.compile("adam", "mse")
    found.optimizer.build(found.trainable_variables)
    found.save(tmp_path / "model.keras")
    assert count_parameters(tmp_path / "model.keras") == found.count_params() > 0


@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_costs_kernel_times_channels_at_each_place(tmp_path, stride):
    image = keras.Input((30, 20, 5))
    found = keras.layers.Conv2D(7, 3, strides=stride, padding="same")(image)
    save_model(keras.Model(image, found), tmp_path / "model.keras")
    assert multiply_adds(read_layers(tmp_path / "model.keras")) == 30 * 20 // stride**2 * 3 * 3 * 5 * 7


def test_the_published_unet3plus_costs_103_GFLOP(tmp_path):
    save_model(network("unet3plus", size=256), tmp_path / "model.keras")
    assert 2e-9 * multiply_adds(segmenting_layers(tmp_path / "model.keras")) == pytest.approx(103.0, abs=0.05)


@pytest.mark.parametrize(
    ("architecture", "filters"),
    [
        ("unet3plus", [4, 6, 8, 8, 8]),
        ("unet", [6, 10, 16]),
        ("nnunet", [6, 10, 16, 16]),
        ("resnet_vae", [8, 16, 32]),
        ("swin_unet", [32, 64, 128]),
    ],
)
def test_operations_are_those_that_tensorflow_counts(architecture, filters, tmp_path):
    """Without parts for training only: deep supervision, and the reconstruction of the image."""
    model = network(architecture, filters=filters, size=80 if architecture != "swin_unet" else 112)
    save_model(model, tmp_path / "model.keras")
    segmenting = segmenting_layers(tmp_path / "model.keras")
    assert [layer.name for layer in last_head(model).layers] == list(segmenting)
    assert 2 * multiply_adds(segmenting) == flops_by_profiler(last_head(model))
