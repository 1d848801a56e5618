"""Changes to a finished network, for techniques that have to fit into any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from catalog.lab.data import Data
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe

Make = Callable[[nn.Module, tuple[int, ...]], nn.Module]
"""Makes a module from the one beside or below it and the shape of one example there."""

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""Layers that multiply by a weight, the subclasses included."""

_NAMES = (
    "celu elu gelu glu hardswish hardtanh leakyrelu logsigmoid mish prelu relu relu6 rrelu selu"
    " sigmoid silu softplus softsign tanh"
)
ACTIVATIONS = frozenset(_NAMES.split())
"""Activations as the names of their functions and classes have it, without case and underscores."""


def is_activation(named: object) -> bool:
    """Return whether a function, or a module by its class, bears the name of an activation."""
    owner = type(named) if isinstance(named, nn.Module) else named
    name: str = getattr(owner, "__name__", "")
    return name.lower().replace("_", "") in ACTIVATIONS


def is_normalization(module: nn.Module) -> bool:
    """Return whether a module is a normalization layer, as its class is named."""
    name = type(module).__name__
    # torch's parametrizations of weights, `_SpectralNorm` and others, are no layers.
    return "norm" in name.lower() and name[0] != "_" and not any(True for _ in module.children())


def hidden_layers(model: nn.Module) -> list[nn.Module]:
    """Return the linear layers and convolutions of a network but for the last, the output's."""
    layers: list[nn.Module] = [m for m in model.modules() if isinstance(m, LAYERS)]
    return layers[:-1]


def replace(model: nn.Module, exchange: dict[str, nn.Module]) -> nn.Module:
    """Put modules in the place of others, by name, wherever those stand; return the network.

    The new ones get the network's device and data type.
    """
    first = next(model.parameters(), None)
    if first is not None:
        for module in exchange.values():
            module.to(first)
    if "" in exchange:
        return exchange[""]
    new = {id(model.get_submodule(name)): module for name, module in exchange.items()}
    places = [(n, m) for n, m in model.named_modules(remove_duplicate=False) if id(m) in new]
    for name, module in places:
        model.set_submodule(name, new[id(module)])
    return model


class _Calls(TorchFunctionMode):
    """Tells of every function of torch before it is called, and on what."""

    def __init__(self, tell: Callable[[Any, Any], None]) -> None:
        super().__init__()
        self.tell = tell

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.tell(func, args)
        return func(*args, **(kwargs or {}))


def layers_before_activations(model: nn.Module, x: Tensor) -> dict[str, tuple[int, ...]]:
    """Run a network and return its layers whose output goes straight into an activation.

    Args:
        model: Any network; modules and functions are recognized as activations.
        x: (n, ...) some examples.

    Returns:
        The shape of one example's output, by the layer's name, in the order of use.
    """
    names = {id(module): name for name, module in model.named_modules()}
    outputs: dict[int, tuple[str, Tensor]] = {}  # the tensors are kept, or an id could come again
    found: dict[str, tuple[int, ...]] = {}

    def note(module: nn.Module, _: Any, output: Tensor) -> None:
        outputs[id(output)] = names[id(module)], output

    def tell(func: Any, arguments: Any) -> None:
        if is_activation(func) and id(arguments[0]) in outputs:
            name, output = outputs[id(arguments[0])]
            found.setdefault(name, tuple(output.shape[1:]))

    with _Hooks(model, x) as hooks:
        for module in model.modules():
            if isinstance(module, LAYERS):
                hooks.add(module.register_forward_hook(note))
            elif is_activation(module):
                hooks.add(module.register_forward_pre_hook(tell))
        with _Calls(tell):
            hooks.run()
    return found


def normalizations(model: nn.Module, x: Tensor) -> dict[str, tuple[int, ...]]:
    """Run a network and return its normalization layers, and the shape of one example there.

    Args:
        model: Any network.
        x: (n, ...) some examples.
    """
    names = {id(module): name for name, module in model.named_modules()}
    found: dict[str, tuple[int, ...]] = {}

    def note(module: nn.Module, inputs: Any) -> None:
        found.setdefault(names[id(module)], tuple(inputs[0].shape[1:]))

    with _Hooks(model, x) as hooks:
        for module in model.modules():
            if is_normalization(module):
                hooks.add(module.register_forward_pre_hook(note))
        hooks.run()
    return found


