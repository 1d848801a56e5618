"""Skip connection: a block computes what to add to its input, which passes unchanged.

Source: He et al., 2015, https://arxiv.org/abs/1512.03385, equations 1 and 2.

    y = F(x) + x                            where F keeps the shape (eq. 1)
    y = F(x) + W x                          where it does not (eq. 2)

    ∂y/∂x = ∂F/∂x + I                       the gradient has a way around F
"""

from __future__ import annotations

from torch import Tensor, nn


class Residual(nn.Module):
    """A block with a skip connection around it.

    Args:
        block: F, any module.
        projection: W, where F changes the shape; None for the identity.
    """

    def __init__(self, block: nn.Module, projection: nn.Module | None = None) -> None:
        super().__init__()
        self.block = block
        self.projection = projection

    def forward(self, x: Tensor) -> Tensor:
        """Return F(x) + x, or F(x) + W x.

        Raises:
            ValueError: If the shapes of the two terms differ.
        """
        added = self.block(x)
        skipped = x if self.projection is None else self.projection(x)
        if added.shape != skipped.shape:
            raise ValueError(
                f"the block gives {tuple(added.shape)} beside {tuple(skipped.shape)};"
                " give a projection between them."
            )
        return added + skipped  # type: ignore[no-any-return]
