"""A look at a recipe's network before it is trained."""

from __future__ import annotations

import torch

from catalog.lab.models import untrained
from catalog.lab.tasks import short
from catalog.lab.train import train


def test_it_is_the_network_that_training_starts_from():
    """With a step of next to nothing, the trained network is the one that was looked at."""
    recipe = short().replace(lr=1e-30, epochs=1)
    for looked_at, trained in zip(
        untrained(recipe).parameters(), train(recipe).model.parameters(), strict=True
    ):
        assert torch.equal(looked_at, trained)


def test_looking_leaves_the_random_state():
    """What the caller draws next does not depend on the look."""
    before = torch.get_rng_state()
    untrained(short())
    assert torch.equal(torch.get_rng_state(), before)
