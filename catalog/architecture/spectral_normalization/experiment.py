"""Does spectral normalization steady a generative adversarial network, and what of a classifier?

The adversarial network is trained as one network with two losses: what the discriminator gives for
made examples reaches the generator through a discriminator whose weights are held, and reaches the
discriminator through examples that are held. In evaluation its output for an example is the nearest
example of many that the generator makes, so that the squared error tells how well the examples are
covered. What decides is the distance between the distributions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.architecture.spectral_normalization.reference import spectral_norm
from catalog.lab.data import Data, Split
from catalog.lab.experiment import (
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Claim,
    Experiment,
)
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import hidden_layers
from catalog.lab.tasks import few
from catalog.lab.train import Fit

MODES = 8
MADE = 512
"""Examples that the generator makes for an evaluation."""


def ring(seed: int, n: int = 512) -> Data:
    """Return points around eight places on a circle, as examples that are their own target.

    Points (2,) have a normal spread of 0.1 around places at a distance of 2 from the centre.

    Args:
        seed: Of the points.
        n: Points that train, and as many that validate.
    """
    generator = torch.Generator().manual_seed(seed)
    angle = 2 * math.pi * torch.randint(0, MODES, (2 * n,), generator=generator) / MODES
    centers = 2 * torch.stack([angle.cos(), angle.sin()], 1)
    x = centers + 0.1 * torch.randn(2 * n, 2, generator=generator)
    return Data("regression", Split(x[:n], x[:n]), Split(x[n:], x[n:]), 2)


class Adversarial(nn.Module):
    """A generator and a discriminator of points in the plane.

    Args:
        width: Units of the two hidden layers of each.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.generator = _layers(2, width, 2)
        self.discriminator = _layers(2, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map points (n, 2) to scores (n, 3) in training, else to the nearest made points (n, 2).

        The scores are those of the points, of made points for the discriminator to learn from, and
        of the same for the generator.
        """
        if not self.training:
            made = self.make(MADE)
            return made[torch.cdist(x, made).argmin(1)]
        made = self.generator(torch.randn(len(x), 2, device=x.device))
        held = {name: p.detach() for name, p in self.discriminator.named_parameters()}
        scores = [
            self.discriminator(x),
            self.discriminator(made.detach()),
            torch.func.functional_call(self.discriminator, held, (made,)),
        ]
        return torch.cat(scores, 1)

    def make(self, count: int) -> Tensor:
        """Return the points (count, 2) that the generator makes of fixed noise."""
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(count, 2, generator=generator)
        made: Tensor = self.generator(noise.to(next(self.parameters()).device))
        return made


def _layers(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, outputs),
    )


def adversarial(data: Data, width: int = 64) -> nn.Module:  # noqa: ARG001 - as every model
    """Return an adversarial network for points in the plane."""
    return Adversarial(width)


def adversarial_loss(scores: Tensor, targets: Tensor) -> Tensor:  # noqa: ARG001 - as every loss
    """Return the sum of both losses, each of which reaches its own network alone.

    The discriminator's is the cross-entropy of true and made; the generator's is the form that does
    not saturate, Goodfellow et al., 2014, https://arxiv.org/abs/1406.2661, section 3.
    """
    true, made, for_generator = scores.unbind(1)
    return (F.softplus(-true) + F.softplus(made) + F.softplus(-for_generator)).mean()


def energy_distance(x: Tensor, y: Tensor) -> float:
    """Return twice the mean distance between two sets of points, less those within each.

    It is 0 only for equal distributions: neither points left out nor points made up go unseen.
    Székely and Rizzo, 2013, https://doi.org/10.1016/j.jspi.2013.03.018.
    """
    between, *within = (float(torch.cdist(a, b).mean()) for a, b in ((x, y), (x, x), (y, y)))
    return 2 * between - sum(within)


def distance(fit: Fit) -> Mapping[str, float]:
    """Return how far what the generator makes is from the validation set.

    A run that ended further away than a single point in the middle counts as that.
    """
    if not isinstance(fit.model, Adversarial):
        raise TypeError(f"the model must be Adversarial. Got {type(fit.model).__name__}.")
    true = fit.data.val.x
    with torch.no_grad():
        found = energy_distance(fit.model.make(MADE), true)
    worst = energy_distance(true.new_zeros(1, 2), true)
    return {"energy_distance": found if found <= worst else worst}


def normalize(model: nn.Module, data: Data, recipe: Recipe, n_power_iterations: int) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Normalize the hidden layers of a network, or all of a discriminator."""
    for layer in _normalized_layers(model):
        spectral_norm(layer, n_power_iterations)
    return model


def _normalized_layers(model: nn.Module) -> list[nn.Module]:
    if isinstance(model, Adversarial):
        return [m for m in model.discriminator.modules() if isinstance(m, nn.Linear)]
    return hidden_layers(model)


def apply(recipe: Recipe, n_power_iterations: int = 1) -> Recipe:
    """Return the recipe with spectral normalization in its hidden layers.

    The last layer of a classifier is left: its outputs have to be large to be sure.

    Raises:
        NotApplicable: If the network has no hidden layer.
    """
    if not _normalized_layers(untrained(recipe)):
        raise NotApplicable("the network has no hidden linear layer and no convolution.")
    return recipe.plus(start=Part(normalize, n_power_iterations=n_power_iterations))


GAN = Recipe(
    data=Part(ring),
    model=Part(adversarial),
    optimizer=Part(torch.optim.Adam, betas=(0.5, 0.9)),
    lr=1e-3,
    epochs=30,
    batch_size=64,
    loss=Part(adversarial_loss),
    evaluate_every=30,
)

EXPERIMENTS = (
    Experiment(
        question="Does it bring what an adversarial network makes nearer to the examples?",
        setting="points around 8 places on a circle, 2-64-64-2 against 2-64-64-1, Adam at its best"
        " rate, batches of 64, 240 steps",
        control=GAN,
        treatment=apply(GAN),
        control_name="plain discriminator",
        treatment_name="spectral normalization",
        claims=(Claim("optimization", "energy_distance"),),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
        metrics=distance,
    ),
    Experiment(
        question="Does it lower the validation loss of a classifier that overfits?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="plain",
        treatment_name="spectral normalization",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS),
    ),
)
