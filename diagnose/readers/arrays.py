"""Arrays in Python: the history a training script holds in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from diagnose.errors import DataError
from diagnose.run import FloatArray, Run, Series

Values = Sequence[float] | FloatArray


def read_arrays(
    values: Mapping[str, Values],
    steps: Values | None = None,
    val_steps: Values | None = None,
    step_unit: str = "epoch",
) -> Run:
    """Make a run of arrays.

    Args:
        values: For each role (`train_loss`, `val_loss`, ...) its values; NaN was logged as NaN.
        steps: Positions of the values; counted from 1 if absent.
        val_steps: Positions of the validation values, if they have their own.
        step_unit: What a step counts.

    Raises:
        DataError: If there is no loss, an array is not a list of numbers, or lengths differ.
    """
    if not {"train_loss", "val_loss"} & set(values):
        raise DataError("give train_loss, val_loss, or both.")
    arrays = {role: _array(role, given) for role, given in values.items()}
    own_steps = {
        name: _array(name, given)
        for name, given in (("steps", steps), ("val_steps", val_steps))
        if given is not None
    }
    longest = max(len(value) for value in arrays.values())
    series = {}
    for role, value in arrays.items():
        step = own_steps.get("val_steps") if role.startswith("val") else None
        if step is None:
            step = own_steps.get("steps")
        if step is not None:
            if step.shape != value.shape:
                raise DataError(
                    f"{role} has {len(value)} values and {step.size} steps; give one step a value"
                    " (val_steps=... if the validation was measured at its own steps)."
                )
        elif len(value) == longest:
            step = np.arange(1.0, len(value) + 1.0)
        elif longest % len(value) == 0:
            step = np.arange(1.0, len(value) + 1.0) * (longest // len(value))
        else:
            raise DataError(
                f"{role} has {len(value)} values beside {longest}; say where they were measured"
                " with steps=... and val_steps=..."
            )
        series[role] = Series(role, step, value)
    return Run("<arrays>", "arrays", step_unit, series, {role: (role,) for role in series})


def _array(name: str, given: object) -> FloatArray:
    """Take a list, an array or a tensor as an array of numbers."""
    try:
        if np.asarray(given).dtype.kind in "cmM":  # complex numbers, dates and times
            raise TypeError
        value = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise DataError(f"{name} must be a list of numbers.") from None
    if value.ndim != 1 or not len(value):
        raise DataError(f"{name} must be a list of at least one number.")
    return value
