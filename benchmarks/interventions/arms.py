"""What each run is trained again with: techniques of the catalog, and two repairs of everything.

An arm changes one thing of a recipe and leaves its data split, its seed and its number of steps as
they are (`longer-training` has twice the steps). Where an arm is not applicable it is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch

from benchmarks.interventions.data import POOL
from benchmarks.interventions.programs import take_body
from catalog.architecture.activation_function.experiment import apply as better_activation
from catalog.architecture.batch_normalization.experiment import apply as batch_normalized
from catalog.architecture.larger_model.experiment import apply as larger
from catalog.architecture.layer_normalization.experiment import apply as layer_normalized
from catalog.architecture.skip_connection.experiment import apply as with_skips
from catalog.lab.data import Data
from catalog.lab.models import transformer
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.loss.image_augmentation.experiment import apply as augmented
from catalog.loss.input_noise.experiment import apply as with_input_noise
from catalog.loss.input_scaling.experiment import apply as scaled
from catalog.loss.less_regularization.experiment import apply as less_regularized
from catalog.loss.mixup.experiment import apply as mixed
from catalog.loss.more_data.experiment import apply as with_more_data
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.dropout.experiment import apply as with_dropout
from catalog.optimization.dropout.experiment import thin
from catalog.optimization.gradient_clipping.experiment import apply as clipped
from catalog.optimization.initialization.experiment import apply as initialized
from catalog.optimization.learning_rate_schedule.experiment import apply as scheduled
from catalog.optimization.learning_rate_warm_up.experiment import apply as warmed_up
from catalog.optimization.longer_training.experiment import apply as longer
from catalog.optimization.weight_decay.experiment import apply as decayed

Arm = Callable[[Recipe], Recipe]


def _rate(factor: float) -> Arm:
    return lambda recipe: recipe.replace(lr=recipe.lr * factor)


def _adam(recipe: Recipe) -> Recipe:
    return recipe.replace(optimizer=Part(torch.optim.Adam, fused=True), lr=3e-3)


def _scaled(recipe: Recipe) -> Recipe:
    """Scale inputs that are not on one scale, and a regression's target that is not."""
    data = recipe.peek()
    rows = data.train.x.flatten(1)
    spread = rows.std(0)
    spread = spread[spread > 1e-6]
    raw_target = data.task == "regression" and not 0.5 < float(data.train.y.std()) < 2
    even = len(spread) == 0 or (spread.max() < 3 and rows.mean(0).abs().max() < 1)
    if even and not raw_target:
        raise NotApplicable("the inputs are on one scale already.")
    return scaled(recipe, targets=raw_target)


def _normalized(recipe: Recipe) -> Recipe:
    if recipe.model.make is transformer:
        if recipe.model.settings.get("norm_first", True):
            raise NotApplicable("it is normalized before each branch already.")
        return recipe.set_model(norm_first=True)
    try:
        return batch_normalized(recipe)
    except NotApplicable:
        return layer_normalized(recipe)


def _more_data(recipe: Recipe) -> Recipe:
    """Four times the examples, or as many as there are, if those are half as many again."""
    settings = recipe.data.settings
    factor = min(4.0, POOL.get(settings["name"], 10**9) / settings["n_train"])
    if factor < 1.5:
        raise NotApplicable("the data set has no more examples.")
    more = with_more_data(recipe, factor=factor)
    return more.replace(data=Part(validated_on, data=more.data, other=recipe.data))


def validated_on(seed: int, data: Part, other: Part) -> Data:
    """Return data that are validated on the examples of other data."""
    made: Data = data(seed)
    return dataclasses.replace(made, val=other(seed).val)


def _altered(recipe: Recipe) -> Recipe:
    """Augment what the data allow: images, else mixed labels, else noise on the inputs."""
    if len(recipe.peek().inputs) == 3:
        return augmented(recipe)
    try:
        return mixed(recipe)
    except NotApplicable:
        return with_input_noise(recipe)


def _repaired(recipe: Recipe, lr: float, normalize: bool) -> Recipe:
    """Put all of the optimization right at once; its regularization stays."""
    kept = tuple(part for part in recipe.start if part.make in (take_body, thin))
    made = recipe.replace(
        start=kept, optimizer=Part(torch.optim.Adam, fused=True), lr=lr, schedule=Part(cosine)
    )
    if not any(part.make is take_body for part in kept):
        made = initialized(made)
    for change in (_scaled, clipped, *([_normalized] if normalize else [])):
        try:
            made = change(made)
        except NotApplicable:
            continue
    return made


ARMS: dict[str, Arm] = {
    "again": lambda recipe: recipe.replace(seed=recipe.seed + 1),
    "rate x10": _rate(10),
    "rate /10": _rate(0.1),
    "adam": _adam,
    "initialization": initialized,
    "input-scaling": _scaled,
    "normalization": _normalized,
    "activation-function": better_activation,
    "skip-connection": with_skips,
    "gradient-clipping": clipped,
    "learning-rate-warm-up": warmed_up,
    "learning-rate-schedule": scheduled,
    "repaired": lambda recipe: _repaired(recipe, 3e-3, normalize=False),
    "repaired, normalized": lambda recipe: _repaired(recipe, 1e-2, normalize=True),
    "longer-training": longer,
    "larger-model": larger,
    "less-regularization": less_regularized,
    "more-data": _more_data,
    "weight-decay": decayed,
    "dropout": lambda recipe: with_dropout(recipe, p=0.3),
    "augmentation": _altered,
}
"""By name. `early-stopping` is read off the run itself: it ends at its best evaluation."""
