"""README says what is true today."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from diagnose.cli.main import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    """Return the lines of README's console blocks that call the tool."""
    lines = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
    calls = [re.sub(r"^.*?((?:\.venv/bin/)?diagnose )", r"\1", line) for line in lines]
    return [c.removeprefix(".venv/bin/") for c in calls if "diagnose " in c and "pytest" not in c]


def test_the_first_screen_is_what_the_tool_prints(capsys, monkeypatch):
    """The report shown in README is the report of the bundled log, line by line."""
    shown = next(text for kind, text in BLOCKS if kind == "text")
    monkeypatch.chdir(ROOT)
    first = next(c for c in commands() if "samples/" in c)
    assert run(shlex.split(first)[1:]) == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("command", [c for c in commands() if "<" not in c])
def test_commands_run_as_written(command, capsys, monkeypatch):
    """Every command of README exits with 0, or names a log that is the reader's own."""
    monkeypatch.chdir(ROOT)
    arguments = shlex.split(command.split("#")[0])[1:]
    code = run(arguments)
    captured = capsys.readouterr()
    logs = [a for a in arguments if a.endswith((".csv", ".json", ".jsonl"))]
    own = any(not Path(name).exists() for name in logs)
    assert code == (2 if own else 0), captured.err
    if own:
        assert "no such file" in captured.err


def test_python_examples_run(tmp_path, monkeypatch, capsys):
    """The Python blocks run beside a log called logs.csv."""
    epochs = np.arange(40)
    rows = [f"{e},{2 * np.exp(-e / 5):.4f},{2 * np.exp(-e / 5) + 0.01 * e:.4f}" for e in epochs]
    (tmp_path / "logs.csv").write_text("epoch,loss,val_loss\n" + "\n".join(rows))
    monkeypatch.chdir(tmp_path)
    for kind, text in BLOCKS:
        if kind == "python":
            exec(compile(text, "README.md", "exec"), {})
    assert "found" in capsys.readouterr().out


def test_the_test_command_is_marked_for_ci():
    """CI takes the command from between the marks."""
    block = README.split("<!-- tests -->")[1].split("<!-- /tests -->")[0]
    assert "pytest" in block
    assert "constraints.txt" in block
