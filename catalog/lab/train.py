"""The training loop: a recipe in, a history of plain arrays and the trained network out."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.lab.data import Data, Split
from catalog.lab.recipe import Recipe

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
Progress = Callable[[int, int], None]
"""Is told the steps done and the steps in all, after each epoch."""

PER_STEP = ("loss", "grad_norm", "lr")
"""The series that have a value on every step; the others have one on every evaluation."""

EVALUATION_ROWS = 4096
"""Examples evaluated at once: bounds the memory, and changes no result."""


class Batch(NamedTuple):
    """What a regularization term sees of a step.

    Attributes:
        x: The inputs, augmented.
        y: The targets, augmented: (n,) classes, (n, classes) probabilities, or (n, k) values.
        outputs: The network's outputs on `x`.
        data: The whole data set, for its unlabelled inputs.
        progress: Share of the steps that are done, from 0.
        generator: For what the term draws.
    """

    x: Tensor
    y: Tensor
    outputs: Tensor
    data: Data
    progress: float
    generator: torch.Generator


class Series(NamedTuple):
    """Values on their own steps: both (n,), float64; a step counts optimizer steps from 1."""

    step: FloatArray
    value: FloatArray


@dataclasses.dataclass(frozen=True)
class History:
    """What a run measured, each on its own steps.

    Attributes:
        series: By name. On every step: `loss` (as trained, regularization and augmentation
            included), `lr`, `grad_norm` (before clipping and the like). On every evaluation:
            `clean_train_loss` and `val_loss` (evaluation mode, the task's own loss, no terms
            added), and for classes `train_accuracy` and `val_accuracy` between 0 and 1, for
            regression `train_r2` and `val_r2`.
        steps_per_epoch: Optimizer steps of an epoch.
    """

    series: dict[str, Series]
    steps_per_epoch: int

    def best(self, name: str = "val_loss") -> tuple[float, float]:
        """Return the step and the value of a series' finite minimum; NaN if there is none."""
        step, value = self.series[name]
        if not np.isfinite(value).any():
            return math.nan, math.nan
        at = int(np.nanargmin(np.where(np.isfinite(value), value, np.nan)))
        return float(step[at]), float(value[at])

    def curves(self, clean: bool = False) -> dict[str, Any]:
        """Return the run as frameworks log it: one row an epoch, as `diagnose.diagnose` takes it.

        Args:
            clean: Give the clean training loss instead of the mean of the epoch's batches.
        """
        epochs = self.series["val_loss"].step / self.steps_per_epoch
        loss, lr, norm = (self.series[name].value for name in ("loss", "lr", "grad_norm"))
        ends = np.arange(self.steps_per_epoch, len(loss) + 1, self.steps_per_epoch)
        rows = [slice(end - self.steps_per_epoch, end) for end in ends]
        out: dict[str, Any] = {
            "steps": np.arange(1, len(rows) + 1, dtype=float),
            "train_loss": np.array([loss[row].mean() for row in rows]),
            "lr": np.array([lr[row][-1] for row in rows]),
            "grad_norm": np.array([norm[row].mean() for row in rows]),
            "val_steps": epochs,
            "val_loss": self.series["val_loss"].value,
            "step_unit": "epoch",
        }
        at = epochs.astype(int) - 1
        if clean:
            # The clean loss exists where the run was evaluated, and so do the rows given.
            out.update({name: out[name][at] for name in ("lr", "grad_norm")})
            out.update(steps=epochs, train_loss=self.series["clean_train_loss"].value)
            out["clean_train_loss"] = True
        if "val_accuracy" in self.series:
            out["val_accuracy"] = self.series["val_accuracy"].value
            if len(at) == len(out["steps"]):
                out["train_accuracy"] = self.series["train_accuracy"].value
        return out


@dataclasses.dataclass(frozen=True)
class Fit:
    """A finished run.

    Attributes:
        recipe: What was run.
        history: What was measured.
        model: The network, on the device it was trained on, in evaluation mode.
        data: The data it was trained on.
        final: What the history's evaluations name, of the network as it was left in the end:
            averaged, rolled back or otherwise finished.
        seconds: Time that the run took.
    """

    recipe: Recipe
    history: History
    model: nn.Module
    data: Data
    final: dict[str, float]
    seconds: float

    @property
    def has_diverged(self) -> bool:
        """Whether it ended worse than a prediction that ignores the input, on both splits.

        A loss that is not finite counts as worse. On one split alone it may be right to be worse,
        as on training labels that are wrong; the margin is for runs stuck at that prediction.
        """
        losses = (self.final["clean_train_loss"], self.final["val_loss"])
        pairs = zip(losses, self.data.constant_losses(), strict=True)
        return all(not loss <= 1.05 * constant for loss, constant in pairs)

    def results(self) -> dict[str, float]:
        """Return the final losses and metrics, those of the constant prediction if it diverged.

        How far above it a diverged loss ends says nothing more, and would drown every mean.
        """
        if not self.has_diverged:
            return dict(self.final)
        chance = 1 / self.data.outputs if self.data.task == "classification" else 0.0
        out = dict.fromkeys(self.final, chance)
        out["clean_train_loss"], out["val_loss"] = self.data.constant_losses()
        return out


