"""Transfer learning: keep what a network learned on another data set, and train all or part of it.

Source: Yosinski, Clune, Bengio and Lipson, 2014, https://arxiv.org/abs/1411.1792, section 2. Of
layers 1 to L, the first k come from the source network:

    θ_1 ... θ_k = θ_S                       loaded; the others start at random
    frozen:       only θ_{k+1} ... θ_L learn              ("BnB", "AnB")
    fine-tuned:   all of them learn                       ("BnB+", "AnB+")

With k = L - 1 and frozen it is a linear probe: the head h alone learns, on fixed features.
"""

from __future__ import annotations

from typing import Any

from torch import nn


class Frozen(nn.Module):
    """A module whose parameters do not learn and that stays in evaluation mode.

    Without the second, a batch normalization would go on to follow the new data.

    Args:
        module: Any module; its parameters stop asking for gradients.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> Frozen:  # noqa: ARG002 (it is asked, and declines)
        """Stay in evaluation mode."""
        return super().train(False)

    def forward(self, *inputs: Any) -> Any:
        """Return what the module returns."""
        return self.module(*inputs)


def freeze(model: nn.Module, except_for: tuple[str, ...]) -> None:
    """Freeze a network, in place, all but some of its modules.

    Args:
        model: Any network.
        except_for: Names of the modules that go on learning, such as the head.

    Raises:
        ValueError: If there is no module of such a name.
    """
    names = {name for name, _ in model.named_modules()}
    for name in except_for:
        if name not in names:
            raise ValueError(f"except_for must name modules of the network. Got {name!r}.")
    for name, parameter in model.named_parameters():
        if not is_below(name, except_for):
            parameter.requires_grad_(False)
    for name, module in list(model.named_modules()):
        if getattr(module, "running_mean", None) is not None and not is_below(name, except_for):
            model.set_submodule(name, Frozen(module))


def is_below(name: str, tops: tuple[str, ...]) -> bool:
    """Return whether a name is that of one of some modules, or of a part of one."""
    return any(name == top or name.startswith(f"{top}.") for top in tops)
