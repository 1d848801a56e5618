"""The benchmark of interventions: its data, its runs, their logs and their classes."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.interventions import generate
from benchmarks.interventions.arms import ARMS
from benchmarks.interventions.data import SETS, spoiled
from benchmarks.interventions.faults import FAULTS
from benchmarks.interventions.logs import draw_log
from benchmarks.interventions.programs import CHOSEN_ON, PROGRAMS, healthy
from benchmarks.interventions.truth import (
    FROZEN,
    UNSTABLE,
    classes,
    is_held_out,
    load,
    problems,
)
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.train import History, Series
from diagnose import diagnose

ONE_OF_EACH = [(program, made.data[0]) for program, made in PROGRAMS.items()]

# What each set is, by hand: the kind of task, the shape of one example, outputs, and its examples
# that validate.
DATA = {
    "breast_cancer": ("classification", (30,), 2, 284),
    "wine": ("classification", (13,), 3, 89),
    "clusters": ("classification", (20,), 4, 300),
    "spirals": ("classification", (2,), 3, 300),
    "diabetes": ("regression", (10,), 1, 221),
    "friedman": ("regression", (10,), 1, 300),
    "teacher": ("regression", (12,), 1, 300),
    "ripples": ("regression", (4,), 1, 300),
    "digits": ("classification", (1, 8, 8), 10, 898),
    "shapes": ("classification", (1, 10, 10), 4, 300),
    "gratings": ("classification", (1, 10, 10), 6, 300),
    "adding": ("regression", (10, 2), 1, 300),
    "rhythms": ("classification", (14, 1), 4, 300),
    "brackets": ("classification", (12, 4), 2, 300),
    "oscillator": ("regression", (12, 1), 1, 300),
    "descriptions": ("classification", (10, 28), 28, 300),
    "grammar": ("classification", (8, 6), 6, 300),
    "majority": ("classification", (10, 5), 5, 300),
    "lookup": ("classification", (6, 12), 6, 300),
    "glyphs": ("classification", (1, 10, 10), 8, 300),
    "weaves": ("classification", (1, 10, 10), 6, 300),
    "sensors": ("regression", (16,), 1, 300),
}


def test_every_data_set_is_described_and_used():
    """The table above, the sets, and those that programs use are the same names."""
    used = [name for program in PROGRAMS.values() for name in program.data]
    assert sorted(used) == sorted(SETS) == sorted(DATA)


@pytest.mark.parametrize("name", DATA)
def test_a_data_set_is_what_it_says(name):
    """Task, shapes, counts and classes are as listed, all values are finite, and a seed decides."""
    task, shape, outputs, n_val = DATA[name]
    made, again, other = (SETS[name](seed, n_train=60) for seed in (5, 5, 6))
    assert (made.task, made.inputs, made.outputs) == (task, shape, outputs)
    assert (len(made.train), len(made.val)) == (60, n_val)
    for x, y in (made.train, made.val):
        assert x.isfinite().all()
        if task == "regression":
            assert y.shape == (len(x), 1)
            assert y.isfinite().all()
        else:
            assert y.dtype == torch.int64
            assert set(y.tolist()) <= set(range(outputs))
    if task == "classification" and outputs <= 10:
        assert set(made.val.y.tolist()) == set(range(outputs))
    assert torch.equal(made.train.x, again.train.x)
    assert not torch.equal(made.train.x, other.train.x)


def test_more_data_are_validated_on_the_same_examples():
    """The arm has four times the examples to train on, and what it is compared on stays."""
    recipe, _, _ = generate.configuration(("cnn-images", "shapes", 0))
    more = ARMS["more-data"](recipe).peek()
    assert len(more.train) == 4 * len(recipe.peek().train)
    assert torch.equal(more.val.x, recipe.peek().val.x)
    assert torch.equal(more.val.y, recipe.peek().val.y)


@pytest.mark.parametrize("name", ["glyphs", "weaves", "sensors"])
def test_a_source_task_has_other_targets(name):
    """What is learned first has inputs of the same shape and more outputs than what follows."""
    own, source = SETS[name](1, n_train=50), SETS[name](1, n_train=50, source=True)
    assert source.inputs == own.inputs
    assert source.outputs > own.outputs


def test_faults_of_data_leave_the_rest_of_them():
    """A shift moves the validation inputs alone, outliers the training inputs, noise the labels."""
    plain = spoiled(0, "clusters", 100, split=2)
    shifted = spoiled(0, "clusters", 100, split=2, shift=1.0)
    assert torch.equal(shifted.train.x, plain.train.x)
    moved = (shifted.val.x - plain.val.x).abs()
    assert moved.min() == pytest.approx(float(plain.val.x.std()), rel=1e-4)
    assert moved.max() == pytest.approx(float(plain.val.x.std()), rel=1e-4)
    far = spoiled(0, "clusters", 100, split=2, outliers=0.1)
    hit = (far.train.x != plain.train.x).any(1)
    assert torch.equal(far.train.x[hit], 30 * plain.train.x[hit])
    assert 0 < int(hit.sum()) < 30
    assert torch.equal(far.val.x, plain.val.x)
    noisy = spoiled(0, "clusters", 100, split=2, label_noise=0.4)
    assert torch.equal(noisy.train.x, plain.train.x)
    # A label that is drawn anew is the same again one time in four.
    assert float((noisy.val.y != plain.val.y).float().mean()) == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_configuration_is_drawn_the_same_each_time(program):
    """Key for key the recipe, its faults and what is drawn after them are the same."""
    key = (program, PROGRAMS[program].data[-1], 7)
    first, second = generate.configuration(key), generate.configuration(key)
    assert first[:2] == second[:2]
    assert first[2].random() == second[2].random()
    others = [generate.configuration((*key[:2], number))[0] for number in range(5)]
    assert len(set(map(repr, others))) == 5


def test_a_frozen_record_is_of_the_configuration_that_its_key_draws():
    """What was drawn then, in another process, is drawn now."""
    if not FROZEN.exists():
        pytest.skip("the records are not frozen yet")
    for record in load()[::97]:
        program, data, number = record["id"].split("/")
        recipe, faults, _ = generate.configuration((program, data, int(number)))
        assert list(faults) == record["faults"]
        assert json.loads(json.dumps(generate._described(recipe))) == record["recipe"]


def test_configurations_take_all_data_sets_in_turn():
    """A part of the keys has each data set as often as another, and no key twice."""
    wanted = generate.keys(3)
    assert len(wanted) == len(set(wanted)) == 3 * len(SETS)
    assert {data for _, data, _ in wanted[: len(SETS)]} == set(SETS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_applies_to_some_program(fault):
    """It changes the recipe of at least one program, and no other way out than its own is taken."""
    changed = 0
    for program, data in ONE_OF_EACH:
        recipe = healthy(program, data, np.random.default_rng(1))
        try:
            changed += FAULTS[fault](recipe, np.random.default_rng(2)) != recipe
        except NotApplicable:
            continue
    assert changed


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_leaves_the_data_and_the_steps(arm):
    """The split is the same, and so are the steps: twice as many only where training is longer."""
    applied = 0
    for program, data in ONE_OF_EACH:
        recipe = healthy(program, data, np.random.default_rng(4))
        try:
            changed = ARMS[arm](recipe)
        except NotApplicable:
            continue
        applied += 1
        before, after = recipe.peek(), changed.peek()
        assert after.val.y.shape == before.val.y.shape
        if arm == "more-data":
            few = steps(changed) // changed.epochs
            assert len(after.train) > 1.4 * len(before.train)
            assert abs(steps(changed) - steps(recipe)) <= few
            continue
        assert torch.equal(after.val.x, before.val.x)
        assert torch.equal(after.train.y, before.train.y)
        assert steps(changed) == (2 if arm == "longer-training" else 1) * steps(recipe)
        assert changed.seed == recipe.seed + (arm == "again")
    if arm != "input-scaling":  # what a competent user starts from is scaled
        assert applied


def steps(recipe: Recipe) -> int:
    """Return the optimizer steps of a run, counted from its data."""
    count = len(recipe.peek().train)
    return recipe.epochs * (count // min(recipe.batch_size or count, count))


def test_inputs_that_are_raw_are_scaled_by_their_arm():
    """Columns of many units come out with one spread, on the same rows and the same labels."""
    rng = np.random.default_rng(0)
    recipe = healthy("mlp-classification", "clusters", rng).set_data(raw=2.0)
    made, before = ARMS["input-scaling"](recipe).peek(), recipe.peek()
    assert before.train.x.std(0).max() > 10 * before.train.x.std(0).min()
    assert made.train.x.std(0).tolist() == pytest.approx([1.0] * 20, rel=0.05)
    assert torch.equal(made.train.y, before.train.y)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Make the record of a small network that is trained for five epochs, with three arms."""
    recipe = Recipe(
        data=Part(spoiled, name="wine", n_train=40, split=1),
        model=Part(mlp, widths=(8,), activation=Part(nn.ReLU)),
        optimizer=Part(torch.optim.SGD),
        lr=0.1,
        epochs=5,
        batch_size=10,
    )
    monkeypatch.setattr(
        generate, "configuration", lambda _: (recipe, ("none",), np.random.default_rng(3))
    )
    wanted = ("again", "longer-training", "input-scaling")
    monkeypatch.setattr(generate, "ARMS", {name: ARMS[name] for name in wanted})
    threads = torch.get_num_threads()
    with warnings.catch_warnings():
        yield generate.make(("mlp-classification", "wine", 0))
    torch.set_num_threads(threads)


