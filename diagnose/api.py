"""The Python API: `diagnose(...)` and `read(...)`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from diagnose.errors import DataError
from diagnose.readers import read
from diagnose.readers.arrays import Values, read_arrays
from diagnose.references import References
from diagnose.report import Report, judge
from diagnose.run import Run


def diagnose(
    log: str | os.PathLike[str] | Run | None = None,
    *,
    train_loss: Values | None = None,
    val_loss: Values | None = None,
    train_accuracy: Values | None = None,
    val_accuracy: Values | None = None,
    lr: Values | None = None,
    grad_norm: Values | None = None,
    steps: Values | None = None,
    val_steps: Values | None = None,
    step_unit: str = "epoch",
    linear_loss: float | Sequence[float] | None = None,
    constant_loss: float | None = None,
    classes: int | None = None,
    target_variance: float | None = None,
    label_smoothing: float = 0.0,
    narrowest_layer: int | None = None,
    clean_train_loss: bool = False,
) -> Report:
    """Say what is wrong with a training run, how it is known, and what to try next.

    Args:
        log: The path of a log or of a run's folder, or a Run; or nothing, and the losses as
            arrays.
        train_loss: (n,) training losses.
        val_loss: (m,) validation losses; with m other than n give `val_steps`, unless m divides n.
        train_accuracy: (n,) training accuracies between 0 and 1.
        val_accuracy: (m,) validation accuracies between 0 and 1.
        lr: (n,) learning rates.
        grad_norm: (n,) gradient norms before clipping.
        steps: (n,) positions of the training values; counted from 1 if absent.
        val_steps: (m,) positions of the validation values.
        step_unit: What a step counts.
        linear_loss: A linear model's training loss, or its training and validation loss.
        constant_loss: The loss of the best constant predictor.
        classes: The number of classes, which gives the constant predictor's loss, ln(classes).
        target_variance: The variance of a regression's target, which gives it likewise.
        label_smoothing: The smoothing of the training targets.
        narrowest_layer: The width of the narrowest hidden layer.
        clean_train_loss: The training loss was measured like the validation loss.

    Returns:
        The report. `print` shows it, a notebook displays it, `to_dict()` gives its data.

    Raises:
        LogError: If the log cannot be read or holds no training curve.
        DataError: If a number or an array makes no sense.
    """
    arrays = {
        "train_loss": train_loss,
        "val_loss": val_loss,
        "train_accuracy": train_accuracy,
        "val_accuracy": val_accuracy,
        "lr": lr,
        "grad_norm": grad_norm,
    }
    given = {role: values for role, values in arrays.items() if values is not None}
    if (log is None) == (not given):
        raise DataError("give a log, or the losses as arrays, and not both.")
    if log is None:
        run = read_arrays(given, steps, val_steps, step_unit)
    else:
        run = log if isinstance(log, Run) else read(log)
    pair = [linear_loss] if isinstance(linear_loss, int | float) else list(linear_loss or ())
    if len(pair) > 2:
        raise DataError("linear_loss is one training loss, or a training and a validation loss.")
    references = References(
        linear_train=pair[0] if pair else None,
        linear_val=pair[1] if len(pair) > 1 else None,
        constant=constant_loss,
        classes=classes,
        target_variance=target_variance,
        label_smoothing=label_smoothing,
        narrowest_layer=narrowest_layer,
        clean_train_loss=clean_train_loss,
    )
    return judge(run, references)
