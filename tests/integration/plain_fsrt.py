"""FSRT in plain PyTorch at any size, under the published names: what a Python program would load exported weights into.

Written from the paper and the table of names and shapes, without the savings of the C++ networks: every input channel is
formed for every pixel. Sizes come from the [model] table of a run.toml.
"""
import math

import torch
from torch import nn


class Container(nn.Module):
    """Children under the given names."""

    def __init__(self, **children):
        super().__init__()
        for name, child in children.items():
            self.add_module(name, child)


def mlp(widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def encode_positions(coordinates, octaves, start):
    """All sines, then all cosines, coordinate by coordinate; phases in float32. [..., d] -> [..., 2 d octaves]"""
    factors = torch.tensor([2.0 ** (start + o) for o in range(octaves)]) * torch.tensor(math.pi)
    phases = (coordinates.unsqueeze(-1) * factors).flatten(-2)
    return torch.cat([phases.sin(), phases.cos()], -1)


def pixel_grid(size):
    centres = (torch.arange(size) + 0.5 - size / 2) / (size / 2)
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x, y], -1)


class Attention(nn.Module):
    def __init__(self, width, heads, head_width, memory_width=None):
        super().__init__()
        inner = heads * head_width
        self.heads = heads
        if memory_width is None:
            self.to_qkv = nn.Linear(width, 3 * inner, bias=False)
        else:
            self.to_q = nn.Linear(width, inner, bias=False)
            self.to_kv = nn.Linear(memory_width, 2 * inner, bias=False)
        self.to_out = nn.Sequential(nn.Linear(inner, width))

    def forward(self, x, memory=None):
        parts = self.to_qkv(x).chunk(3, -1) if memory is None else (self.to_q(x), *self.to_kv(memory).chunk(2, -1))
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])).softmax(-1)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Identity(), nn.Linear(hidden, width))

    def forward(self, x):
        return self.net(x)


class Transformer(nn.Module):
    def __init__(self, blocks, width, heads, head_width, hidden, memory_width=None):
        super().__init__()

        def normed(fn):
            return Container(norm=nn.LayerNorm(width), fn=fn)

        self.layers = nn.ModuleList(
            nn.ModuleList([normed(Attention(width, heads, head_width, memory_width)), normed(FeedForward(width, hidden))])
            for _ in range(blocks))

    def forward(self, x, memory=None):
        for attention, feed_forward in self.layers:
            normed = attention.norm(x)
            x = x + (attention.fn(normed) if memory is None else attention.fn(normed, memory))
            x = x + feed_forward.fn(feed_forward.norm(x))
        return x


class Sizes:
    """The [model] table with what follows from it."""

    def __init__(self, table):
        self.__dict__.update(table)
        self.keypoint_channels = 4 * self.keypoints * self.keypoint_octaves
        self.query = self.keypoint_channels + 4 * self.pixel_octaves + self.expression_size
        self.tokens = 8 * self.encoder_width

    def encode_keypoints(self, keypoints):
        return encode_positions(keypoints.flatten(1), self.keypoint_octaves, self.keypoint_start_octave)

    def encode_pixels(self, coordinates):
        return encode_positions(coordinates, self.pixel_octaves, self.pixel_start_octave)


class Encoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        inputs = 3 + sizes.query - (0 if sizes.encode_with_expression else sizes.expression_size)
        blocks = []
        for width in (sizes.encoder_width, 2 * sizes.encoder_width, 4 * sizes.encoder_width):
            blocks.append(Container(layers=nn.Sequential(
                nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.ReLU(),
                nn.Conv2d(width, 2 * width, 3, stride=2, padding=1, bias=False), nn.ReLU())))
            inputs = 2 * width
        self.conv_blocks = nn.ModuleList(blocks)
        self.per_patch_linear = nn.Conv2d(sizes.tokens, sizes.tokens, 1)
        self.transformer = Transformer(sizes.encoder_blocks, sizes.tokens, sizes.encoder_heads, sizes.head_width,
                                       sizes.encoder_hidden)

    def forward(self, pictures, keypoints, expressions):
        """[s, 3, n, n], [s, k, 2], [s, e] -> [1, tokens, width]"""
        count, _, height, width = pictures.shape
        pixels = self.sizes.encode_pixels(pixel_grid(height)).permute(2, 0, 1).expand(count, -1, -1, -1)
        constants = self.sizes.encode_keypoints(keypoints)[:, :, None, None].expand(-1, -1, height, width)
        x = torch.cat([pictures, constants, pixels], 1)
        if self.sizes.encode_with_expression:
            x = torch.cat([x, expressions[:, :, None, None].expand(-1, -1, height, width)], 1)
        for block in self.conv_blocks:
            x = block.layers(x)
        x = self.per_patch_linear(x).flatten(2).transpose(1, 2)
        return self.transformer(x.reshape(1, -1, x.shape[-1]))


class Decoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        small = sizes.small_decoder
        heads = sizes.decoder_heads or (6 if small else 12)
        hidden = sizes.decoder_hidden or (768 if small else 1536)
        widths = sizes.render_widths or ([1536, 768] if small else [1536] * 4)
        self.allocation_transformer = Container(
            input_mlp=mlp([sizes.query, sizes.query_hidden, sizes.query]),
            transformer=Transformer(sizes.decoder_blocks, sizes.query, heads, sizes.head_width, hidden, sizes.tokens))
        self.render_mlp = mlp([sizes.query, *widths, 3])

    def forward(self, tokens, keypoints, expressions):
        """One picture: [1, 3, n, n], not clamped."""
        n = self.sizes.image_size
        pixels = self.sizes.encode_pixels(pixel_grid(n).view(1, n * n, 2))
        constants = torch.cat([self.sizes.encode_keypoints(keypoints), expressions], 1)[:, None].expand(-1, n * n, -1)
        split = self.sizes.keypoint_channels
        query = torch.cat([constants[..., :split], pixels, constants[..., split:]], -1)
        x = self.allocation_transformer.input_mlp(query)
        x = self.allocation_transformer.transformer(x, tokens)
        return self.render_mlp(x).transpose(1, 2).reshape(1, 3, n, n)


