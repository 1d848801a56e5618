"""Pre-training: a network learns one task, and starts another from the parameters it got there.

Sources: Erhan et al., 2010, https://jmlr.org/papers/v11/erhan10a.html; Devlin et al., 2018,
https://arxiv.org/abs/1810.04805, section 3.

    θ_S, h_S = argmin  Σ_source ℓ_S(h_S(f_θ(x)), y)        body f_θ, with a head h_S of its own
    θ_0 = θ_S,  h_T random                                 the start of the target task
    θ_T, h_T = argmin  Σ_target ℓ_T(h_T(f_θ(x)), y)        fine-tuning: all of it goes on learning

The source's targets y may be the inputs themselves, some of whose entries were hidden from the
network (https://doi.org/10.1145/1390156.1390294, Vincent et al., 2008): then no labels are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


def layers_in_order(model: nn.Module, x: Tensor) -> tuple[str, ...]:
    """Return the names of the modules with parameters of their own, in the order of their use.

    Args:
        model: Any network; it is run once in evaluation mode and left in the mode it was in.
        x: (n, ...) some inputs.
    """
    order: list[str] = []
    names = {module: name for name, module in model.named_modules()}

    def note(module: nn.Module, _: Any) -> None:
        if names[module] not in order:
            order.append(names[module])

    owners = [m for m in names if next(m.parameters(recurse=False), None) is not None]
    hooks = [module.register_forward_pre_hook(note) for module in owners]
    modes = [(module, module.training) for module in names]
    model.eval()
    try:
        # With gradients, or torch's fused encoder layers would pass by the hooks of their parts.
        with torch.enable_grad():
            model(x)
    finally:
        for hook in hooks:
            hook.remove()
        for module, was_training in modes:
            module.training = was_training
    return tuple(order)


def head_of(model: nn.Module, x: Tensor) -> tuple[str, nn.Linear]:
    """Return the name and the module of a network's head h: the last layer that it uses.

    `model.set_submodule(name, ...)` puts another in its place.

    Args:
        model: Any network.
        x: (n, ...) some inputs.

    Raises:
        ValueError: If that layer is not linear, or the only one.
    """
    order = layers_in_order(model, x)
    if len(order) < 2:
        raise ValueError(f"model must have layers below its head. Got {len(order)} in all.")
    head = model.get_submodule(order[-1])
    if not isinstance(head, nn.Linear):
        raise ValueError(f"the last layer must be linear. Got {type(head).__name__}.")
    return order[-1], head


@torch.no_grad()
def take_weights(
    model: nn.Module, source: Mapping[str, Tensor], except_for: str = ""
) -> tuple[str, ...]:
    """Copy parameters and buffers of the source task into a network, θ_0 = θ_S.

    Args:
        model: The network of the target task; changed in place.
        source: `state_dict()` of the network that learned the source task.
        except_for: Name of the head, which keeps its random start; nothing is left out if empty.

    Returns:
        The names of what was copied.

    Raises:
        ValueError: If a tensor outside the head is missing in the source, or has another shape.
    """
    own = model.state_dict()
    body = [name for name in own if not except_for or not name.startswith(f"{except_for}.")]
    for name in body:
        found = tuple(source[name].shape) if name in source else "nothing of that name"
        if found != tuple(own[name].shape):
            raise ValueError(f"{name} must have the shape {tuple(own[name].shape)}. Got {found}.")
    for name in body:
        own[name].copy_(source[name])
    return tuple(body)


def hide(x: Tensor, share: float = 0.5, generator: torch.Generator | None = None) -> Tensor:
    """Return inputs with some entries set to zero, for a network that learns to fill them in.

    Args:
        x: (n, ...) inputs.
        share: Chance of an entry to be hidden, from 0 to 1.
        generator: To draw from.

    Raises:
        ValueError: If `share` is out of its range.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1. Got {share}.")
    kept = torch.rand(x.shape, generator=generator, device=x.device) >= share
    return x * kept
