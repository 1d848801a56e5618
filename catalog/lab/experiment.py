"""Experiments: the same recipe without a technique and with it, over paired seeds."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Mapping
from typing import Literal

from catalog.lab.paired import Paired, compare, judge
from catalog.lab.recipe import Recipe
from catalog.lab.train import Fit, train
from catalog.measured import Decided, Effect, Trial

Arm = Recipe | Callable[[int], Mapping[str, float]]
"""A recipe, whose seed is replaced; or a function from a seed to metrics, for what no run shows."""

SEEDS = tuple(range(10))
"""The seeds of every experiment, so that none is chosen by what came out."""

TUNING_SEEDS = (100, 101)
"""Seeds that choose the learning rate; none of them is compared."""


@dataclasses.dataclass(frozen=True)
class Claim:
    """What the card claims, as one metric that decides.

    Attributes:
        benefit: The card's benefit that it speaks for; `neither` for a claim of another kind.
        metric: `clean_train_loss`, `val_loss`, or another that the arms measure.
        lower_is_better: Whether a lower value supports the claim.
    """

    benefit: Literal["optimization", "generalization", "neither"]
    metric: str
    lower_is_better: bool = True


LOWER_TRAINING_LOSS = Claim("optimization", "clean_train_loss")
LOWER_VALIDATION_LOSS = Claim("generalization", "val_loss")
HIGHER_VALIDATION_ACCURACY = Claim("generalization", "val_accuracy", lower_is_better=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """One question to two arms.

    Attributes:
        question: What is asked, in one sentence that ends in a question mark.
        setting: Data, network and length, in words.
        control: The arm without the technique.
        treatment: The arm with it.
        control_name: The arm without, in a word or two.
        treatment_name: The arm with.
        claims: What decides; the first one's metric also tunes the learning rate.
        lr_grid: Learning rates to choose from, in rising order, for each arm by itself, on
            `TUNING_SEEDS`; empty to keep the recipes' own. Both arms must then be recipes.
        seeds: The paired seeds.
        metrics: Further metrics of a finished run, for arms that are recipes.
    """

    question: str
    setting: str
    control: Arm
    treatment: Arm
    control_name: str
    treatment_name: str
    claims: tuple[Claim, ...]
    lr_grid: tuple[float, ...] = ()
    seeds: tuple[int, ...] = SEEDS
    metrics: Callable[[Fit], Mapping[str, float]] | None = None

    def __post_init__(self) -> None:
        """Check what would waste a night if it were found at the end."""
        if not self.claims:
            raise ValueError("an experiment decides at least one claim.")
        if set(self.seeds) & set(TUNING_SEEDS):
            raise ValueError(f"the seeds {TUNING_SEEDS} tune and are not compared.")
        arms = (self.control, self.treatment)
        if self.lr_grid and not all(isinstance(arm, Recipe) for arm in arms):
            raise ValueError("a learning rate is tuned for recipes only.")

    @property
    def run_count(self) -> int:
        """How many runs it takes, those that tune included."""
        return 2 * (len(self.lr_grid) * len(TUNING_SEEDS) + len(self.seeds))


def perform(experiment: Experiment, progress: Callable[[], None] = lambda: None) -> Trial:
    """Run an experiment.

    Args:
        experiment: What to run.
        progress: Is called after each finished run, `run_count` times in all.
    """
    arms = [experiment.control, experiment.treatment]
    tuned = []
    if experiment.lr_grid:
        recipes = [arm for arm in arms if isinstance(arm, Recipe)]
        tuned = [_best_lr(recipe, experiment, progress) for recipe in recipes]
        arms = [recipe.replace(lr=lr) for recipe, lr in zip(recipes, tuned, strict=True)]
    rows: list[list[Mapping[str, float]]] = [[], []]
    diverged = [0, 0]
    for index, arm in enumerate(arms):
        for seed in experiment.seeds:
            metrics, has_diverged = _outcome(arm, seed, experiment.metrics)
            rows[index].append(metrics)
            diverged[index] += has_diverged
            progress()
    paired = {}
    effects = []
    for metric in rows[0][0]:
        control, treatment = (tuple(row[metric] for row in arm) for arm in rows)
        paired[metric] = compare(control, treatment)
        effects.append(Effect(metric, control, treatment, *paired[metric]))
    claimed = {claim.benefit for claim in experiment.claims}
    return Trial(
        question=experiment.question,
        setting=experiment.setting,
        control=experiment.control_name,
        treatment=experiment.treatment_name,
        seeds=experiment.seeds,
        lr=tuple(tuned),
        lr_grid=experiment.lr_grid,
        diverged=tuple(diverged),
        claims=tuple(_decide(claim, paired[claim.metric], True) for claim in experiment.claims)
        + tuple(
            _decide(claim, paired[claim.metric], False)
            for claim in (LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS)
            if claim.metric in paired and claim.benefit not in claimed
        ),
        effects=tuple(effects),
    )


def _decide(claim: Claim, paired: Paired, claimed: bool) -> Decided:
    verdict = judge(paired, claim.lower_is_better)
    return Decided(claim.benefit, claim.metric, claim.lower_is_better, claimed, verdict)


def _best_lr(recipe: Recipe, experiment: Experiment, progress: Callable[[], None]) -> float:
    """Return the rate of the grid whose deciding metric is best in the mean over other seeds."""
    claim = experiment.claims[0]
    scores = {}
    for lr in experiment.lr_grid:
        values = []
        for seed in TUNING_SEEDS:
            metrics, _ = _outcome(recipe.replace(lr=lr), seed, experiment.metrics)
            values.append(metrics[claim.metric])
            progress()
        scores[lr] = statistics.fmean(values)
    return (min if claim.lower_is_better else max)(scores, key=scores.__getitem__)


def _outcome(
    arm: Arm, seed: int, further: Callable[[Fit], Mapping[str, float]] | None
) -> tuple[Mapping[str, float], bool]:
    """Return an arm's metrics with a seed, and whether the run diverged."""
    if not isinstance(arm, Recipe):
        return arm(seed), False
    fit = train(arm.replace(seed=seed))
    return fit.results() | dict(further(fit) if further else {}), fit.has_diverged
