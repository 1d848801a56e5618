"""All rules: one file each, in the folder of the problem it speaks for."""

from __future__ import annotations

from diagnose.errors import UnknownName
from diagnose.measures.facts import Facts
from diagnose.rules.generalization import (
    generalization_gap,
    rising_loss_rising_accuracy,
    rising_validation_loss,
    saturated_early,
)
from diagnose.rules.logging import (
    frozen_metric,
    inverted_gap,
    offset_gap,
    uninformative_validation,
)
from diagnose.rules.optimization import (
    above_linear_model,
    diverging_loss,
    high_training_loss,
    loss_spikes,
    non_finite_loss,
    still_improving,
    stuck_at_constant_predictor,
    training_plateau,
)
from diagnose.rules.rule import Finding, Rule

RULES: tuple[Rule, ...] = (
    non_finite_loss.RULE,
    diverging_loss.RULE,
    loss_spikes.RULE,
    stuck_at_constant_predictor.RULE,
    above_linear_model.RULE,
    still_improving.RULE,
    training_plateau.RULE,
    high_training_loss.RULE,
    generalization_gap.RULE,
    rising_validation_loss.RULE,
    rising_loss_rising_accuracy.RULE,
    saturated_early.RULE,
    frozen_metric.RULE,
    uninformative_validation.RULE,
    inverted_gap.RULE,
    offset_gap.RULE,
)

REDIRECTS: dict[str, str] = {}
"""Codes and names that were renamed, to their present ones."""


def find_rule(name: str) -> Rule:
    """Find a rule by its code or its name.

    Raises:
        UnknownName: If there is none; the message names the nearest.
    """
    wanted = REDIRECTS.get(name, name).lower()
    for rule in RULES:
        if wanted in (rule.code.lower(), rule.name):
            return rule
    known = [rule.code for rule in RULES] + [rule.name for rule in RULES]
    raise UnknownName.among("rule", name, known, "`diagnose rules` lists them.")


def treated_by(technique: str) -> list[Rule]:
    """List the rules for which a technique is a remedy."""
    return [r for r in RULES if any(m.technique == technique for m in r.remedies)]


def check_all(facts: Facts) -> list[Finding]:
    """Apply every rule; one that fails reports so, and the others still run."""
    findings = []
    for rule in RULES:
        try:
            findings.append(rule.check(facts))
        except Exception as error:
            findings.append(rule.not_checked(f"the rule failed ({type(error).__name__}: {error})"))
    return findings
