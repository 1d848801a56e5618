"""What a command loads, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = [
    "torch",
    "sklearn",
    "pandas",
    "scipy",
    "matplotlib",
    "numpy.ma",
    "numpy.testing",
    "pydantic",
]


def loaded_by(code: str) -> set[str]:
    """Run code in a new interpreter and return the modules it left loaded."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.split())


def test_diagnosing_a_log_loads_nothing_heavy(tmp_path):
    """The whole command on a log needs neither torch nor scikit-learn nor pandas."""
    log = tmp_path / "log.csv"
    rows = [f"{e},{2 / e},{2 / e + 0.1}" for e in range(1, 40)]
    log.write_text("epoch,loss,val_loss\n" + "\n".join(rows))
    loaded = loaded_by(f"from diagnose.cli.main import run\nassert run([{str(log)!r}]) == 0")
    assert "rich.console" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["log", "--help"], ["--version"]])
def test_help_loads_no_renderer(arguments):
    """Help is instant: it needs no rich and no plot."""
    loaded = loaded_by(f"from diagnose.cli.main import run\nassert run({arguments!r}) == 0")
    assert not loaded & {*HEAVY, "rich", "plotille"}


def test_importing_the_package_loads_nothing():
    """`import diagnose` does not even load numpy; names are fetched when used."""
    assert not loaded_by("import diagnose") & {*HEAVY, "numpy", "rich", "click"}


def test_json_needs_no_renderer(tmp_path):
    """A program that asks for JSON does not pay for the terminal."""
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss\n" + "\n".join(f"{e},{2 / e}" for e in range(1, 20)))
    loaded = loaded_by(
        f"from diagnose.cli.main import run\nassert run([{str(log)!r}, '--format', 'json']) == 0"
    )
    assert not loaded & {*HEAVY, "rich", "plotille"}
