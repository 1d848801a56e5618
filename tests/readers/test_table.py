"""From columns to a run: restarts, step axes, sums and units."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers.axis import Column
from diagnose.readers.table import Choice, Table, _spread, to_runs
from diagnose.run import Run


def run_of(columns: dict[str, list[float | None]], breaks: tuple[int, ...] = ()) -> Run:
    """Make a run of columns in which None is a blank cell."""
    made = {}
    for name, cells in columns.items():
        rows = [row for row, cell in enumerate(cells) if cell is not None]
        made[name] = Column(
            np.array(rows, dtype=np.int64), np.array([cells[row] for row in rows], dtype=np.float64)
        )
    (run,) = to_runs(Table("CSV", made, breaks=breaks), "log.csv", Choice())
    return run


def decay(n: int, start: float = 2.0) -> list[float | None]:
    """Return a falling loss."""
    return [start / (1 + 0.3 * i) for i in range(n)]


def test_run_started_anew() -> None:
    """Of two runs one after another the last is judged, and the other is told."""
    second = [1.9 / (1 + 0.2 * i) for i in range(12)]
    run = run_of({"epoch": [*range(10), *range(12)], "loss": [*decay(10), *second]})
    assert run.train_loss.step.tolist() == list(range(12))
    assert run.train_loss.value.tolist() == second
    assert run.notes == (
        "the log holds 2 runs one after another; this is the last one of them, the others"
        " (10 points) were left out",
    )


def test_abandoned_start() -> None:
    """A short start after a long run does not replace it."""
    run = run_of({"epoch": [*range(20), 0, 1], "loss": [*decay(20), 2.0, 1.9]})
    assert run.train_loss.value.tolist() == decay(20)
    assert "this is the first of them, the others (2 points)" in run.notes[0]


def test_abandoned_start_between_two_runs() -> None:
    """An abandoned start between two runs joins neither of them."""
    second = [1.8 / (1 + 0.2 * i) for i in range(15)]
    run = run_of(
        {
            "epoch": [*range(10), 0, 1, *range(15)],
            "loss": [*decay(10), 1.95, 1.9, *second],
        }
    )
    assert run.train_loss.step.tolist() == list(range(15))
    assert run.train_loss.value.tolist() == second
    assert "3 runs" in run.notes[0]
    assert "(2, 10 points)" in run.notes[0]


def test_resumed_run() -> None:
    """A run resumed from a checkpoint keeps the points that were logged last."""
    run = run_of(
        {
            "step": [10, 20, 30, 40, 50, 40, 50, 60],
            "loss": [1.0, 0.9, 0.8, 0.7, 0.6, 0.71, 0.61, 0.5],
            "val_loss": [None, 1.1, None, 1.0, None, 0.99, None, 0.9],
        }
    )
    assert run.train_loss.step.tolist() == [10, 20, 30, 40, 50, 60]
    assert run.train_loss.value.tolist() == [1.0, 0.9, 0.8, 0.71, 0.61, 0.5]
    assert run.val_loss.step.tolist() == [20, 40, 60]
    assert run.val_loss.value.tolist() == [1.1, 0.99, 0.9]
    assert run.notes == (
        "the run was resumed at step 40: 2 points that it then logged again replaced",
    )


def test_evaluation_before_the_first_step_of_a_new_run() -> None:
    """An evaluation logged before a new run's first step belongs to the new run."""
    run = run_of(
        {
            "step": [1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6],
            "loss": [*decay(6), None, *decay(6)],
            "val_loss": [None] * 5 + [1.5, 3.0] + [None] * 5 + [1.25],
        }
    )
    assert run.val_loss.step.tolist() == [0, 6]
    assert run.val_loss.value.tolist() == [3.0, 1.25]


def test_continued_run() -> None:
    """Parts whose loss goes on where it was are joined, and the second counts on."""
    first, second = [2.0, 1.5, 1.2, 1.0, 0.9], [0.88, 0.8, 0.75, 0.7, 0.68]
    run = run_of({"epoch": [*range(5), *range(5)], "loss": [*first, *second]})
    assert run.train_loss.step.tolist() == list(range(10))
    assert run.train_loss.value.tolist() == first + second
    assert "were joined" in run.notes[0]