def test_a_record_has_finite_outcomes_and_a_log_that_is_diagnosed(tiny):
    """It goes through JSON; what does not apply is left out; training lowers what it logs."""
    record = json.loads(json.dumps(tiny, allow_nan=False))
    assert set(record["outcomes"]) == {"base", "again", "longer-training"}
    for train, val, best in record["outcomes"].values():
        assert 0 < train < record["constant"][0]
        assert 0 < best <= val
    assert record["outcomes"]["longer-training"][0] < record["outcomes"]["base"][0]
    # Three classes of 59, 71 and 48 wines, in these shares among those that train.
    assert record["constant"] == pytest.approx([1.09, 1.09], abs=0.02)
    assert record["linear"][1] < 0.5 * record["constant"][1]
    assert 0 < record["best_share"] <= 1
    log = {k: v if isinstance(v, str) else np.array(v, float) for k, v in record["log"].items()}
    assert diagnose(**log).verdict.problem


def test_an_arm_that_is_trained_again_comes_out_as_before(tiny):
    """Its outcome alone is made anew, the same from the same code; one that fails to apply goes."""
    others = {"base": [1.0, 1.0, 1.0], "input-scaling": [0.5, 0.5, 0.5]}
    for name, expected in (
        ("longer-training", {**others, "longer-training": tiny["outcomes"]["longer-training"]}),
        ("input-scaling", {"base": [1.0, 1.0, 1.0]}),
    ):
        made = generate.remake(({**tiny, "outcomes": dict(others)}, name))
        assert made == {**tiny, "outcomes": expected}