class ExpressionNetwork(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.keypoints = sizes.keypoints
        features = sizes.keypoints * sizes.expression_features
        self.expression = nn.Conv2d(sizes.detector_width + 3, features, 7)
        self.expression_mlp = mlp([features, *sizes.expression_widths, sizes.expression_size])

    def forward(self, features, heatmaps):
        found = self.expression(features).unflatten(1, (self.keypoints, -1))
        return self.expression_mlp((found * heatmaps.unsqueeze(2)).sum((3, 4)).flatten(1))


class Detector(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        count, width, limit = sizes.detector_blocks, sizes.detector_width, sizes.detector_max_width

        def width_at(level):
            return width if level == 0 else min(limit, width * 2 ** level)

        def block(inputs, outputs):
            return Container(conv=nn.Conv2d(inputs, outputs, 3, padding=1), norm=nn.BatchNorm2d(outputs))

        down = [block(3 if i == 0 else width_at(i), width_at(i + 1)) for i in range(count)]
        up = [block((1 if i == count - 1 else 2) * width_at(i + 1), width_at(i)) for i in reversed(range(count))]
        self.predictor = Container(encoder=Container(down_blocks=nn.ModuleList(down)),
                                   decoder=Container(up_blocks=nn.ModuleList(up)))
        self.kp = nn.Conv2d(width + 3, sizes.keypoints, 7)
        self.down = nn.Module()
        self.step = round(1 / sizes.detector_scale)
        sigma = (self.step - 1) / 2
        half = round(4 * sigma)
        line = torch.exp(-torch.arange(-half, half + 1.0) ** 2 / (2 * sigma ** 2)) if sigma else torch.ones(1)
        kernel = line[:, None] * line / (line[:, None] * line).sum()
        self.down.register_buffer("weight", kernel.expand(3, 1, -1, -1).clone())

    def forward(self, pictures):
        """Keypoints [b, k, 2], features, heatmaps."""
        x = pictures
        if self.step > 1:
            x = nn.functional.conv2d(x, self.down.weight, padding=self.down.weight.shape[-1] // 2, groups=3)
            x = x[..., ::self.step, ::self.step]
        levels = [x]
        for block in self.predictor.encoder.down_blocks:
            levels.append(nn.functional.avg_pool2d(block.norm(block.conv(levels[-1])).relu(), 2))
        x = levels.pop()
        for block in self.predictor.decoder.up_blocks:
            x = block.norm(block.conv(nn.functional.interpolate(x, scale_factor=2))).relu()
            x = torch.cat([x, levels.pop()], 1)
        heatmaps = (self.kp(x).flatten(2) / 0.1).softmax(2).unflatten(2, (x.shape[2] - 6, x.shape[3] - 6))
        axes = [torch.linspace(-1, 1, heatmaps.shape[d]) for d in (3, 2)]
        points = torch.stack([(heatmaps * axes[0]).sum((2, 3)), (heatmaps * axes[1][:, None]).sum((2, 3))], -1)
        return points, x, heatmaps


class Discriminator(nn.Module):
    """Names and shapes alone."""

    def __init__(self, sizes):
        super().__init__()
        inputs = 3 + (sizes.keypoints if sizes.discriminator_keypoints else 0)
        blocks = []
        for i in range(sizes.discriminator_blocks):
            outputs = min(sizes.discriminator_max_width, sizes.discriminator_width * 2 ** (i + 1))
            block = Container(conv=nn.Conv2d(inputs, outputs, 4))
            if i > 0:
                block.add_module("norm", nn.InstanceNorm2d(outputs, affine=True))
            blocks.append(block)
            inputs = outputs
        self.discs = nn.ModuleDict({"1": Container(down_blocks=nn.ModuleList(blocks), conv=nn.Conv2d(inputs, 1, 1))})


class Fsrt:
    """The networks and their use at inference."""

    def __init__(self, table):
        self.sizes = Sizes(table)
        self.encoder = Encoder(self.sizes)
        self.decoder = Decoder(self.sizes)
        self.expression_encoder = ExpressionNetwork(self.sizes)
        self.discriminator = Discriminator(self.sizes)
        self.detector = Detector(self.sizes).eval()

    def trained(self):
        """Networks of a checkpoint in the order of the generator's optimiser."""
        return {"encoder": self.encoder, "decoder": self.decoder, "expression_encoder": self.expression_encoder}

    def parameters(self):
        return [parameter for network in self.trained().values() for parameter in network.parameters()]

    @torch.no_grad()
    def render(self, source, driving):
        """Absolute motion. [s, 3, n, n], [1, 3, n, n] -> [3, n, n] in [0, 1]"""
        keypoints, features, heatmaps = self.detector(source)
        tokens = self.encoder(source, keypoints, self.expression_encoder(features, heatmaps))
        keypoints, features, heatmaps = self.detector(driving)
        return self.decoder(tokens, keypoints, self.expression_encoder(features, heatmaps))[0].clamp(0, 1)
