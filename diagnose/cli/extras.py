"""Packages that only some commands need: asked for in one sentence where they are missing."""

from __future__ import annotations

import importlib.util

from diagnose.errors import MissingExtra

EXTRAS = {
    "torch": {"torch": "PyTorch", "sklearn": "scikit-learn"},
    "plot": {"matplotlib": "Matplotlib"},
}
"""What each extra of the distribution brings: modules and their names in words."""


def require(extra: str, what: str) -> None:
    """Check that an extra is installed, without importing it.

    Args:
        extra: Its name.
        what: What needs it, for the sentence, as in "running an experiment".

    Raises:
        MissingExtra: If one of its packages is missing.
    """
    for module, name in EXTRAS[extra].items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtra(
                f"{what} needs {name}, which is not installed: in the folder of the source,"
                f' pip install -c constraints.txt ".[{extra}]".'
            )