def test_what_is_made_goes_on_where_it_stopped(tmp_path):
    """Whole records stay, a line that was cut off is made again, and nothing is made twice."""
    keys = [("a", "b", number) for number in range(4)]
    build = tmp_path / "new" / "runs.jsonl"
    asked: list[tuple[str, str, int]] = []

    def make_all(wanted):
        for key in wanted:
            asked.append(key)
            yield {"id": "/".join(map(str, key)), "value": key[2]}

    going = generate.resume(build, keys, make_all)
    assert [next(going), next(going)] == [(1, 4), (2, 4)]
    going.close()
    whole = build.read_text()
    build.write_text(whole + '{"id": "a/b/2", "va')
    asked.clear()
    assert list(generate.resume(build, keys, make_all)) == [(3, 4), (4, 4)]
    assert asked == keys[2:]
    assert build.read_text().startswith(whole)
    assert [json.loads(line)["value"] for line in build.read_text().splitlines()] == [0, 1, 2, 3]
    assert list(generate.resume(build, keys, make_all)) == []


def test_frozen_records_are_sorted_and_the_same_each_time(tmp_path):
    """The order in which records were made, and the time, leave no trace in what is frozen."""
    lines = [json.dumps({"id": name, "log": {"val_loss": [None]}}) for name in ("b", "a")]
    files = []
    for number, order in enumerate((lines, lines[::-1])):
        build, frozen = tmp_path / f"{number}.jsonl", tmp_path / f"{number}.gz"
        build.write_text("".join(line + "\n" for line in order))
        os.utime(build, (number, number))
        assert generate.freeze(build, frozen) == 2
        files.append(frozen)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert [record["id"] for record in load(files[0])] == ["a", "b"]


