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
PAIRS = sorted({arms for arms in ARMS.values()})


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
    cap = max(2 * scale, 0.0)

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


def follow(records: Sequence[Record], choose: Choice, kept: bool) -> Result:
    """Follow advice in every run where some technique would help; of several, take the best."""
    helped, recovered = [], []
    for index, record in enumerate(records):
        made = gains(record, kept)
        if made.best < HELPED:
            continue
        tried = [made.by[t] for t in choose(index) if t in made.by]
        gain = max(tried, default=0.0)
        helped.append(gain >= HELPED)
        recovered.append(max(-1.0, gain / made.best))
    return Result(
        Share(sum(helped), len(helped)), float(np.mean(recovered)) if recovered else math.nan
    )


def at_random(records: Sequence[Record], kept: bool, count: int) -> Result:
    """Return what a random measured technique does, or the best of several, in expectation."""
    rng = np.random.default_rng(0)
    draws = [
        follow(
            records,
            lambda i: list(rng.permutation(sorted(gains(records[i], kept).by))[:count]),
            kept,
        )
        for _ in range(20)
    ]
    n = draws[0].helped.n
    return Result(
        Share(round(float(np.mean([d.helped.right for d in draws]))), n),
        float(np.mean([d.recovered for d in draws])),
    )


def advice_tables(records: Sequence[Record], answers: Answers) -> dict[str, str]:
    """Return the tables on advice, by name."""
    rows = [i for i, r in enumerate(records) if is_held_out(r) and classes(r) != {"healthy"}]
    some = [records[i] for i in rows]
    out = {}
    for name, kept in (("advice-best", True), ("advice-end", False)):
        lines = []
        for setting in ("log alone", "with the baselines"):
            lists = [
                [a.technique for a in answers[setting][i].report.advice if a.technique in ARMS]
                for i in rows
            ]
            measured = [
                [t for t in said if t in gains(some[k], kept).by] for k, said in enumerate(lists)
            ]
            for count, words in ((1, "first"), (3, "best of the first three")):
                result = follow(some, lambda k, m=measured, c=count: m[k][:c], kept)
                lines.append((f"advice, {setting}: {words}", result))
        lines += [
            ("a random technique", at_random(some, kept, 1)),
            ("the best of three random ones", at_random(some, kept, 3)),
            ("always Adam", follow(some, lambda _: ["adam"], kept)),
            ("always early stopping", follow(some, lambda _: ["early-stopping"], kept)),
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
