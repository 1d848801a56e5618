"""Optimizers keep their state where the parameters are."""

from __future__ import annotations

import importlib

import pytest
import torch

from catalog.card import find_card
from catalog.lab.measure import module_of
from catalog.optimization.optimizer.reference import Optimizer
from catalog.table import slugs

LOOK_AT_NUMBERS = {"Adafactor", "MuonWithAdamW", "Shampoo"}
"""They decide by numbers, or by names, that a device without numbers does not have."""


def optimizers() -> list[type[Optimizer]]:
    """Return every optimizer that the catalog's references define."""
    found = set()
    for slug in slugs():
        if find_card(slug).step == 3:
            module = importlib.import_module(module_of(slug, "reference"))
            classes = [value for value in vars(module).values() if isinstance(value, type)]
            found |= {kind for kind in classes if issubclass(kind, Optimizer)} - {Optimizer}
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", optimizers(), ids=lambda kind: kind.__name__)
def test_the_state_is_on_the_parameters_device(kind):
    """On a device that holds no numbers, two steps mix nothing with another device."""
    if kind.__name__ in LOOK_AT_NUMBERS:
        pytest.skip("it looks at numbers")
    parameter = torch.empty(4, 3, device="meta").requires_grad_()
    optimizer = kind([parameter])
    for _ in range(2):
        parameter.grad = torch.empty(4, 3, device="meta")
        optimizer.step()
    tensors = [v for v in optimizer.state[parameter].values() if isinstance(v, torch.Tensor)]
    assert all(tensor.device.type == "meta" for tensor in tensors if tensor.dim())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("kind", optimizers(), ids=lambda kind: kind.__name__)
def test_a_gpu_takes_the_same_steps(kind):
    """Five steps end where they end on the processor."""
    if kind.__name__ == "MuonWithAdamW":
        pytest.skip("it takes names; its two halves are tested")
    ends = []
    for device in ("cpu", "cuda"):
        parameter = torch.linspace(-1, 1, 12, dtype=torch.float64).view(4, 3).to(device)
        optimizer = kind([parameter.requires_grad_()])
        for _ in range(5):
            parameter.grad = 2 * parameter.detach() + 0.1
            optimizer.step()
        ends.append(parameter.detach().cpu())
    torch.testing.assert_close(*ends)