class Callback:
    """Watches a run and may act on it; every method is optional to define."""

    def on_start(self, loop: Loop) -> None:
        """Act before the first step."""

    def after_step(self, loop: Loop) -> None:
        """Act after each optimizer step."""

    def after_evaluation(self, loop: Loop) -> None:
        """Act after each evaluation; `loop.latest("val_loss")` is its result."""

    def on_end(self, loop: Loop) -> None:
        """Act after the last evaluation; the network left in `loop.evaluated` is the result."""


class Loop:
    """The state of a run, as callbacks see it.

    Attributes:
        recipe: What is run.
        data: The data, on the device.
        model: The network that is trained.
        evaluated: The network that is evaluated: `model`, unless a callback puts another here.
        optimizer: The optimizer; the schedule multiplies each group's `initial_lr`.
        step: Optimizer steps done.
        total_steps: Optimizer steps of the whole run.
        stopped: Set it to end the run after this epoch.
        generator: For what is drawn during the run.
    """

    def __init__(self, recipe: Recipe, device: str | torch.device) -> None:
        self.recipe = recipe
        self.data: Data = recipe.data(recipe.seed).to(device)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        model: nn.Module = recipe.model(self.data).to(device)
        for part in recipe.start:
            model = part(model, self.data, recipe)
        self.model = model.to(device)
        self.evaluated = self.model
        trained = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        self.optimizer: torch.optim.Optimizer = recipe.optimizer(trained, lr=recipe.lr)
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        count = len(self.data.train)
        self.batch_size = min(recipe.batch_size or count, count)
        self.steps_per_epoch = count // (self.batch_size * recipe.accumulate)
        if self.steps_per_epoch < 1:
            raise ValueError(
                f"{recipe.accumulate} batches of {self.batch_size} are more than the {count}"
                " training examples; take smaller batches or accumulate fewer."
            )
        self.total_steps = self.steps_per_epoch * recipe.epochs
        self.step = 0
        self.stopped = False
        self._measured: dict[str, list[tuple[int, Any]]] = {}
        self._objective = recipe.loss or task_loss(self.data)

    def note(self, name: str, value: float | Tensor) -> None:
        """Add a value to a series of the history, at the present step."""
        self._measured.setdefault(name, []).append((self.step, value))

    def latest(self, name: str) -> float:
        """Return the last value of a series."""
        return float(self._measured[name][-1][1])

    def history(self) -> History:
        """Return all that was measured so far."""
        return History(
            {
                name: Series(
                    np.array([step for step, _ in rows], dtype=np.float64),
                    # One transfer for the whole series, not one for each value.
                    torch.stack([torch.as_tensor(v, dtype=torch.float64) for _, v in rows])
                    .cpu()
                    .numpy(),
                )
                for name, rows in self._measured.items()
            },
            self.steps_per_epoch,
        )

    def batches(self, epoch: int) -> Iterator[Tensor]:
        """Yield the indices of each batch of an epoch."""
        split, generator = self.data.train, self.generator
        if self.recipe.order is not None:
            order = self.recipe.order(split, epoch, self.recipe.epochs, generator)
        else:
            order = torch.randperm(len(split), generator=generator, device=generator.device)
        for start in range(0, len(order) - self.batch_size + 1, self.batch_size):
            yield order[start : start + self.batch_size]

    def train_step(self, micro_batches: list[Tensor]) -> None:
        """Take one optimizer step on the mean gradient of some batches."""
        drawn = [self._augmented(self.data.train.take(indices)) for indices in micro_batches]
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        first: dict[str, Tensor] = {}

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            total = torch.zeros((), device=drawn[0].x.device)
            for split in drawn:
                loss = self._loss(split) / len(drawn)
                loss.backward()  # type: ignore[no-untyped-call]
                total = total + loss.detach()
            if not first:
                # An optimizer may ask again, elsewhere; the log tells of where the step began.
                gradients = [p.grad for p in parameters if p.grad is not None]
                first["loss"] = total
                first["grad_norm"] = nn.utils.get_total_norm(gradients)
            for part in self.recipe.gradients:
                part(parameters)
            return total

        factor = (
            self.recipe.schedule(self.step, self.total_steps)
            if self.recipe.schedule is not None
            else 1.0
        )
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        lr = self.optimizer.param_groups[0]["lr"]
        self.model.train()
        self.optimizer.step(closure)  # type: ignore[arg-type]
        self.step += 1
        for name, value in (*first.items(), ("lr", lr)):
            self.note(name, value)

    def evaluate(self) -> dict[str, float]:
        """Return the clean losses and the metrics of the network in `evaluated`."""
        kind = "accuracy" if self.data.task == "classification" else "r2"
        train_loss, train_metric = evaluate(self.evaluated, self.data.train, self.data)
        val_loss, val_metric = evaluate(self.evaluated, self.data.val, self.data)
        return {
            "clean_train_loss": train_loss,
            "val_loss": val_loss,
            f"train_{kind}": train_metric,
            f"val_{kind}": val_metric,
        }

    def _augmented(self, split: Split) -> Split:
        for part in self.recipe.augmentation:
            split = Split(*part(split.x, split.y, self.generator))
        return split

    def _loss(self, split: Split) -> Tensor:
        outputs = self.model(split.x)
        loss: Tensor = self._objective(outputs, split.y)
        if self.recipe.regularization:
            done = self.step / self.total_steps
            batch = Batch(split.x, split.y, outputs, self.data, done, self.generator)
            for part in self.recipe.regularization:
                loss = loss + part(self.model, batch)
        return loss