def test_header_again_without_steps() -> None:
    """Where a header tells of a new run and nothing counts steps, the runs are told apart."""
    second = [1.9 / (1 + 0.2 * i) for i in range(7)]
    run = run_of({"loss": [*decay(6), *second]}, breaks=(6,))
    assert run.train_loss.step.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert run.train_loss.value.tolist() == second


def test_header_again_within_a_run() -> None:
    """A header repeated while the steps go on does not split the run."""
    run = run_of({"epoch": list(range(8)), "loss": decay(8)}, breaks=(4,))
    assert run.train_loss.value.tolist() == decay(8)
    assert run.notes == ()


@pytest.mark.parametrize("first", [0, 1])
def test_counter_within_each_epoch(first) -> None:
    """Steps counted within each epoch are numbered through."""
    steps: list[float | None] = [s + first for _ in range(4) for s in range(10)]
    epochs: list[float | None] = [e for e in range(4) for _ in range(10)]
    run = run_of({"epoch": epochs, "step": steps, "loss": decay(40)})
    assert run.train_loss.step.tolist() == [s + first for s in range(40)]
    assert run.train_loss.value.tolist() == decay(40)


def test_counter_within_each_epoch_logged_now_and_then() -> None:
    """Between the last logged step of an epoch and the first of the next lies one interval."""
    run = run_of(
        {
            "epoch": [e for e in range(3) for _ in range(4)],
            "iter": [i for _ in range(3) for i in (0, 50, 100, 150)],
            "loss": decay(12),
        }
    )
    assert run.train_loss.step.tolist() == [50.0 * i for i in range(12)]


def test_jumbled_steps() -> None:
    """A column that often goes back is no axis; the rows are counted, and it is told."""
    run = run_of({"step": [5, 3, 9, 1, 7, 2], "loss": decay(6)})
    assert run.step_unit == "row"
    assert run.train_loss.step.tolist() == [1, 2, 3, 4, 5, 6]
    assert run.notes == ("column 'step' goes back 3 times and was not taken as the step axis",)


def test_constant_steps() -> None:
    """A counter that never moves is no axis."""
    run = run_of({"epoch": [3, 3, 3, 3], "loss": decay(4)})
    assert run.train_loss.step.tolist() == [1, 2, 3, 4]


def test_few_repeated_steps() -> None:
    """Of a few repeated steps the last value is kept, and it is told."""
    run = run_of({"step": [1, 2, 2, 3, 4, 5, 6, 7], "loss": [8, 7, 6, 5, 4, 3, 2, 1]})
    assert run.train_loss.step.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert run.train_loss.value.tolist() == [8, 6, 5, 4, 3, 2, 1]
    assert run.notes == ("loss: 1 repeated step; the last value of each was kept",)


