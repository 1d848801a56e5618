"""The demonstrations as a whole: what they are, what they print, and what they draw."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from catalog.demos import DEMOS, find_demo
from catalog.demos.demo import PICTURE_FORMATS, Demo, Outcome, Row, number
from catalog.demos.picture import save
from catalog.table import slugs

each_demo = pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.name)
STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
FOLDER = Path(__file__).parents[3] / "catalog" / "demos"


@cache
def performed(demo: Demo) -> tuple[Outcome, float]:
    """Perform a demonstration once, and note the seconds of computation."""
    began = time.process_time()
    return demo.perform(), time.process_time() - began


def simple() -> Outcome:
    """Return an outcome that draws a line."""
    return Outcome((), (), (), (lambda axes: axes.plot([0, 1], [0, 1]),))


@each_demo
def test_a_demo_says_what_it_asks(demo):
    """The question is a question, the module has the name, and its cards exist."""
    assert demo.question.endswith("?")
    assert (FOLDER / f"{demo.name.replace('-', '_')}.py").is_file()
    assert set(demo.techniques) <= set(slugs())
    assert find_demo(demo.name) is demo


def test_names_are_unique():
    """Each name finds its own demonstration."""
    assert len({demo.name for demo in DEMOS}) == len(DEMOS)


def test_demos_are_frozen():
    """A demonstration cannot be changed."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEMOS[0].name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3_000_000_000, "3,000,000,000"),
        (8012.5, "8,012"),
        (12.251, "12.3"),
        (0, "0"),
        (1.5459e-9, "1.55e-09"),
        (2.1218e99, "2.12e+99"),
        (math.inf, "diverged"),
        (math.nan, "diverged"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers_are_short_or_whole(value, text):
    """Three digits, whole thousands in full, and a word for what is no number."""
    assert number(value) == text


def test_a_unit_follows_the_number():
    """The printed value is number and unit; without a unit nothing trails."""
    assert Row("starts", "", 6, "of 200").ours == "6 of 200"
    assert Row("loss", "", 0.5).ours == "0.5"


@pytest.mark.parametrize("suffix", [*PICTURE_FORMATS, "PNG"])
def test_a_picture_is_of_the_kind_that_its_suffix_names(tmp_path, suffix):
    """Each format begins as it must, is not empty, and is written twice alike."""
    form = suffix.lower()
    first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
    save(simple(), "A line", first)
    save(simple(), "A line", second)
    assert first.read_bytes().startswith(STARTS[form])
    assert first.stat().st_size > 3000
    if form != "svg":  # its marks bear random names
        assert first.read_bytes() == second.read_bytes()


def test_a_folder_that_is_missing_is_the_system_s_error(tmp_path):
    """The caller says it in its own words."""
    with pytest.raises(FileNotFoundError):
        save(simple(), "A line", tmp_path / "none" / "a.png")


def test_drawing_touches_no_state_of_matplotlib(tmp_path):
    """No window, no pyplot, no changed settings."""
    script = f"""
import sys
from pathlib import Path
import matplotlib
from catalog.demos.demo import Outcome
from catalog.demos.picture import save

def settings():  # to read the backend is to choose one
    return {{key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}}

before = settings()
panel = lambda axes: axes.plot([0, 1], [0, 1])
save(Outcome((), (), (), (panel,)), "t", Path({str(tmp_path / "a.png")!r}))
assert settings() == before
assert "torch" not in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_demos_loads_nothing_heavy():
    """The list of demonstrations needs neither torch nor matplotlib nor numpy."""
    script = "import catalog.demos, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert not set(done.stdout.split()) & {"torch", "matplotlib", "numpy", "sklearn"}


@pytest.mark.slow
@each_demo
def test_a_demo_takes_at_most_five_seconds(demo):
    """Nobody waits for a demonstration."""
    assert performed(demo)[1] < 5


@pytest.mark.slow
@each_demo
def test_every_terminal_can_show_it(demo):
    """Words and numbers are ASCII, and the sentences end."""
    outcome, _ = performed(demo)
    rows = (*outcome.shown, *outcome.condition)
    for text in (*outcome.conclusions, *(part for r in rows for part in (r.what, r.lecture))):
        assert text.isascii()
    assert all(sentence.endswith(".") for sentence in outcome.conclusions)
    assert any(row.lecture for row in outcome.shown)
    assert len(outcome.condition) >= 3


@pytest.mark.slow
@each_demo
def test_a_demo_gives_the_same_numbers_again(demo):
    """Nothing depends on the clock or on earlier draws."""
    outcome, _ = performed(demo)
    again = demo.perform()
    assert outcome.shown == again.shown
    assert outcome.condition == again.condition
    assert outcome.conclusions == again.conclusions


@pytest.mark.slow
@each_demo
def test_its_picture_can_be_read(demo):
    """Each panel has a title, named axes, data within its limits and a legend if it has lines.

    No text of a panel lies on its legend, and none reaches out of the picture.
    """
    outcome, _ = performed(demo)
    figure = Figure(figsize=(4.7 * len(outcome.panels), 4.4), layout="constrained")
    panels = figure.subplots(1, len(outcome.panels), squeeze=False)[0]
    for draw, axes in zip(outcome.panels, panels, strict=True):
        draw(axes)
    figure.draw_without_rendering()
    whole = figure.bbox
    for axes in panels:
        assert axes.get_title()
        assert axes.get_xlabel()
        legend = axes.get_legend()
        assert (legend is not None) == bool(axes.lines)
        texts = [text for text in axes.texts if text.get_text()]
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label, *texts):
            box = text.get_window_extent()
            assert box.x0 >= whole.x0 - 1
            assert box.x1 <= whole.x1 + 1
            assert box.y1 <= whole.y1 + 1
            if legend is not None:
                assert not box.overlaps(legend.get_window_extent()) or not text.get_text()


@pytest.mark.slow
@each_demo
def test_lines_are_told_apart_without_colour(demo):
    """Two lines of one legend differ in stroke or in marker."""
    outcome, _ = performed(demo)
    for draw in outcome.panels:
        axes = Figure().subplots()
        draw(axes)
        named = [line for line in axes.lines if not line.get_label().startswith("_")]
        looks = [
            (line.get_linestyle(), line.get_marker(), line.get_markerfacecolor() == "white")
            for line in named
        ]
        assert len(set(looks)) == len(looks)


def test_matplotlib_is_new_enough():
    """The extra promises the version that is installed, or an older one."""
    assert tuple(map(int, matplotlib.__version__.split(".")[:2])) >= (3, 9)