def residual_branches(model: nn.Module, x: Tensor) -> list[tuple[str, ...]]:
    """Run a network and return the modules that end each of its residual branches.

    A branch ends where a module's output is added to something that it was computed from.

    Args:
        model: Any network.
        x: (n, ...) some examples.

    Returns:
        Branches in the order of use, none if there is no skip connection. Each has the names of
        the modules that give its output, from the first, innermost, to the last; without those
        that are called more than once, since they do not belong to the branch alone.
    """
    names = {id(module): name for name, module in model.named_modules()}
    outputs: dict[int, tuple[list[str], Tensor]] = {}
    calls: Counter[str] = Counter()
    ends: list[list[str]] = []

    def note(module: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            calls[names[id(module)]] += 1
            inner = outputs.get(id(output), ([], output))[0]
            outputs[id(output)] = [*inner, names[id(module)]], output

    def tell(func: Any, arguments: Any) -> None:
        if getattr(func, "__name__", "").strip("_") not in ("add", "iadd", "radd"):
            return
        for end, other in (arguments[:2], arguments[1::-1]):
            if id(end) in outputs and isinstance(other, Tensor) and _comes_from(end, other):
                ends.append(outputs[id(end)][0])

    with _Hooks(model, x.detach().requires_grad_(x.is_floating_point())) as hooks:
        for module in model.modules():
            hooks.add(module.register_forward_hook(note))
        with _Calls(tell):
            hooks.run()
    once = [tuple(name for name in nested if calls[name] == 1) for nested in ends]
    return [nested for nested in once if nested]


def _comes_from(value: Tensor, source: Tensor) -> bool:
    """Return whether a tensor was computed from another, as the graph of gradients tells."""
    seen = set()
    waiting = [value.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if node is source.grad_fn or getattr(node, "variable", None) is source:
            return value is not source
        seen.add(node)
        waiting += [before for before, _ in node.next_functions]
    return False


class _Hooks:
    """Hooks that are gone afterwards, and one run in evaluation mode that leaves no trace."""

    def __init__(self, model: nn.Module, x: Tensor) -> None:
        self.model = model
        self.x = x
        self.handles: list[Any] = []

    def __enter__(self) -> _Hooks:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def add(self, handle: Any) -> None:
        self.handles.append(handle)

    def run(self) -> None:
        modes = [(module, module.training) for module in self.model.modules()]
        self.model.eval()
        # With gradients, or torch's fused encoder layers would pass their parts, and the hooks, by.
        with torch.enable_grad():
            self.model(self.x)
        for module, was_training in modes:
            module.training = was_training


def insert_normalization(model: nn.Module, data: Data, recipe: Recipe, norm: Make) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Put a normalization between each layer and the activation that follows it.

    Args:
        model: Any network.
        data: For examples to run.
        recipe: Not used.
        norm: Makes one from the layer before it.
    """
    sites = layers_before_activations(model, data.train.x[:2])
    layers = {name: model.get_submodule(name) for name in sites}
    return replace(
        model,
        {n: nn.Sequential(layer, norm(layer, sites[n])) for n, layer in layers.items()},
    )


def exchange_normalization(model: nn.Module, data: Data, recipe: Recipe, norm: Make) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Put another normalization in the place of each that a network has.

    Args:
        model: Any network.
        data: For examples to run.
        recipe: Not used.
        norm: Makes one from the one that was there.
    """
    sites = normalizations(model, data.train.x[:2])
    return replace(model, {n: norm(model.get_submodule(n), shape) for n, shape in sites.items()})


def with_normalization(recipe: Recipe, norm: Part, instead_of: str = "") -> Recipe:
    """Return a recipe whose network is normalized: before each activation, or in another way.

    Args:
        recipe: Any recipe.
        norm: `(module, shape) -> normalization` from the module before it, or that it replaces,
            and the shape of one example there.
        instead_of: What the classes of normalizations are called that it may replace, as in
            `BatchNorm`; empty if it replaces none.

    Raises:
        NotApplicable: If the network is normalized in a way that is not replaced, or if no layer
            is found whose output goes straight into an activation, or if `norm` does not fit.
    """
    model, data = untrained(recipe), recipe.peek()
    present = sorted({type(m).__name__ for m in model.modules() if is_normalization(m)})
    if present and not (instead_of and all(instead_of in name for name in present)):
        raise NotApplicable(f"the network is normalized already, by {' and '.join(present)}.")
    if not present and not layers_before_activations(model, data.train.x[:2]):
        raise NotApplicable("no layer is followed by an activation that can be recognized.")
    part = Part(exchange_normalization if present else insert_normalization, norm=norm)
    part(model, data, recipe)  # so that `norm` can say now that it does not fit
    return recipe.plus(start=part)


def channels_of(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Return the channels after a module, for a normalization of the axis after the examples.

    Args:
        module: A layer or a normalization.
        shape: The shape of one example after it.

    Raises:
        NotApplicable: If the features are the last of several axes, as those of tokens are.
    """
    if len(shape) > 1 and isinstance(module, nn.Linear):
        raise NotApplicable(
            f"channels come first in an example, and a linear layer gives the shape {shape}."
        )
    return shape[0]


def features_of(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the axes after a module that hold the features of an example, or of a token.

    Args:
        module: A layer or a normalization.
        shape: The shape of one example after it.
    """
    own: tuple[int, ...] | None = getattr(module, "normalized_shape", None)
    return own or (shape[-1:] if isinstance(module, nn.Linear) else shape)
