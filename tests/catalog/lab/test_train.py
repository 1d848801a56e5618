"""The training loop: what it logs is what it trained, and nothing outside is touched."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab import train as lab
from catalog.lab.data import Split, diabetes
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, few, short
from catalog.lab.train import Callback, evaluate, predict, train
from diagnose import diagnose

BRIEF = few().replace(epochs=2, evaluate_every=1)
REGRESSION = Recipe(data=Part(diabetes), model=Part(mlp), optimizer=SGD, lr=0.05, epochs=6)


def flat(model):
    """Return all parameters in one vector."""
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_the_same_recipe_gives_the_same_history():
    """To the last bit, with dropout drawn; another seed gives another."""
    recipe = short(20).set_model(dropout=Part(nn.Dropout, p=0.3))
    one, same, other = (train(r) for r in (recipe, recipe, recipe.replace(seed=1)))
    for name, series in one.history.series.items():
        assert np.array_equal(series.value, same.history.series[name].value)
    assert torch.equal(flat(one.model), flat(same.model))
    assert one.final == same.final
    assert other.final != one.final


def test_the_caller_s_random_state_is_left():
    """Neither torch's nor NumPy's numbers are used up, and none of them has an effect."""
    torch.manual_seed(3)
    before, numpys = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = train(BRIEF).final
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpys)  # noqa: NPY002
    torch.manual_seed(4)
    assert train(BRIEF).final == first


def cross_entropy(logits, y):
    """Return the mean cross-entropy, in NumPy."""
    logits = logits.detach().double().numpy()
    top = logits.max(1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
    return float((log_sum - logits[np.arange(len(y)), y.numpy()]).mean())


def test_the_clean_losses_are_those_of_the_network_it_returns():
    """Dropout off, no penalty: loss and accuracy are what NumPy finds from the outputs."""
    dropped = short(20).set_model(dropout=Part(nn.Dropout, p=0.5))
    fit = train(dropped.plus(regularization=Part(seven)))
    for split, loss, accuracy in (
        (fit.data.train, "clean_train_loss", "train_accuracy"),
        (fit.data.val, "val_loss", "val_accuracy"),
    ):
        logits = fit.model(split.x)  # the network is returned in evaluation mode
        assert fit.final[loss] == pytest.approx(cross_entropy(logits, split.y), rel=1e-5)
        share = float((logits.argmax(1) == split.y).double().mean())
        assert fit.final[accuracy] == pytest.approx(share)
        assert fit.history.series[loss].value[-1] == fit.final[loss]


def test_a_regression_is_measured_by_squares():
    """Mean squared error and R², as NumPy finds them."""
    fit = train(REGRESSION)
    y, guess = (t.detach().double().numpy() for t in (fit.data.val.y, fit.model(fit.data.val.x)))
    error = ((guess - y) ** 2).mean()
    assert fit.final["val_loss"] == pytest.approx(error, rel=1e-5)
    assert fit.final["val_r2"] == pytest.approx(1 - error / y.var(), rel=1e-4)


def seven(model, batch):  # noqa: ARG001
    """Return a term that adds seven to the loss and nothing to its gradient."""
    return torch.tensor(7.0)


def doubled(x, y, generator):  # noqa: ARG001
    """Return inputs twice as large."""
    return 2 * x, y


def zeroed(parameters):
    """Set all gradients to zero."""
    for p in parameters:
        p.grad.zero_()


def test_the_logged_loss_is_what_was_trained():
    """Augmentation and penalty included, at the weights that the step began with."""
    recipe = BRIEF.plus(augmentation=Part(doubled), regularization=Part(seven))
    fit = train(recipe)
    model, split = untrained(recipe), recipe.peek().train
    expected = 7 + cross_entropy(model(2 * split.x), split.y)
    assert fit.history.series["loss"].value[0] == pytest.approx(expected, rel=1e-6)
    # Evaluation comes after the step, and sees neither.
    assert fit.history.series["clean_train_loss"].value[-1] < 3


def test_the_logged_norm_is_that_of_the_whole_gradient_before_it_is_changed():
    """Gradients that are then set to zero are logged as they were, and train nothing."""
    recipe = BRIEF.plus(gradients=Part(zeroed))
    fit = train(recipe)
    model, split = untrained(recipe), recipe.peek().train
    F.cross_entropy(model(split.x), split.y).backward()
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert fit.history.series["grad_norm"].value[0] == pytest.approx(float(norm), rel=1e-5)
    assert torch.equal(flat(fit.model), flat(model))


def test_one_step_is_gradient_descent():
    """With SGD and the whole set as a batch, a step goes down the gradient by the rate."""
    recipe = few().replace(optimizer=SGD, lr=0.3, epochs=1)
    model, split = untrained(recipe), recipe.peek().train
    F.cross_entropy(model(split.x), split.y).backward()
    expected = torch.cat([(p - 0.3 * p.grad).detach().flatten() for p in model.parameters()])
    torch.testing.assert_close(flat(train(recipe).model), expected)


def asleep(model, data, recipe):  # noqa: ARG001
    """Leave a network in evaluation mode, as trained ones are."""
    return model.eval()


def test_training_is_in_training_mode():
    """Whatever mode the network starts in, its dropout is on."""
    recipe = BRIEF.set_model(dropout=Part(nn.Dropout, p=0.5))
    assert train(recipe.plus(start=Part(asleep))).final == train(recipe).final


class Curious(torch.optim.SGD):
    """SGD that asks for the loss a second time, far away, and comes back."""

    @torch.no_grad()
    def step(self, closure):
        """Look, and step by the gradient of the place where it stands."""
        with torch.enable_grad():
            closure()
        parameters = self.param_groups[0]["params"]
        kept = [(p.clone(), p.grad.clone()) for p in parameters]
        for p in parameters:
            p.mul_(10)
        with torch.enable_grad():
            closure()
        for p, (value, gradient) in zip(parameters, kept, strict=True):
            p.copy_(value)
            p.grad.copy_(gradient)
        super().step()


def test_the_log_tells_of_where_a_step_began():
    """An optimizer may ask for the loss elsewhere, too; that is no loss of the run."""
    plain, curious = (
        train(short(20).replace(optimizer=Part(make))).history.series
        for make in (torch.optim.SGD, Curious)
    )
    for name in ("loss", "grad_norm"):
        assert curious[name].value == pytest.approx(plain[name].value)


def falling(step, total_steps):
    """Return a factor that falls from one to next to nothing."""
    return 1 - step / total_steps


def test_the_schedule_multiplies_the_rate():
    """The steps are counted from zero, and each step's rate is logged."""
    fit = train(short(20).replace(schedule=Part(falling)))
    expected = [0.1 * (1 - t / 20) for t in range(20)]
    assert fit.history.series["lr"].value == pytest.approx(expected)


