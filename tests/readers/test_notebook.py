"""Notebooks: printed lines and drawn tables, cell by cell."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read

LOGS = Path(__file__).parents[2].parent / "shared/data/logs"


def notebook(*outputs: list[dict[str, object]]) -> str:
    """Write a notebook with one code cell for each list of outputs."""
    cells = [{"cell_type": "code", "source": ["fit()"], "outputs": part} for part in outputs]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4})


def printed(text: str) -> dict[str, object]:
    """Write what a cell printed, line by line as notebooks keep it."""
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def drawn(rows: list[list[str]]) -> dict[str, object]:
    """Write a table as the Trainer and fastai draw it."""
    html = "".join(
        "<tr>" + "".join(f"<{t}>{c}</{t}>" for c in row) + "</tr>\n"
        for t, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
    )
    return {"output_type": "display_data", "data": {"text/html": [f"<table>{html}</table>"]}}


@pytest.fixture
def log(tmp_path):
    """Write a notebook and read it."""

    def make(content: str):
        path = tmp_path / "train.ipynb"
        path.write_text(content)
        return read(path)

    return make


def test_what_a_cell_printed_is_read(log):
    """Keras in a notebook."""
    text = "".join(
        f"Epoch {n}/5\n9/9 [======] - 1s 1ms/step - loss: {1 / n} - val_loss: {2 / n}\n"
        for n in range(1, 6)
    )
    run = log(notebook([], [printed("hello\n"), printed(text)]))
    assert run.format == "notebook"
    assert run.train_loss.value.tolist() == [1 / n for n in range(1, 6)]
    assert run.val_loss.step.tolist() == [1, 2, 3, 4, 5]


TABLES = {
    "Trainer": [
        ["Step", "Training Loss", "Validation Loss", "Accuracy"],
        ["500", "No log", "2.5", "0.1"],
        ["1000", "1.5", "2.25", "0.2"],
        ["1500", "1.25", "2.125", "0.3"],
    ],
    "fastai": [
        ["epoch", "train_loss", "valid_loss", "time"],
        ["0", "", "2.5", "00:10"],
        ["1", "1.5", "2.25", "00:11"],
        ["2", "1.25", "2.125", "00:12"],
    ],
}


@pytest.mark.parametrize("rows", TABLES.values(), ids=TABLES)
def test_a_table_that_was_drawn_is_read(log, rows):
    """A cell without a number is a point that was not logged."""
    run = log(notebook([drawn(rows)]))
    steps = [float(row[0]) for row in rows[1:]]
    assert run.train_loss.value.tolist() == [1.5, 1.25]
    assert run.train_loss.step.tolist() == steps[1:]
    assert run.val_loss.value.tolist() == [2.5, 2.25, 2.125]
    assert run.val_loss.step.tolist() == steps


def test_the_runs_of_two_cells_are_kept_apart(log):
    """The last one with a curve is read, and the other is told."""
    first, last = (
        printed("".join(f"Epoch {n}: loss: {top / n}\n" for n in range(1, 7))) for top in (1, 3)
    )
    run = log(notebook([first], [last], [printed("loss: 0.1\nloss: 0.2\n")]))
    assert run.train_loss.value.tolist() == [3 / n for n in range(1, 7)]
    assert any("cell 2" in note and "1" in note for note in run.notes)


@pytest.mark.parametrize("cells", [[], [[]], [[printed("hello\n")]]], ids=["none", "empty", "text"])
def test_a_notebook_without_a_curve_is_refused(log, cells):
    """It never ran, or printed something else."""
    with pytest.raises(LogError, match="no training curve here"):
        log(notebook(*cells))


def test_a_notebook_that_is_cut_off_is_refused(log):
    """Its JSON has no end."""
    with pytest.raises(LogError, match=r"train\.ipynb"):
        log(notebook([printed("Epoch 1: loss: 0.5\n" * 9)])[:-40])


@settings(max_examples=40, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cells", "outputs", "data", "text"]), inner, max_size=3
            )
        ),
        max_leaves=9,
    )
)
def test_any_document_in_the_place_of_cells_is_refused(tmp_path_factory, inner):
    """Nothing but a LogError leaves."""
    path = tmp_path_factory.mktemp("log") / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": inner}, inner]}))
    with pytest.raises(LogError):
        read(path)


@pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")
@pytest.mark.parametrize(
    "path", sorted(LOGS.glob("ipynb_outputs/*")), ids=lambda path: path.name[:9]
)
def test_real_notebooks(path):
    """The numbers of one cell, found by one pattern."""
    run = read(path)
    cell = int(re.search(r"cell (\d+)", run.notes[0])[1])
    outputs = json.loads(path.read_text())["cells"][cell - 1]["outputs"]
    text = "".join("".join(o.get("text", [])) for o in outputs)
    html = "".join("".join(o.get("data", {}).get("text/html", [])) for o in outputs)
    told = re.findall(r"val_loss: ([\d.]+)", text)
    told += re.findall(r"<td>\d+</td>\s*<td>[\d.]+</td>\s*<td>([\d.]+)</td>", html)
    assert run.val_loss.value.tolist() == [float(number) for number in told]
