"""Rules and their files, codes, names, prose and remedies."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from catalog.table import slugs
from diagnose.errors import UnknownName
from diagnose.render.reference import sections
from diagnose.rules import REDIRECTS, RULES, find_rule

FOLDER = Path(sys.modules["diagnose.rules"].__file__ or "").parent
HEADINGS = ["", "What it looks for", "Why it matters", "When it is wrong", "What to try"]
PREFIX = {"optimization": "OPT", "generalization": "GEN", "capacity": "CAP", "logging": "LOG"}
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_no_rule_file_is_forgotten():
    """Every file in a rules folder stands in RULES, under its own name."""
    files = {(p.parent.name, p.stem) for p in FOLDER.glob("*/*.py") if p.stem != "__init__"}
    assert files == {(rule.problem, rule.name.replace("-", "_")) for rule in RULES}


def test_codes_and_names_are_never_used_twice():
    """A code or a name stands for one rule, and no redirect hides a present one."""
    names = [rule.code for rule in RULES] + [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert not set(REDIRECTS) & set(names)


@each_rule
def test_a_code_carries_its_problem(rule):
    """OPT, GEN, CAP and LOG stand for the folder."""
    assert re.fullmatch(rf"{PREFIX[rule.problem]}\d{{3}}", rule.code)


@each_rule
def test_a_name_is_the_symptom_not_the_remedy(rule):
    """Names that tell what to do are banned."""
    assert not re.match(r"(use|avoid|fix|no|bad)-|.*-issue$", rule.name)


@each_rule
def test_prose_has_its_headings_and_no_digits(rule):
    """Numbers come from the thresholds; prose that repeats them would drift."""
    parts = sections(rule)
    assert [title for title, _ in parts] == HEADINGS
    assert all(text for _, text in parts)
    assert not re.search(r"\d", "".join(text for _, text in parts))


@each_rule
def test_remedies_are_in_the_catalog(rule):
    """A remedy names a technique that has a card, once."""
    techniques = [remedy.technique for remedy in rule.remedies]
    assert set(techniques) <= set(slugs())
    assert len(set(techniques)) == len(techniques)


@each_rule
def test_thresholds_name_their_source(rule):
    """A threshold without a source is a number out of nowhere."""
    assert all(t.source and t.name for t in rule.thresholds)


@each_rule
def test_a_rule_is_found_by_code_and_name(rule):
    """Case does not matter."""
    assert find_rule(rule.code.lower()) is rule
    assert find_rule(rule.name) is rule


def test_a_misspelt_rule_gets_a_suggestion():
    """The nearest name is offered."""
    with pytest.raises(UnknownName, match="Did you mean 'rising-validation-loss'"):
        find_rule("rising-validaton-loss")
