"""A run that is saved at a step and resumed ends, bit for bit, as one that never stopped."""

from __future__ import annotations

import copy
import importlib
import inspect
import io

import pytest
import torch
from torch import nn

from catalog.architecture.batch_normalization.reference import BatchNorm
from catalog.architecture.spectral_normalization.reference import spectral_norm
from catalog.architecture.temperature_scaling.reference import TemperatureScaled
from catalog.lab.measure import module_of
from catalog.loss.consistency_regularization.reference import MeanTeacher
from catalog.optimization.adam.reference import Adam
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.early_stopping.reference import BestCheckpoint
from catalog.optimization.mixed_precision.reference import LossScaler
from catalog.optimization.reduce_on_plateau.reference import Plateau, ReduceOnPlateau
from catalog.optimization.sharpness_aware_minimization.reference import SAM
from catalog.optimization.stochastic_weight_averaging.reference import SWA
from catalog.optimization.weight_averaging_ema.reference import EMA
from catalog.optimization.weight_decay.reference import add_weight_decay
from catalog.table import slugs

STEPS, SAVED_AT = 24, 11
X = torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
Y = torch.randn(8, 2, generator=torch.Generator().manual_seed(2))


def network():
    """Return a network with all that a layer of ours remembers: statistics and singular vectors."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), BatchNorm(6), nn.Tanh(), spectral_norm(nn.Linear(6, 2)))


class Run:
    """A training run around one thing that remembers, and all that has to be saved of it.

    Args:
        chosen: Whether settings are those that were chosen, or the defaults that a saved state has
            to overrule.
    """

    def __init__(self, chosen):
        self.model = network()
        self.optimizer = self.make_optimizer(chosen)
        self.rule = self.make_rule(chosen)

    def make_optimizer(self, chosen):
        """Return the optimizer."""
        return Adam(self.model.parameters(), lr=0.05 if chosen else 1e-3)

    def make_rule(self, chosen):
        """Return what remembers, beside network and optimizer; None for nothing."""

    def after(self, step, loss):
        """Let it see a step."""

    def result(self):
        """Return what it has come to, as tensors."""
        return []

    def step(self, step):
        """Take a step and return the loss, which rises now and then."""

        def closure():
            self.optimizer.zero_grad()
            value = (self.model.train()(X) - Y * (1 + step % 3)).square().mean()
            self.scaled(value).backward()
            return value.detach()

        loss = self.take(closure)
        self.after(step, float(loss))

    def scaled(self, loss):
        """Return the loss to take the gradient of."""
        return loss

    def take(self, closure):
        """Take the optimizer's step."""
        return self.optimizer.step(closure)

    def parts(self):
        """Return all that has a state."""
        return [part for part in (self.model, self.optimizer, self.rule) if part is not None]


class PlainRun(Run):
    """Network and optimizer alone."""


class DecayedRun(Run):
    """The decay is beside the optimizer's step, and its weight is saved with the groups."""

    def make_optimizer(self, chosen):
        """Return Adam with our decay."""
        return add_weight_decay(super().make_optimizer(chosen), 0.5 if chosen else 0.0)


class SharpRun(Run):
    """Around Adam, with a radius that is no default."""

    def make_optimizer(self, chosen):
        """Return SAM."""
        return SAM(super().make_optimizer(chosen), 0.3 if chosen else 0.05)


class ScheduledRun(Run):
    """A schedule of ours in torch's scheduler."""

    def make_rule(self, chosen):  # noqa: ARG002
        """Return the scheduler."""
        return torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: cosine(step, STEPS))

    def after(self, step, loss):  # noqa: ARG002
        """Go on with the schedule."""
        self.rule.step()


class AveragedRun(Run):
    """An exponential average."""

    def make_rule(self, chosen):
        """Return the average."""
        return EMA(self.model, 0.8 if chosen else 0.999)

    def after(self, step, loss):  # noqa: ARG002
        """Take the weights in."""
        self.rule.update(self.model)

    def result(self):
        """Return the averages."""
        return list(self.rule.average.state_dict().values())


class LateRun(AveragedRun):
    """A mean of late weights, that has begun when the run is saved."""

    def make_rule(self, chosen):  # noqa: ARG002
        """Return the mean."""
        return SWA(self.model)

    def after(self, step, loss):
        """Take every third set of weights in."""
        if step % 3 == 0:
            super().after(step, loss)


class NotYetLateRun(LateRun):
    """A mean of late weights, that has not begun when the run is saved."""

    def after(self, step, loss):
        """Begin after the run was saved."""
        if step > SAVED_AT + 2:
            super().after(step, loss)


class TaughtRun(AveragedRun):
    """A teacher within the network's own state."""

    def make_optimizer(self, chosen):
        """Return the student's optimizer."""
        self.model = MeanTeacher(self.model, 0.9)
        return super().make_optimizer(chosen)

    def make_rule(self, chosen):
        """Return nothing beside the network."""

    def after(self, step, loss):  # noqa: ARG002
        """Move the teacher."""
        self.model.update()

    def result(self):
        """Return the teacher's weights."""
        return list(self.model.teacher.state_dict().values())