def history(epochs: int = 12, per_epoch: int = 4, broken: bool = False) -> History:
    """Return a history in which each value tells the step it was measured at."""
    at = np.arange(1.0, epochs * per_epoch + 1)
    ends = at[per_epoch - 1 :: per_epoch]
    val = ends / 7
    if broken:
        val[-1] = math.inf
    series = {
        "loss": Series(at, at / 3),
        "lr": Series(at, at / 1e5),
        "grad_norm": Series(at, at / 9),
        "val_loss": Series(ends, val),
        "train_accuracy": Series(ends, ends / 100),
        "val_accuracy": Series(ends, ends / 200),
    }
    return History(series, per_epoch)


def test_a_log_only_rounds_and_drops():
    """Steps rise to the end of the run, and each value is that of its step to some decimals."""
    seen: set[str] = set()
    for seed in range(80):
        log = draw_log(history(), np.random.default_rng(seed))
        unit = 4 if log["step_unit"] == "epoch" else 1
        seen |= {log["step_unit"], *log}
        for name in ("steps", "val_steps"):
            assert (np.diff(log[name]) > 0).all()
            assert log[name][0] > 0
        assert log["val_steps"][-1] * unit == 48
        assert log["steps"][-1] * unit > 48 - (5 if unit == 1 else 1)  # a row each five steps
        told = np.array(log["steps"]) * unit
        evaluated = np.array(log["val_steps"]) * unit
        assert len(log["train_loss"]) == len(told)
        # A mean over the past, of whatever kind, is no more than the step itself says.
        assert (np.array(log["train_loss"]) <= told / 3 + 1e-3).all()
        assert (np.array(log["train_loss"]) > 0).all()
        assert log["val_loss"] == pytest.approx(list(evaluated / 7), abs=6e-4)
        if "lr" in log:
            assert log["lr"] == pytest.approx(list(told / 1e5), abs=1e-8)
        if "val_accuracy" in log:
            assert log["val_accuracy"] == pytest.approx(list(evaluated / 200), abs=6e-4)
        if "train_accuracy" in log:
            assert log["train_accuracy"] == pytest.approx(list(told / 100), abs=6e-4)
    assert {"epoch", "step", "lr", "grad_norm", "train_accuracy", "val_accuracy"} <= seen


def test_what_broke_is_logged_where_it_broke():
    """The last evaluation, which is not finite, stands in every log, and JSON can hold it."""
    for seed in range(20):
        log = draw_log(history(broken=True), np.random.default_rng(seed))
        assert log["val_loss"][-1] is None
        assert None not in log["val_loss"][:-1]
        json.dumps(log, allow_nan=False)


BASE = (0.50, 1.00, 0.99)
"""Training and validation loss at the end, and the best one, where a constant has 2."""


def found(base: tuple[float, float, float] = BASE, **arms: tuple[float, float, float]) -> set[str]:
    """Return the classes of a run by the outcomes of its arms; its repeat came out as it did."""
    made = {"base": base, "again": base, **{name.replace("_", "-"): v for name, v in arms.items()}}
    return set(classes({"constant": [2.0, 2.0], "outcomes": made}))


# A constant's loss is 2: training is clearly lower by 0.10, a best validation loss by 0.06, lower
# by 0.02, and a gap is wide from 0.20 on.
FITS = (0.39, 0.90, 0.90)
CLOSE = (0.41, 0.90, 0.90)
NO_BETTER = (0.39, 1.00, 0.98)
NARROW = (0.85, 1.00, 0.99)