def test_batches_that_do_not_fill_a_step_are_left_out():
    """Of 300 examples, 7 batches of 40 make 3 steps of 2 batches."""
    fit = train(short(20).replace(batch_size=40, accumulate=2))
    assert fit.history.steps_per_epoch == 3
    assert len(fit.history.series["loss"].step) == 6


def test_accumulated_batches_are_one_step_on_their_mean():
    """Three batches of ten end with the weights of batches of thirty."""
    recipe = short(20)
    summed = train(recipe.replace(batch_size=10, accumulate=3))
    torch.testing.assert_close(flat(summed.model), flat(train(recipe).model))


def test_more_batches_than_there_are_examples_are_refused():
    """The message says how many there are."""
    with pytest.raises(ValueError, match="training examples") as error:
        train(short().replace(accumulate=11))
    assert str(error.value) == (
        "11 batches of 30 are more than the 300 training examples;"
        " take smaller batches or accumulate fewer."
    )


def by_number(split, epoch, epochs, generator):  # noqa: ARG001
    """Return the examples as they stand."""
    return torch.arange(len(split))


def remembered(x, y, generator):  # noqa: ARG001
    """Return a batch, and keep its targets."""
    SEEN.append(y)
    return x, y


SEEN: list[torch.Tensor] = []


@pytest.mark.parametrize("order", [None, Part(by_number)])
def test_an_epoch_uses_each_example_once(order):
    """By default in another order each time, and in the order that is asked for."""
    SEEN.clear()
    recipe = short(20).replace(order=order).plus(augmentation=Part(remembered))
    train(recipe)
    y = recipe.peek().train.y
    epochs = torch.cat(SEEN[:10]), torch.cat(SEEN[10:])
    for epoch in epochs:
        assert torch.equal(epoch.sort().values, y.sort().values)
        assert torch.equal(epoch, y) == (order is not None)
    assert torch.equal(*epochs) == (order is not None)


