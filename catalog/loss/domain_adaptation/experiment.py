"""Does it help against a shift to hide the domain from the features, or to label target examples?

The digits in use stand a pixel further right than those of the source. Validation data and the
unlabelled inputs are from the target.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn

from catalog.architecture.test_time_augmentation.reference import shifted
from catalog.lab.data import Data, Split
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.lab.train import Batch
from catalog.loss.domain_adaptation.reference import (
    adversarial_loss,
    draw_mixed,
    reversal_weight,
)


def apply(recipe: Recipe, gamma: float = 10.0, width: int = 64) -> Recipe:
    """Return the recipe with features that do not tell training from unlabelled inputs.

    The unlabelled inputs are the target's. Features are what the network's last linear layer
    gets.

    Args:
        recipe: What to change.
        gamma: γ, how fast the weight of the reversed gradient rises.
        width: Hidden units of the discriminator.

    Raises:
        NotApplicable: If there are no unlabelled inputs, or the network has no linear layer.
    """
    data = recipe.peek()
    if data.unlabelled is None:
        raise NotApplicable("there are no unlabelled inputs of the target.")
    with torch.random.fork_rng():
        last_linear(recipe.model(data))
    return recipe.plus(
        start=Part(with_discriminator, width=width),
        regularization=Part(hide_domain, gamma=gamma),
        finish=Part(without_discriminator),
    )


def apply_labelled(recipe: Recipe, labelled: int, share: float = 0.5) -> Recipe:
    """Return the recipe with its last training examples, of the target, drawn with a share.

    Args:
        recipe: What to change.
        labelled: Target examples at the end of the training set.
        share: Share of a batch that they make up, in expectation.
    """
    return recipe.replace(order=Part(mixed_order, labelled=labelled, share=share))


def last_linear(model: nn.Module) -> nn.Linear:
    """Return the last linear layer of a network.

    Raises:
        NotApplicable: If it has none.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise NotApplicable("the network has no linear layer whose inputs could be its features.")
    return layers[-1]


class Adversary(nn.Module):
    """A network with a discriminator on what its last linear layer gets."""

    def __init__(self, model: nn.Module, width: int) -> None:
        super().__init__()
        self.model = model
        features = last_linear(model).in_features
        self.discriminator = nn.Sequential(
            nn.Linear(features, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the network's outputs."""
        return self.model(x)  # type: ignore[no-any-return]

    def features(self, x: Tensor) -> Tensor:
        """Return the features of inputs, (n, features), means over further dimensions."""
        kept: list[Tensor] = []
        layer = last_linear(self.model)
        handle = layer.register_forward_pre_hook(lambda _layer, inputs: kept.append(inputs[0]))
        try:
            self.model(x)
        finally:
            handle.remove()
        return kept[-1].reshape(len(x), -1, layer.in_features).mean(1)


def with_discriminator(model: nn.Module, data: Data, recipe: Recipe, width: int) -> nn.Module:  # noqa: ARG001
    """Return the network with a discriminator beside it."""
    return Adversary(model, width)


def hide_domain(model: nn.Module, batch: Batch, gamma: float) -> Tensor:
    """Return the adversarial loss of a batch and as many unlabelled inputs."""
    adversary = next(m for m in model.modules() if isinstance(m, Adversary))
    pool = batch.data.unlabelled
    if pool is None:
        raise ValueError("unlabelled inputs must be there. Got none.")
    n = len(batch.x)
    drawn = torch.randint(len(pool), (n,), generator=batch.generator, device=batch.generator.device)
    features = adversary.features(torch.cat([batch.x, pool[drawn]]))
    weight = reversal_weight(batch.progress, gamma)
    return adversarial_loss(features[:n], features[n:], adversary.discriminator, weight)


def without_discriminator(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Return the network alone."""
    return model.model if isinstance(model, Adversary) else model


def mixed_order(
    split: Split,
    epoch: int,  # noqa: ARG001
    epochs: int,  # noqa: ARG001
    generator: torch.Generator,
    labelled: int,
    share: float,
) -> Tensor:
    """Return an epoch's examples, a share of them from the last ones."""
    is_target = torch.arange(len(split), device=split.x.device) >= len(split) - labelled
    return draw_mixed(is_target, len(split), share, generator)


def shifted_target(seed: int, source: Part, columns: int, labelled: int = 0) -> Data:
    """Return image data whose validation and unlabelled inputs are shifted to the right.

    Args:
        seed: Of the source.
        source: `(seed) -> Data`.
        columns: Pixels.
        labelled: Training examples, the last ones, that are shifted, too.
    """
    data: Data = source(seed)
    x = data.train.x
    head = len(x) - labelled
    return dataclasses.replace(
        data,
        train=Split(torch.cat([x[:head], shifted(x[head:], 0, -columns)]), data.train.y),
        val=Split(shifted(data.val.x, 0, -columns), data.val.y),
        unlabelled=None if data.unlabelled is None else shifted(data.unlabelled, 0, -columns),
    )


def shift(labelled: int = 0) -> Recipe:
    """Return a run whose validation data are a pixel off: 300 digits, batches of 30, 400 steps."""
    recipe = few(300).replace(epochs=40, batch_size=30, evaluate_every=40)
    data = Part(shifted_target, source=recipe.data, columns=1, labelled=labelled)
    return recipe.replace(data=data)


SETTING = (
    "300 digits, 64-128-128-10, Adam 0.001, batches of 30, 400 steps; validation digits stand a"
    " pixel further right"
)
CLAIMS = (LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY)

EXPERIMENTS = (
    Experiment(
        question="Do reversed gradients, with unlabelled target inputs, lower the loss on it?",
        setting=SETTING,
        control=shift(),
        treatment=apply(shift()),
        control_name="source alone",
        treatment_name="reversed gradient",
        claims=CLAIMS,
    ),
    Experiment(
        question="Does it help more to replace 50 examples by labelled ones of the target?",
        setting=f"{SETTING}; the 50 make up half of each batch",
        control=apply(shift()),
        treatment=apply_labelled(shift(labelled=50), labelled=50),
        control_name="reversed gradient",
        treatment_name="50 target labels",
        claims=CLAIMS,
    ),
)
