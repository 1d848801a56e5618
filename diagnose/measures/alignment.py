"""The training loss where the validation loss was measured: the half-epoch shift undone.

A logged training loss is most often the mean over the steps since the last entry, while the
weights were still worse; the validation loss belongs to the weights at the entry itself. So each
training value stands for the middle of its interval, and is read off at the validation's steps.
"""

from __future__ import annotations

import numpy as np

from diagnose.measures.curve import Curve
from diagnose.run import FloatArray


def train_at(train: Curve, val: Curve, clean: bool) -> FloatArray:
    """Return the training loss at the validation loss's steps.

    Args:
        train: The training curve.
        val: The validation curve, which gives the (n,) steps.
        clean: Whether the training loss was measured at its step itself; then nothing is shifted.

    Returns:
        (n,) training loss. Past the last shifted point the curve is continued by its last fall,
        never by a rise.
    """
    level = train.smooth if len(train) > 2 * len(val) else train.value
    step = train.step
    if not clean and len(step) > 1:
        gaps = np.diff(step, prepend=2 * step[0] - step[1])
        step = step - gaps / 2
    out = np.interp(val.step, step, level)
    if not clean and len(level) > 1:
        beyond = np.minimum(val.step - step[-1], train.step[-1] - step[-1])
        window = level[-min(4, len(level)) :]
        slope = min(0.0, (window[-1] - window[0]) / (step[-1] - step[-len(window)]))
        out = np.where(beyond > 0, out + slope * np.maximum(beyond, 0.0), out)
    return out
