"""Whether following the advice helps, by the runs that were trained again with it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.accuracy import Answers, Record, Share, is_held_out, table
from benchmarks.interventions.truth import classes, outcomes

ARMS: dict[str, tuple[str, ...]] = {
    # What a technique of the catalog was trained as; of several, the best one for the run, as who
    # sweeps a learning rate keeps the best.
    "learning-rate": ("rate x10", "rate /10"),
    "learning-rate-range-test": ("rate x10", "rate /10"),
    "adam": ("adam",),
    "kaiming-initialization": ("initialization",),
    "initialization": ("initialization",),
    "input-scaling": ("input-scaling",),
    "batch-normalization": ("normalization",),
    "layer-normalization": ("normalization",),
    "activation-function": ("activation-function",),
    "skip-connection": ("skip-connection",),
    "gradient-clipping": ("gradient-clipping",),
    "learning-rate-warm-up": ("learning-rate-warm-up",),
    "learning-rate-schedule": ("learning-rate-schedule",),
    "learning-rate-decay": ("learning-rate-schedule",),
    "longer-training": ("longer-training",),
    "larger-model": ("larger-model",),
    "less-regularization": ("less-regularization",),
    "more-data": ("more-data",),
    "adamw": ("weight-decay",),
    "dropout": ("dropout",),
    "image-augmentation": ("augmentation",),
    "mixup": ("augmentation",),
    "early-stopping": ("base",),
}


class Gains(NamedTuple):
    """How much lower the validation loss gets with each measured technique, in one run.

    Attributes:
        by: Gain by technique, as a share of the constant predictor's loss; negative if it harms.
        best: The largest of them, at least 0.
    """

    by: dict[str, float]
    best: float


def gains(record: Record, kept: bool) -> Gains:
    """Return the gains of a run.

    Args:
        record: The run.
        kept: Compare the best validation losses, as who keeps the best checkpoint; else those at
            the end, where early stopping is a technique like any other.
    """
    made = outcomes(record)
    scale = record["constant"][1]
    cap = 2 * scale  # what a run that diverged counts as

    def level(arm: str) -> float:
        value = made[arm].best if kept or arm == "base" else made[arm].val
        return min(value, cap)

    start = min(made["base"].best if kept else made["base"].val, cap)
    by = {}
    for technique, arms in ARMS.items():
        if not _suits(technique, record):
            continue
        there = [level(arm) for arm in arms if arm in made]
        if there:
            by[technique] = (start - min(there)) / scale
    return Gains(by, max(0.0, *by.values()))


def _suits(technique: str, record: Record) -> bool:
    """Return whether an arm that depends on the data was this technique."""
    if technique == "image-augmentation":
        return record["program"] == "cnn-images" or record["data"] in ("glyphs", "weaves")
    if technique == "mixup":
        return record["task"] == "classification" and not _suits("image-augmentation", record)
    return True


class Result(NamedTuple):
    """What following some advice did over runs.

    Attributes:
        helped: Runs whose validation loss got lower by a hundredth of the constant's or more.
        recovered: Mean share of the best technique's gain that it brought; a loss counts as one.
    """

    helped: Share
    recovered: float


Choice = Callable[[int], Sequence[str]]
HELPED = 0.01
"""Gain, as a share of the constant predictor's loss, from which on a technique helped."""
DRAWS = 20
"""Times that random techniques are drawn."""


def follow(made: Sequence[Gains], choose: Choice) -> Result:
    """Follow advice in every run where some technique would help; of several, take the best.

    Args:
        made: The gains of each run.
        choose: The techniques that are followed in a run, by its index.
    """
    helped, recovered = [], []
    for index, run in enumerate(made):
        if run.best < HELPED:
            continue
        gain = max((run.by[t] for t in choose(index) if t in run.by), default=0.0)
        helped.append(gain >= HELPED)
        recovered.append(max(-1.0, gain / run.best))
    mean = float(np.mean(recovered)) if recovered else math.nan
    return Result(Share(sum(helped), len(helped)), mean)


def at_random(made: Sequence[Gains], count: int) -> Result:
    """Return what a random measured technique does, or the best of several, on average."""
    rng = np.random.default_rng(0)

    def choose(index: int) -> list[str]:
        return [str(t) for t in rng.permutation(sorted(made[index].by))[:count]]

    draws = [follow(made, choose) for _ in range(DRAWS)]
    helped = round(float(np.mean([draw.helped.right for draw in draws])))
    return Result(
        Share(helped, draws[0].helped.n), float(np.mean([draw.recovered for draw in draws]))
    )


def advice_tables(records: Sequence[Record], answers: Answers) -> dict[str, str]:
    """Return the tables on advice, by name."""
    rows = [i for i, r in enumerate(records) if is_held_out(r) and classes(r) != {"healthy"}]
    out = {}
    for name, kept in (("advice-best", True), ("advice-end", False)):
        made = [gains(records[i], kept) for i in rows]
        lines = []
        for setting in ("log alone", "with the baselines"):
            advised = [
                [a.technique for a in answers[setting][i].report.advice if a.technique in run.by]
                for i, run in zip(rows, made, strict=True)
            ]
            for count, words in ((1, "first"), (3, "best of the first three")):
                result = follow(made, lambda k, a=advised, c=count: a[k][:c])
                lines.append((f"advice, {setting}: {words}", result))
        lines += [
            ("a random technique", at_random(made, 1)),
            ("the best of three random ones", at_random(made, 3)),
            ("always Adam", follow(made, lambda _: ["adam"])),
            ("always early stopping", follow(made, lambda _: ["early-stopping"])),
        ]
        out[name] = table(
            ["what is followed", "lowers the validation loss", "share of the best gain"],
            [[words, str(r.helped), f"{100 * r.recovered:.0f} %"] for words, r in lines],
        )
    out["techniques"] = techniques_table(records)
    return out


def techniques_table(records: Sequence[Record]) -> str:
    """Return what each technique brought, by problem, in the runs that chose rules."""
    rows: dict[str, list[str]] = defaultdict(list)
    order: dict[str, float] = {}
    for problem in ("underfitting", "overfitting"):
        some = [
            r
            for r in records
            if not is_held_out(r)
            and (bool(classes(r) - {"overfitting", "healthy"}) == (problem == "underfitting"))
            and classes(r) != {"healthy"}
        ]
        for technique in ARMS:
            made = [
                (g.by[technique], g.best)
                for g in (gains(r, True) for r in some)
                if technique in g.by and g.best >= HELPED
            ]
            if not made:
                rows[technique] += ["–", "–"]
                continue
            share = float(np.mean([max(-1.0, gain / best) for gain, best in made]))
            helped = Share(sum(gain >= HELPED for gain, _ in made), len(made))
            rows[technique] += [str(helped), f"{100 * share:.0f} %"]
            order[technique] = max(order.get(technique, -1.0), share)
    names = sorted(rows, key=lambda t: -order.get(t, -1.0))
    return table(
        [
            "technique",
            "underfitting: lowers it",
            "share of the best gain",
            "overfitting: lowers it",
            "share of the best gain",
        ],
        [[name, *rows[name]] for name in names],
    )
