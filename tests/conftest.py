"""Runs and curves that the tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from diagnose.measures.facts import Facts
from diagnose.readers.arrays import read_arrays
from diagnose.references import References

# CI draws the same examples each time; a run by hand draws new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "explore")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"

MakeFacts = Callable[..., Facts]


@pytest.fixture
def facts() -> MakeFacts:
    """Make the facts of a run given as arrays; references are given by their own names."""

    def make(references: dict[str, object] | None = None, **arrays: object) -> Facts:
        own = {k: arrays.pop(k) for k in ("steps", "val_steps", "step_unit") if k in arrays}
        run = read_arrays(arrays, **own)  # type: ignore[arg-type]
        return Facts(run, References(**(references or {})))  # type: ignore[arg-type]

    return make


@pytest.fixture
def histories() -> dict[str, np.ndarray]:
    """Return the 419 labelled histories, or skip where they are not at hand."""
    path = SHARED / "overfit_histories.npz"
    if not path.exists():
        pytest.skip("the labelled histories are not here")
    with np.load(path) as data:
        return dict(data)