class Diary(Callback):
    """Writes down what it is told of, and stops after two epochs."""

    told: ClassVar[list[object]] = []

    def on_start(self, loop):
        """Note the start."""
        self.told[:] = ["start", loop.step]

    def after_step(self, loop):
        """Note the step."""
        self.told.append(loop.step)

    def after_evaluation(self, loop):
        """Note the evaluation, and stop after the second."""
        self.told.append("evaluation")
        loop.stopped = self.told.count("evaluation") == 2

    def on_end(self, loop):
        """Leave another network as the result."""
        self.told.append("end")
        loop.evaluated = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        for p in loop.evaluated.parameters():
            nn.init.zeros_(p)


def test_callbacks_are_told_in_order_and_can_end_a_run():
    """Start, steps and evaluations as they happen; the run ends with the epoch that is stopped."""
    recipe = short(50).replace(batch_size=100, evaluate_every=1).plus(callbacks=Part(Diary))
    fit = train(recipe)
    assert Diary.told == ["start", 0, 1, 2, 3, "evaluation", 4, 5, 6, "evaluation", "end"]
    assert list(fit.history.series["val_loss"].step) == [3, 6]


def test_what_a_callback_leaves_is_the_result():
    """The final numbers are those of the network in `evaluated`: one that knows nothing."""
    fit = train(short(20).plus(callbacks=Part(Diary)))
    assert fit.final["val_loss"] == pytest.approx(math.log(10), rel=1e-6)
    assert fit.history.series["val_loss"].value[-1] < math.log(10) - 0.01


def zero_head(model, data, recipe):  # noqa: ARG001
    """Set the last layer to zero."""
    nn.init.zeros_(model[-1].weight)
    nn.init.zeros_(model[-1].bias)
    return model


def test_parts_of_the_start_and_of_the_finish_change_the_network():
    """Before the first step and after the last; frozen weights are not trained."""
    started = train(BRIEF.plus(start=Part(zero_head)))
    assert started.history.series["loss"].value[0] == pytest.approx(math.log(10), rel=1e-6)
    finished = train(BRIEF.plus(finish=Part(zero_head)))
    assert finished.final["val_loss"] == pytest.approx(math.log(10), rel=1e-6)
    assert finished.history.series["val_loss"].value[-1] != finished.final["val_loss"]


def frozen(model, data, recipe):  # noqa: ARG001
    """Freeze all but the last layer."""
    model[:-1].requires_grad_(False)
    return model


def test_what_is_frozen_is_not_trained():
    """The optimizer is made after the start, and gets what needs a gradient."""
    recipe = BRIEF.plus(start=Part(frozen))
    before, after = untrained(recipe), train(recipe).model
    assert torch.equal(flat(before[:-1]), flat(after[:-1]))
    assert not torch.equal(flat(before[-1]), flat(after[-1]))


@pytest.mark.parametrize("recipe", [short(100), REGRESSION], ids=["classes", "numbers"])
def test_a_loss_that_is_not_finite_ends_the_run(recipe):
    """With that epoch; it counts as diverged, with the results of a constant prediction."""
    fit = train(recipe.replace(lr=1e30, epochs=10, evaluate_every=10))
    steps = fit.history.series["loss"].step[-1]
    assert steps <= 3 * fit.history.steps_per_epoch
    assert fit.has_diverged
    assert not math.isfinite(fit.final["clean_train_loss"])
    results = fit.results()
    constant = fit.data.constant_losses()
    assert (results["clean_train_loss"], results["val_loss"]) == constant
    chance = results.get("val_accuracy", results.get("val_r2"))
    assert chance == (0.1 if fit.data.task == "classification" else 0.0)


