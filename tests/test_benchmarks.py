"""The benchmarks cover what they say they cover."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from catalog.lab.measure import module_of
from catalog.table import slugs

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "optimizers.py"


def load() -> ModuleType:
    """Return the benchmark, which is a script and no part of a package."""
    spec = importlib.util.spec_from_file_location("benchmark_of_optimizers", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_optimizer_that_torch_has_too_is_timed():
    """A reference with a class of torch's name stands in the table, and is made with its class."""
    table = load().OPTIMIZERS
    missing = []
    for slug in slugs():
        name = module_of(slug, "reference")
        if not name.startswith("catalog.optimization.") or importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        own = [
            kind.__name__
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, torch.optim.Optimizer)
            and kind.__module__ == name
            and hasattr(torch.optim, kind.__name__)
            and kind.__name__ != "Optimizer"
        ]
        missing += [slug for _ in own if slug not in table]
    assert missing == []


def test_both_sides_of_an_optimizer_take_the_same_step():
    """What is compared does the same work: after three steps the parameters agree."""
    for name, makes in load().OPTIMIZERS.items():
        ends = []
        for make in makes:
            tensor = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4).requires_grad_()
            optimizer = make([tensor])
            for group in optimizer.param_groups:
                group["lr"] = 0.01
            for scale in (1.0, -0.5, 2.0):

                def closure(tensor: Tensor = tensor, scale: float = scale) -> Tensor:
                    tensor.grad = scale * tensor.detach() + 0.1
                    return tensor.detach().sum()

                optimizer.step(closure)
            ends.append(tensor.detach())
        torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=1e-6, msg=name)
