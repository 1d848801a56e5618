"""Convolution: one small filter, applied at every place, as a single matrix product.

Source: LeCun et al., 1989, https://doi.org/10.1162/neco.1989.1.4.541. The unfolding into a matrix
product: Chellapilla, Puri and Simard, 2006, https://inria.hal.science/inria-00112631.

    y[o, i, j] = b[o] + Σ_{c, u, v} w[o, c, u, v] x[c, s i + d u - p, s j + d v - p]

with stride s, dilation d and padding p; x is 0 outside of the image. What each place sees,
x[c, s i + d u - p, s j + d v - p] over c, u and v, is a column; then Y = W · columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def unfold(x: Tensor, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Tensor:
    """Return what the filter sees at each place.

    Args:
        x: (n, channels, height, width).
        kernel: Side of the square filter, k.
        stride: s, steps between places.
        padding: p, zeros added on each side.
        dilation: d, steps between the values that the filter sees.

    Returns:
        (n, channels, k, k, height out, width out).

    Raises:
        ValueError: If the filter is larger than the padded image.
    """
    x = F.pad(x, (padding, padding, padding, padding))
    reach = dilation * (kernel - 1) + 1  # from the first value seen to the last
    if reach > min(x.shape[2:]):
        raise ValueError(
            f"the filter reaches over {reach} and must fit into the padded image."
            f" Got {x.shape[2]} by {x.shape[3]}."
        )
    height, width = ((side - reach) // stride + 1 for side in x.shape[2:])

    def seen(u: int, v: int) -> Tensor:
        rows = slice(dilation * u, dilation * u + stride * (height - 1) + 1, stride)  # s i + d u
        columns = slice(dilation * v, dilation * v + stride * (width - 1) + 1, stride)
        return x[:, :, rows, columns]  # (n, c, h, w)

    offsets = range(kernel)
    return torch.stack([torch.stack([seen(u, v) for v in offsets], 2) for u in offsets], 2)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve images with filters.

    Args:
        x: (n, channels in, height, width).
        weight: w, (channels out, channels in / groups, k, k).
        bias: b, (channels out,), or None.
        stride: s; at least 1.
        padding: p; at least 0.
        dilation: d; at least 1.
        groups: Filters and input channels are dealt out to this many groups, that see nothing of
            each other; as many groups as channels is a depthwise convolution.

    Returns:
        (n, channels out, height out, width out), each side (side + 2 p - d (k - 1) - 1) / s + 1
        rounded down.

    Raises:
        ValueError: If a setting is out of its range, or the shapes do not fit.
    """
    for name, value, least in (
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
        ("groups", groups, 1),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}. Got {value}.")
    filters, depth, kernel, width = weight.shape
    if kernel != width:
        raise ValueError(f"weight must hold square filters. Got {kernel} by {width}.")
    if x.shape[1] != groups * depth or filters % groups:
        raise ValueError(
            f"weight must be for {groups} groups of the {x.shape[1]} channels."
            f" Got {filters} filters of {depth} channels."
        )
    columns = unfold(x, kernel, stride, padding, dilation)  # (n, c, k, k, h, w)
    n, _, _, _, *places = columns.shape
    columns = columns.reshape(n, groups, depth * kernel**2, -1)  # (n, g, c/g k², h w)
    y = weight.reshape(groups, filters // groups, -1) @ columns  # (n, g, o/g, h w)
    y = y.reshape(n, filters, *places)
    return y if bias is None else y + bias[:, None, None]


class Conv2d(nn.Conv2d):
    """torch's layer of square filters, with its parameters and their start, and `conv2d` above."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels in, height, width) to (n, channels out, height out, width out).

        Raises:
            ValueError: If the layer was made with settings that `conv2d` does not have.
        """
        stride, padding, dilation = (self._one(name) for name in ("stride", "padding", "dilation"))
        if self.padding_mode != "zeros":
            raise ValueError(f"padding_mode must be 'zeros'. Got {self.padding_mode!r}.")
        return conv2d(x, self.weight, self.bias, stride, padding, dilation, self.groups)

    def _one(self, name: str) -> int:
        """Return a setting that torch keeps for each side."""
        value: str | tuple[int, int] = getattr(self, name)
        if isinstance(value, str) or value[0] != value[1]:
            raise ValueError(f"{name} must be one number for both sides. Got {value!r}.")
        return value[0]
