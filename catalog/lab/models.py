"""Small networks for the experiments, with a setting for each part that a technique exchanges.

Each function takes the data, for the shapes of inputs and outputs, and settings that are `Part`s
or numbers; the weights are drawn from torch's generator in its usual state.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor, nn

from catalog.lab.data import Data, Split, spectrogram
from catalog.lab.recipe import Part, Recipe

RELU = Part(nn.ReLU)


def mlp(
    data: Data,
    widths: tuple[int, ...] = (128, 128),
    activation: Part = RELU,
    norm: Part | None = None,
    dropout: Part | None = None,
    wrap: Part | None = None,
) -> nn.Module:
    """Return a multilayer perceptron; images are flattened.

    Args:
        data: For the shapes.
        widths: Units of each hidden layer.
        activation: `() -> module`.
        norm: `(width) -> module` between each hidden linear layer and its activation.
        dropout: `() -> module` after each hidden activation.
        wrap: `(block) -> module` around each hidden layer that is as wide as the one before it,
            as a skip connection is.
    """
    layers: list[nn.Module] = [nn.Flatten()]
    before = math.prod(data.inputs)
    for width in widths:
        block = [nn.Linear(before, width)]
        block += [norm(width)] if norm else []
        block += [activation()]
        block += [dropout()] if dropout else []
        inner = nn.Sequential(*block)
        layers.append(wrap(inner) if wrap and width == before else inner)
        before = width
    return nn.Sequential(*layers, nn.Linear(before, data.outputs))


def linear(data: Data, bias: bool = True) -> nn.Module:
    """Return one linear layer on the flattened input."""
    return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(data.inputs), data.outputs, bias))


CONVOLUTION = Part(nn.Conv2d)


def cnn(
    data: Data,
    channels: tuple[int, ...] = (16, 32),
    activation: Part = RELU,
    norm: Part | None = None,
    dropout: Part | None = None,
    convolution: Part = CONVOLUTION,
) -> nn.Module:
    """Return a convolutional network: 3x3 convolutions, each halving the side, and a linear head.

    Args:
        data: Images (channels, side, side).
        channels: Filters of each convolution.
        activation: `() -> module`.
        norm: `(channels) -> module` between each convolution and its activation.
        dropout: `() -> module` before the head.
        convolution: `(channels_in, channels_out, kernel_size=, padding=) -> module`.
    """
    before, side, _ = data.inputs
    layers: list[nn.Module] = []
    for width in channels:
        layers.append(convolution(before, width, kernel_size=3, padding=1))
        layers += [norm(width)] if norm else []
        layers += [activation(), nn.MaxPool2d(2)]
        before, side = width, side // 2
    layers.append(nn.Flatten())
    layers += [dropout()] if dropout else []
    return nn.Sequential(*layers, nn.Linear(before * side * side, data.outputs))


class RNN(nn.Module):
    """A tanh recurrent network whose last state is read out.

    Args:
        inputs: Values per time step.
        width: Units of the state.
        outputs: Values predicted.
        gain: Spectral radius that the recurrent matrix starts with, about.
    """

    def __init__(self, inputs: int, width: int, outputs: int, gain: float) -> None:
        super().__init__()
        self.cell = nn.RNN(inputs, width, batch_first=True)
        self.head = nn.Linear(width, outputs)
        nn.init.normal_(self.cell.get_parameter("weight_hh_l0"), std=gain / math.sqrt(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, time, inputs) to (n, outputs)."""
        states, _ = self.cell(x)
        return self.head(states[:, -1])  # type: ignore[no-any-return]


def rnn(data: Data, width: int = 32, gain: float = 1.0) -> nn.Module:
    """Return a recurrent network for sequences (time, values)."""
    return RNN(data.inputs[-1], width, data.outputs, gain)


