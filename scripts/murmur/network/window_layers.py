"""The layers of an exported network, each limited to a window of its feature map.

In convolutions of interpolated maps, the channels are mixed first if this pays (`interpolation.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from openvino import Node, opset1, opset11

from murmur.network.heart_region import Interval, Window
from murmur.network.interpolation import interpolate_and_shift, multiplications

POINTWISE = {"Add": opset11.add, "Multiply": opset11.multiply, "Relu": opset11.relu}
WORTHWHILE = 0.5  # of the multiplications of a convolution; the matrices need more memory


class NotLocalError(Exception):
    """A layer computes a pixel from all others, or is not known here."""


class Layer(NamedTuple):
    """A layer from maps (image, channel, row, column) to such a map, whatever the axes of the exported network.

    Attributes
    ----------
    sources : list of Node
        The layers of the exported network whose maps it receives.
    needed : callable
        Returns the window of the sources from which a window of the map of this layer is computed.
    build : callable
        Returns a window of the map of this layer, from that window and those needed of the maps of the sources.
    """

    sources: list[Node]
    needed: Callable[[Window], Window]
    build: Callable[..., Node]


def layer_of(node: Node, image: Node) -> Layer:
    """Return a layer of the exported network, whose input becomes `image`; raises NotLocalError."""
    kind = node.get_type_name()
    maps = [each for each in _inputs(node) if not _is_constant(each)]
    if kind == "Parameter":
        pixels = opset11.transpose(image, [0, 3, 1, 2])
        origin = Window(Interval(0, 0), Interval(0, 0))
        return Layer([], _same, lambda window: cut(pixels, origin, window))
    if kind == "Transpose":
        return Layer(maps, _same, lambda window, tensor: tensor)
    if kind in POINTWISE:
        return Layer(maps, _same, _pointwise(node))
    if kind == "Concat" and node.get_attributes()["axis"] == _channel_axis(node):
        return Layer(maps, _same, lambda window, *tensors: opset11.concat(list(tensors), 1))
    if kind == "Softmax" and node.get_attributes()["axis"] % 4 == _channel_axis(node):
        return Layer(maps, _same, lambda window, tensor: opset11.softmax(tensor, 1))
    if kind in ("MaxPool", "AvgPool"):
        return _pooling(node)
    if kind == "Interpolate":
        return _interpolation(node)
    if kind == "ConvolutionBackpropData":
        return _transposed_convolution(node)
    if kind == "Convolution":
        source = _inputs(node)[0]
        while source.get_type_name() == "Transpose":
            source = _inputs(source)[0]
        return (
            _convolution_of_interpolated(node, source)
            if source.get_type_name() == "Interpolate"
            else _convolution(node)
        )
    raise NotLocalError(kind)


def cut(tensor: Node, window: Window, part: Window) -> Node:
    """Return a part of a map, of which `window` is given."""
    for axis, (given, wanted) in enumerate(zip(window, part, strict=True), start=2):
        if given != wanted:
            first, last = (np.array([pixel - given.first]) for pixel in wanted)
            tensor = opset11.slice(tensor, first, last, np.array([1]), np.array([axis]))
    return tensor


def hull(window: Window, other: Window) -> Window:
    """Return the smallest window that contains two."""
    return Window(*(Interval(min(a.first, b.first), max(a.last, b.last)) for a, b in zip(window, other, strict=True)))


def _same(window: Window) -> Window:
    return window


def _inputs(node: Node) -> list[Node]:
    return [value.get_node() for value in node.input_values()]


def _is_constant(node: Node) -> bool:
    return node.get_type_name() == "Constant"


def _channel_axis(node: Node) -> int:
    """Return the axis of the channels of a map: 3, as of the images, unless the map was transposed."""
    while node.get_type_name() not in ("Parameter", "Transpose"):
        node = next(each for each in _inputs(node) if not _is_constant(each))
    return 1 if node.get_type_name() == "Transpose" and _inputs(node)[1].get_data().tolist() == [0, 3, 1, 2] else 3


def _size(node: Node) -> tuple[int, int]:
    """Return the numbers of rows and columns of a whole map."""
    rows = 1 if _channel_axis(node) == 3 else 2
    return tuple(axis.get_length() for axis in list(node.output(0).partial_shape)[rows : rows + 2])


def _pointwise(node: Node) -> Callable[..., Node]:
    """Return how a sum, a product or a rectifier is built; constants may differ between channels only."""
    constants = {}
    for number, each in enumerate(_inputs(node)):
        if _is_constant(each):
            value = each.get_data()
            shape = [1] * (4 - value.ndim) + list(value.shape)
            channels = shape.pop(_channel_axis(node))
            if set(shape) != {1}:
                raise NotLocalError(node.get_type_name())
            constants[number] = opset11.constant(value.reshape(1, channels, 1, 1))

    def build(window: Window, *tensors: Node) -> Node:
        others = iter(tensors)
        inputs = [constants[number] if number in constants else next(others) for number in range(node.get_input_size())]
        return POINTWISE[node.get_type_name()](*inputs)

    return build


def _pooling(node: Node) -> Layer:
    """Return a pooling of blocks of pixels."""
    attributes = node.get_attributes()
    side = attributes["kernel"]
    if attributes["strides"] != side or any([*attributes["pads_begin"], *attributes["pads_end"]]):
        raise NotLocalError(node.get_type_name())

    def needed(window: Window) -> Window:
        return Window(*(Interval(axis.first * n, axis.last * n) for axis, n in zip(window, side, strict=True)))

    def build(window: Window, tensor: Node) -> Node:
        if node.get_type_name() == "AvgPool":
            return opset11.avg_pool(tensor, side, [0, 0], [0, 0], side, exclude_pad=True)
        return opset1.max_pool(tensor, side, [0, 0], [0, 0], side)  # later versions also return the places

    return Layer(_inputs(node)[:1], needed, build)


def _transposed_convolution(node: Node) -> Layer:
    """Return a convolution that maps each pixel to a block of pixels."""
    weights, side = _inputs(node)[1], node.get_attributes()["strides"]
    if not _is_constant(weights) or list(weights.shape[2:]) != side:
        raise NotLocalError(node.get_type_name())

    def needed(window: Window) -> Window:
        return Window(*(Interval(axis.first // n, -(-axis.last // n)) for axis, n in zip(window, side, strict=True)))

    def build(window: Window, tensor: Node) -> Node:
        blocks = Window(*(Interval(a.first * n, a.last * n) for a, n in zip(needed(window), side, strict=True)))
        return cut(opset11.convolution_backprop_data(tensor, weights, side), blocks, window)

    return Layer(_inputs(node)[:1], needed, build)


def _interpolation(node: Node) -> Layer:
    """Return a bilinear interpolation by whole factors between the centres of pixels."""
    attributes = node.get_attributes()
    small, large = _size(_inputs(node)[0]), _size(node)
    factors = [n // m for m, n in zip(small, large, strict=True)]
    linear = attributes["mode"].startswith("linear") and attributes["coordinate_transformation_mode"] == "half_pixel"
    if not linear or any(n % m for m, n in zip(small, large, strict=True)):
        raise NotLocalError(node.get_type_name())

    def needed(window: Window) -> Window:
        def along(axis: Interval, factor: int, length: int) -> Interval:
            first, last = ((2 * pixel + 1 - factor) // (2 * factor) for pixel in (axis.first, axis.last - 1))
            return Interval(max(first, 0), min(last + 2, length))

        return Window(*map(along, window, factors, small))

    def build(window: Window, tensor: Node) -> Node:
        low = needed(window)
        high = Window(*(Interval(axis.first * n, axis.last * n) for axis, n in zip(low, factors, strict=True)))
        scales, axes = np.array(factors, np.float32), np.array([2, 3])
        return cut(opset11.interpolate(tensor, scales, "linear_onnx", "scales", axes=axes), high, window)

    return Layer(_inputs(node)[:1], needed, build)


def _convolution(node: Node) -> Layer:
    """Return a convolution."""
    source, weights = _inputs(node)
    attributes, length = node.get_attributes(), _size(source)
    if not _is_constant(weights) or list(attributes["dilations"]) != [1, 1]:
        raise NotLocalError(node.get_type_name())

    def reach(window: Window) -> list[Interval]:  # beyond the borders of the image, too
        axes = zip(window, attributes["strides"], attributes["pads_begin"], list(weights.shape)[2:], strict=True)
        return [Interval(a.first * stride - pad, (a.last - 1) * stride - pad + side) for a, stride, pad, side in axes]

    def needed(window: Window) -> Window:
        return Window(*(Interval(max(a.first, 0), min(a.last, n)) for a, n in zip(reach(window), length, strict=True)))

    def build(window: Window, tensor: Node) -> Node:
        before = [max(-axis.first, 0) for axis in reach(window)]
        after = [max(axis.last - n, 0) for axis, n in zip(reach(window), length, strict=True)]
        return opset11.convolution(tensor, weights, attributes["strides"], before, after, [1, 1])

    return Layer([source], needed, build)


def _convolution_of_interpolated(node: Node, interpolated: Node) -> Layer:
    """Return a convolution with the interpolation before it, in the order that takes fewer multiplications."""
    convolution, interpolation = _convolution(node), _interpolation(interpolated)
    weights, pads = _inputs(node)[1], node.get_attributes()["pads_begin"]
    small, large, kernel = _size(_inputs(interpolated)[0]), _size(interpolated), list(weights.shape)[2:]

    def needed(window: Window) -> Window:
        return interpolation.needed(convolution.needed(window))

    def build(window: Window, tensor: Node) -> Node:
        low = needed(window)
        direct, mixed_first = multiplications(low.shape, window.shape, weights.shape[1], kernel)
        if mixed_first > WORTHWHILE * direct:
            return convolution.build(window, interpolation.build(convolution.needed(window), tensor))
        rows, columns = map(interpolate_and_shift, low, window, small, large, pads, kernel)
        return _mix_first(tensor, weights.get_data(), low.shape, rows, columns)

    strided = list(node.get_attributes()["strides"]) != [1, 1]
    return convolution if strided else Layer(interpolation.sources, needed, build)


def _mix_first(
    tensor: Node, weights: np.ndarray, shape: tuple[int, int], rows: np.ndarray, columns: np.ndarray
) -> Node:
    """Return the convolution of an interpolated map.

    Parameters
    ----------
    tensor : Node
        Map before interpolation (image, channel, row, column), of `shape` rows and columns.
    weights : ndarray
        Weights of the kernel (channel of the result, channel, row, column).
    rows, columns : ndarray
        Matrices of `interpolate_and_shift`.
    """
    channels, before, *kernel = weights.shape
    mixing = np.ascontiguousarray(weights.transpose(0, 2, 3, 1)).reshape(-1, before, 1, 1)
    mixed = opset11.convolution(tensor, opset11.constant(mixing), [1, 1], [0, 0], [0, 0], [1, 1])
    mixed = opset11.reshape(mixed, np.array([-1, channels, *kernel, *shape]), False)
    mixed = opset11.transpose(mixed, [0, 1, 2, 4, 3, 5])
    mixed = opset11.reshape(mixed, np.array([-1, channels, kernel[0] * shape[0], kernel[1] * shape[1]]), False)
    wide = opset11.matmul(mixed, opset11.constant(columns), False, True)
    return opset11.matmul(opset11.constant(rows), wide, False, False)