class StoppedRun(Run):
    """The best weights so far."""

    def make_rule(self, chosen):  # noqa: ARG002
        """Return the checkpoint."""
        return BestCheckpoint()

    def after(self, step, loss):  # noqa: ARG002
        """Look at the loss."""
        self.rule.update(loss, self.model)

    def result(self):
        """Return the best weights."""
        best = network()
        self.rule.restore(best)
        return [*best.state_dict().values(), torch.tensor(self.rule.loss)]


class CutRun(Run):
    """Rates that are cut on a plateau, by a rule that is no default."""

    def make_rule(self, chosen):
        """Return the rule."""
        if not chosen:
            return ReduceOnPlateau(self.optimizer, Plateau())
        return ReduceOnPlateau(self.optimizer, Plateau(patience=1, cooldown=1), factor=0.7)

    def after(self, step, loss):  # noqa: ARG002
        """Look at the loss."""
        self.rule.step(loss)


class ScaledRun(Run):
    """A scale that grows and falls."""

    def make_rule(self, chosen):
        """Return the scaler."""
        return LossScaler(2.0**120, interval=3) if chosen else LossScaler()

    def scaled(self, loss):
        """Scale it."""
        return self.rule.scale(loss)

    def take(self, closure):
        """Let the scaler take the step."""
        loss = closure()
        self.rule.step(self.optimizer)
        return loss

    def result(self):
        """Return the scale."""
        return [torch.tensor(self.rule.value, dtype=torch.float64)]


RUNS = (
    PlainRun,
    DecayedRun,
    SharpRun,
    ScheduledRun,
    AveragedRun,
    LateRun,
    NotYetLateRun,
    TaughtRun,
    StoppedRun,
    CutRun,
    ScaledRun,
)


def everything(run):
    """Return a run's weights, statistics, rates and what its rule has come to."""
    rates = [torch.tensor(group["lr"]) for group in run.optimizer.param_groups]
    return [*run.model.state_dict().values(), *rates, *run.result()]


@pytest.mark.parametrize("kind", RUNS, ids=lambda kind: kind.__name__)
def test_a_resumed_run_equals_the_uninterrupted_one(kind):
    """The saved file is all that the second half knows, settings included, and every bit agrees."""
    whole, first, second = kind(chosen=True), kind(chosen=True), kind(chosen=False)
    for step in range(STEPS):
        whole.step(step)
    for step in range(SAVED_AT):
        first.step(step)
    file = io.BytesIO()
    torch.save([part.state_dict() for part in first.parts()], file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    for part, state in zip(second.parts(), saved, strict=True):
        part.load_state_dict(state)
    for step in range(SAVED_AT, STEPS):
        second.step(step)
    for one, other in zip(everything(whole), everything(second), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "kind",
    [ScheduledRun, AveragedRun, LateRun, StoppedRun, CutRun, ScaledRun],
    ids=lambda kind: kind.__name__,
)
def test_a_rule_that_starts_anew_would_end_elsewhere(kind):
    """The comparison above is seen to fail where network and optimizer alone are resumed."""
    whole, second = kind(chosen=True), kind(chosen=False)
    for step in range(STEPS):
        whole.step(step)
        if step == SAVED_AT - 1:
            for part, other in zip(second.parts()[:2], whole.parts()[:2], strict=True):
                part.load_state_dict(copy.deepcopy(other.state_dict()))
    for step in range(SAVED_AT, STEPS):
        second.step(step)
    assert not all(map(torch.equal, everything(whole), everything(second)))


def test_a_state_of_the_base_optimizer_alone_leaves_the_radius():
    """A run that began without SAM can go on with it."""
    run = SharpRun(chosen=True)
    run.optimizer.load_state_dict(run.optimizer.base.state_dict())
    assert run.optimizer.rho == 0.3


def test_the_temperature_is_saved_with_the_network():
    """A fitted temperature is a part of the state, as the weights are."""
    fitted, other = (TemperatureScaled(network(), t) for t in (2.5, 1.0))
    other.load_state_dict(fitted.state_dict())
    assert torch.equal(fitted.eval()(X), other.eval()(X))
    assert not torch.equal(fitted(X), fitted.model(X))


def classes():
    """Return every public class of the reference implementations."""
    found = {}
    for slug in slugs():
        module = importlib.import_module(module_of(slug, "reference"))
        for name, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ == module.__name__ and not name.startswith("_"):
                found[name] = kind
    return found


def test_every_class_that_remembers_can_be_saved():
    """What is no plain tuple of results has a state to save and to load."""
    remembering = {name: kind for name, kind in classes().items() if not issubclass(kind, tuple)}
    assert len(remembering) > 50
    for name, kind in remembering.items():
        for method in ("state_dict", "load_state_dict"):
            assert callable(getattr(kind, method, None)), name
