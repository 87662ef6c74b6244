"""The part of a network that computes one window of its output, with the probabilities that whole images give.

Most of a cine is not heart. A pixel of the output depends on few pixels of the large feature maps; of the small ones it
depends on more. From the output back to the image, each layer is therefore limited to the window of its map that later
layers need. Zeros are padded at borders of the image only; at other borders of a window, its neighbours are computed.
"""

from openvino import Model, Node, PartialShape, Type, opset11

from murmur.network.heart_region import Window
from murmur.network.window_layers import Layer, NotLocalError, cut, hull, layer_of


def limited_to(model: Model, window: Window) -> Model | None:
    """Return the part of a network that computes a window of its probabilities.

    Parameters
    ----------
    model : Model
        Network exported by Keras, from images (image, row, column, 1) to probabilities (image, row, column, class).
    window : Window
        Rows and columns of the probabilities.

    Returns
    -------
    Model or None
        Network from any number of whole images to the window of the probabilities; None if a layer needs whole images
        (such as instance normalisation) or is not known in `window_layers`.
    """
    image = opset11.parameter(PartialShape([-1, *list(model.input().partial_shape)[1:]]), Type.f32, name="image")
    last = model.output(0).get_node().input_value(0).get_node()
    try:
        layers = _layers(last, image)
    except NotLocalError:
        return None
    windows = {_name(last): window}
    for name, layer in reversed(layers.items()):
        needed = layer.needed(windows[name])
        for source in map(_name, layer.sources):
            windows[source] = hull(needed, windows.get(source, needed))
    maps: dict[str, Node] = {}
    for name, layer in layers.items():
        needed = layer.needed(windows[name])
        sources = [cut(maps[source], windows[source], needed) for source in map(_name, layer.sources)]
        maps[name] = layer.build(windows[name], *sources)
    return Model([opset11.transpose(maps[_name(last)], [0, 2, 3, 1])], [image])


def _layers(last: Node, image: Node) -> dict[str, Layer]:
    """Return the layers from the input, which becomes `image`, to `last` by name, each after its sources."""
    layers: dict[str, Layer] = {}

    def visit(node: Node) -> None:
        if _name(node) not in layers:
            layer = layer_of(node, image)
            for source in layer.sources:
                visit(source)
            layers[_name(node)] = layer

    visit(last)
    return layers


def _name(node: Node) -> str:
    return node.get_friendly_name()
