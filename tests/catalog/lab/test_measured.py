"""What was measured: written and read back, and told apart from what has changed since."""

from __future__ import annotations

import math
import tomllib
from types import SimpleNamespace

import pytest
import torch

from catalog import measured as file
from catalog.card import find_heading
from catalog.lab import measure as lab
from catalog.lab.experiment import Claim, Experiment
from catalog.measured import Decided, Effect, Measured, Summary, Trial

TRIAL = Trial(
    question='Is it "better", or not?',
    setting="300 digits\\rows, für alle",
    control="without",
    treatment="with",
    seeds=(0, 1, 2),
    lr=(0.1, 1e-4),
    lr_grid=(1e-4, 0.1),
    diverged=(0, 2),
    claims=(
        Decided("generalization", "val_loss", True, True, "supported"),
        Decided("optimization", "clean_train_loss", True, False, "opposite"),
    ),
    effects=(
        Effect("clean_train_loss", (1.0, 2.0, 3.0), (2.0, 3.0, 5.0), 4 / 3, 0.5, 2.5, 1.0),
        Effect("val_loss", (1.0, 2.0, 3.0), (0.5, 1.5, 1.0), -1.0, -1.5, -1 / 3, 1.0),
    ),
)
MEASURED = Measured(
    technique="label-smoothing",
    fingerprint="0123456789abcdef",
    seconds=12.5,
    versions={"python": "3.11", "torch": "2.13.0+cpu"},
    machine="x86_64 CPU, 2 cores",
    trials=(TRIAL, TRIAL._replace(lr=(), lr_grid=(), claims=TRIAL.claims[:1])),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let every technique lie in an empty folder."""
    monkeypatch.setattr(file, "find_heading", lambda _: SimpleNamespace(folder=tmp_path))
    file.find_summary.cache_clear()
    yield tmp_path
    file.find_summary.cache_clear()


def test_without_a_file_nothing_was_measured(folder):  # noqa: ARG001
    """Neither the whole nor its summary."""
    assert file.find_measured("label-smoothing") is None
    assert file.find_summary("label-smoothing", "generalization") is None


def test_what_is_written_is_read_back(folder):
    """With quotes, backslashes, umlauts and empty rows; numbers to six digits."""
    path = file.write_measured(MEASURED)
    assert path.parent == folder
    back = file.find_measured("label-smoothing")
    assert back._replace(trials=()) == MEASURED._replace(trials=())
    for trial, expected in zip(back.trials, MEASURED.trials, strict=True):
        assert trial._replace(effects=()) == expected._replace(effects=())
        for effect, wanted in zip(trial.effects, expected.effects, strict=True):
            assert effect[:3] == wanted[:3]
            assert effect[3:] == pytest.approx(wanted[3:], rel=1e-5)


def test_writing_again_gives_the_same_file(folder):  # noqa: ARG001
    """What was read back is written to the same text."""
    text = file.write_measured(MEASURED).read_text(encoding="utf-8")
    again = file.write_measured(file.find_measured("label-smoothing"))
    assert again.read_text(encoding="utf-8") == text


def test_any_reader_of_toml_can_read_it(folder):  # noqa: ARG001
    """The trials are rows of tables, and the summaries stand before them."""
    table = tomllib.loads(file.write_measured(MEASURED).read_text(encoding="utf-8"))
    assert [len(trial["effects"]) for trial in table["trials"]] == [2, 2]
    assert table["trials"][0]["claims"][1]["claimed"] is False
    assert table["generalization"][0] == "val_loss"


def test_the_summary_is_the_first_trial_s(folder):  # noqa: ARG001
    """Means over seeds of what decides a benefit, claimed or not; the head gives the same."""
    expected = Summary("val_loss", 2.0, 1.0, -1.0, -1.5, -1 / 3, "supported")
    assert MEASURED.summary("generalization") == pytest.approx(expected)
    other = MEASURED.summary("optimization")
    assert (other.metric, other.control, other.verdict) == ("clean_train_loss", 2.0, "opposite")
    assert other.treatment == pytest.approx(10 / 3)
    assert MEASURED.summary("neither") is None
    file.write_measured(MEASURED)
    read = file.find_summary("label-smoothing", "generalization")
    assert read[0] == "val_loss"
    assert read[1:6] == pytest.approx(expected[1:6], rel=1e-5)
    assert read.verdict == "supported"
    assert read.is_measurable
    assert not read._replace(verdict="not measurable at this scale").is_measurable


def test_a_metric_that_was_not_measured_is_an_error():
    """By its name."""
    assert TRIAL.effect("val_loss") is TRIAL.effects[1]
    with pytest.raises(KeyError, match="val_accuracy"):
        TRIAL.effect("val_accuracy")
    assert TRIAL.decided("optimization") is TRIAL.claims[1]
    assert TRIAL.decided("neither") is None


REFERENCE = '''"""A number."""

STRENGTH = 0.1  # of the pull


def strength():
    """Return it."""
    return STRENGTH
'''
EXPERIMENT = '''"""Does it help?"""

from catalog.lab.tasks import short
from catalog.optimization.pull.reference import strength
'''


@pytest.fixture
def technique(tmp_path, monkeypatch):
    """Make a catalog of one technique, and return a function that gives its fingerprint."""
    root = tmp_path / "catalog"
    home = root / "optimization" / "pull"
    for path in (home, root / "lab"):
        path.mkdir(parents=True)
    (root / "lab" / "tasks.py").write_text("LR = 0.1\n")
    monkeypatch.setattr(lab, "ROOT", root)
    monkeypatch.setattr(lab, "find_heading", lambda _: SimpleNamespace(folder=home))

    def fingerprint(reference=REFERENCE, experiment=EXPERIMENT):
        (home / "reference.py").write_text(reference)
        (home / "experiment.py").write_text(experiment)
        return lab.fingerprint("pull")

    fingerprint.root = root
    return fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # of the pull", "  # how hard"),
        ('    """Return it."""', '    """Return the number, in words."""'),
        ('"""A number."""\n', '"""Another text."""\n\n\n'),
        ("return STRENGTH", "return (\n        STRENGTH\n    )"),
    ],
)
def test_a_fingerprint_does_not_see_texts_and_layout(technique, old, new):
    """Comments, docstrings and line breaks give no other figures."""
    assert old in REFERENCE
    assert technique(REFERENCE.replace(old, new)) == technique()


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.1", "0.2"), ("return STRENGTH", "return -STRENGTH"), ("STRENGTH", "FORCE")],
)
def test_a_fingerprint_sees_the_code_that_is_imported(technique, old, new):
    """A number, a sign or a name that changes in the reference changes it."""
    assert technique(REFERENCE.replace(old, new)) != technique()


def test_a_fingerprint_sees_the_experiment_and_not_the_lab(technique):
    """The lab has tests that pin its numbers."""
    before = technique()
    assert technique(experiment=EXPERIMENT + "EPOCHS = 3\n") != before
    (technique.root / "lab" / "tasks.py").write_text("LR = 0.2\n")
    assert technique() == before


def constant(seed):
    """Return a number, and how many threads torch has."""
    return {"number": 1.0 + seed, "threads": float(torch.get_num_threads())}


def test_measuring_runs_every_experiment(monkeypatch):
    """On one thread, which is undone afterwards; the runs are counted over all experiments."""
    experiment = Experiment(
        question="Is it one?",
        setting="numbers",
        control=constant,
        treatment=constant,
        control_name="one",
        treatment_name="other",
        claims=(Claim("neither", "number"),),
        seeds=(0, 1, 2),
    )
    monkeypatch.setattr(lab, "experiments_of", lambda _: (experiment, experiment))
    torch.set_num_threads(2)
    told = []
    measured = lab.measure("label-smoothing", lambda done, total: told.append((done, total)))
    assert torch.get_num_threads() == 2
    assert told == [(done, 12) for done in range(1, 13)]
    assert len(measured.trials) == 2
    assert measured.trials[0].effect("threads").control == (1.0,) * 3
    assert measured.technique == "label-smoothing"
    assert math.isfinite(measured.seconds)


def test_a_module_is_named_after_its_folder():
    """Hyphens of the name are underscores there."""
    assert find_heading("label-smoothing").folder.name == "label_smoothing"
    name = lab.module_of("label-smoothing", "reference")
    assert name == "catalog.loss.label_smoothing.reference"
    with pytest.raises(KeyError):
        lab.module_of("no-such-technique", "reference")
