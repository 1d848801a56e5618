"""From findings to a verdict: the problem, its cause, and what would settle what is open.

The training loss is judged first. Only where nothing is wrong with it, or beside it, is the
validation loss a matter of generalization. Silence is never health: a run is healthy only if its
training loss is known to be low and its validation loss follows it.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from diagnose.measures.facts import Facts
from diagnose.rules.rule import FOUND, Finding, number, percent

UNDERFITTING, OVERFITTING = "underfitting", "overfitting"
HEALTHY, UNDETERMINED = "healthy", "undetermined"
MISCALIBRATION = "miscalibration"
PROBLEMS = (UNDERFITTING, OVERFITTING, HEALTHY, UNDETERMINED)
CAUSES = ("optimization", "undertrained", "over-regularized", "capacity", "unknown")

MIN_POINTS = 4
"""A log with fewer points of either loss shows no trend."""
GROWN = 1.5
"""A validation loss this much further below the training loss than at first moved away from it."""
LEANING = 0.8
"""A probability of underfitting from here on is told where it is no verdict."""
REGULARIZED_SHARE = 0.05
"""A validation loss below the training loss by this share of the range shows regularization."""


class Settle(NamedTuple):
    """The one measurement that would settle what is open.

    Attributes:
        measurement: What to measure.
        how: How to get it.
        command: The command that then decides.
    """

    measurement: str
    how: str
    command: str


class Verdict(NamedTuple):
    """What is wrong with a run.

    Attributes:
        problem: `underfitting`, `overfitting`, `healthy` or `undetermined`.
        cause: Of underfitting: one of `CAUSES`; None otherwise.
        also: Further problems: `overfitting`, `miscalibration`.
        because: Codes of the findings that decided, the first one first.
        summary: One or two sentences.
        settle_with: The measurement that would decide what is open; None if nothing is.
        best_step: The step of the lowest validation loss; None without one.
        reliability: How often such a verdict is right on a labelled benchmark; None until measured.
    """

    problem: str
    cause: str | None
    also: tuple[str, ...]
    because: tuple[str, ...]
    summary: str
    settle_with: Settle | None
    best_step: float | None
    reliability: dict[str, float | int | str] | None = None


def decide(findings: Sequence[Finding], facts: Facts) -> Verdict:
    """Decide on the findings of all rules.

    Args:
        findings: One finding of each rule.
        facts: The facts they were made from.
    """
    by = {finding.code: finding for finding in findings}
    best = None if facts.val is None else facts.val.min_step
    failures = _training_failures(by, facts)
    generalization = _generalization_failures(by)
    also: list[str] = []
    miscalibrated = by["GEN103"].state == FOUND
    if failures:
        cause, settle = _cause(failures[0], by, facts)
        # A run that learned nothing, or lost what it learned, says nothing on generalization.
        if generalization and failures[0].code in ("OPT202", "OPT203", "OPT205"):
            also.append(OVERFITTING)
        if miscalibrated:
            also.append(MISCALIBRATION)
        return Verdict(
            UNDERFITTING,
            cause,
            tuple(also),
            tuple(f.code for f in (*failures, *generalization)),
            _underfitting_summary(failures[0], cause),
            settle,
            best,
        )
    if miscalibrated:
        also.append(MISCALIBRATION)
    if generalization:
        return Verdict(
            OVERFITTING,
            None,
            tuple(also),
            tuple(f.code for f in generalization),
            _overfitting_summary(generalization[0], facts),
            None,
            best,
        )
    settle = _open_question(by, facts)
    if settle is None:
        because = ("GEN103",) if miscalibrated else ()
        return Verdict(HEALTHY, None, tuple(also), because, _healthy_summary(by, facts), None, best)
    summary = f"{_silence(by, facts)} {settle.measurement[0].upper()}{settle.measurement[1:]}"
    return Verdict(UNDETERMINED, None, tuple(also), (), f"{summary} would settle it.", settle, best)


def _training_failures(by: Mapping[str, Finding], facts: Facts) -> list[Finding]:
    """Return the findings that show a training loss not as low as it should be."""
    failures = [by[code] for code in ("OPT101", "OPT201", "OPT102") if by[code].is_problem]
    if by["OPT202"].is_problem and not failures:
        failures.append(by["OPT202"])
    if by["OPT205"].is_problem and not failures:
        failures.append(by["OPT205"])
    improving = by["OPT203"]
    if improving.is_problem and not failures and facts.train_is_low is not True:
        failures.append(improving)
    return failures


def _generalization_failures(by: Mapping[str, Finding]) -> list[Finding]:
    """Return the findings that show overfitting."""
    # A validation loss that is noise, or is not measured as the training loss is, shows nothing.
    if FOUND in (by["LOG102"].state, by["LOG104"].state):
        return []
    failures = []
    miscalibrated = by["GEN103"].state == FOUND
    if by["GEN102"].is_problem and not miscalibrated:
        failures.append(by["GEN102"])
    # While the accuracy still rises the run generalizes better and better.
    if by["GEN101"].is_problem and by["GEN103"].value("rises") != 1:
        failures.append(by["GEN101"])
    return failures


def _cause(failure: Finding, by: Mapping[str, Finding], facts: Facts) -> tuple[str, Settle | None]:
    """Name the cause of underfitting, and what would settle it where it is not certain."""
    if failure.code not in ("OPT202", "OPT205"):
        return "optimization", None
    if failure.code == "OPT202" and facts.references.linear_fits_inside is False:
        return "unknown", Settle(
            "a run of the same network with wider layers",
            f"make every hidden layer at least {_rank(facts)} units wide; a training loss that then"
            " falls below the linear model's shows that capacity was the limit",
            _command(facts, f"--narrowest-layer {_rank(facts)}", f"narrowest_layer={_rank(facts)}"),
        )
    if _is_lifted_by_training(by["LOG103"]):
        return "over-regularized", Settle(
            "a run without dropout, augmentation and penalties",
            "switch them off and compare the training loss",
            _command(facts),
        )
    # That a longer run alone would help, or a larger network, only a re-run can tell: where a loss
    # is still falling, a better optimization nearly always gets as far in as many steps.
    return "optimization", None


def _is_lifted_by_training(inverted: Finding) -> bool:
    """Return whether the training loss is measured harder, rather than on harder examples.

    Dropout and augmentation hold the training loss back more and more while the network learns; an
    easier validation set lies lower by as much from the start.
    """
    return (
        inverted.state == FOUND
        and inverted.value("distance_share") > REGULARIZED_SHARE
        and inverted.value("distance") > GROWN * inverted.value("early_distance")
    )


def _rank(facts: Facts) -> int:
    classes = facts.references.classes
    return 1 if classes is None else classes - 1


def _command(facts: Facts, option: str = "", argument: str = "") -> str:
    """Return the call that judges the run anew, for a log or for arrays."""
    if facts.run.format == "arrays":
        more = f", {argument}" if argument else ""
        return f"diagnose(train_loss=..., val_loss=...{more})"
    return f"diagnose {shlex.quote(facts.run.source)} {option}".rstrip()


def _open_question(by: Mapping[str, Finding], facts: Facts) -> Settle | None:
    """Return the measurement that would turn silence into a verdict; None if nothing is open."""
    run = facts.run
    if run.n_points < MIN_POINTS:
        return Settle(
            "a longer log",
            f"{run.n_points} points show no trend; log each epoch, or every few steps",
            _command(facts),
        )
    if run.train_loss is None:
        return Settle(
            "the training loss",
            "log the training loss beside the validation loss; it is judged first",
            _command(facts, "--train-loss COLUMN"),
        )
    if facts.train_is_low is None:
        return Settle(
            "a linear model's loss",
            "fit scikit-learn's LogisticRegression (LinearRegression for numbers) on the same"
            " standardized training data and take its log loss (mean squared error) on the training"
            " and the validation set; where a linear model makes no sense, as for language, the"
            " losses of a run known to be good serve",
            _command(facts, "--linear-loss TRAIN,VAL", "linear_loss=(TRAIN, VAL)"),
        )
    if facts.val is None:
        frozen = facts.val_frozen
        return Settle(
            "a validation loss that is measured anew each time" if frozen else "a validation loss",
            "evaluate on examples that are not trained on, in evaluation mode",
            _command(facts, "--val-loss COLUMN"),
        )
    if facts.val.logged < MIN_POINTS:
        return Settle(
            "more validation points",
            f"evaluate more often; {facts.val.logged} points show no trend",
            _command(facts),
        )
    if not facts.run.is_comparable:
        return Settle(
            "both losses as means",
            "divide the sum by its number of examples or batches, so that the two can be compared",
            _command(facts),
        )
    if by["LOG104"].state == FOUND:
        return Settle(
            "a part of the training set run through the validation code",
            "if its loss is high there too, the code or its mode differs; if it is low, the"
            " validation data differ",
            _command(facts),
        )
    if by["LOG102"].state == FOUND:
        return Settle(
            "a larger validation set",
            "a quarter of the noise takes sixteen times the examples; cross-validation reuses few",
            _command(facts),
        )
    if _is_gap_open(by, facts):
        return _settle_gap(facts)
    return None


def _is_gap_open(by: Mapping[str, Finding], facts: Facts) -> bool:
    """Return whether nothing tells if the gap is overfitting."""
    # Where only the confidence grows, the accuracy has told.
    miscalibrated = by["GEN103"].state == FOUND
    return facts.odds is not None and facts.odds.is_overfitting is None and not miscalibrated


def _settle_gap(facts: Facts) -> Settle:
    """Return what tells whether a gap is overfitting."""
    if facts.references.linear_val is None:
        return Settle(
            "a linear model's loss on both splits",
            "what a linear model loses from the training to the validation set shows how much of"
            " the gap is the data's",
            _command(facts, "--linear-loss TRAIN,VAL", "linear_loss=(TRAIN, VAL)"),
        )
    return Settle(
        "a run with more training examples, or with stronger regularization",
        "if the validation loss falls with either, the run overfits; if not, the gap is harmless",
        _command(facts),
    )


def _silence(by: Mapping[str, Finding], facts: Facts) -> str:
    """Say what the log shows where it decides nothing."""
    if facts.run.n_points < MIN_POINTS:
        return f"The log has only {facts.run.n_points} points."
    if facts.run.train_loss is None:
        return "The log holds a validation loss alone."
    if facts.train_is_low is None and facts.train is not None:
        return (
            f"Nothing in the log says whether a training loss of {number(facts.train.end)} is as"
            f" low as it should be.{_leaning(facts)}"
        )
    if facts.val_frozen:
        return "The training loss is low, but the validation loss is frozen."
    if facts.val is None:
        return "The training loss is low, but nothing shows how the run does on other data."
    if not facts.run.is_comparable:
        return "The training loss is low, but one loss is a sum and the other a mean."
    if by["LOG104"].state == FOUND:
        return "The training loss is low, but the validation loss was far above it from the start."
    if by["LOG102"].state == FOUND:
        return "The training loss is low, but the validation loss is too noisy to judge."
    if _is_gap_open(by, facts):
        gap = number(facts.gap_end)
        return f"The training loss is low, but whether a gap of {gap} is overfitting is open."
    return "The validation loss has too few points."


def _leaning(facts: Facts) -> str:
    """Say what most such runs are, where that is no verdict."""
    odds = facts.odds
    if odds is None or odds.underfitting < LEANING:
        return ""
    share = percent(odds.underfitting)
    return (
        f" By what the benchmark's runs tell it could be lower ({share}), but language and noise"
        " set floors that no log shows."
    )


def _underfitting_summary(failure: Finding, cause: str) -> str:
    ends = {
        "optimization": "This is an optimization problem, not overfitting.",
        "over-regularized": "The regularization is probably too strong.",
        "unknown": "Whether optimization or capacity is the cause is open.",
    }
    end = ends[cause]
    if failure.code == "OPT203":
        end = "Better optimized it would get further in as many steps; a longer run would, too."
    return f"{failure.message} {end}"


def _overfitting_summary(finding: Finding, facts: Facts) -> str:
    if facts.train_is_low is None:
        return (
            f"{finding.message} The network goes on learning what holds for the training set alone."
        )
    return f"{finding.message} The training loss is low, so this is overfitting."


def _healthy_summary(by: Mapping[str, Finding], facts: Facts) -> str:
    parts = []
    if facts.train is not None:
        linear = facts.references.linear_train
        end = number(facts.clean_train_end)
        if linear is not None:
            parts.append(
                f"The training loss ends at {end}, against a linear model's {number(linear)}"
            )
        elif not math.isnan(facts.above_floor):
            parts.append(
                f"The training loss ends at {end}, against a constant predictor's"
                f" {number(facts.constant or math.nan)}"
            )
        else:
            parts.append(f"The training set is fitted (training loss {end})")
    if facts.val is not None and not math.isnan(facts.gap_end):
        gap = facts.gap_end
        if by["GEN101"].state == FOUND:
            parts.append(f"the validation loss keeps a moderate gap of {number(gap)}")
        else:
            parts.append(f"the validation loss ({number(facts.val.end)}) follows it")
    sentence = ", and ".join(parts) + "."
    if by["GEN103"].state == FOUND:
        sentence += (
            " Its validation loss rises only because it grows overconfident: the accuracy does not"
            " fall."
        )
    return sentence
