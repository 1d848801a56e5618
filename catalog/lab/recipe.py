"""A recipe: all that a training run depends on, as plain immutable data.

A technique is a function from a recipe to a recipe, or raises `NotApplicable` with the reason.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog.lab.data import Data


class NotApplicable(ValueError):
    """A technique cannot be applied to a recipe; the message is one sentence that says why."""


class Part:
    """A function or class by name, with the settings it is called with.

    Two parts are equal if they name the same function and the same settings; a part can be sent
    to another process. Settings must be hashable: a tuple, not a list.

    Args:
        make: The function or class.
        settings: Its keyword arguments.
    """

    __slots__ = ("_settings", "make")

    def __init__(self, make: Callable[..., Any], /, **settings: Any) -> None:
        object.__setattr__(self, "make", make)
        object.__setattr__(self, "_settings", tuple(sorted(settings.items())))

    make: Callable[..., Any]
    _settings: tuple[tuple[str, Any], ...]

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a part never changes."""
        raise AttributeError(f"a Part never changes; make another with .set({name}=...)")

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the function and the settings."""
        return _part, (self.make, self.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The keyword arguments, as a copy."""
        return dict(self._settings)

    @property
    def name(self) -> str:
        """Where the function stands, as in `torch.optim.adam:Adam`."""
        return f"{self.make.__module__}:{self.make.__qualname__}"

    def takes(self, setting: str) -> bool:
        """Return whether the function has a keyword argument of this name."""
        return setting in inspect.signature(self.make).parameters

    def set(self, **settings: Any) -> Part:
        """Return this part with some settings changed."""
        return Part(self.make, **{**self.settings, **settings})

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        """Call the function with the settings; `more` goes before them."""
        return self.make(*arguments, **{**self.settings, **more})

    def __eq__(self, other: object) -> bool:
        """Compare function and settings."""
        return (
            isinstance(other, Part)
            and self.make is other.make
            and self._settings == other._settings
        )

    def __hash__(self) -> int:
        """Hash function and settings."""
        return hash((self.make, self._settings))

    def __repr__(self) -> str:
        """Show the call, the same in each process."""
        inner = ", ".join(f"{name}={value!r}" for name, value in self._settings)
        return f"{self.name}({inner})"


def _part(make: Callable[..., Any], settings: dict[str, Any]) -> Part:
    return Part(make, **settings)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training run before it is run. The same recipe gives the same history on one machine.

    Attributes:
        data: `(seed) -> Data`; the split depends on the seed.
        model: `(data) -> nn.Module`, the network with its random start.
        optimizer: `(named_parameters, lr=...) -> torch.optim.Optimizer`; gets the pairs of name
            and parameter that are trained. Its `step` is always given a closure.
        lr: The peak learning rate.
        epochs: Passes over the training set.
        batch_size: Examples per gradient; None for the whole training set. The last, smaller
            batch of an epoch is left out.
        accumulate: Batches whose gradients are averaged into one step.
        loss: `(outputs, targets) -> scalar` that is trained; None for the task's own: the
            cross-entropy of logits, or the mean squared error.
        schedule: `(step, total_steps) -> factor` on `lr`, `step` from 0; None for a constant.
        order: `(split, epoch, epochs, generator) -> indices` of an epoch's examples in the order
            of use; None for a new permutation each epoch.
        start: `(model, data, recipe) -> model` each, applied before the optimizer is made:
            initialization, weights trained elsewhere, frozen layers.
        augmentation: `(x, y, generator) -> (x, y)` each, on every training batch; targets may
            become (n, classes) probabilities.
        regularization: `(model, batch) -> scalar` each, added to the loss.
        gradients: `(parameters) -> None` each, in place, between backward and step.
        callbacks: `() -> Callback` each, made anew for each run.
        finish: `(model, data, recipe) -> model` each, applied after the last step and before the
            last evaluation.
        evaluate_every: Epochs between evaluations; the last epoch is always evaluated.
        seed: Of the split, the start, the order of the batches and all else that is drawn.
    """

    data: Part
    model: Part
    optimizer: Part
    lr: float
    epochs: int
    batch_size: int | None = None
    accumulate: int = 1
    loss: Part | None = None
    schedule: Part | None = None
    order: Part | None = None
    start: tuple[Part, ...] = ()
    augmentation: tuple[Part, ...] = ()
    regularization: tuple[Part, ...] = ()
    gradients: tuple[Part, ...] = ()
    callbacks: tuple[Part, ...] = ()
    finish: tuple[Part, ...] = ()
    evaluate_every: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("epochs", "accumulate", "evaluate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1. Got {getattr(self, name)}.")
        if self.batch_size is not None and self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, or None. Got {self.batch_size}.")
        if not self.lr > 0:
            raise ValueError(f"lr must be above 0. Got {self.lr}.")

    def replace(self, **changes: Any) -> Recipe:
        """Return this recipe with some fields changed."""
        return dataclasses.replace(self, **changes)

    def plus(self, **parts: Part) -> Recipe:
        """Return this recipe with a part appended to each field named, as in `plus(start=...)`."""
        return self.replace(**{name: (*getattr(self, name), part) for name, part in parts.items()})

    def peek(self) -> Data:
        """Return the data, for a technique to look at and not to change."""
        return _peek(self.data, self.seed)

    def set_model(self, **settings: Any) -> Recipe:
        """Return this recipe with settings of its model changed.

        Raises:
            NotApplicable: If the model's function takes no such setting.
        """
        for name in settings:
            if not self.model.takes(name):
                raise NotApplicable(f"the model {self.model.name} takes no setting {name!r}.")
        return self.replace(model=self.model.set(**settings))

    def set_data(self, **settings: Any) -> Recipe:
        """Return this recipe with settings of its data changed.

        Raises:
            NotApplicable: If the data's function takes no such setting.
        """
        for name in settings:
            if not self.data.takes(name):
                raise NotApplicable(f"the data {self.data.name} take no setting {name!r}.")
        return self.replace(data=self.data.set(**settings))


@lru_cache(maxsize=16)
def _peek(data: Part, seed: int) -> Data:
    return data(seed)  # type: ignore[no-any-return]
