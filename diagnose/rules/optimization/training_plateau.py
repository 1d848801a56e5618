"""The training loss is flat, at a level that is not known to be low.

What it looks for:
    A training loss that no longer changes over the last fifth of the log, while nothing shows that
    the level is as low as it should be.

Why it matters:
    By itself it says only that more of the same will not help. Whether the level is a critical
    point, the noise of a learning rate that is too high, a limit of the model or of the data, a
    reference or a re-run must say.

When it is wrong:
    A loss that has reached its floor is flat too; the rule is clear where the level is known to be
    low. A schedule that ends in a tiny learning rate flattens every curve.

What to try:
    Find the level's reference first; then decay the learning rate, or change the optimizer.
"""

from __future__ import annotations

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.rules.rule import OPTIMIZATION, Evidence, Finding, Remedy, Rule, Threshold, number

MIN_POINTS = Threshold("points in the training loss", 10, "points", "judgement")
TAIL = Threshold("share of the log that must be flat", 0.2, "", "judgement")
CHANGE = Threshold("change over that share, as a share of the range", 0.01, "", "judgement")
LOW = Threshold(
    "level above the floor, or beside the start, that counts as low", 0.05, "", "judgement"
)


def check(facts: Facts) -> Finding:
    """Look for a flat end at a level not known to be low."""
    train = facts.train
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if len(train) < MIN_POINTS.value:
        return RULE.not_checked(f"only {train.logged} points in the training loss")
    tail = train.smooth[train.last(TAIL.value)]
    half = max(1, len(tail) // 2)
    change = float(median(tail[:half]) - median(tail[-half:]))
    scale = facts.range if facts.range > 0 else abs(train.start)
    share = abs(change) / scale if scale > 0 else 0.0
    start = float(train.step[train.last(TAIL.value)][0])
    evidence = (
        Evidence("change_share", share, "", CHANGE.value),
        Evidence("end_loss", train.end, "loss"),
        Evidence("flat_since", start, facts.run.step_unit),
    )
    if share > CHANGE.value:
        return RULE.clear("The training loss was still moving at the end.", evidence=evidence)
    linear = facts.references.linear_train
    fallen = train.start > 0 and train.end < LOW.value * train.start
    if (linear is not None and train.end <= linear) or facts.above_floor < LOW.value or fallen:
        return RULE.clear(
            f"The training loss is flat at {number(train.end)}, which is low.", evidence=evidence
        )
    return RULE.found(
        f"The training loss has been flat at {number(train.end)} since {facts.run.step_unit}"
        f" {number(start)} or earlier.",
        "note",
        steps=(start,),
        evidence=evidence,
    )


RULE = Rule(
    code="OPT204",
    name="training-plateau",
    title="Training plateau",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(MIN_POINTS, TAIL, CHANGE, LOW),
    remedies=(
        Remedy(
            "learning-rate-decay",
            "settles a loss that bounces at {end_loss} because its steps are too long",
        ),
        Remedy("reduce-on-plateau", "does so by itself when the loss stays flat at {end_loss}"),
        Remedy("momentum", "may carry the parameters over a flat stretch"),
        Remedy("batch-normalization", "makes badly conditioned layers easier to descend"),
    ),
)
