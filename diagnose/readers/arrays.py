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
    series = {}
    longest = max(len(v) for v in values.values())
    for role, given in values.items():
        try:
            value = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{role} must be a list of numbers.") from None
        if value.ndim != 1 or not len(value):
            raise DataError(f"{role} must be a list of at least one number.")
        own = val_steps if role.startswith("val") and val_steps is not None else steps
        if own is not None:
            step = np.asarray(own, dtype=np.float64)
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
