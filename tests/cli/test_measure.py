"""`diagnose catalog run` and `diagnose catalog measure`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import catalog.card
import catalog.lab.measure
import diagnose.cli.measure
from catalog.lab.experiment import Claim, Experiment, perform
from catalog.measured import Measured, find_measured, find_summary
from diagnose.cli.extras import EXTRAS
from diagnose.cli.main import run

QUICK = Experiment(
    question="Is one less than two?",
    setting="two numbers",
    control=lambda seed: {"val_loss": 2.0 + seed / 10, "clean_train_loss": 0.0},
    treatment=lambda seed: {"val_loss": 1.0 + seed / 20, "clean_train_loss": 1.0 + seed / 20},
    control_name="two",
    treatment_name="one",
    claims=(Claim("generalization", "val_loss"),),
    seeds=(0, 1, 2, 3, 4),
)


@pytest.fixture
def _quick(monkeypatch):
    """Let every technique have an experiment that takes no time."""
    monkeypatch.setattr(catalog.lab.measure, "experiments_of", lambda _slug: (QUICK,))


@pytest.mark.usefixtures("_quick")
def test_a_run_shows_both_arms_and_the_verdict(capsys):
    """Means 2.2 and 1.1, the mean difference, its interval, the seeds, and what it says."""
    assert run(["catalog", "run", "label_smoothing"]) == 0
    out, err = capsys.readouterr()
    assert "Is one less than two?" in out
    # Differences are -1 - seed/20: mean -1.1, sd 0.0791, t(4) = 2.776: half width 0.0982.
    assert "validation loss  2.2  1.1  -1.1 [-1.2, -1]" in out.replace("   ", "  ")
    assert "5/5" in out
    assert "Supported: a lower validation loss (generalization)." in out
    assert err == ""


@pytest.mark.usefixtures("_quick")
def test_a_run_gives_its_data(capsys):
    """`--format json` holds every seed's value."""
    assert run(["catalog", "run", "adam", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (trial,) = document["trials"]
    assert trial["effects"][0]["control"] == [2.0, 2.1, 2.2, 2.3, 2.4]
    assert trial["claims"][0]["verdict"] == "supported"


@pytest.mark.parametrize("command", ["run", "measure"])
def test_a_misspelt_technique_gets_a_suggestion(command, capsys):
    """The nearest name is offered, and nothing is run."""
    assert run(["catalog", command, "adamm"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Did you mean 'adam'" in err


@pytest.mark.parametrize("command", ["run", "measure"])
def test_a_missing_package_is_one_sentence(command, capsys, monkeypatch):
    """Without PyTorch the sentence says what to install."""
    monkeypatch.setitem(EXTRAS, "torch", {"torch_that_is_not_there": "PyTorch"})
    assert run(["catalog", command, "adam"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "needs PyTorch, which is not installed: in the folder of the source, pip install" in err
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"`pip install {err.rstrip().rstrip('.').rpartition('pip install ')[2]}`" in readme


def test_a_technique_without_an_experiment_says_so(capsys, monkeypatch):
    """It points to what is known instead."""
    monkeypatch.setattr(catalog.lab.measure, "has_experiment", lambda _slug: False)
    assert run(["catalog", "run", "adam"]) == 2
    assert "there is no experiment for adam yet" in capsys.readouterr().err


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Let a catalog of two techniques be measured in no time; return what was measured."""
    for slug in ("adam", "lion"):
        copy = tmp_path / "catalog" / "optimization" / slug
        shutil.copytree(catalog.card.find_card(slug).folder, copy)
        (copy / "measured.toml").unlink()
    monkeypatch.setattr(catalog.card, "ROOT", tmp_path / "catalog")
    monkeypatch.setattr(diagnose.cli.measure, "ROOT", tmp_path / "catalog")
    seen = []

    def once(slug: str) -> Measured:
        seen.append(slug)
        return Measured(slug, "abc", 0.5, {"python": "3"}, "a machine", (perform(QUICK),))

    monkeypatch.setattr(catalog.lab.measure, "measure", once)
    monkeypatch.setattr(catalog.lab.measure, "fingerprint", lambda _slug: "abc")
    caches = (catalog.card.find_card, catalog.card.find_heading, find_summary)
    for cached in caches:
        cached.cache_clear()
    yield seen
    for cached in caches:
        cached.cache_clear()


def test_measuring_goes_on_where_it_stopped(calls, capsys):
    """What was measured with the same code is not measured again, unless asked for."""
    assert run(["catalog", "measure", "adam", "--jobs", "1"]) == 0
    assert find_measured("adam").trials[0].claims == perform(QUICK).claims
    assert run(["catalog", "measure", "adam", "--jobs", "1"]) == 0
    assert calls == ["adam"]
    assert "0 to measure, 1 measured before." in capsys.readouterr().err
    assert run(["catalog", "measure", "adam", "--jobs", "1", "--again"]) == 0
    assert calls == ["adam", "adam"]


@pytest.mark.usefixtures("calls")
def test_measuring_says_what_changed_and_where_it_is_written(capsys, tmp_path):
    """Claims first, then what is not claimed; and the folder that the files lie in."""
    assert run(["catalog", "measure", "adam", "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "[1/1] adam: val_loss supported; clean_train_loss got worse, not claimed (0.5 s)\n"
    )
    assert f"Each is written to its folder in {tmp_path / 'catalog'}.\n" in err
    assert (tmp_path / "catalog" / "optimization" / "adam" / "measured.toml").is_file()
    # With nothing to measure nothing is said of writing.
    assert run(["catalog", "measure", "adam", "--jobs", "1"]) == 0
    assert "written" not in capsys.readouterr().err


def test_stopping_says_what_is_kept(calls, capsys, monkeypatch):
    """After the first of two techniques Ctrl-C ends with 130; the first one's file is there."""
    once = catalog.lab.measure.measure

    def interrupted(slug: str) -> Measured:
        if calls:
            raise KeyboardInterrupt
        return once(slug)

    monkeypatch.setattr(catalog.lab.measure, "measure", interrupted)
    assert run(["catalog", "measure", "adam", "lion", "--jobs", "1"]) == 130
    assert "Stopped; 1 of 2 are measured and kept.\n" in capsys.readouterr().err
    assert find_measured("adam") is not None
    assert find_measured("lion") is None


def test_stopping_a_run_says_that_nothing_is_kept(capsys, monkeypatch):
    """A run alone writes nothing, whether it ends or not."""

    def interrupted(*_: object) -> Measured:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog.lab.measure, "measure", interrupted)
    assert run(["catalog", "run", "adam"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "Stopped before the end; nothing was kept.\n" in err


def test_looking_up_loads_no_torch():
    """The table and a card need the base installation alone."""
    script = (
        "import sys\nfrom diagnose.cli.main import run\n"
        "assert run(['catalog']) == 0 and run(['catalog', 'show', 'adam']) == 0\n"
        "assert run(['catalog', 'run', '--help']) == 0\n"
        "assert not {'torch', 'sklearn', 'scipy', 'joblib'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
