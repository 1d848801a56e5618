"""What goes wrong in the runs of the benchmark: each fault spoils a recipe by a drawn amount."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from torch import nn

from catalog.lab.data import Data
from catalog.lab.models import transformer
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.loss.input_noise.experiment import apply as with_input_noise
from catalog.loss.l2_penalty.experiment import apply as with_l2
from catalog.loss.label_smoothing.experiment import apply as smoothed
from catalog.optimization.dropout.experiment import apply as with_dropout

Random = np.random.Generator
Fault = Callable[[Recipe, Random], Recipe]


def _between(rng: Random, low: float, high: float) -> float:
    """Draw a number, all powers alike."""
    return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.3g}")


def rate_too_low(recipe: Recipe, rng: Random) -> Recipe:
    """Divide the learning rate by 5 to 500."""
    return recipe.replace(lr=recipe.lr / _between(rng, 5, 500))


def rate_too_high(recipe: Recipe, rng: Random) -> Recipe:
    """Multiply the learning rate by 5 to 200."""
    return recipe.replace(lr=recipe.lr * _between(rng, 5, 200))


def bad_initialization(recipe: Recipe, rng: Random) -> Recipe:
    """Start from weights that are 3 to 10 times too large, or 10 to 1,000 times too small."""
    factor = _between(rng, 3, 10) if rng.random() < 0.5 else 1 / _between(rng, 10, 1000)
    return recipe.plus(start=Part(scale_weights, factor=factor))


def scale_weights(model: nn.Module, _data: Data, _recipe: Recipe, factor: float) -> nn.Module:
    """Multiply every weight matrix of a network."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data *= factor
    return model


def too_deep(recipe: Recipe, rng: Random) -> Recipe:
    """Make the network 8 to 16 plain layers deep, or a transformer post-norm and 5 deep."""
    if recipe.model.make is transformer:
        return recipe.set_model(depth=5, norm_first=False)
    widths = recipe.model.settings.get("widths")
    if widths is None:
        raise NotApplicable("the network has no plain layers to repeat.")
    return recipe.set_model(widths=(widths[0],) * int(rng.integers(8, 17)))


def saturating_units(recipe: Recipe, rng: Random) -> Recipe:
    """Use sigmoids in four or more layers."""
    more = {}
    if "widths" in recipe.model.settings:
        more["widths"] = (recipe.model.settings["widths"][0],) * int(rng.integers(4, 8))
    return recipe.set_model(activation=Part(nn.Sigmoid), **more)


def dead_units(recipe: Recipe, rng: Random) -> Recipe:
    """Push the biases down, so that most rectified units never fire."""
    made = recipe.set_model(activation=Part(nn.ReLU))
    return made.plus(start=Part(push_down, by=round(float(rng.uniform(1.0, 4.0)), 2)))


def push_down(model: nn.Module, _data: Data, _recipe: Recipe, by: float) -> nn.Module:
    """Subtract from every bias but the last."""
    biases = [p for p in model.parameters() if p.dim() == 1]
    for bias in biases[:-1]:
        bias.data -= by
    return model


def raw_inputs(recipe: Recipe, rng: Random) -> Recipe:
    """Give the columns, or the whole image, in units of their own."""
    return recipe.set_data(raw=round(float(rng.uniform(0.7, 3.0)), 2))


def raw_target(recipe: Recipe, rng: Random) -> Recipe:  # noqa: ARG001 - as every fault
    """Give a regression's target in a large unit, away from zero."""
    if recipe.peek().task != "regression":
        raise NotApplicable("classes have no unit.")
    return recipe.set_data(raw_target=True)


def too_short(recipe: Recipe, rng: Random) -> Recipe:
    """Stop after a sixth to a third of the epochs, five at the least."""
    return recipe.replace(epochs=max(5, round(recipe.epochs / _between(rng, 3, 6))))


def too_small(recipe: Recipe, rng: Random) -> Recipe:
    """Leave a network of one to three units or channels in each layer."""
    size = int(rng.integers(1, 4))
    settings = recipe.model.settings
    if recipe.model.make is transformer:
        return recipe.set_model(width=2 * size, depth=1)
    if "width" in settings:
        return recipe.set_model(width=size)
    if "channels" in settings:
        return recipe.set_model(channels=(1, size))
    return recipe.set_model(widths=(size,) * len(settings["widths"]))


