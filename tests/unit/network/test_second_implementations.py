"""Outputs of whole networks against those of other authors' code, with the same weights: nnU-Net, MONAI and timm.

Skipped unless called as follows, because Murmur itself does not need these packages (1.4 GB and more):
    pip install torch dynamic_network_architectures==0.4.4 monai==1.6.1 timm==1.0.31
    KERAS_BACKEND=torch pytest tests/unit/network/test_second_implementations.py

Strided convolutions of Keras pad an even side at its end, those of PyTorch at its start: images and kernels are
mirrored on the way from one to the other.
"""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("Keras does not compute with PyTorch", allow_module_level=True)

import torch

from murmur.network import train
from murmur.network.architectures import with_defaults

TOLERANCE = 1e-4  # of probabilities, and of the latent vector and the reconstruction, which are of order one


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


class Network:
    """A network of Murmur with random weights and biases, which it gives to layers of PyTorch."""

    def __init__(self, architecture: str, size: int):
        training = {"recipe": "paper", "seed": 1, "precision": "float32", "freeze": "none"}
        self.settings = with_defaults({"architecture": architecture, "size": size, "downsample": 1})
        self.model = train.build(self.settings, training)
        rng = np.random.default_rng(0)
        for weight in self.model.trainable_weights:
            weight.assign(weight + 0.05 * rng.standard_normal(weight.shape))
        self.weights = {weight.path: np.array(weight) for weight in self.model.trainable_weights}
        self.images = rng.random((2, size, size, 1), np.float32)

    def outputs(self) -> dict[str, np.ndarray]:
        """Return all outputs for the images, by name."""
        outputs = self.model(self.images, training=False)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        return {name: np.array(output) for name, output in zip(self.model.output_names, outputs, strict=True)}

    def array(self, path: str, order=slice(None)):
        return torch.tensor(self.weights[path][order].copy())

    def give(self, name: str, layer, weight):
        """Give a weight, and the bias of the layer `name` or zero, to a layer."""
        assert layer.weight.shape == weight.shape, name
        layer.weight.copy_(weight)
        if layer.bias is not None:
            bias = self.weights.get(f"{name}/bias")
            layer.bias.copy_(torch.zeros_like(layer.bias) if bias is None else torch.tensor(bias))

    def conv(self, layer, name: str):
        """Give a kernel (row, column, in, out), or (row, column, out, in) if transposed, with its axes reordered."""
        kernel = self.weights[f"{name}/kernel"][::-1, ::-1].transpose(3, 2, 0, 1)
        self.give(name, getattr(layer, "conv", layer), torch.tensor(kernel.copy()))

    def dense(self, layer, name: str, order=slice(None)):
        self.give(name, layer, self.array(f"{name}/kernel", order).T)

    def norm(self, layer, name: str, order=slice(None)):
        layer.weight.copy_(self.array(f"{name}/gamma", order))
        layer.bias.copy_(self.array(f"{name}/beta", order))


def mirrored(images: np.ndarray):
    """Return images (batch, row, column, channel) as (batch, channel, row, column), mirrored."""
    return torch.tensor(images[:, ::-1, ::-1].transpose(0, 3, 1, 2).copy())


def agree(found, expected: np.ndarray):
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(found.numpy().transpose(0, 2, 3, 1)[:, ::-1, ::-1], expected, atol=TOLERANCE)


