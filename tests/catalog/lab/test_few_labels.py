"""The task with few labels and many unlabelled images."""

from __future__ import annotations

import torch

from catalog.lab.tasks import few_labels


def test_most_images_have_no_label():
    """Each class has three labels, one step takes them all, and nothing unlabelled is labelled."""
    recipe = few_labels()
    data = recipe.peek()
    assert torch.bincount(data.train.y, minlength=10).tolist() == [3] * 10
    assert len(data.unlabelled) == 869
    assert recipe.batch_size == len(data.train)
    known = torch.cat([data.train.x, data.val.x]).flatten(1)
    assert torch.cdist(data.unlabelled.flatten(1), known).min() > 0