@pytest.mark.parametrize(
    ("base", "arms", "expected"),
    [
        (NARROW, {}, {"healthy"}),
        (NARROW, {"adam": (0.74, 0.9, 0.9)}, {"optimization"}),
        (NARROW, {"adam": (0.76, 0.9, 0.9)}, {"healthy"}),
        (NARROW, {"adam": (0.74, 1.0, 0.98)}, {"healthy"}),
        (NARROW, {"normalization": (0.2, 0.9, 0.96)}, {"optimization"}),
        (NARROW, {"longer_training": (0.2, 0.9, 0.9)}, {"undertrained"}),
        (NARROW, {"larger_model": (0.2, 0.9, 0.9)}, {"capacity"}),
        (NARROW, {"less_regularization": (0.2, 0.9, 0.9)}, {"over-regularized"}),
        (NARROW, {"longer_training": FITS, "adam": FITS}, {"optimization"}),
        (NARROW, {"larger_model": FITS, "longer_training": FITS}, {"undertrained"}),
        (NARROW, {"adam": FITS, "less_regularization": FITS}, {"optimization", "over-regularized"}),
        (NARROW, {"more_data": (0.85, 0.5, 0.5)}, {"healthy"}),
        (BASE, {"more_data": (0.6, 0.92, 0.92)}, {"overfitting"}),
        (BASE, {"dropout": (0.6, 0.92, 0.92)}, {"overfitting"}),
        (BASE, {"adam": FITS, "weight_decay": (0.6, 0.9, 0.9)}, {"optimization", "overfitting"}),
        (BASE, {"adam": CLOSE}, None),
        (BASE, {"adam": NO_BETTER}, None),
        (BASE, {"more_data": (0.6, 0.94, 0.94)}, None),
        ((0.5, 1.0, 0.93), {}, {"overfitting"}),
        ((0.5, 1.0, 0.95), {}, None),
        ((2.1, 3.0, 1.9), {}, {"nothing learned"}),
        ((1.89, 1.9, 1.9), {}, {"healthy"}),
    ],
)
def test_classes_follow_from_what_helped(base, arms, expected):
    """Each class holds just beyond its margin, and does not just before; None: no class of these.

    The margins are worked out by hand above.
    """
    got = found(base, **arms)
    if expected is None:
        assert not got & {"optimization", "overfitting", "undertrained", "capacity"}
    else:
        assert got == expected


@pytest.mark.parametrize(
    ("beyond", "val", "expected"),
    [
        (0.01, 0.9, {"optimization"}),
        (-0.01, 0.9, {"healthy"}),
        (0.01, 0.995, {"healthy"}),
    ],
)
def test_a_run_that_only_another_seed_saves_was_unstable(beyond, val, expected):
    """Its repeat trains lower by some margins of 0.10, and validates lower: the optimization."""
    again = (NARROW[0] - 0.10 * UNSTABLE - beyond, val, val)
    made = {"base": NARROW, "again": again}
    assert classes({"constant": [2.0, 2.0], "outcomes": made}) == expected


def test_a_run_that_ends_as_good_as_a_guess_is_compared_by_its_end():
    """What it had reached on the way does not make it healthy, if another ends lower."""
    lost = {"base": (2.1, 2.2, 0.5), "again": (2.1, 2.2, 0.5)}
    kept = {**lost, "gradient-clipping": (0.4, 0.6, 0.55)}
    assert classes({"constant": [2.0, 2.0], "outcomes": kept}) == {"optimization"}
    near = {**lost, "gradient-clipping": (1.95, 2.1, 0.55)}
    assert classes({"constant": [2.0, 2.0], "outcomes": near}) == {"nothing learned"}


def test_an_arm_must_beat_the_luck_of_a_seed():
    """What the repeat reaches as well is no help."""
    made = {"base": NARROW, "again": (0.76, 0.95, 0.95), "adam": (0.74, 0.9, 0.9)}
    assert classes({"constant": [2.0, 2.0], "outcomes": made}) == {"healthy"}
    made["adam"] = (0.65, 0.9, 0.9)
    assert classes({"constant": [2.0, 2.0], "outcomes": made}) == {"optimization"}


def test_a_run_that_broke_is_helped_by_what_does_not_break():
    """A loss that was not finite is infinite, so an arm that ends is better by far."""
    record = {"constant": [2.0, 2.0], "outcomes": {"base": [None, None, 1.9], "again": [None] * 3}}
    record["outcomes"]["rate /10"] = [0.3, 0.5, 0.5]
    assert classes(record) == {"optimization"}


def test_classes_stand_for_problems():
    """Each cause of underfitting is underfitting; what is no cause stays as it is."""
    assert problems(frozenset({"optimization", "capacity"})) == {"underfitting"}
    assert problems(frozenset({"undertrained", "overfitting"})) == {"underfitting", "overfitting"}
    assert problems(frozenset({"over-regularized"})) == {"underfitting"}
    assert problems(frozenset({"healthy"})) == {"healthy"}


def test_programs_held_out_share_no_data_with_those_chosen_on():
    """Three programs chose the rules, three are held out, and no data set is in both."""
    chosen = {name for program in CHOSEN_ON for name in PROGRAMS[program].data}
    held = {name for p, made in PROGRAMS.items() if p not in CHOSEN_ON for name in made.data}
    assert not chosen & held
    assert (len(CHOSEN_ON), len(PROGRAMS)) == (3, 6)
    assert is_held_out({"program": "fine-tuning"})
    assert not is_held_out({"program": CHOSEN_ON[0]})
