"""Everything that is known of a run before it is judged."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from diagnose.measures.alignment import train_at
from diagnose.measures.curve import Curve, measure, median
from diagnose.measures.odds import Odds, measure_odds
from diagnose.measures.pace import Pace, measure_pace
from diagnose.measures.rise import Rise, measure_rise
from diagnose.measures.schedule import Schedule, measure_schedule
from diagnose.references import References
from diagnose.run import FloatArray, Run, Series

FROZEN_POINTS = 6
"""So many equal values in a row are more than rounding, if the rest of the log is finer."""
FROZEN_RESOLUTION = 0.005
"""A log is fine enough to tell equal from rounded if its values differ by this share or less."""
FROZEN_DIGITS = 5
"""A repeated value with more significant digits than these was not rounded to it."""
REAL_FALL = 0.005
"""A fall by a smaller share of the first loss gives no scale."""
LOW_SHARE = 0.1
"""A training loss this near to its floor, in shares of the constant predictor's, is low."""
EXCESS_SHARE = 0.1
"""A training loss above the linear model's by less than this share counts as reaching it."""
FITTED_ACCURACY = 0.98
"""A training set predicted this well is fitted."""
CHANCE_TOLERANCE = 0.03
"""How near -ln(accuracy) must be to the loss for both to be those of a guess."""