class Attention(nn.Module):
    """Multi-head self-attention, written out so that its parts can be exchanged.

    Args:
        width: Values per token.
        heads: Attention heads; divides `width`.
        qk_norm: `(values per head) -> module` on queries and keys, or None.
    """

    def __init__(self, width: int, heads: int, qk_norm: Part | None) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.q_norm = qk_norm(width // heads) if qk_norm else nn.Identity()
        self.k_norm = qk_norm(width // heads) if qk_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, tokens, width) to the same shape."""
        n, tokens, width = x.shape
        q, k, v = (
            part.view(n, tokens, self.heads, -1).transpose(1, 2)  # (n, heads, tokens, width/heads)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        q, k = self.q_norm(q), self.k_norm(k)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(n, tokens, width))  # type: ignore[no-any-return]


class Branch(nn.Module):
    """A residual branch with its norm before it, or after the sum."""

    def __init__(self, inner: nn.Module, norm: nn.Module, norm_first: bool) -> None:
        super().__init__()
        self.inner = inner
        self.norm = norm
        self.norm_first = norm_first

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, tokens, width) to the same shape."""
        if self.norm_first:
            return x + self.inner(self.norm(x))  # type: ignore[no-any-return]
        return self.norm(x + self.inner(x))  # type: ignore[no-any-return]


LAYER_NORM = Part(nn.LayerNorm)


class Transformer(nn.Module):
    """A transformer encoder on tokens (n, tokens, values), its mean token read out."""

    def __init__(
        self,
        tokens: int,
        inputs: int,
        outputs: int,
        width: int,
        depth: int,
        heads: int,
        norm: Part,
        norm_first: bool,
        qk_norm: Part | None,
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(inputs, width)
        self.position = nn.Parameter(torch.randn(tokens, width) * 0.02)
        branches: list[nn.Module] = []
        for _ in range(depth):
            mix = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
            for inner in (Attention(width, heads, qk_norm), mix):
                branches.append(Branch(inner, norm(width), norm_first))
        self.branches = nn.Sequential(*branches)
        self.norm = norm(width) if norm_first else nn.Identity()
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, tokens, inputs), or images (n, 1, rows, columns), to (n, outputs)."""
        tokens = x.flatten(1, -2) if x.dim() == 4 else x
        hidden = self.branches(self.embed(tokens) + self.position)
        return self.head(self.norm(hidden).mean(1))  # type: ignore[no-any-return]


def transformer(
    data: Data,
    width: int = 32,
    depth: int = 4,
    heads: int = 4,
    norm: Part = LAYER_NORM,
    norm_first: bool = True,
    qk_norm: Part | None = None,
) -> nn.Module:
    """Return a transformer encoder; the rows of an image are its tokens.

    Args:
        data: Images (1, rows, columns) or sequences (time, values).
        width: Values per token.
        depth: Pairs of attention and feed-forward branches.
        heads: Attention heads.
        norm: `(width) -> module`.
        norm_first: Norm before each branch (pre-norm), or after each sum (post-norm).
        qk_norm: `(values per head) -> module` on queries and keys.
    """
    tokens, inputs = data.inputs[-2:]
    return Transformer(tokens, inputs, data.outputs, width, depth, heads, norm, norm_first, qk_norm)


def untrained(recipe: Recipe) -> nn.Module:
    """Return a recipe's network with its random start, for a technique to look at its layers.

    The caller's random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network: nn.Module = recipe.model(recipe.peek())
    return network


class Spectrogram(nn.Module):
    """Makes spectrograms (n, times, bands) of recordings (n, 1, samples)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map recordings to the logarithm of their power."""
        return spectrogram(x)


def listener(data: Data, widths: tuple[int, ...] = (64,)) -> nn.Module:
    """Return a multilayer perceptron on the spectrogram of a recording.

    Args:
        data: Recordings (1, samples).
        widths: Units of each hidden layer.
    """
    heard = Split(spectrogram(data.train.x[:1]), data.train.y[:1])
    return nn.Sequential(Spectrogram(), mlp(dataclasses.replace(data, train=heard), widths))
