"""What the losses of a run are compared with: the numbers a log does not hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diagnose.errors import DataError


def label_smoothing_floor(smoothing: float, classes: int) -> float:
    """Return the smallest cross-entropy that a smoothed target allows, in nats.

    The target puts 1 - smoothing + smoothing/classes on the label and smoothing/classes on every
    other class, as `torch.nn.CrossEntropyLoss(label_smoothing=...)` does; its entropy is the floor.

    Args:
        smoothing: Weight of the uniform part; 0 gives 0.
        classes: Number of classes, at least 2.
    """
    if smoothing == 0:
        return 0.0
    off = smoothing / classes
    on = 1 - smoothing + off
    return -on * math.log(on) - (classes - 1) * off * math.log(off)


@dataclass(frozen=True, slots=True)
class References:
    """Losses and facts from outside the log that give the training loss a scale.

    Attributes:
        linear_train: Training loss of a linear model on the same data and loss.
        linear_val: Its validation loss.
        constant: Loss of the best constant (input-free) predictor.
        classes: Number of classes; gives the constant predictor ln(classes) nats.
        target_variance: Variance of a regression's target; the constant predictor's squared error.
        label_smoothing: Smoothing of the training targets; gives the training loss its floor.
        narrowest_layer: Width of the narrowest hidden layer, for the key rule's precondition.
        clean_train_loss: Whether the logged training loss was measured like the validation loss
            (evaluation mode, after the epoch), so that nothing has to be undone.

    Raises:
        DataError: If a value is out of range or two of them contradict each other.
    """

    linear_train: float | None = None
    linear_val: float | None = None
    constant: float | None = None
    classes: int | None = None
    target_variance: float | None = None
    label_smoothing: float = 0.0
    narrowest_layer: int | None = None
    clean_train_loss: bool = False

    def __post_init__(self) -> None:
        for name in ("linear_train", "linear_val", "constant"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise DataError(f"the {name.replace('_', ' ')} loss must be a number. Got {value}.")
        if self.classes is not None and self.classes < 2:
            raise DataError(f"the number of classes must be at least 2. Got {self.classes}.")
        if self.target_variance is not None and not 0 < self.target_variance < math.inf:
            raise DataError(f"the target's variance must be positive. Got {self.target_variance}.")
        if sum(v is not None for v in (self.constant, self.classes, self.target_variance)) > 1:
            raise DataError(
                "give one of constant loss, classes and target variance, not several:"
                " each of them sets the constant predictor's loss."
            )
        if not 0 <= self.label_smoothing < 1:
            raise DataError(
                f"label smoothing must be at least 0 and below 1. Got {self.label_smoothing}."
            )
        if self.label_smoothing and self.classes is None:
            raise DataError("label smoothing needs the number of classes to know the loss's floor.")
        if self.narrowest_layer is not None and self.narrowest_layer < 1:
            raise DataError(
                f"the narrowest layer must have at least 1 unit. Got {self.narrowest_layer}."
            )
        base = self.constant_loss
        if base is not None and self.linear_train is not None and self.linear_train >= base:
            raise DataError(
                f"the linear model's training loss ({self.linear_train:g}) must be below the"
                f" constant predictor's ({base:g}): a linear model contains the constant one."
                " Check that both are in the same units."
            )

    @property
    def constant_loss(self) -> float | None:
        """The constant predictor's loss, in the units of the log; None if it is not known."""
        if self.classes is not None:
            return math.log(self.classes)
        return self.constant if self.constant is not None else self.target_variance

    @property
    def floor(self) -> float:
        """The smallest training loss the targets allow; 0 where nothing says otherwise."""
        if self.classes is None:
            return 0.0
        return label_smoothing_floor(self.label_smoothing, self.classes)

    @property
    def linear_fits_inside(self) -> bool | None:
        """Whether the network is wide enough to contain the linear model; None if unknown.

        It must be at least as wide as the rank of the linear map, which classes - 1 bounds.
        """
        if self.narrowest_layer is None:
            return None
        outputs = 1 if self.classes is None else self.classes - 1
        return self.narrowest_layer >= outputs
