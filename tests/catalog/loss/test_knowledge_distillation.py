"""Knowledge distillation, against torch's divergence and the limits of the temperature."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few, short
from catalog.lab.train import Batch, predict, train
from catalog.loss.knowledge_distillation.experiment import Student, apply
from catalog.loss.knowledge_distillation.reference import distillation_loss, soft_target_loss

GENERATOR = torch.Generator().manual_seed(9)
STUDENT = torch.randn(20, 6, dtype=torch.float64, generator=GENERATOR) * 3
TEACHER = torch.randn(20, 6, dtype=torch.float64, generator=GENERATOR) * 3
TARGETS = torch.randint(0, 6, (20,), generator=GENERATOR)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_it_is_torch_s_divergence(temperature):
    """Value and gradient are T² times `kl_div` with the teacher as the target."""
    ours, theirs = STUDENT.clone().requires_grad_(), STUDENT.clone().requires_grad_()
    loss = soft_target_loss(ours, TEACHER, temperature)
    expected = temperature**2 * F.kl_div(
        (theirs / temperature).log_softmax(1),
        (TEACHER / temperature).log_softmax(1),
        log_target=True,
        reduction="batchmean",
    )
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_a_high_temperature_compares_logits():
    """In the limit it is half the squared distance of the centered logits over the classes."""
    gap = STUDENT - TEACHER
    centered = gap - gap.mean(1, keepdim=True)
    expected = centered.square().sum(1).mean() / 6 / 2
    torch.testing.assert_close(
        soft_target_loss(STUDENT, TEACHER, 1e5), expected, rtol=1e-3, atol=0.0
    )


def test_the_teacher_is_the_minimum_and_does_not_learn():
    """The loss is zero at the teacher's logits, and only the student gets a gradient."""
    student, teacher = STUDENT.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    soft_target_loss(student, teacher).backward()
    assert teacher.grad is None
    assert student.grad.abs().max() > 0
    torch.testing.assert_close(
        soft_target_loss(TEACHER, TEACHER), torch.tensor(0.0, dtype=torch.float64)
    )


def test_one_hot_teachers_are_labels():
    """A teacher that is sure at T = 1 has the loss of the cross-entropy."""
    sure = 500.0 * F.one_hot(TARGETS, 6).double()
    torch.testing.assert_close(
        soft_target_loss(STUDENT, sure, 1.0), F.cross_entropy(STUDENT, TARGETS)
    )


@pytest.mark.parametrize("label_weight", [0.0, 0.3, 1.0])
def test_both_terms_are_mixed(label_weight):
    """The weight is on the labels, and the rest on the teacher."""
    expected = label_weight * F.cross_entropy(STUDENT, TARGETS) + (
        1 - label_weight
    ) * soft_target_loss(STUDENT, TEACHER, 3.0)
    torch.testing.assert_close(
        distillation_loss(STUDENT, TEACHER, TARGETS, 3.0, label_weight), expected
    )


def test_labels_alone_train_as_without_a_teacher():
    """With all the weight on the labels the run is the plain one, and ends without a teacher."""
    plain = train(short(20))
    taught = train(apply(short(20), teacher=short(10), label_weight=1.0))
    x = plain.data.val.x
    torch.testing.assert_close(predict(taught.model, x), predict(plain.model, x))
    assert not any(isinstance(module, Student) for module in taught.model.modules())


def test_a_student_comes_near_its_teacher():
    """With all the weight on the teacher it fits the teacher better than one taught by labels."""
    student, master = few().replace(epochs=60, lr=5e-3), few().replace(epochs=30, lr=5e-3)
    teacher = train(master).model
    plain = train(student)
    taught = train(apply(student, master, label_weight=0.0))
    x = plain.data.train.x
    target = predict(teacher, x)
    near, far = (float(soft_target_loss(predict(fit.model, x), target)) for fit in (taught, plain))
    assert near < far / 10


@pytest.mark.parametrize("unlabelled", [False, True])
def test_it_learns_from_unlabelled_inputs(unlabelled):
    """What the loss adds depends on them only where it is told to use them."""
    recipe = apply(short(10), teacher=short(10), unlabelled=unlabelled)
    (term,) = recipe.regularization
    assert term.settings["unlabelled"] is unlabelled
    (start,) = recipe.start
    data = recipe.peek()
    model = start(recipe.model(data), data, recipe)
    losses = []
    for seed in (0, 1):
        generator = torch.Generator().manual_seed(seed)
        x = data.train.x[:20]
        batch = Batch(x, data.train.y[:20], model(x), data, 0.0, generator)
        losses.append(term(model, batch).item())
    assert (losses[0] != losses[1]) is unlabelled


def test_without_unlabelled_inputs_there_are_none_to_use():
    """A recipe that trains on all it has is refused."""
    recipe = short().replace(data=short().data.set(n_train=899))
    with pytest.raises(NotApplicable) as refusal:
        apply(recipe, unlabelled=True)
    assert str(refusal.value) == "there are no unlabelled inputs for the teacher to label."
    with pytest.raises(NotApplicable, match="takes the place of the cross-entropy"):
        apply(short().replace(loss=Part(F.multi_margin_loss)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: soft_target_loss(STUDENT, TEACHER, 0.0),
            "temperature must be above 0. Got 0.0.",
        ),
        (
            lambda: soft_target_loss(STUDENT, TEACHER[:, :2]),
            "teacher must be of the student's shape (20, 6). Got (20, 2).",
        ),
        (
            lambda: distillation_loss(STUDENT, TEACHER, TARGETS, label_weight=1.5),
            "label_weight must be from 0 to 1. Got 1.5.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