class Facts:
    """Facts on a run and its references, each computed when first asked for.

    Attributes:
        run: The run.
        references: What its losses are compared with.
    """

    def __init__(self, run: Run, references: References) -> None:
        self.run = run
        self.references = references

    @cached_property
    def train(self) -> Curve | None:
        """The training loss up to the last complete learning-rate cycle."""
        return self._curve("train_loss")

    @cached_property
    def val(self) -> Curve | None:
        """The validation loss up to the last complete cycle; None if it is absent or frozen."""
        series = self.run.val_loss
        if series is None or self.val_frozen:
            return None
        return self._curve("val_loss")

    @cached_property
    def train_pace(self) -> Pace | None:
        """How fast the training loss was falling at the end; None without one."""
        return None if self.train is None else measure_pace(self.train)

    @cached_property
    def val_pace(self) -> Pace | None:
        """How fast the validation loss was falling at the end; None without one."""
        return None if self.val is None else measure_pace(self.val)

    @cached_property
    def val_rise(self) -> Rise | None:
        """How the validation loss went since its minimum; None without one."""
        scale = self.range if self.constant is not None else None
        return None if self.val is None else measure_rise(self.val, scale)

    @property
    def val_has_risen(self) -> bool:
        """Whether the validation loss rose from its minimum beyond noise."""
        return self.val_rise is not None and self.val_rise.is_real

    @cached_property
    def val_frozen(self) -> bool:
        """Whether the validation loss repeats one value in most of the log."""
        series = self.run.val_loss
        if series is None or len(series) < FROZEN_POINTS:
            return False
        length, first = longest_repeat(series.value)
        return (
            length >= max(FROZEN_POINTS, 0.5 * len(series))
            and is_printed_finely(series.value, first)
            and not self._flat_with_train(length)
        )

    def _flat_with_train(self, length: int) -> bool:
        """Return whether the training loss repeats too: then nothing was learned at all."""
        train = self.run.train_loss
        return train is not None and longest_repeat(train.value)[0] >= length

    @cached_property
    def why_no_val(self) -> str:
        """Why there is no validation loss to judge."""
        if self.run.val_loss is None:
            return "no validation loss was logged"
        if self.val_frozen:
            return "the validation loss is frozen"
        return "the validation loss holds no finite number"

    @cached_property
    def why_no_train(self) -> str:
        """Why there is no training loss to judge."""
        if self.run.train_loss is None:
            return "no training loss was logged"
        return "the training loss holds no finite number"

    def _curve(self, role: str) -> Curve | None:
        series = self.run.get(role)
        if series is None:
            return None
        until = self.judged_until
        if until is not None:
            keep = series.step < until
            if keep.sum() >= 5:
                series = Series(series.name, series.step[keep], series.value[keep])
        return measure(series)

    @cached_property
    def schedule(self) -> Schedule | None:
        """The learning-rate schedule; None if it was not logged."""
        series = self.run.get("lr")
        return None if series is None else measure_schedule(series)

    @cached_property
    def judged_until(self) -> float | None:
        """Where the last complete learning-rate cycle ends, if the log ends inside another."""
        schedule = self.schedule
        if schedule is None or not schedule.restarts:
            return None
        return schedule.restarts[-1] if schedule.remaining > 0.5 else None

    @cached_property
    def train_accuracy(self) -> Curve | None:
        """The training accuracy, as a share."""
        series = self.run.get("train_accuracy")
        return None if series is None else measure(series)

    @cached_property
    def val_accuracy(self) -> Curve | None:
        """The validation accuracy, as a share."""
        series = self.run.get("val_accuracy")
        return None if series is None else measure(series)

    @cached_property
    def chance_classes(self) -> int | None:
        """The number of classes that loss and accuracy agree to be guessed among; else None."""
        accuracy = self.val_accuracy or self.train_accuracy
        loss = self.train or self.val
        if accuracy is None or loss is None or not 0 < accuracy.end < 0.75:
            return None
        if np.ptp(accuracy.smooth) > 0.1 or accuracy.end > 0.5 + 0.05:
            return None
        classes = round(math.exp(loss.end)) if 0 < loss.end < 12 else 0
        if classes < 2 or abs(loss.end - math.log(classes)) > CHANCE_TOLERANCE * loss.end:
            return None
        return classes if abs(accuracy.end * classes - 1) < 0.25 else None

    @cached_property
    def constant(self) -> float | None:
        """The constant predictor's loss: given, or agreed on by loss and accuracy."""
        given = self.references.constant_loss
        if given is None and self.chance_classes is not None:
            return math.log(self.chance_classes)
        return given

    @cached_property
    def range(self) -> float:
        """The losses that matter, from the constant predictor to the floor, as a difference.

        Without a constant predictor it is the fall that the log itself shows; NaN if that is no
        more than noise.
        """
        if self.constant is not None:
            return self.constant - self.references.floor
        curve = self.train or self.val
        if curve is None or curve.fall <= max(4 * curve.noise, REAL_FALL * abs(curve.start)):
            return math.nan
        return curve.fall

    @cached_property
    def range_name(self) -> str:
        """What the range was taken from, for the report."""
        if self.constant is not None:
            return "of the constant predictor's loss"
        return "of the fall in the log"

    @cached_property
    def train_at_val(self) -> FloatArray | None:
        """(n,) the training loss at the validation loss's steps, half-epoch shift undone.

        None without either, and where one is a sum and the other a mean.
        """
        if self.train is None or self.val is None or not self.run.is_comparable:
            return None
        return train_at(self.train, self.val, self.references.clean_train_loss)

    @cached_property
    def gap(self) -> FloatArray | None:
        """(n,) validation loss minus training loss at the validation loss's steps."""
        if self.train_at_val is None or self.val is None:
            return None
        # The floor that smoothed targets give the training loss is none of the validation's.
        return self.val.smooth - (self.train_at_val - self.references.floor)

    @cached_property
    def gap_end(self) -> float:
        """The generalization gap over the last tenth, in units of the loss; NaN if unknown."""
        if self.gap is None or self.val is None:
            return math.nan
        return median(self.gap[-self.val.tail :])

    @cached_property
    def clean_train_end(self) -> float:
        """The best estimate of the training loss at the end, in evaluation mode; NaN if unknown.

        A validation loss below the logged training loss bounds it: dropout, augmentation and
        penalties raise what is logged, and the clean loss on seen examples is rarely higher than
        that on unseen ones.
        """
        if self.train is None:
            return math.nan
        end = self.train.end
        if (
            self.val is not None
            and self.run.is_comparable
            and not self.references.clean_train_loss
            and not self.references.floor
        ):
            end = min(end, self.val.end)
        return end

    @cached_property
    def above_floor(self) -> float:
        """How far the training loss ends above its floor, as a share of the constant predictor's.

        NaN without a constant predictor.
        """
        if self.constant is None or self.train is None or self.range <= 0:
            return math.nan
        return (self.clean_train_end - self.references.floor) / self.range

    @cached_property
    def linear_excess(self) -> float:
        """Training loss above the linear model's, as a share of the way to the constant's.

        The first logged loss stands in for an unknown constant predictor. NaN without a linear
        model's loss or a training loss; negative where the network is better.
        """
        linear = self.references.linear_train
        if linear is None or self.train is None:
            return math.nan
        end = self.clean_train_end - self.references.floor
        width = self.linear_scale - linear
        if width <= 0:
            width = max(abs(linear), abs(end - linear))
        return (end - linear) / width if width > 0 else 0.0

    @cached_property
    def linear_scale(self) -> float:
        """The loss that a linear model is seen from: the constant's, else the first logged."""
        if self.constant is not None:
            return self.constant
        return max(curve.start for curve in (self.train, self.val) if curve is not None)

    @cached_property
    def odds(self) -> Odds | None:
        """How likely the run is to underfit and to overfit, by runs whose problem is known."""
        return measure_odds(self)

    @cached_property
    def train_is_low(self) -> bool | None:
        """Whether the training loss is as low as it should be; None if nothing says so.

        One above a linear model's is not. Else it is as likely as such runs are to underfit; a loss
        near its floor or a training accuracy near one show that the training set is fitted.
        """
        if self.train is None:
            return None
        if self.linear_excess > EXCESS_SHARE:
            return False
        if self.odds is not None and self.odds.is_low is not None:
            return self.odds.is_low
        if self.odds is None and not math.isnan(self.linear_excess):
            return True
        if self.above_floor <= LOW_SHARE:
            return True
        accuracy = self.train_accuracy
        return True if accuracy is not None and accuracy.end >= FITTED_ACCURACY else None

    @cached_property
    def is_classification(self) -> bool | None:
        """Whether the run classifies; None if nothing says so."""
        if self.references.classes is not None or self.train_accuracy or self.val_accuracy:
            return True
        curve = self.train or self.val
        negative = curve is not None and curve.lowest < 0
        return False if self.references.target_variance is not None or negative else None

    @cached_property
    def corrections(self) -> list[str]:
        """What was undone before judging."""
        out = []
        if self.gap is not None and not self.references.clean_train_loss:
            out.append(
                "each training loss was taken as the mean since the entry before it, and compared"
                " with the validation loss half an interval later"
            )
        if self.judged_until is not None:
            out.append(
                f"the learning rate was restarted at {self.run.step_unit} {self.judged_until:g};"
                " the run is judged at the end of the cycle before"
            )
        if self.references.floor:
            out.append(
                f"label smoothing keeps the training loss above {self.references.floor:.3g};"
                " that was subtracted"
            )
        return out


def is_printed_finely(value: FloatArray, first: int) -> bool:
    """Return whether the repeat that starts at `first` cannot come from rounding.

    Args:
        value: (n,) values.
        first: Index of the repeated value.
    """
    repeated = abs(float(value[first]))
    if repeated == 0:
        return False
    if float(f"{repeated:.{FROZEN_DIGITS}g}") != repeated:
        return True
    steps = np.abs(np.diff(value[np.isfinite(value)]))
    steps = steps[steps > 0]
    return bool(len(steps)) and float(steps.min()) <= FROZEN_RESOLUTION * repeated


def longest_repeat(value: FloatArray) -> tuple[int, int]:
    """Return the length and the first index of the longest run of one exact finite value."""
    if len(value) < 2:
        return len(value), 0
    same = ((value[1:] - value[:-1]) == 0) & np.isfinite(value[1:])
    if not same.any():
        return 1, 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    lengths = edges[1::2] - edges[::2]
    index = int(lengths.argmax())
    return int(lengths[index]) + 1, int(edges[2 * index])