def test_a_run_that_learns_has_not_diverged():
    """Its results are its final numbers."""
    fit = train(short(100))
    assert not fit.has_diverged
    assert fit.results() == fit.final


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("task", [few, lambda: REGRESSION], ids=["classes", "numbers"])
def test_its_curves_can_be_diagnosed(task, every, clean):
    """Whatever is evaluated when, the last epoch out of turn, `diagnose` reads the run."""
    history = train(task().replace(epochs=31, evaluate_every=every)).history
    report = diagnose(**history.curves(clean))
    assert report.verdict is not None
    assert history.series["val_loss"].step[-1] == 31


def test_a_row_of_the_curves_is_an_epoch():
    """The mean loss and norm of its steps, its last rate, and validation at its end."""
    history = train(short(40).replace(evaluate_every=3, schedule=Part(falling))).history
    curves = history.curves()
    loss = history.series["loss"].value.reshape(4, 10)
    assert list(curves["steps"]) == [1, 2, 3, 4]
    assert list(curves["val_steps"]) == [3, 4]
    np.testing.assert_allclose(curves["train_loss"], loss.mean(1))
    np.testing.assert_allclose(curves["lr"], [0.1 * (1 - t / 40) for t in (9, 19, 29, 39)])
    assert "train_accuracy" not in curves
    clean = history.curves(clean=True)
    assert list(clean["steps"]) == [3, 4]
    assert list(clean["train_loss"]) == list(history.series["clean_train_loss"].value)
    assert list(clean["lr"]) == list(curves["lr"][[2, 3]])
    assert len(clean["train_accuracy"]) == 2


def test_the_best_of_a_series_is_its_finite_minimum():
    """NaN and infinity are passed over; of nothing finite there is none."""
    steps = np.arange(1.0, 5.0)
    series = {
        "val_loss": lab.Series(steps, np.array([math.nan, 2.0, 1.0, -math.inf])),
        "broken": lab.Series(steps, np.full(4, math.nan)),
    }
    history = lab.History(series, 1)
    assert history.best() == (3.0, 1.0)
    assert all(math.isnan(value) for value in history.best("broken"))


def test_evaluating_in_pieces_changes_nothing(monkeypatch):
    """The bound on memory is not seen in the numbers, and the mode is as before."""
    data = few().peek()
    model = untrained(few().set_model(dropout=Part(nn.Dropout, p=0.5))).train()
    whole = predict(model, data.val.x), evaluate(model, data.val, data)
    monkeypatch.setattr(lab, "EVALUATION_ROWS", 7)
    torch.testing.assert_close(predict(model, data.val.x), whole[0])
    assert evaluate(model, data.val, data) == pytest.approx(whole[1])
    assert model.training
    assert not predict(model, data.val.x).requires_grad


def test_targets_that_never_vary_have_no_r2():
    """There is no spread to explain."""
    data = REGRESSION.peek()
    constant = Split(data.val.x, torch.ones(len(data.val), 1))
    _, r2 = evaluate(untrained(REGRESSION), constant, data)
    assert math.isnan(r2)


def test_progress_is_told_each_epoch():
    """Steps done of steps in all."""
    told = []
    train(short(30), progress=lambda done, total: told.append((done, total)))
    assert told == [(10, 30), (20, 30), (30, 30)]


class StopsAtOnce(Callback):
    """Stops in the middle of an epoch."""

    def after_step(self, loop):
        """Ask for the end."""
        loop.stopped = True


def test_a_run_that_is_stopped_between_evaluations_is_evaluated():
    """However it ends, a history has its losses."""
    recipe = short().replace(epochs=5, evaluate_every=5, callbacks=(Part(StopsAtOnce),))
    curves = train(recipe).history.curves()
    assert len(curves["train_loss"]) == len(curves["val_loss"]) == 1
