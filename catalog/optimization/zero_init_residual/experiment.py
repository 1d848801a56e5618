"""Do residual branches that start at zero make a deep network trainable without normalization?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.batch_normalization.experiment import apply as with_batch_norm
from catalog.architecture.skip_connection.experiment import apply as with_skips
from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import LAYERS, is_normalization, replace, residual_branches
from catalog.lab.tasks import deep
from catalog.optimization.kaiming_initialization.experiment import apply as with_kaiming
from catalog.optimization.zero_init_residual.reference import Gate, zero_


def start_at_zero(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Start every residual branch at zero: by its last layer, or by a gate if something follows."""
    gates: dict[str, nn.Module] = {}
    for branch in residual_branches(model, data.train.x[:2]):
        first, last = model.get_submodule(branch[0]), model.get_submodule(branch[-1])
        owner = model.get_submodule(branch[-1].rpartition(".")[0])
        if isinstance(first, LAYERS) or (is_normalization(first) and _has_gain(first)):
            zero_(first)
        elif isinstance(owner, nn.TransformerEncoderLayer):
            # Its attention ends in a layer that it does not call, and torch's fused evaluation
            # would pass a gate by.
            zero_(owner.self_attn.out_proj)
        else:
            gates[branch[-1]] = nn.Sequential(last, Gate())
    return replace(model, gates)


def _has_gain(norm: nn.Module) -> bool:
    return getattr(norm, "weight", None) is not None


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with residual branches that start at zero.

    Raises:
        NotApplicable: If the network has no residual branches.
    """
    if not residual_branches(untrained(recipe), recipe.peek().train.x[:2]):
        raise NotApplicable("it starts residual branches at zero, and the network has none.")
    return recipe.plus(start=Part(start_at_zero))


SHORT = deep().replace(epochs=12, evaluate_every=12)
RESIDUAL = with_kaiming(with_skips(SHORT.set_model(widths=(64,) * 12)))
NORMALIZED = with_batch_norm(RESIDUAL).replace(lr=0.1)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss of 12 residual blocks without normalization?",
        setting="300 digits, 12 residual layers of 64, Kaiming start, SGD at its best rate, batches"
        " of 30, 120 steps",
        control=RESIDUAL,
        treatment=apply(RESIDUAL),
        control_name="branches at full size",
        treatment_name="branches at zero",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-4, 1e-3, 1e-2, 0.1, 1.0),
    ),
    Experiment(
        question="Does it lower the training loss of 12 residual blocks with batch normalization?",
        setting="the same with batch normalization before each activation, SGD 0.1",
        control=NORMALIZED,
        treatment=apply(NORMALIZED),
        control_name="branches at full size",
        treatment_name="branches at zero",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
