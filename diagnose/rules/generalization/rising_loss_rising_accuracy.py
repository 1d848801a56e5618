"""The validation loss rises while the validation accuracy does not fall: miscalibration.

What it looks for:
    A validation loss that rose from its minimum, and a validation accuracy that from there to the
    end stayed the same or rose.

Why it matters:
    The network grows ever surer, also of the examples that it gets wrong, and each of those costs
    more. As many examples are right as before: this is overconfidence, not overfitting. Stopping at
    the loss's minimum would throw accuracy away.

When it is wrong:
    A small validation set makes accuracies too coarse to tell flat from falling. Where
    probabilities are what is used, the rise of the loss is the harm itself.

What to try:
    Choose the checkpoint by the metric that is used; scale the logits by a temperature fitted on
    held-out data; train with label smoothing; average several networks.
"""

from __future__ import annotations

import numpy as np

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.rules.rule import GENERALIZATION, Evidence, Finding, Remedy, Rule, Threshold, percent

TOLERANCE = Threshold("fall of the accuracy that still counts as flat", 0.005, "", "judgement")
NOISE = Threshold(
    "fall of the accuracy over its noise that still counts as flat", 1.0, "", "judgement"
)


def check(facts: Facts) -> Finding:
    """Look for a rising validation loss over an accuracy that does not fall."""
    val, accuracy = facts.val, facts.val_accuracy
    if val is None:
        return RULE.not_checked(facts.why_no_val)
    if accuracy is None:
        return RULE.not_checked("no validation accuracy was logged")
    if not facts.val_has_risen:
        return RULE.clear("The validation loss does not rise.")
    turn = float(val.step[val.best])
    around = np.abs(accuracy.step - turn).argsort()[: max(3, accuracy.tail // 2)]
    then = median(accuracy.value[around])
    change = accuracy.end - then
    slack = max(TOLERANCE.value, NOISE.value * accuracy.noise)
    evidence = (
        Evidence("accuracy_change", change, "", -slack),
        Evidence("accuracy_then", then, "", step=turn),
        Evidence("accuracy_end", accuracy.end, ""),
        Evidence("loss_rise", val.end - val.lowest, "loss"),
        Evidence(
            "best_accuracy_step",
            float(accuracy.step[int(accuracy.smooth.argmax())]),
            facts.run.step_unit,
        ),
        Evidence("rises", float(change > slack), ""),
    )
    if change < -slack:
        return RULE.clear(
            f"The accuracy falls too, from {percent(then)} to {percent(accuracy.end)}.",
            evidence=evidence,
        )
    how = "rose" if change > slack else "stayed"
    return RULE.found(
        f"The validation loss rises, but the validation accuracy {how}"
        f" ({percent(then)} at the loss's minimum, {percent(accuracy.end)} at the end): the network"
        " grows overconfident, which is miscalibration, not overfitting.",
        "warning",
        steps=(turn,),
        evidence=evidence,
    )


RULE = Rule(
    code="GEN103",
    name="rising-loss-rising-accuracy",
    title="Rising loss with rising accuracy (miscalibration)",
    problem=GENERALIZATION,
    check=check,
    thresholds=(TOLERANCE, NOISE),
    remedies=(
        Remedy(
            "temperature-scaling",
            "one number fitted on held-out data takes back the rise of {loss_rise} and leaves every"
            " prediction as it is",
        ),
        Remedy("label-smoothing", "never rewards full certainty, so that the logits stop growing"),
        Remedy("ensembling", "several networks are rarely all sure of the same mistake"),
    ),
)