def test_many_values_a_step() -> None:
    """Values of one epoch are spread evenly up to it, in their order."""
    run = run_of({"epoch": [1, 1, 1, 1, 2, 2, 2, 2], "loss": [8, 7, 6, 5, 4, 3, 2, 1]})
    assert run.train_loss.step.tolist() == [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    assert run.train_loss.value.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert any("spread evenly" in note for note in run.notes)


def test_one_evaluation_twice() -> None:
    """An evaluation done twice on one step does not move to another step."""
    run = run_of(
        {
            "step": [10, 10, 20, 20, 20],
            "loss": [3, None, 2, None, None],
            "val_loss": [None, 3, None, 2, 1],
        }
    )
    assert run.val_loss.step.tolist() == [10, 20]
    assert run.val_loss.value.tolist() == [3, 1]


def test_unequal_spacing() -> None:
    """Steps at unequal distances, fractional and negative ones too, are kept as they are."""
    steps: list[float | None] = [-1.5, 0, 0.25, 3, 1e6, 1e6 + 1]
    assert run_of({"step": steps, "loss": decay(6)}).train_loss.step.tolist() == steps


def test_unreadable_axis() -> None:
    """An axis that is mostly no number is given up, and it is told."""
    nan = math.nan
    run = run_of({"step": [1, nan, nan, nan], "loss": decay(4)})
    assert run.step_unit == "row"
    assert any("cannot be read in 3 of 4 rows" in note for note in run.notes)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_step_that_is_no_number(bad) -> None:
    """A value at a step that is not finite is left out, and it is told."""
    run = run_of({"step": [1, 2, bad, 4, 5], "loss": [5, 4, 3, 2, 1]})
    assert run.train_loss.step.tolist() == [1, 2, 4, 5]
    assert run.train_loss.value.tolist() == [5, 4, 2, 1]
    assert any("1 point of the loss without a readable step" in note for note in run.notes)


def test_sparse_axis() -> None:
    """An axis that is logged now and then holds until it is logged again."""
    run = run_of(
        {
            "epoch": [0, None, None, None, 1, None, None, None],
            "loss": [8, 7, 6, 5, 4, 3, 2, 1],
            "val_loss": [None, None, None, 9, None, None, None, 8],
        }
    )
    assert run.train_loss.value.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert (np.diff(run.train_loss.step) > 0).all()
    assert run.val_loss.step.tolist() == [0, 1]


def test_epoch_where_the_step_is_missing() -> None:
    """The epoch is the axis where the loss's rows have no step."""
    run = run_of({"step": [None] * 3, "epoch": [1, 2, 3], "loss": [3, 2, 1]})
    assert run.step_unit == "epoch"
    assert run.train_loss.step.tolist() == [1, 2, 3]


def test_perplexity() -> None:
    """Perplexities become nats, with a note; the columns keep their names."""
    run = run_of(
        {
            "epoch": [1, 2, 3],
            "train_ppl": [math.e**3, math.e**2, math.inf],
            "valid_ppl": [math.e, 1.0, math.nan],
        }
    )
    assert run.train_loss.value.tolist() == [pytest.approx(3), pytest.approx(2), math.inf]
    assert run.val_loss.value[:2].tolist() == [pytest.approx(1), 0.0]
    assert math.isnan(run.val_loss.value[2])
    assert run.train_loss.name == "ln(train_ppl)"
    assert run.columns["train_loss"] == ("train_ppl",)
    assert any("nats" in note for note in run.notes)


def test_no_perplexity() -> None:
    """A `ppl` below 1 is no perplexity and stays as it is."""
    run = run_of({"epoch": [1, 2, 3], "ppl": [2.0, 1.0, 0.5]})
    assert run.train_loss.value.tolist() == [2.0, 1.0, 0.5]
    assert any("no perplexity" in note for note in run.notes)


def test_loss_beside_perplexity() -> None:
    """Where a loss is logged as well, its perplexity stays as it is."""
    run = run_of({"epoch": [1, 2], "loss": [2.0, 1.0], "ppl": [7.4, 2.7]})
    assert run.train_loss.value.tolist() == [2.0, 1.0]
    assert run.series["ppl"].value.tolist() == [7.4, 2.7]


def test_percentages() -> None:
    """Accuracies above 1 are percentages; what is above 100 is no accuracy."""
    run = run_of(
        {
            "epoch": [1, 2],
            "loss": [2, 1],
            "acc": [12.5, 50.0],
            "val_loss": [2, 1],
            "val_acc": [0.25, 1.0],
        }
    )
    assert run.series["train_accuracy"].value.tolist() == [0.125, 0.5]
    assert run.series["val_accuracy"].value.tolist() == [0.25, 1.0]
    assert any("acc: percentages" in note for note in run.notes)
    run = run_of({"epoch": [1, 2], "loss": [2, 1], "acc": [12.5, 500.0]})
    assert run.get("train_accuracy") is None
    assert any("takes no part" in note for note in run.notes)


def test_summed_losses() -> None:
    """Parts are added row by row; a row that lacks a part is left out of the sum alone."""
    run = run_of(
        {
            "epoch": [1, 2, 3, 4],
            "train/a_loss": [1.0, 2.0, math.nan, 4.0],
            "train/b_loss": [0.5, None, 0.5, math.inf],
        }
    )
    assert run.train_loss is not None
    run = run_of(
        {
            "epoch": [1, 2, 3, 4],
            "train/a_loss": [1.0, None, math.nan, math.inf],
            "train/b_loss": [0.5, 0.25, 0.5, None],
        }
    )
    assert run.columns["train_loss"] == ("train/a_loss", "train/b_loss")
    assert run.train_loss.step.tolist() == [1, 3]
    assert run.train_loss.value[0] == 1.5
    assert math.isnan(run.train_loss.value[1])
    assert run.series["train/b_loss"].value.tolist() == [0.5, 0.25, 0.5]
    assert any("1 row without all parts left out" in note for note in run.notes)


def test_opposite_infinities() -> None:
    """Infinities of opposite sign add up to NaN without a warning."""
    run = run_of({"epoch": [1, 2], "a_loss": [math.inf, 1.0], "b_loss": [-math.inf, 1.0]})
    assert math.isnan(run.train_loss.value[0])


def test_rows_that_were_not_evaluated() -> None:
    """Validation parts that are all exactly zero were not evaluated (YOLOv9's first row)."""
    run = run_of(
        {
            "epoch": [0, 1, 2],
            "train/box_loss": [3, 2, 1], "train/cls_loss": [3, 2, 1],
            "val/box_loss": [0, 2, 1], "val/cls_loss": [0, 1, 0],
        }
    )  # fmt: skip
    assert run.val_loss.step.tolist() == [1, 2]
    assert run.val_loss.value.tolist() == [3, 1]
    assert any("not evaluated" in note for note in run.notes)


def test_parts_that_both_losses_have() -> None:
    """Only parts that both losses have are added, so that the sums are comparable."""
    run = run_of(
        {
            "epoch": [1, 2],
            "train/box_loss": [1, 1], "train/cls_loss": [2, 2], "train/l1_loss": [9, 9],
            "val/box_loss": [3, 3], "val/cls_loss": [4, 4],
        }
    )  # fmt: skip
    assert run.train_loss.value.tolist() == [3, 3]
    assert run.val_loss.value.tolist() == [7, 7]


def test_all_zero_loss() -> None:
    """A loss of exactly zero throughout is a symptom and is kept."""
    assert run_of({"epoch": [1, 2, 3], "loss": [0, 0, 0]}).train_loss.value.tolist() == [0, 0, 0]


def test_unused_columns() -> None:
    """Columns without a role keep their own names and are listed as unused."""
    run = run_of({"epoch": [1, 2], "loss": [2, 1], "f1": [0.5, 0.6], "Unnamed: 0": [0, 1]})
    assert run.series["f1"].value.tolist() == [0.5, 0.6]
    assert run.unused == ("f1",)


def test_huge_numbers() -> None:
    """Numbers at the limits of floats neither overflow with a warning nor move."""
    big = 1.7e308
    run = run_of({"step": [-big, 0, big], "loss": [big, -big, big], "a_loss": [1, 2, 3]})
    assert run.train_loss.value.tolist() == [big, -big, big]


def test_column_of_one_point() -> None:
    """A loss with a single point is no curve."""
    with pytest.raises(LogError, match="'loss' holds a single point"):
        run_of({"epoch": [1], "loss": [0.5]})


def test_losses_in_bits(read_log) -> None:
    """Where the perplexity is 2 to the power of the loss, as fairseq counts, it is in bits."""
    losses = [9 - i / 2 for i in range(10)]
    rows = "".join(f"{i},{x},{2**x:.2f},{x + 1}\n" for i, x in enumerate(losses))
    run = read_log(f"step,train_loss,train_ppl,valid_loss\n{rows}")
    assert run.train_loss.value == pytest.approx([x * math.log(2) for x in losses])
    assert run.val_loss.value == pytest.approx([(x + 1) * math.log(2) for x in losses])
    assert any("in bits" in note for note in run.notes)


def test_losses_in_nats(read_log) -> None:
    """A perplexity that is e to the power of the loss, or of another loss, changes none."""
    losses = [9 - i / 2 for i in range(10)]
    for ppl in (math.exp, lambda x: 3 * x):
        rows = "".join(f"{i},{x},{ppl(x):.3f}\n" for i, x in enumerate(losses))
        run = read_log(f"step,train_loss,train_ppl\n{rows}")
        assert run.train_loss.value.tolist() == losses


@pytest.mark.parametrize("name", ["val_bpb", "bits_per_byte", "test_bpc", "bits_per_char"])
def test_bits_per_byte_are_no_loss(read_log, name) -> None:
    """Another unit per another piece of text is not compared with a loss in nats."""
    rows = "".join(f"{i},{1 / i}\n" for i in range(1, 6))
    with pytest.raises(LogError, match="no column is called a loss"):
        read_log(f"step,{name}\n{rows}")


@pytest.mark.parametrize(("first", "with_epochs"), [(0, True), (1, True), (0, False)])
def test_a_validation_loss_that_counts_epochs(first, with_epochs) -> None:
    """It is placed at the ends of the epochs; where none are told it takes no part."""
    steps = [float(s) for s in range(100)]
    epochs = [float(first + s // 10) for s in range(100)]
    blank: list[float | None] = [None] * 10
    columns: dict[str, list[float | None]] = {
        "step": [*steps, *(float(first + e) for e in range(10))],
        "train_loss": [*decay(100), *blank],
        "val_loss": [*([None] * 100), *decay(10)],
    }
    if with_epochs:
        columns["epoch"] = [*epochs, *blank]
    run = run_of(columns)
    assert run.train_loss.step.tolist() == steps
    if with_epochs:
        assert run.val_loss.step.tolist() == [float(s) for s in range(9, 100, 10)]
        assert run.val_loss.value.tolist() == decay(10)
        assert "val_loss: counts epochs; placed at the last step of each" in run.notes
    else:
        assert run.val_loss is None
        assert any("nothing says at which steps those end" in note for note in run.notes)


@pytest.mark.parametrize("val_steps", [[10, 20, 30, 40], [0, 1, 2, 3, 50], [96, 97, 98, 99]])
def test_a_validation_loss_that_counts_steps_stays(val_steps) -> None:
    """Steps that are not counted by ones from the start are steps."""
    columns: dict[str, list[float | None]] = {
        "step": [*map(float, range(100)), *map(float, val_steps)],
        "loss": [*decay(100), *([None] * len(val_steps))],
        "val_loss": [*([None] * 100), *decay(len(val_steps))],
    }
    assert run_of(columns).val_loss.step.tolist() == val_steps


@pytest.mark.parametrize(
    ("which", "over"), [("train_loss", "a batch"), ("val_loss", "the data set")]
)
def test_a_sum_and_a_mean_are_not_comparable(which, over) -> None:
    """Where one loss is many times the other from the start, the run says so."""
    columns = {
        "epoch": [float(e) for e in range(20)],
        "train_loss": decay(20),
        "val_loss": decay(20),
    }
    assert run_of(columns).is_comparable
    columns[which] = [64 * (value or 0) for value in columns[which]]
    run = run_of(columns)
    assert not run.is_comparable
    assert any(f"64 times the {'validation' if which == 'train_loss' else 'training'} loss" in note
               and f"a sum, as over {over}," in note for note in run.notes)  # fmt: skip


@pytest.mark.parametrize("val", [[2.0 + 0.1 * e for e in range(20)], decay(20)])
def test_a_gap_that_came_with_the_training_is_comparable(val) -> None:
    """A training loss that falls to nothing is no mean beside a sum, whatever the factor later."""
    train: list[float | None] = [2.0 * 0.5**e for e in range(20)]
    run = run_of({"epoch": [float(e) for e in range(20)], "train_loss": train, "val_loss": val})
    assert run.is_comparable


@given(
    st.lists(st.integers(0, 2**60).map(float), min_size=2, max_size=6, unique=True),
    st.integers(1, 4),
)
def test_rows_of_one_step_stand_between_it_and_the_one_before(steps, rows):
    """Whatever the steps, each row has a place of its own, and the last one the step itself."""
    given_steps = np.repeat(sorted(steps), rows)
    placed = _spread(given_steps)
    assert (np.diff(placed) > 0).all()
    if np.diff(sorted(steps)).min() > 2**20:
        assert placed[rows - 1 :: rows].tolist() == sorted(steps)
