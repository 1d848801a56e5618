"""Measure a technique: run the experiments of its folder and write down what came out."""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import torch

from catalog.card import ROOT, find_heading
from catalog.lab.experiment import Experiment, perform
from catalog.measured import Measured


def module_of(slug: str, part: str) -> str:
    """Return the name of a technique's module, `reference` or `experiment`.

    Raises:
        KeyError: If there is no such technique.
    """
    folder = find_heading(slug).folder
    return ".".join(("catalog", *folder.relative_to(ROOT).parts, part))


def has_experiment(slug: str) -> bool:
    """Return whether a technique's folder holds an experiment."""
    return (find_heading(slug).folder / "experiment.py").is_file()


def experiments_of(slug: str) -> tuple[Experiment, ...]:
    """Load a technique's experiments; the first decides its card's claims.

    Raises:
        KeyError: If there is no such technique.
        ModuleNotFoundError: If the technique has no experiment.
    """
    module = importlib.import_module(module_of(slug, "experiment"))
    found: tuple[Experiment, ...] = module.EXPERIMENTS
    return found


def measure(slug: str, progress: Callable[[int, int], None] | None = None) -> Measured:
    """Run a technique's experiments.

    torch's number of threads is set to 1 for the time: networks this small gain nothing by more,
    and sums come out the same on every machine of one kind.

    Args:
        slug: The technique.
        progress: Is told the runs done and the runs in all.
    """
    began = time.process_time()
    code = fingerprint(slug)
    experiments = experiments_of(slug)
    total = sum(experiment.run_count for experiment in experiments)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trials = tuple(perform(experiment, count) for experiment in experiments)
    finally:
        torch.set_num_threads(threads)
    return Measured(
        technique=slug,
        fingerprint=code,
        seconds=round(time.process_time() - began, 1),
        versions={
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": numpy.__version__,
        },
        machine=f"{platform.machine()} CPU, {os.cpu_count()} cores, one thread a run",
        trials=trials,
    )


def fingerprint(slug: str) -> str:
    """Return a short hash of the code that a technique's figures come from.

    It covers the technique's experiment and every technique module that it imports, without
    comments, docstrings and layout. The lab is not in it: tests pin the numbers that it gives.
    """
    seen: dict[str, str] = {}
    _collect(module_of(slug, "experiment"), seen)
    text = "\n".join(f"{name}\n{seen[name]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _collect(name: str, seen: dict[str, str]) -> None:
    path = Path(ROOT.parent, *name.split(".")).with_suffix(".py")
    in_lab = name.startswith("catalog.lab")
    if name in seen or in_lab or not name.startswith("catalog.") or not path.is_file():
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            body[0] = ast.Pass()
    seen[name] = repr(_plain(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` names a module, too.
            for imported in (node.module, *(f"{node.module}.{a.name}" for a in node.names)):
                _collect(imported, seen)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                _collect(alias.name, seen)


def _plain(node: object) -> object:
    """Return a syntax tree as nested lists, the same in every version of Python."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
        return [type(node).__name__, *((name, _plain(value)) for name, value in fields)]
    return [_plain(part) for part in node] if isinstance(node, list) else node


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
