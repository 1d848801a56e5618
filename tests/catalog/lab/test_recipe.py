"""Parts and recipes: plain data that never changes."""

from __future__ import annotations

import pickle

import pytest
import torch

from catalog.lab.data import diabetes, digits
from catalog.lab.models import linear, mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import short


def scaled(x: float, by: float = 1.0, plus: float = 0.0) -> float:
    """Return a number scaled and moved."""
    return x * by + plus


def test_a_part_is_called_with_its_settings():
    """Arguments come first; a setting given in the call goes before the part's own."""
    part = Part(scaled, by=3.0)
    assert part(2.0) == 6.0
    assert part(2.0, plus=1.0) == 7.0
    assert part(2.0, by=5.0) == 10.0


def test_parts_are_equal_by_function_and_settings():
    """The order in which settings are written does not matter, their values do."""
    part = Part(scaled, by=3.0, plus=1.0)
    assert part == Part(scaled, plus=1.0, by=3.0)
    assert hash(part) == hash(Part(scaled, plus=1.0, by=3.0))
    assert part != Part(scaled, by=3.0)
    assert part != Part(scaled, by=3.0, plus=2.0)
    assert part != Part(digits, by=3.0, plus=1.0)
    assert part != scaled
    assert len({part, Part(scaled, plus=1.0, by=3.0), Part(scaled)}) == 2


def test_a_part_can_be_sent_to_another_process():
    """Pickled and read back it is equal, parts within parts too."""
    part = Part(mlp, widths=(8,), activation=Part(torch.nn.ReLU))
    copy = pickle.loads(pickle.dumps(part))
    assert copy == part
    assert hash(copy) == hash(part)


def test_a_part_never_changes():
    """An attribute cannot be set, and its settings are given as a copy."""
    part = Part(scaled, by=3.0)
    with pytest.raises(AttributeError) as error:
        part.by = 4.0
    assert str(error.value) == "a Part never changes; make another with .set(by=...)"
    part.settings["by"] = 4.0
    assert part.settings == {"by": 3.0}
    assert part.set(by=4.0).settings == {"by": 4.0}
    assert part.settings == {"by": 3.0}


def test_a_part_shows_its_call():
    """Its text names the module, the function and the settings by their order, no address."""
    part = Part(mlp, widths=(8,), activation=Part(torch.nn.ReLU, inplace=True))
    assert repr(part) == (
        "catalog.lab.models:mlp(activation=torch.nn.modules.activation:ReLU(inplace=True),"
        " widths=(8,))"
    )


def test_a_part_knows_what_it_takes():
    """By the names of the function's arguments."""
    assert Part(scaled).takes("by")
    assert not Part(scaled).takes("minus")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1. Got 0."),
        ({"accumulate": 0}, "accumulate must be at least 1. Got 0."),
        ({"evaluate_every": 0}, "evaluate_every must be at least 1. Got 0."),
        ({"batch_size": 0}, "batch_size must be at least 1, or None. Got 0."),
        ({"lr": 0.0}, "lr must be above 0. Got 0.0."),
        ({"lr": float("nan")}, "lr must be above 0. Got nan."),
    ],
)
def test_a_bad_number_is_named(changes, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        short().replace(**changes)
    assert str(error.value) == message


def test_a_recipe_never_changes():
    """A field cannot be set; `replace` leaves the recipe that it is asked of."""
    recipe = short()
    with pytest.raises(AttributeError):
        recipe.lr = 1.0
    assert recipe.replace(lr=1.0).lr == 1.0
    assert recipe == short()
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert hash(recipe) == hash(short())


def test_a_field_that_does_not_exist_is_refused():
    """A misspelt field is an error, not a new one."""
    with pytest.raises(TypeError):
        short().replace(epoch=3)
    with pytest.raises(AttributeError):
        short().plus(callback=Part(scaled))


def test_plus_appends():
    """What was there stays, and comes first."""
    first, second = Part(scaled, by=1.0), Part(scaled, by=2.0)
    recipe = short().plus(start=first, finish=first).plus(start=second)
    assert recipe.start == (first, second)
    assert recipe.finish == (first,)


def test_settings_of_model_and_data_are_changed():
    """Those that were set before are kept."""
    recipe = short().set_model(dropout=None).set_data(label_noise=0.1)
    assert recipe.model.settings == {"widths": (128, 128), "dropout": None}
    assert recipe.data.settings == {"n_train": 300, "label_noise": 0.1}


def test_a_setting_that_a_function_does_not_take_does_not_fit():
    """The message names the function and the setting."""
    recipe = short().replace(model=Part(linear), data=Part(diabetes))
    with pytest.raises(NotApplicable) as error:
        recipe.set_model(norm=Part(torch.nn.LayerNorm))
    assert str(error.value) == "the model catalog.lab.models:linear takes no setting 'norm'."
    with pytest.raises(NotApplicable) as error:
        recipe.set_data(label_noise=0.1)
    assert str(error.value) == "the data catalog.lab.data:diabetes take no setting 'label_noise'."


def test_a_peek_gives_the_data_of_the_seed():
    """It is what training will be given, and is loaded once."""
    recipe = short().replace(seed=5)
    assert torch.equal(recipe.peek().train.x, digits(5, n_train=300).train.x)
    assert recipe.peek() is recipe.replace(lr=0.7).peek()
    assert not torch.equal(recipe.peek().train.x, short().peek().train.x)


def test_defaults_are_the_plain_run():
    """A recipe of data, model, optimizer, rate and epochs is complete."""
    recipe = Recipe(
        data=Part(digits), model=Part(linear), optimizer=Part(torch.optim.SGD), lr=0.1, epochs=1
    )
    assert (recipe.batch_size, recipe.accumulate, recipe.seed) == (None, 1, 0)
    assert recipe.regularization == recipe.callbacks == recipe.start == ()