def too_regularized(recipe: Recipe, rng: Random) -> Recipe:
    """Drop most units, or penalize the weights hard, or drown the inputs in noise."""
    kind = int(rng.integers(0, 3))
    if kind == 0:
        return with_dropout(recipe, p=round(float(rng.uniform(0.6, 0.9)), 2))
    if kind == 1:
        return with_l2(recipe, weight=_between(rng, 0.005, 0.1))
    return with_input_noise(recipe, share=round(float(rng.uniform(1.0, 3.0)), 2))


def too_little_data(recipe: Recipe, rng: Random) -> Recipe:
    """Keep 15 to 60 training examples, and about as many steps."""
    few = int(rng.integers(15, 61))
    before = recipe.data.settings["n_train"]
    batch = min(recipe.batch_size or few, 16)
    steps = recipe.epochs * max(1, before // (recipe.batch_size or before))
    epochs = min(2 * recipe.epochs, max(recipe.epochs, round(steps / max(1, few // batch))))
    return recipe.set_data(n_train=few).replace(batch_size=batch, epochs=epochs)


def wrong_labels(recipe: Recipe, rng: Random) -> Recipe:
    """Draw 15 to 50 % of the labels anew, those that validate as well."""
    return recipe.set_data(label_noise=round(float(rng.uniform(0.15, 0.5)), 2))


def shifted_validation(recipe: Recipe, rng: Random) -> Recipe:
    """Move the validation inputs by 0.5 to 2 standard deviations."""
    return recipe.set_data(shift=round(float(rng.uniform(0.5, 2.0)), 2))


def schedule_cut_short(recipe: Recipe, rng: Random) -> Recipe:
    """Let the learning rate reach nothing after 5 to 30 % of the run."""
    share = round(float(rng.uniform(0.05, 0.3)), 2)
    return recipe.replace(schedule=Part(falls_early, share=share))


def falls_early(step: int, total_steps: int, share: float) -> float:
    """Return a factor that falls in a straight line to a thousandth, and stays there."""
    return max(1e-3, 1 - step / max(1.0, share * total_steps))


def spikes(recipe: Recipe, rng: Random) -> Recipe:
    """Take a step at 20 to 100 times the learning rate now and then."""
    factor, every = _between(rng, 20, 100), int(rng.integers(40, 120))
    return recipe.replace(schedule=Part(jumps, factor=factor, every=every, base=recipe.schedule))


def jumps(step: int, total_steps: int, factor: float, every: int, base: Part | None) -> float:
    """Return a schedule's factor, and a far larger one every so many steps."""
    usual = 1.0 if base is None else float(base(step, total_steps))
    return usual * (factor if step % every == every - 1 else 1.0)


def outliers(recipe: Recipe, rng: Random) -> Recipe:
    """Make the inputs of 1 to 5 % of the training examples 30 times as large."""
    return recipe.set_data(outliers=round(float(rng.uniform(0.01, 0.05)), 3))


def smoothed_labels(recipe: Recipe, rng: Random) -> Recipe:
    """Smooth the labels by 10 to 40 %."""
    return smoothed(recipe, smoothing=round(float(rng.uniform(0.1, 0.4)), 2))


FAULTS: dict[str, Fault] = {
    "learning rate too low": rate_too_low,
    "learning rate too high": rate_too_high,
    "bad initialization": bad_initialization,
    "too deep": too_deep,
    "saturating units": saturating_units,
    "dead units": dead_units,
    "raw inputs": raw_inputs,
    "raw target": raw_target,
    "too short": too_short,
    "too small": too_small,
    "too regularized": too_regularized,
    "too little data": too_little_data,
    "wrong labels": wrong_labels,
    "shifted validation": shifted_validation,
    "schedule cut short": schedule_cut_short,
    "spikes": spikes,
    "outliers": outliers,
    "smoothed labels": smoothed_labels,
}


def spoil(recipe: Recipe, rng: Random) -> tuple[Recipe, tuple[str, ...]]:
    """Draw faults into a recipe: none in 35 of 100, one in 55, two in 10.

    A fault that does not apply to a recipe is drawn anew.

    Returns:
        The recipe and the names of its faults.
    """
    count = int(rng.choice(3, p=[0.35, 0.55, 0.10]))
    names: list[str] = []
    while len(names) < count:
        name = str(rng.choice(list(FAULTS)))
        if name in names:
            continue
        try:
            recipe = FAULTS[name](recipe, rng)
        except NotApplicable:
            continue
        names.append(name)
    return recipe, tuple(names)
