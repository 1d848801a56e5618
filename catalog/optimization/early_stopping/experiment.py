"""Do the weights of the lowest validation loss generalize better, to examples unseen by both?"""

from __future__ import annotations

from catalog.lab.data import with_test
from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery, noisy
from catalog.lab.train import Callback, Fit, Loop, evaluate
from catalog.optimization.early_stopping.reference import BestCheckpoint, has_lost_patience

PATIENCE = Part(has_lost_patience, patience=10)


class Stopping(Callback):
    """Ends a run by a rule, and leaves the weights of its best evaluation as the result."""

    def __init__(self, rule: Part) -> None:
        self.rule = rule
        self.losses: list[float] = []
        self.best = BestCheckpoint()

    def after_evaluation(self, loop: Loop) -> None:
        """Keep the weights if they are the best so far, and stop if the rule says so."""
        self.losses.append(loop.latest("val_loss"))
        self.best.update(self.losses[-1], loop.evaluated)
        if self.rule(self.losses):
            loop.stopped = True

    def on_end(self, loop: Loop) -> None:
        """Go back to the best weights."""
        self.best.restore(loop.evaluated)


def apply(recipe: Recipe, rule: Part = PATIENCE, checks: int = 100) -> Recipe:
    """Return the recipe stopped by a rule, with the weights of its best evaluation as the result.

    Args:
        recipe: Any.
        rule: `(validation losses) -> whether to stop`.
        checks: Evaluations that a run has, at least, if it has as many epochs.
    """
    every = min(recipe.evaluate_every, max(1, recipe.epochs // checks))
    return recipe.replace(evaluate_every=every).plus(callbacks=Part(Stopping, rule=rule))


def on_unseen(fit: Fit) -> dict[str, float]:
    """Return loss and accuracy on the third split, and the share of the epochs that were run."""
    if fit.data.test is None:
        raise ValueError("the data must have a test set. Got none.")
    loss, accuracy = evaluate(fit.model, fit.data.test, fit.data)
    if fit.has_diverged:
        loss, accuracy = fit.data.constant_losses()[1], 1 / fit.data.outputs
    steps = len(fit.history.series["loss"].step)
    share = steps / (fit.recipe.epochs * fit.history.steps_per_epoch)
    return {"test_loss": loss, "test_accuracy": accuracy, "share_of_epochs": share}


LOWER_TEST_LOSS = Claim("generalization", "test_loss")
NOISY = noisy(0.2).replace(epochs=100, evaluate_every=100)
NOISY = NOISY.replace(data=Part(with_test, source=NOISY.data))
JITTERY = jittery().replace(epochs=20, evaluate_every=20)
JITTERY = JITTERY.replace(data=Part(with_test, source=JITTERY.data))

EXPERIMENTS = (
    Experiment(
        question="Do the weights of the best check have a lower loss on unseen examples?",
        setting="400 digits, 20 % wrong labels, 64-128-128-10, Adam 0.001, 100 epochs, patience 10",
        control=NOISY,
        treatment=apply(NOISY),
        control_name="last weights",
        treatment_name="early stopping",
        claims=(LOWER_TEST_LOSS, Claim("generalization", "test_accuracy", lower_is_better=False)),
        metrics=on_unseen,
    ),
    Experiment(
        question="Do they, when the curve jitters and the run ends at the first rise?",
        setting="320 digits, 64-128-128-10, SGD 0.5, batches of 8, 20 epochs, patience 1",
        control=JITTERY,
        treatment=apply(JITTERY, rule=Part(has_lost_patience, patience=1)),
        control_name="last weights",
        treatment_name="patience 1",
        claims=(LOWER_TEST_LOSS,),
        metrics=on_unseen,
    ),
)
