"""Where a printed line stands: by its own counters, or by those of lines above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diagnose.readers.curves import EVALUATED, Points
from diagnose.readers.lines import SPLITS, Scan, Told
from diagnose.readers.passes import Bars, passes
from diagnose.readers.phrases import COUNTERS, LOSSES, WITHIN, Item
from diagnose.run import BoolArray, FloatArray, IntArray

HEADING_HOLDS = 6
"""A line that announces a part of the data speaks for so many lines below it."""
COUNTER_HOLDS = 8
"""A line that only counts says where the lines just below it stand."""
MAX_COLUMNS = 500
"""Of more quantities than this, those told most often are read."""
_AXIS_NAMES = {
    "up": "updates", "upd": "updates", "update": "updates", "tree": "round", "it": "iteration",
    "sen": "samples", "checkpoint": "step", "minibatch": "batch", "batch_index": "batch",
    "bar": "step",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class _Lines:
    """The lines of one wording as arrays.

    Attributes:
        told: The wording.
        line: (n,) the lines' numbers.
        number: (n, k) their numbers.
        counter: The name of the counter of steps that is right for them, if they have one.
        within: Whether it begins again with every epoch.
    """

    told: Told
    line: IntArray
    number: FloatArray
    counter: str = ""
    within: bool = False

    def of(self, kind: str, name: str = "") -> FloatArray | None:
        """Return the numbers of one kind; None if the lines have none."""
        for index, item in enumerate(self.told.phrase.items):
            if item.kind == kind and (not name or item.name == name):
                return self.number[:, index]
        return None

    def total(self) -> FloatArray | None:
        """Return the total behind the counter."""
        items = self.told.phrase.items
        for index, item in enumerate(items[:-1]):
            if item.name == self.counter and items[index + 1].kind == "total":
                return self.number[:, index + 1]
        return None

    @property
    def tells_loss(self) -> bool:
        """Whether they tell a loss."""
        return any(item.kind in LOSSES for item in self.told.phrase.items)


class Log:
    """What the lines of a log told, put in relation: who counts, and where a line stands."""

    def __init__(self, found: Scan) -> None:
        told = _often_told(found.told)
        self.lines = [_as_arrays(part, found.skipped) for part in told]
        self.heading_line = np.array(found.heading_line, dtype=np.int64)
        self.heading_split = np.array(found.heading_split, dtype=np.int64)
        self.epoch_line, self.epoch = _events([(part, part.of("epoch")) for part in self.lines])
        self.fits = self._fits()
        if self.fits:
            self.epoch = np.arange(1.0, len(self.epoch) + 1)
        for part in self.lines:
            names = [i.name for i in part.told.phrase.items if i.kind == "count"]
            part.counter = min(names, key=_fineness, default="")
        within = {name for name in {p.counter for p in self.lines} if self._is_within(name)}
        for part in self.lines:
            part.within = part.counter in within
        self.totals = {name: self._total(name) for name in within}
        self.from_zero = {name for name in within if self._counts_from_zero(name)}

    def _fits(self) -> int:
        """Return how often `Epoch 1/1` heads what follows: each time a model was fitted once."""
        telling = [p for p in self.lines if p.of("epoch") is not None]
        totals = [p.of("total", "epochs") for p in telling if not p.told.phrase.has_quantity]
        if not telling or len(totals) < len(telling):
            return 0
        once = all(total is not None and (total == 1).all() for total in totals)
        return len(self.epoch) if once and len(self.epoch) > 1 else 0

    def _is_within(self, name: str) -> bool:
        """Return whether a counter begins again with every epoch."""
        if not name or not len(self.epoch):
            return False
        if name in WITHIN:
            return True
        alike = [p for p in self.lines if p.counter == name]
        if self._ends_with_epochs(alike, name):
            return True
        telling = [p for p in alike if p.told.phrase.has_quantity] or alike
        line, count = _events([(p, p.of("count", name)) for p in telling])
        epoch = _before(self.epoch_line, self.epoch, line)
        fell = (count[1:] - count[:-1]) < 0
        rose = (epoch[1:] - epoch[:-1]) > 0
        if not fell.any():
            return bool(len(count) > 1 and np.ptp(count) == 0 and rose.any())
        # An evaluation within the epoch begins again too, but a new epoch always does.
        always = rose.sum() > 1 and (fell & rose).sum() >= 0.9 * rose.sum()
        return bool(always or (fell & rose).sum() >= 0.5 * fell.sum())

    def _ends_with_epochs(self, alike: list[_Lines], name: str) -> bool:
        """Return whether a counter reaches its total in each epoch."""
        every: list[IntArray] = []
        ended: list[IntArray] = []
        for part in alike:
            of, count = part.total(), part.of("count", name)
            if of is not None and count is not None:
                every.append(part.line)
                ended.append(part.line[count == of])
        if not every:
            return False
        starts = self._starts()
        counted, whole = (
            np.unique(np.searchsorted(starts, np.concatenate(lines), side="right"))
            for lines in (every, ended)
        )
        return len(whole) > 1 and len(whole) >= len(counted) - 1

    def _total(self, name: str) -> float:
        """Return the highest count of an epoch, for lines that do not tell it."""
        counts = [c for p in self.lines if (c := p.of("count", name)) is not None and len(c)]
        return float(max((np.nanmax(c) for c in counts), default=1.0)) or 1.0

    def _counts_from_zero(self, name: str) -> bool:
        """Return whether an epoch's first count is 0 and its last one less than the total."""
        least = np.inf
        for part in self.lines:
            count, total = part.of("count", name), part.total()
            if part.counter != name or count is None or total is None or not len(count):
                continue
            least = min(least, float(count.min()))
            if (count >= total).any():
                return False
        return least == 0

    def points(self, notes: list[str]) -> dict[tuple[str, str], Points]:
        """Return each quantity's points, by the part of the data and its name.

        Args:
            notes: Takes what was done.
        """
        found: dict[tuple[str, str], list[Points]] = {}
        if self.fits:
            notes.append(f"the model was fitted {self.fits} times for one epoch; they were counted")
        evaluating = self._evaluations(notes)
        for part in self.lines:
            if not part.told.phrase.has_quantity or not len(part.line):
                continue
            whole = self._where(part)
            for index, item in enumerate(part.told.phrase.items):
                if not item.is_quantity:
                    continue
                value = part.number[:, index] / (100 if item.percent else 1)
                every = whole.with_value(value, item.kind)
                for split, mask in self._splits(part, item):
                    if id(part) in evaluating and not split:
                        other, validation = evaluating[id(part)]
                        if (mask & validation).any():
                            validated = every.where(mask & validation)
                            found.setdefault(("val", item.name), []).append(validated)
                        mask = mask & ~other
                    if mask.any():
                        found.setdefault((split, item.name), []).append(every.where(mask))
        return _named({key: Points.joined(parts) for key, parts in found.items()})

    def _evaluations(self, notes: list[str]) -> dict[int, tuple[BoolArray, BoolArray]]:
        """Find the bars that evaluate: Keras draws one below an epoch's own.

        Returns:
            For each wording, by its id, which of its lines are such bars, and which of them are
            the validation of their epoch.
        """
        found: list[tuple[_Lines, BoolArray, Bars]] = []
        for part in self.lines:
            of, count = part.total(), part.of("count", part.counter)
            losses = [n for n, i in enumerate(part.told.phrase.items) if i.kind in LOSSES]
            if not part.within or of is None or count is None or not losses:
                continue
            if part.of("epoch") is not None:
                continue
            unsaid = np.zeros(len(part.line), dtype=bool)
            training = unsaid.copy()
            for item in (part.told.phrase.items[n] for n in losses):
                for split, mask in self._splits(part, item):
                    unsaid |= mask & (split == "")
                    training |= mask & (split in ("", "train"))
            validated = any(part.told.phrase.items[n].split in EVALUATED for n in losses)
            every = np.ones(len(part.line), dtype=bool)
            bars = Bars(
                part.line, count, of, part.number[:, losses[0]], every & validated,
                every & part.told.phrase.is_drawn,
            )  # fmt: skip
            found.append((part, unsaid, bars.where(training)))
        found = [each for each in found if len(each[2].line)]
        starts = self._starts()
        if not len(starts) or not found:
            return {}
        bars = Bars.joined([each[2] for each in found])
        number = passes(bars, starts)
        later, first = bars.line[number > 0], bars.line[number == 1]
        out = {
            id(part): (unsaid & np.isin(part.line, later), unsaid & np.isin(part.line, first))
            for part, unsaid, told in found
            if (unsaid & np.isin(part.line, later)).any() and not told.validated.any()
        }
        if not out:
            return {}
        told = {i.split for p in self.lines for i in p.told.phrase.items if i.kind in LOSSES}
        trained = np.unique(np.searchsorted(starts, bars.line[number == 0], side="right"))
        followed = np.unique(np.searchsorted(starts, first, side="right"))
        often = len(trained) > 1 and bool(np.isin(trained[:-1], followed).all())
        if often and not told & set(EVALUATED) and not len(self.heading_line):
            notes.append("the second bar of each epoch is taken as its validation")
            return out
        notes.append("bars that follow an epoch's own are evaluations, not training; left out")
        return {key: (other, other & False) for key, (other, _) in out.items()}

    def _starts(self) -> IntArray:
        """Return the lines that begin an epoch: `Epoch 6: early stopping` does not."""
        begins = np.append(True, np.diff(self.epoch) != 0)[: len(self.epoch)]
        announced = [
            p.line for p in self.lines
            if p.of("epoch") is not None and p.of("total", "epochs") is not None
        ]  # fmt: skip
        lines = [self.epoch_line[begins], *announced]
        starts: IntArray = np.unique(np.concatenate(lines))
        return starts

    def _where(self, part: _Lines) -> Points:
        """Return where the lines of one wording stand; their values are still to come."""
        blank = np.full(len(part.line), np.nan)
        epoch = part.of("epoch")
        own = np.full(len(part.line), epoch is not None or part.counter != "")
        known = _before(self.epoch_line, self.epoch, part.line) if epoch is None else epoch
        count = part.of("count", part.counter) if part.counter else None
        step = blank if count is None or part.within else count
        inside = count if count is not None and part.within else blank
        of = blank
        if part.within:
            total = part.total()
            of = np.full(len(part.line), self.totals[part.counter]) if total is None else total
            if part.counter in self.from_zero:
                inside = inside + 1
        elif count is None and epoch is None:
            inside, of = self._inherited(part.line)
        items = part.told.phrase.items
        splits = {item.split for item in items if item.kind in LOSSES}
        is_bar = part.told.phrase.is_drawn
        is_paired = "val" in splits and len(splits) > 1
        return Points(
            part.line, blank, known, inside, of, step, own,
            np.full(len(part.line), part.told.phrase.is_running),
            np.full(len(part.line), is_bar),
            np.full(len(part.line), is_paired),
            np.full(len(part.line), self.lines.index(part)),
        )  # fmt: skip

    def _inherited(self, line: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the count and total of a line that only counts, just above each line."""
        inside, of = np.full(len(line), np.nan), np.full(len(line), np.nan)
        counting = [p for p in self.lines if p.within and not p.tells_loss]
        if not counting:
            return inside, of
        at, count = _events([(p, p.of("count", p.counter)) for p in counting])
        _, total = _events(
            [(p, t if (t := p.total()) is not None else p.of("count", p.counter)) for p in counting]
        )
        index = np.searchsorted(at, line, side="right") - 1
        near = (index >= 0) & (line - at[np.maximum(index, 0)] <= COUNTER_HOLDS)
        inside[near], of[near] = count[index[near]], total[index[near]]
        return inside, of

    def _splits(self, part: _Lines, item: Item) -> list[tuple[str, BoolArray]]:
        """Return the part of the data for each line: its own word, or that of a heading."""
        everywhere = np.ones(len(part.line), dtype=bool)
        if item.kind in ("lr", "grad_norm", "reward"):
            return [("", everywhere)]
        names = {i.name for i in part.told.phrase.items if not i.is_quantity}
        is_bar = "bar" in names or (part.within and part.total() is not None)
        if is_bar:
            names -= {"bar", "of", part.counter}
        if item.split or not len(self.heading_line) or names:
            # A line that says where it stands needs no heading.
            return [(item.split, everywhere)]
        index = np.searchsorted(self.heading_line, part.line, side="right") - 1
        above = self.heading_line[np.maximum(index, 0)]
        last_epoch = _before(self.epoch_line, self.epoch_line.astype(float), part.line)
        near = (part.line - above <= HEADING_HOLDS) | is_bar
        holds = (index >= 0) & near & ~(last_epoch > above)  # a new epoch begins with training
        split = np.where(holds, self.heading_split[np.maximum(index, 0)], 0)
        return [(name, split == code) for code, name in enumerate(SPLITS)]

    def positions(
        self, curves: dict[tuple[str, str], Points], notes: list[str]
    ) -> tuple[dict[tuple[str, str], FloatArray], str]:
        """Return where each point stands on the run's axis, and the axis's name ("" for none)."""
        losses = [part for part in curves.values() if part.kind in LOSSES] or [*curves.values()]
        counters = {p.counter for p in self.lines if p.tells_loss and not p.within} - {""}
        counting = [
            p for p in self.lines
            if p.counter and not p.within and (not counters or p.counter in counters)
        ]  # fmt: skip
        step_line, step = _events([(p, p.of("count", p.counter)) for p in counting])
        with_step = with_epoch = every = 0
        for part in losses:
            newer = _before(step_line, step_line.astype(float), part.line) >= np.nan_to_num(
                _before(self.epoch_line, self.epoch_line.astype(float), part.line), nan=-1.0
            )
            with_step += int((np.isfinite(part.step) | (~part.own & newer)).sum())
            with_epoch += int(np.isfinite(part.epoch).sum())
            every += len(part.line)
        if 2 * with_step >= every and len(step):
            out = {}
            # Where the first evaluation comes before step 0, each belongs to the step below it.
            leads = step[0] == 0 and any(
                (~part.own).any() and part.line[0] < step_line[0] for part in losses
            )
            for key, part in curves.items():
                if leads:
                    index = np.searchsorted(step_line, part.line)
                    before = step[np.minimum(index, len(step) - 1)]
                else:
                    before = _before(step_line, step, part.line)
                out[key] = np.where(np.isfinite(part.step), part.step, np.nan_to_num(before))
            name = max({p.counter for p in counting}, key=lambda n: -_fineness(n))
            return out, _AXIS_NAMES.get(name, name)
        if 2 * with_epoch >= every:
            epochs = np.concatenate([part.epoch for part in curves.values()])
            first = 1.0 if np.nanmin(epochs) >= 1 else 0.0
            shift = 0.0
            if not first and any(
                np.isfinite(part.inside).any()
                for (_, name), part in curves.items()
                if part.kind in LOSSES and not name.endswith(" batch")
            ):
                shift = 1.0
                if any((~np.isfinite(part.inside)).any() for part in losses):
                    notes.append("the log counts epochs from 0; the end of its first one is 1 here")
            return {
                key: np.where(
                    np.isfinite(part.inside),
                    part.epoch - 1 + shift + part.inside / part.of,
                    part.epoch + shift,
                )
                for key, part in curves.items()
            }, "epoch"
        return {key: np.full(len(part.line), np.nan) for key, part in curves.items()}, ""


def _often_told(told: list[Told]) -> list[Told]:
    """Leave out the wordings that tell nothing but what is told once, or by too many names."""
    count: dict[tuple[str, str], int] = {}
    for part in told:
        for item in part.phrase.items:
            if item.is_quantity:
                key = item.split, item.name
                count[key] = count.get(key, 0) + len(part.line)
    most = sorted((key for key, n in count.items() if n > 1), key=lambda key: -count[key])
    kept = set(most[:MAX_COLUMNS])
    return [
        part
        for part in told
        if not part.phrase.has_quantity
        or any((item.split, item.name) in kept for item in part.phrase.items)
    ]


def _fineness(name: str) -> int:
    return COUNTERS.index(name) if name in COUNTERS else len(COUNTERS)


def _named(points: dict[tuple[str, str], Points]) -> dict[tuple[str, str], Points]:
    """Name what boosters number: `valid_1` is the validation data, of two the last.

    XGBoost numbers the data sets that it watches; of two, the first is the training data, which a
    model fits better.
    """
    numbered: dict[tuple[str, str], list[str]] = {}
    for split, name in points:
        first, _, rest = name.partition(" ")
        if split in EVALUATED and rest and first.isdigit():
            numbered.setdefault((split, rest), []).append(name)
    out = dict(points)
    for (split, rest), names in numbered.items():
        names.sort(key=lambda name: int(name.partition(" ")[0]))
        last = points[split, names[-1]]
        if (split, rest) not in points:
            out[split, rest] = out.pop((split, names[-1]))
        other = points[split, names[0]]
        if len(names) == 2 and ("train", rest) not in points and other.value[-1] <= last.value[-1]:
            out["train", rest] = out.pop((split, names[0]))
    return out


def _as_arrays(told: Told, skipped: set[int]) -> _Lines:
    line = np.array(told.line, dtype=np.int64)
    number = np.array(told.number, dtype=np.float64).reshape(len(line), -1)
    if skipped:
        keep = ~np.isin(line, np.array(sorted(skipped)))
        line, number = line[keep], number[keep]
    return _Lines(told, line, number)


def _events(parts: list[tuple[_Lines, FloatArray | None]]) -> tuple[IntArray, FloatArray]:
    """Join the numbers of several wordings in the order of their lines."""
    return _joined([(part.line, value) for part, value in parts if value is not None])


def _joined(told: list[tuple[IntArray, FloatArray]]) -> tuple[IntArray, FloatArray]:
    """Join numbers in the order of their lines."""
    if not told:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    line = np.concatenate([line for line, _ in told])
    order = np.argsort(line, kind="stable")
    return line[order], np.concatenate([value for _, value in told])[order]


def _before(at: IntArray, value: FloatArray, line: IntArray) -> FloatArray:
    """Return the last value told up to each line; NaN before the first."""
    if not len(at):
        return np.full(len(line), np.nan)
    index = np.searchsorted(at, line, side="right") - 1
    return np.where(index >= 0, value[np.maximum(index, 0)], np.nan)
