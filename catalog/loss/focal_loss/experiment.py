"""Does the focal loss find more of rare classes, calibrate, and bear wrong labels?"""

from __future__ import annotations

from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few, imbalanced, noisy
from catalog.loss.class_weights.experiment import HIGHER_RARE_RECALL, SETTING, recalls
from catalog.loss.cross_entropy.experiment import instead_of_cross_entropy
from catalog.loss.focal_loss.reference import focal_loss


def apply(recipe: Recipe, gamma: float = 2.0) -> Recipe:
    """Return the recipe with the focal loss of the softmax.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy.
    """
    return instead_of_cross_entropy(recipe, Part(focal_loss, gamma=gamma))


EXPERIMENTS = (
    Experiment(
        question="Does the focal loss raise the recall of the rare classes?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=imbalanced(),
        treatment=apply(imbalanced()),
        control_name="cross-entropy",
        treatment_name="focal loss",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
    Experiment(
        question="Does it give probabilities of a lower validation loss to a net that overfits?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="cross-entropy",
        treatment_name="focal loss",
        claims=(Claim("neither", "val_loss"),),
    ),
    Experiment(
        question="Does it keep the accuracy where labels are wrong?",
        setting="400 digits with 30 % wrong labels, 64-128-128-10, Adam 0.001, 600 steps",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="cross-entropy",
        treatment_name="focal loss",
        claims=(Claim("neither", "val_accuracy", lower_is_better=False),),
    ),
)
