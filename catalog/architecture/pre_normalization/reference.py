"""Pre-normalization: the norm stands inside of the residual branch, and the skip path stays clean.

Sources: Xiong et al., 2020, https://arxiv.org/abs/2002.04745, table 1; Wang et al., 2019,
https://arxiv.org/abs/1906.01787, equations 3 and 4.

    y = x + F(norm(x))                      pre-norm
    y = norm(x + F(x))                      post-norm, as in the first transformers

    y_L = x + Σ_l F_l(norm(y_l))            a pre-norm stack is a sum, that grows with depth:
    output = norm(y_L)                      one more norm at its end
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class PreNorm(nn.Module):
    """A residual block with its norm before the branch.

    Args:
        branch: F, a module that keeps the shape.
        norm: The normalization.
    """

    def __init__(self, branch: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Return x + F(norm(x))."""
        return x + self.branch(self.norm(x))  # type: ignore[no-any-return]


class PostNorm(nn.Module):
    """A residual block with its norm after the sum.

    Args:
        branch: F, a module that keeps the shape.
        norm: The normalization.
    """

    def __init__(self, branch: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Return norm(x + F(x))."""
        return self.norm(x + self.branch(x))  # type: ignore[no-any-return]


def pre_norm_stack(
    branches: Sequence[nn.Module], norms: Sequence[nn.Module], last: nn.Module
) -> nn.Sequential:
    """Return pre-norm blocks and the norm that ends them.

    Args:
        branches: F_1 to F_L.
        norms: One for each branch.
        last: The norm of the sum.

    Raises:
        ValueError: If there are not as many norms as branches.
    """
    if len(branches) != len(norms):
        raise ValueError(
            f"norms must be as many as branches. Got {len(norms)} for {len(branches)}."
        )
    return nn.Sequential(*map(PreNorm, branches, norms), last)