def test_nnunet_is_that_of_nnunet():
    unet = pytest.importorskip("dynamic_network_architectures.architectures.unet")
    ours = Network("nnunet", 64)
    filters = ours.settings["filters"]
    depth = len(filters)
    strides, nn = [1] + [2] * (depth - 1), torch.nn
    layers = {"norm_op": nn.InstanceNorm2d, "norm_op_kwargs": {"eps": 1e-5, "affine": True}, "nonlin": nn.LeakyReLU}
    theirs = unet.PlainConvUNet(
        1, depth, filters, nn.Conv2d, 3, strides, 2, 3, 2, conv_bias=True, deep_supervision=True, **layers
    ).eval()

    def give(stage, name):
        for number, block in enumerate(stage.convs, 1):
            ours.conv(block.conv, f"{name}_conv_{number}")
            ours.norm(block.norm, f"{name}_norm_{number}")

    for level, stage in enumerate(theirs.encoder.stages, 1):
        give(stage[0], f"encoder_{level}")
    decoder = theirs.decoder
    for level, stage, up, head in zip(
        range(depth - 1, 0, -1), decoder.stages, decoder.transpconvs, decoder.seg_layers, strict=True
    ):
        ours.conv(up, f"decoder_{level}_upsample")
        give(stage, f"decoder_{level}")
        if level < depth - 1:  # the lowest level is not supervised
            ours.conv(head, f"output_{level}_conv")
    found = theirs(mirrored(ours.images))
    for level in range(1, depth - 1):
        logits = torch.nn.functional.interpolate(found[level - 1], scale_factor=2 ** (level - 1), mode="bilinear")
        agree(logits.softmax(1), ours.outputs()[f"output_{level}"])


def test_resnet_vae_is_that_of_monai():
    nets = pytest.importorskip("monai.networks.nets")
    ours = Network("resnet_vae", 64)
    theirs = nets.SegResNetVAE(
        (64, 64), spatial_dims=2, init_filters=8, out_channels=3, blocks_down=(1, 2, 2, 4), blocks_up=(1, 1, 1)
    ).eval()

    def give(block, name):
        for number in (1, 2):
            ours.norm(getattr(block, f"norm{number}"), f"{name}_{number}_norm")
            ours.conv(getattr(block, f"conv{number}"), f"{name}_{number}_conv")

    ours.conv(theirs.convInit, "encoder_1_first_conv")
    for level, (down, *blocks) in enumerate(theirs.down_layers, 1):
        if level > 1:
            ours.conv(down, f"encoder_{level}_first_conv")
        for number, block in enumerate(blocks, 1):
            give(block, f"encoder_{level}_block_{number}")
    for level, up, blocks in zip((3, 2, 1), theirs.up_samples, theirs.up_layers, strict=True):
        ours.conv(up[0], f"decoder_{level}_narrow_conv")
        give(blocks[0], f"decoder_{level}_block")
    ours.norm(theirs.conv_final[0], "output_norm")
    ours.conv(theirs.conv_final[2], "output_conv")
    expected = ours.outputs()
    agree(theirs(mirrored(ours.images))[0].softmax(1), expected["output"])

    # The branch, with the mean instead of a draw. In it, vectors have the order of Keras: row, column, channel.
    ours.norm(theirs.vae_down[0], "latent_input_norm")
    ours.conv(theirs.vae_down[2], "latent_input_conv")
    ours.norm(theirs.vae_down[3], "latent_norm")
    narrow = theirs.vae_down(theirs.encode(mirrored(ours.images))[0])
    batch, channels, side, _ = narrow.shape

    def dense(tensor, name):
        return tensor @ ours.array(f"{name}/kernel") + ours.array(f"{name}/bias")

    flat = narrow.flip(2, 3).permute(0, 2, 3, 1).reshape(batch, -1)
    mean, log_variance = dense(flat, "latent_mean"), dense(flat, "latent_log_variance")
    np.testing.assert_allclose(torch.cat([mean, log_variance], 1), expected["latent"], atol=TOLERANCE)
    ours.conv(theirs.vae_fc_up_sample[0], "reconstruction_widen_conv")
    ours.norm(theirs.vae_fc_up_sample[2], "reconstruction_input_norm")
    ours.norm(theirs.vae_conv_final[0], "reconstruction_norm")
    ours.conv(theirs.vae_conv_final[2], "reconstruction_conv")
    tensor = dense(mean, "reconstruction_dense").relu().reshape(batch, side, side, channels)
    tensor = theirs.vae_fc_up_sample(tensor.permute(0, 3, 1, 2).flip(2, 3))
    for up, blocks in zip(theirs.up_samples, theirs.up_layers, strict=True):
        tensor = blocks(up(tensor))
    agree(theirs.vae_conv_final(tensor), expected["reconstruction"])


