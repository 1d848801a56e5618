"""The lab's own numbers: whoever changes them must measure every technique again.

`python tests/catalog/lab/test_pinned.py` writes `pinned.json` anew, and
`diagnose catalog measure --again` the figures of all techniques.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from catalog.lab.data import adding, breast_cancer, diabetes
from catalog.lab.models import linear, mlp, rnn
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, deep, few, images, noisy, rows, short
from catalog.lab.train import train

FILE = Path(__file__).with_name("pinned.json")


def recipes() -> dict[str, Recipe]:
    """Return a brief run of every task, data set and network."""
    brief = {"epochs": 3, "evaluate_every": 3}
    tables = {"optimizer": SGD, "lr": 0.05, "epochs": 5, "evaluate_every": 5}
    return {
        **{task.__name__: task().replace(**brief) for task in (short, few, noisy, deep, images)},
        "rows": rows().replace(epochs=1),
        "breast_cancer": Recipe(data=Part(breast_cancer), model=Part(linear), **tables),
        "diabetes": Recipe(data=Part(diabetes, outliers=0.1), model=Part(mlp), **tables),
        "adding": Recipe(data=Part(adding), model=Part(rnn), batch_size=32, **tables),
    }


def measure(recipe: Recipe) -> dict[str, float]:
    """Return the final losses of a run."""
    final = train(recipe).final
    return {name: final[name] for name in ("clean_train_loss", "val_loss")}


@pytest.mark.parametrize("name", recipes())
def test_a_task_gives_the_numbers_that_were_measured_with(name):
    """Data, start, order of batches and steps are what they were, but for rounding."""
    pinned = json.loads(FILE.read_text(encoding="utf-8"))
    assert measure(recipes()[name]) == pytest.approx(pinned[name], rel=1e-3)


if __name__ == "__main__":
    torch.set_num_threads(1)
    table = {name: measure(recipe) for name, recipe in recipes().items()}
    FILE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
