"""The cards of all techniques."""

from __future__ import annotations

import re

import pytest

from catalog.card import STEPS, CardError, find_card, find_heading, parse_card
from catalog.table import select, slugs

LECTURE = [
    "validation", "gradient-descent", "learning-rate", "optimizer", "adagrad", "rmsprop",
    "momentum", "adam", "learning-rate-schedule", "initialization", "learning-rate-warm-up",
    "learning-rate-decay", "dropout", "pre-training", "kaiming-initialization", "flat-minima",
    "rotation-prediction", "domain-knowledge-architecture", "convolution", "skip-connection",
    "batch-normalization", "layer-normalization", "cross-entropy", "more-data",
    "image-augmentation", "speech-augmentation", "mixup", "semi-supervised-learning",
    "entropy-minimization", "consistency-regularization", "regularization", "l2-penalty",
    "weight-decay", "adamw",
]  # fmt: skip
each_card = pytest.mark.parametrize("slug", slugs())


def test_the_lecture_s_techniques_are_all_there():
    """Every technique that the lecture names has a card that says what the lecture says of it."""
    assert set(LECTURE) == {card.slug for card in select() if card.lecture}


def test_the_lecture_s_table():
    """Step and benefit are those of the lecture's own tables."""
    table = {
        "adagrad": (3, "optimization"),
        "adam": (3, "optimization"),
        "dropout": (3, "generalization"),
        "initialization": (3, "both"),
        "pre-training": (3, "both"),
        "convolution": (2, "generalization"),
        "skip-connection": (2, "optimization"),
        "batch-normalization": (2, "both"),
        "cross-entropy": (1, "optimization"),
        "more-data": (1, "generalization"),
        "mixup": (1, "generalization"),
        "semi-supervised-learning": (1, "generalization"),
        "l2-penalty": (1, "generalization"),
        "weight-decay": (3, "generalization"),
        "adamw": (3, "both"),
    }
    assert {slug: (find_card(slug).step, find_card(slug).benefit) for slug in table} == table


@each_card
def test_a_card_lies_in_its_folder(slug):
    """Slug, step and folder agree."""
    card = find_card(slug)
    assert card.slug == slug
    assert card.folder.name == slug.replace("-", "_")
    assert card.folder.parent.name == STEPS[card.step]
    assert (card.folder / "card.toml").is_file()


@each_card
def test_a_card_is_complete(slug):
    """Nothing that a reader needs is empty, and a name for a benefit is explained if unusual."""
    card = find_card(slug)
    for text in (card.summary, card.side_effect, card.cost, card.avoid_when, card.pytorch):
        assert len(text) > 3
    prose = card.prose
    assert all(
        [prose.what_it_does, prose.when_to_use, prose.when_it_hurts, prose.does_not_mix_with]
    )
    assert card.note or card.benefit != "neither"
    assert card.sources


@each_card
def test_a_heading_is_the_card_without_its_text(slug):
    """The fast read gives the same fields as the whole card."""
    card, heading = find_card(slug), find_heading(slug)
    for name in ("slug", "name", "summary", "step", "benefit", "cost", "pytorch", "lecture"):
        assert getattr(heading, name) == getattr(card, name)


@each_card
def test_a_card_cites_real_addresses(slug):
    """Links are secure, and arXiv links name an identifier."""
    card = find_card(slug)
    for url in [s.url for s in card.sources] + [e.source for e in card.evidence]:
        if url.startswith("http"):
            assert re.fullmatch(r"https?://[^\s]+", url)
        if "arxiv.org" in url:
            assert re.fullmatch(r"https://arxiv\.org/abs/\d{4}\.\d{4,5}", url)
    assert all(1800 < s.year <= 2026 for s in card.sources)


@each_card
def test_the_line_of_pytorch_is_python(slug):
    """The code of a card compiles."""
    compile(find_card(slug).pytorch, slug, "exec")


def test_an_unknown_field_is_an_error():
    """A misspelt field never passes silently."""
    text = (find_card("adam").folder / "card.toml").read_text(encoding="utf-8")
    with pytest.raises(CardError, match="unknown field 'sumary'"):
        parse_card(text.replace("summary =", "sumary ="))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("step = 3", "step = 4", "step must be 1, 2 or 3. Got 4."),
        ('benefit = "optimization"', 'benefit = "speed"', "benefit must be one of"),
        ('cost = "', 'price = "', "unknown field 'price'"),
    ],
)
def test_a_bad_value_is_an_error(old, new, message):
    """The message names what is allowed."""
    text = (find_card("adam").folder / "card.toml").read_text(encoding="utf-8")
    with pytest.raises(CardError, match=message):
        parse_card(text.replace(old, new, 1))


def test_select_filters_by_step_benefit_and_names():
    """Filters narrow; a technique that improves both is kept by either."""
    optimization = select(3, "optimization")
    assert {card.step for card in optimization} == {3}
    assert {"adam", "adamw"} <= {card.slug for card in optimization}
    assert "dropout" not in {card.slug for card in optimization}
    assert [card.slug for card in select(among=["adam", "mixup"])] == ["adam", "mixup"]
    assert {card.benefit for card in select(benefit="both")} == {"both"}