def test_swin_unet_is_made_of_the_blocks_of_timm():
    """The encoder is timm's Swin-T for one channel; the decoder, which timm does not have, is made of its blocks."""
    timm = pytest.importorskip("timm.models.swin_transformer")
    ours = Network("swin_unet", 224)
    filters = ours.settings["filters"]
    encoder = timm.SwinTransformer(
        224,
        in_chans=1,
        num_classes=0,
        embed_dim=filters[0],
        depths=(2, 2, 2, 2),
        num_heads=(3, 6, 12, 24),
        window_size=7,
    ).eval()

    def give(block, name):
        ours.norm(block.norm1, f"{name}_attention_norm")
        ours.norm(block.norm2, f"{name}_mlp_norm")
        block.attn.relative_position_bias_table.copy_(ours.array(f"{name}_attention/relative_position_bias"))
        ours.dense(block.attn.qkv, f"{name}_attention/query_key_value")
        ours.dense(block.attn.proj, f"{name}_attention/projection")
        ours.dense(block.mlp.fc1, f"{name}_mlp_1")
        ours.dense(block.mlp.fc2, f"{name}_mlp_2")

    def normalise(tensor, name):
        gamma, beta = ours.array(f"{name}/gamma"), ours.array(f"{name}/beta")
        return torch.nn.functional.layer_norm(tensor, gamma.shape, gamma, beta, 1e-5)

    def expand(tensor, factor, name):
        tensor = tensor @ ours.array(f"{name}_widen/kernel")
        batch, side = tensor.shape[:2]
        tensor = tensor.reshape(batch, side, side, factor, factor, -1).permute(0, 1, 3, 2, 4, 5)
        return normalise(tensor.reshape(batch, side * factor, side * factor, -1), f"{name}_norm")

    kernel = ours.weights["encoder_1_embed/kernel"].transpose(3, 2, 0, 1)
    ours.give("encoder_1_embed", encoder.patch_embed.proj, torch.tensor(kernel.copy()))
    ours.norm(encoder.patch_embed.norm, "encoder_1_embed_norm")
    for level, layer in enumerate(encoder.layers, 1):
        if level > 1:  # timm merges patches column by column
            order = np.arange(4 * filters[level - 2]).reshape(2, 2, -1).swapaxes(0, 1).ravel()
            ours.norm(layer.downsample.norm, f"encoder_{level}_merge_norm", order)
            ours.dense(layer.downsample.reduction, f"encoder_{level}_merge_reduce", order)
        for number, block in enumerate(layer.blocks, 1):
            give(block, f"encoder_{level}_block_{number}")
    tensor, skips = encoder.patch_embed(torch.tensor(ours.images.transpose(0, 3, 1, 2))), []
    for layer in encoder.layers:
        tensor = layer(tensor)
        skips.append(tensor)
    tensor = normalise(tensor, "encoder_norm")
    for level in (3, 2, 1):
        name, channels = f"decoder_{level}", filters[level - 1]
        tensor = torch.cat([expand(tensor, 2, f"{name}_expand"), skips[level - 1]], -1)
        tensor = tensor @ ours.array(f"{name}_reduce/kernel") + ours.array(f"{name}_reduce/bias")
        for number, shift in ((1, 0), (2, 3)):
            block = timm.SwinTransformerBlock(
                channels, tensor.shape[1:3], channels // 32, window_size=7, shift_size=shift
            )
            give(block.eval(), f"{name}_block_{number}")
            tensor = block(tensor)
    tensor = expand(normalise(tensor, "decoder_norm"), 4, "output_expand")
    logits = tensor @ ours.array("output_conv/kernel")[0, 0] + ours.array("output_conv/bias")
    expected = ours.outputs()["output"]
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(logits.softmax(-1), expected, atol=TOLERANCE)
