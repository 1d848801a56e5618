"""`diagnose catalog demo`: the list, one demonstration, its picture, and what can go wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from catalog.demos import DEMOS
from catalog.demos.demo import Demo, Outcome, Row
from diagnose.cli.main import run

NAMES = [demo.name for demo in DEMOS]
HEAVY = {"torch", "sklearn", "matplotlib"}


@pytest.fixture
def quick(monkeypatch):
    """Let every demonstration give one outcome, with a run that diverged and nasty texts."""
    outcome = Outcome(
        shown=(
            Row("rate [bold]0.1[/bold]: loss", "crawls", 12.25),
            Row("  rate 1: loss", "diverges", float("inf")),
        ),
        condition=(Row("starts", "", 6, "of 200"),),
        conclusions=("It holds [red]here[/red].", "The condition: the start."),
        panels=(lambda axes: axes.plot([0, 1], [0, 1]),),
    )
    monkeypatch.setattr(Demo, "perform", lambda _: outcome)
    return outcome


def refused(capsys, *arguments: str) -> str:
    """Run the command, and return the one sentence with which it ends with exit code 2."""
    assert run(["catalog", "demo", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    return line.removeprefix("diagnose: ")


def test_without_a_name_it_lists_the_demos(capsys):
    """Every name with its question, in 80 columns, and a command to copy."""
    assert run(["catalog", "demo"]) == 0
    out = capsys.readouterr().out
    for demo in DEMOS:
        assert f"\n{demo.name} " in out
    assert "diagnose catalog demo gradient-descent" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_list_as_data(capsys):
    """Programs get names, titles, questions and techniques."""
    assert run(["catalog", "demo", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == NAMES
    assert all(row["question"].endswith("?") and row["techniques"] for row in rows)


@pytest.mark.usefixtures("quick")
def test_a_demo_prints_claim_and_number_beside_each_other(capsys):
    """The lecture's words, our number, the condition and the sentences; brackets are no markup."""
    assert run(["catalog", "demo", "rosenbrock"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert any(
        line.startswith("rate [bold]0.1[/bold]: loss") and line.endswith("crawls            12.2")
        for line in lines
    )
    assert any(line.split()[-2:] == ["diverges", "diverged"] for line in lines)
    assert any(line.startswith("starts") and line.endswith("6 of 200") for line in lines)
    assert "  - It holds [red]here[/red]." in lines
    assert "  diagnose catalog show adam" in lines
    assert "  diagnose catalog demo rosenbrock --picture rosenbrock.png" in lines
    assert not any(line != line.rstrip() for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_demo_as_data(capsys, quick):
    """Numbers are numbers, and what is no number is null."""
    assert run(["catalog", "demo", "rosenbrock", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["name"] == "rosenbrock"
    assert document["shown"][0] == {
        "what": "rate [bold]0.1[/bold]: loss", "lecture": "crawls", "value": 12.25, "unit": "",
    }  # fmt: skip
    assert document["shown"][1]["value"] is None
    assert document["condition"][0]["value"] == 6
    assert document["conclusions"] == list(quick.conclusions)
    assert document["picture"] is None


@pytest.mark.parametrize("name", ["Rosenbrock", "GRADIENT_DESCENT", "flat minima"])
def test_a_name_in_another_spelling_is_found(capsys, quick, name):
    """Capitals, underscores and blanks do not matter."""
    assert run(["catalog", "demo", name]) == 0
    assert quick.conclusions[1] in capsys.readouterr().out


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("form", "suffix"), [("text", "png"), ("json", "svg"), ("text", "pdf"), ("json", "PNG")]
)
def test_a_picture_is_written_and_told(capsys, tmp_path, form, suffix):
    """The file is there, and the output names it."""
    path = tmp_path / f"a.{suffix}"
    assert run(["catalog", "demo", "rosenbrock", "--picture", str(path), "--format", form]) == 0
    out = capsys.readouterr().out
    assert path.stat().st_size > 3000
    if form == "json":
        assert json.loads(out)["picture"] == str(path)
    else:
        assert str(path) in out.replace("\n  ", "")


def test_a_misspelt_name_gets_a_suggestion(capsys):
    """The nearest name is offered, or the list."""
    assert refused(capsys, "rosenbrok") == (
        "no demonstration 'rosenbrok'. Did you mean 'rosenbrock'?"
    )
    assert "`diagnose catalog demo` lists them." in refused(capsys, "zzz")


@pytest.mark.parametrize("name", ["a.jpg", "a", ".png", "a.png.txt"])
def test_an_unknown_suffix_is_refused_before_anything_runs(capsys, tmp_path, name, monkeypatch):
    """The sentence lists what there is."""
    monkeypatch.setattr(Demo, "perform", lambda _: pytest.fail("it ran"))
    path = tmp_path / name
    line = refused(capsys, "rosenbrock", "--picture", str(path))
    assert line == f"{path}: a picture must end in .png, .svg or .pdf."


def test_a_missing_folder_is_refused_before_anything_runs(capsys, tmp_path, monkeypatch):
    """The sentence names the folder."""
    monkeypatch.setattr(Demo, "perform", lambda _: pytest.fail("it ran"))
    path = tmp_path / "none" / "a.png"
    line = refused(capsys, "rosenbrock", "--picture", str(path))
    assert line == f"{path}: there is no folder {path.parent}."
    (tmp_path / "b.png").mkdir()
    line = refused(capsys, "rosenbrock", "--picture", str(tmp_path / "b.png"))
    assert line.endswith("this is a folder; name a file in it.")


@pytest.mark.usefixtures("quick")
def test_a_file_that_cannot_be_written_is_one_sentence(capsys, tmp_path, monkeypatch):
    """The system's reason is passed on."""

    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", deny)
    path = tmp_path / "a.png"
    line = refused(capsys, "rosenbrock", "--picture", str(path))
    assert line == f"{path}: cannot be written (Permission denied)."


def test_a_picture_of_nothing_is_refused(capsys, tmp_path):
    """A picture needs a demonstration."""
    assert "needs the name of a demonstration" in refused(
        capsys, "--picture", str(tmp_path / "a.png")
    )


@pytest.mark.parametrize(("module", "extra"), [("torch", "torch"), ("matplotlib", "plot")])
def test_a_missing_package_is_asked_for(capsys, tmp_path, monkeypatch, module, extra):
    """One sentence says what is missing and how to install it, before anything runs."""
    found = importlib.util.find_spec
    monkeypatch.setattr(Demo, "perform", lambda _: pytest.fail("it ran"))
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    line = refused(capsys, "rosenbrock", "--picture", str(tmp_path / "a.png"))
    assert f'pip install -c constraints.txt ".[{extra}]".' in line
    assert "is not installed" in line


def test_without_a_picture_matplotlib_is_not_needed(capsys, quick, monkeypatch):
    """The numbers come without the drawing."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "matplotlib" else found(name),
    )
    assert run(["catalog", "demo", "rosenbrock"]) == 0
    assert quick.conclusions[1] in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--help"], ["demo", "zzz"]])
def test_what_only_talks_is_instant(arguments):
    """The list, the help and an unknown name load no torch and no matplotlib."""
    script = (
        "import sys\nfrom diagnose.cli.main import run\n"
        f"run(['catalog', *{arguments!r}])\nprint('loaded:', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(done.stdout.split("loaded:")[1].split()) & HEAVY


def test_names_complete_in_the_shell():
    """`diagnose catalog demo ros<TAB>` completes, without torch."""
    words = "diagnose catalog demo ros"
    env = {
        **os.environ, "_DIAGNOSE_COMPLETE": "bash_complete",
        "COMP_WORDS": words, "COMP_CWORD": "3",
    }  # fmt: skip
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('loaded:', *sys.modules))\n"
        "from diagnose.cli import main\nsys.argv[0] = 'diagnose'\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    offered, loaded = done.stdout.split("loaded:")
    assert "plain,rosenbrock" in offered.split()
    assert not set(loaded.split()) & HEAVY


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_demo_prints_in_eighty_columns(capsys, name):
    """No line is too long, nothing trails, and an ASCII terminal can show it."""
    assert run(["catalog", "demo", name]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.isascii()
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)