def task_loss(data: Data) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the plain loss of a task: the cross-entropy of logits, or the mean squared error."""
    return F.cross_entropy if data.task == "classification" else F.mse_loss


@torch.no_grad()
def predict(model: nn.Module, x: Tensor) -> Tensor:
    """Return a network's outputs (n, outputs) in evaluation mode; leaves its mode as it was."""
    was_training = model.training
    model.eval()
    parts = [model(rows) for rows in torch.split(x, EVALUATION_ROWS)]
    model.train(was_training)
    return torch.cat(parts)


def evaluate(model: nn.Module, split: Split, data: Data) -> tuple[float, float]:
    """Return the plain loss on a split, and the accuracy, or R² for regression."""
    outputs = predict(model, split.x)
    loss = float(task_loss(data)(outputs, split.y))
    if data.task == "classification":
        return loss, float((outputs.argmax(1) == split.y).double().mean())
    spread = float(split.y.var(0, unbiased=False).mean())
    return loss, 1 - loss / spread if spread > 0 else math.nan


def train(
    recipe: Recipe, device: str | torch.device = "cpu", progress: Progress | None = None
) -> Fit:
    """Run a recipe.

    The caller's random state is left as it was; a run that reaches a loss that is not finite ends
    with that epoch.

    Args:
        recipe: What to run.
        device: Where.
        progress: Is told the steps done and the steps in all.
    """
    began = time.perf_counter()
    devices = [torch.device(device)] if torch.device(device).type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(recipe.seed)
        loop = Loop(recipe, device)
        callbacks: list[Callback] = [part() for part in recipe.callbacks]
        for callback in callbacks:
            callback.on_start(loop)
        for epoch in range(recipe.epochs):
            waiting: list[Tensor] = []
            for indices in loop.batches(epoch):
                waiting.append(indices)
                if len(waiting) == recipe.accumulate:
                    loop.train_step(waiting)
                    waiting = []
                    for callback in callbacks:
                        callback.after_step(loop)
            if progress is not None:
                progress(loop.step, loop.total_steps)
            is_last = epoch == recipe.epochs - 1
            is_broken = not math.isfinite(loop.latest("loss"))
            ends = is_last or is_broken or loop.stopped
            if ends or (epoch + 1) % recipe.evaluate_every == 0:
                for name, value in loop.evaluate().items():
                    loop.note(name, value)
                for callback in callbacks:
                    callback.after_evaluation(loop)
            if is_broken or loop.stopped:
                break
        for callback in callbacks:
            callback.on_end(loop)
        for part in recipe.finish:
            loop.evaluated = part(loop.evaluated, loop.data, recipe)
        history = loop.history()
        if callbacks or recipe.finish:
            final = loop.evaluate()
        else:
            final = {name: loop.latest(name) for name in history.series if name not in PER_STEP}
    loop.evaluated.eval()
    return Fit(recipe, history, loop.evaluated, loop.data, final, time.perf_counter() - began)
