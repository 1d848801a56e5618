"""Muon: momentum whose matrix is made nearly orthogonal before the step.

Source: Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/. Weight decay and the
scale `match_rms_adamw`: Liu et al., 2025, https://arxiv.org/abs/2502.16982, equation 4.

    B_t = μ B_{t-1} + G_t                   momentum of a weight matrix (rows, columns)
    O_t = NS(G_t + μ B_t)                   Nesterov's form, made orthogonal
    θ_t = (1 - η λ) θ_{t-1} - η s O_t

    NS(X):  X ← X / ‖X‖_F,  then k times  X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X

If X = U S Vᵀ, each iteration maps every singular value σ to aσ + bσ³ + cσ⁵ and leaves U and V. The
coefficients raise small σ fast and leave all of them near 1, not at it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.adamw.reference import AdamW
from catalog.optimization.optimizer.reference import Optimizer, check_numbers

SCALES = ("original", "match_rms_adamw")
RULES = ("muon", "adamw")


def newton_schulz(
    matrix: Tensor,
    coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
    steps: int = 5,
    eps: float = 1e-7,
    dtype: torch.dtype | None = torch.bfloat16,
) -> Tensor:
    """Return a matrix with the same singular vectors and singular values of about 1.

    Args:
        matrix: (rows, columns).
        coefficients: a, b and c.
        steps: k.
        eps: Least norm to divide by; a matrix of zeros stays one.
        dtype: What is computed in; None for the matrix's own.
    """
    a, b, c = coefficients
    x = matrix if dtype is None else matrix.to(dtype)
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = x.T if is_tall else x  # X Xᵀ is then the smaller of the two squares
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T  # X Xᵀ
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)  # b X Xᵀ + c (X Xᵀ)²
        x = torch.addmm(x, factor, x, beta=a)
    return x.T if is_tall else x


class Muon(Optimizer):
    """Muon for weight matrices.

    Args:
        params: Matrices, pairs of name and matrix, or groups of them.
        lr: η, at least 0.
        weight_decay: λ, decoupled, at least 0.
        momentum: μ, at least 0 and below 1.
        nesterov: Look ahead by one step of momentum.
        ns_coefficients: a, b and c.
        eps: Least norm that a matrix is divided by, at least 0.
        ns_steps: k, at least 1.
        scale: s: `original` is √max(1, rows / columns); `match_rms_adamw` is
            0.2 √max(rows, columns), so that a rate that suits AdamW suits Muon.

    Raises:
        ValueError: If a setting is out of its range, or a parameter is no matrix.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        scale: str = "original",
    ) -> None:
        check_numbers(
            lr=lr,
            weight_decay=weight_decay,
            momentum=momentum,
            ns_coefficients=ns_coefficients,
            eps=eps,
            ns_steps=ns_steps,
        )
        for name, value in (("lr", lr), ("weight_decay", weight_decay), ("eps", eps)):
            if not value >= 0:
                raise ValueError(f"{name} must be at least 0. Got {value}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1. Got {momentum}.")
        if ns_steps < 1:
            raise ValueError(f"ns_steps must be at least 1. Got {ns_steps}.")
        if scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}. Got {scale}.")
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "scale": scale,
        }
        super().__init__(params, defaults)
        for shape in (p.shape for group in self.param_groups for p in group["params"]):
            if len(shape) != 2:
                raise ValueError(f"params must be matrices. Got the shape {tuple(shape)}.")

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Step by one orthogonal matrix."""
        if not state:
            state["b"] = torch.zeros_like(parameter)  # B_0
        mu, b = group["momentum"], state["b"]
        # Jordan's code and torch's keep (1 - μ) B_t; NS divides by the length, so it is the same.
        b.lerp_(gradient, 1 - mu)  # (1 - μ) B_t
        ahead = gradient.lerp(b, mu) if group["nesterov"] else b
        o = newton_schulz(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])  # O_t
        rows, columns = parameter.shape
        original = group["scale"] == "original"
        s = math.sqrt(max(1, rows / columns)) if original else 0.2 * math.sqrt(max(rows, columns))
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(o.to(parameter), alpha=-group["lr"] * s)  # θ_t


class MuonWithAdamW(Optimizer):
    """Muon for hidden weight matrices and AdamW for all other parameters, at one learning rate.

    Args:
        params: Pairs of name and parameter, as `model.named_parameters()` gives them.
        lr: The rate of both; Muon's steps are scaled to the size of AdamW's.
        weight_decay: Of both.
        momentum: Muon's.
        betas: AdamW's.

    Raises:
        ValueError: If `params` have no names or no hidden matrix, or a setting is out of its range.
    """

    def __init__(
        self,
        params: Iterable[tuple[str, Tensor]],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        pairs = list(params)
        if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
            raise ValueError(
                "params must be pairs of name and parameter, as model.named_parameters() gives."
                f" Got {type(pairs[0]).__name__}."
            )
        hidden = set(hidden_matrices(pairs))
        matrices = [(name, p) for name, p in pairs if name in hidden]
        others = [(name, p) for name, p in pairs if name not in hidden]
        if not matrices:
            raise ValueError("params must hold a matrix between the first and the last. Got none.")
        self.muon = Muon(matrices, lr, weight_decay, momentum, scale="match_rms_adamw")
        self.adamw = AdamW(others, lr, betas, weight_decay=weight_decay)
        groups = [*self.muon.param_groups, *self.adamw.param_groups]
        super().__init__([{**g, "by": by} for g, by in zip(groups, RULES, strict=True)], {})

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Leave the step to one or the other."""
        rule = self.muon if group["by"] == "muon" else self.adamw
        rule.update(parameter, gradient, state, group)


def hidden_matrices(named: Sequence[tuple[str, Tensor]]) -> list[str]:
    """Return the names of the weight matrices but for the first and the last.

    Those two read the input, as an embedding does, and give the output; Jordan leaves both to
    AdamW. Convolution kernels and parameters not named a weight are no weight matrices.

    Args:
        named: Pairs of name and parameter in the order of the network's layers.
    """
    weights = [
        (name, p) for name, p in named if "weight" in name.rpartition(".")[2] and p.dim() > 1
    ]
    return [name for name, p in weights[1:-1] if p.dim() == 2]
