"""The best validation loss came early and nothing changed after it.

What it looks for:
    A minimum of the validation loss in the first tenth of the run, over a training loss that was
    flat from soon after, without a rise of the validation loss.

Why it matters:
    Nothing is wrong with the result, but most of the compute bought nothing. The run is not limited
    by its length: a longer one will not help either.

When it is wrong:
    A loss can fall again after a long plateau, when the learning rate drops or very late in
    training.

What to try:
    Fewer steps, with the schedule shortened to match; the budget freed can go into a larger model,
    more data or stronger regularization.
"""

from __future__ import annotations

from diagnose.measures.facts import Facts
from diagnose.rules.rule import (
    GENERALIZATION,
    Evidence,
    Finding,
    Rule,
    Threshold,
    number,
    percent,
)

MIN_POINTS = Threshold("points in the validation loss", 20, "points", "judgement")
EARLY = Threshold(
    "step at which the validation loss is within reach of its minimum, as a share of the run", 0.1,
    "", "Google's tuning playbook, https://github.com/google-research/tuning_playbook",
)  # fmt: skip
REACH = Threshold(
    "distance from the minimum that is within reach, of its fall", 0.03, "", "judgement"
)
LEARNED = Threshold("fall of the validation loss, as a share of the range", 0.1, "", "judgement")
FLAT = Threshold("later fall of the training loss, as a share of the range", 0.05, "", "judgement")


def check(facts: Facts) -> Finding:
    """Look for a run whose best was reached early."""
    train, val = facts.train, facts.val
    if val is None:
        return RULE.not_checked(facts.why_no_val)
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if len(val) < MIN_POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    near = val.lowest + max(REACH.value * max(val.fall, 0.0), val.noise)
    reached = float(val.step[int((val.smooth <= near).argmax())])
    share = (reached - float(val.step[0])) / float(val.step[-1] - val.step[0])
    at = train.value[train.step <= reached]
    later = (float(at[-1]) if len(at) else train.start) - train.end
    scale = facts.range
    flat = later / scale if scale > 0 else 0.0
    unit = facts.run.step_unit
    evidence = (
        Evidence("reached_share", share, "", EARLY.value),
        Evidence("reached", reached, unit, step=reached),
        Evidence("later_fall_share", flat, "", FLAT.value),
        Evidence("last_step", float(val.step[-1]), unit),
    )
    top = facts.constant if facts.constant is not None else val.start
    learned = (top - val.lowest) / scale if scale > 0 else 0.0
    if (
        share > EARLY.value
        or flat > FLAT.value
        or facts.val_has_risen
        or not learned > LEARNED.value
    ):
        return RULE.clear(
            f"The validation loss came near its minimum at {unit} {number(reached)},"
            f" {percent(share)} of the way.",
            evidence=evidence,
        )
    return RULE.found(
        f"The validation loss was as good as its minimum by {unit} {number(reached)}"
        f" ({percent(share)} of the run), and neither loss changed after that.",
        "note",
        steps=(reached,),
        evidence=evidence,
    )


RULE = Rule(
    code="GEN104",
    name="saturated-early",
    title="Saturated early",
    problem=GENERALIZATION,
    check=check,
    thresholds=(MIN_POINTS, EARLY, REACH, LEARNED, FLAT),
    remedies=(),
)
