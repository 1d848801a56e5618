"""The command line: commands, options, exit codes, streams."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnose.cli.main import run

RISE = np.concatenate([np.linspace(2, 1, 15), np.linspace(1, 1.8, 35)])


@pytest.fixture
def log(tmp_path):
    """Write the log of a run that overfits and return its path."""
    path = tmp_path / "log.csv"
    rows = [
        f"{e},{t:.6f},{v:.6f}"
        for e, (t, v) in enumerate(zip(np.linspace(2, 0.05, 50), RISE, strict=True))
    ]
    path.write_text("epoch,loss,val_loss\n" + "\n".join(rows) + "\n")
    return path


def test_a_log_is_judged_with_exit_code_0(log, capsys):
    """The report goes to stdout, and stderr stays empty."""
    assert run([str(log)]) == 0
    out, err = capsys.readouterr()
    assert "OVERFITTING" in out
    assert err == ""


def test_json_is_the_report_s_data(log, capsys):
    """`--format json` prints what `to_dict` gives."""
    from diagnose import diagnose  # noqa: PLC0415

    assert run([str(log), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == diagnose(log).to_dict()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("overfitting", 1), ("any", 1), ("GEN102", 1), ("rising-validation-loss", 1),
        ("underfitting", 0), ("OPT101", 0), ("healthy,overfitting", 1), ("miscalibration", 0),
    ],
)  # fmt: skip
def test_fail_on_names_what_exits_with_1(log, names, code, capsys):
    """A script asks for what it cares about; the report is printed all the same."""
    assert run([str(log), "--fail-on", names]) == code
    assert "OVERFITTING" in capsys.readouterr().out


def test_a_misspelt_fail_on_is_an_error_before_anything_is_read(log, capsys):
    """A watch that can never fire is worse than none."""
    assert run([str(log), "--fail-on", "overfiting"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Did you mean 'overfitting'" in err


def test_columns_can_be_named(log, capsys):
    """Named columns override the table of names, in any spelling."""
    assert (
        run([str(log), "--train-loss", "val_loss", "--val-loss", "Loss", "--format", "json"]) == 0
    )
    columns = json.loads(capsys.readouterr().out)["run"]["columns"]
    assert columns == {"train_loss": ["val_loss"], "val_loss": ["loss"]}


def test_a_misspelt_column_gets_a_suggestion(log, capsys):
    """The nearest column is offered."""
    assert run([str(log), "--val-loss", "valloss2"]) == 2
    assert "Did you mean 'val_loss'" in capsys.readouterr().err


def test_references_give_the_scale(log, capsys):
    """The linear model's loss on the command line decides the verdict."""
    assert run([str(log), "--linear-loss", "0.01,0.2", "--classes", "3", "--format", "json"]) == 0
    findings = {f["code"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    evidence = {e["name"]: e["value"] for e in findings["OPT202"]["evidence"]}
    assert evidence["linear_loss"] == 0.01


@pytest.mark.parametrize("value", ["x", "1,2,3", ""])
def test_a_malformed_linear_loss_is_a_usage_error(log, value, capsys):
    """One or two numbers."""
    assert run([str(log), "--linear-loss", value]) == 2
    assert "one or two numbers" in capsys.readouterr().err


def test_several_logs_are_judged_each_and_an_unreadable_one_is_told(log, tmp_path, capsys):
    """One broken file does not stop the rest; the exit code says that something is missing."""
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"")
    assert run([str(log), str(broken), str(log), "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert len(json.loads(out)["reports"]) == 2
    assert "broken.csv: the file is empty" in err
    assert len(err.splitlines()) == 1


def test_a_compressed_log_is_read(log, tmp_path, capsys):
    """Gzip is undone, whatever the file is called."""
    packed = tmp_path / "log.bin"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert run([str(packed)]) == 0
    assert "OVERFITTING" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["log", "-h"], ["catalog", "-h"]])
def test_help_shows_examples(arguments, capsys):
    """Each help starts from something to copy, a line each."""
    assert run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.strip().startswith("diagnose ") for line in lines)
    assert not any("\b" in line or "\\b" in line for line in lines)


def test_no_arguments_show_help(capsys):
    """The bare command tells how to use it."""
    assert run([]) == 2
    out, err = capsys.readouterr()
    assert "diagnose logs.csv" in out + err


def test_a_misspelt_command_gets_a_suggestion(capsys):
    """`diagnose catalgo` is no log, and nearly a command."""
    assert run(["catalgo"]) == 2
    assert "Did you mean `diagnose catalog`" in capsys.readouterr().err


def test_the_catalog_is_listed_filtered_and_shown(capsys):
    """Step, benefit and finding filter; a card has its PyTorch line."""
    assert run(["catalog", "--step", "3", "--benefit", "optimization", "--treats", "OPT202"]) == 0
    out = capsys.readouterr().out
    assert "adam" in out
    assert "dropout" not in out
    assert "input-scaling" not in out
    assert run(["catalog", "show", "Label_Smoothing"]) == 0
    assert "CrossEntropyLoss(label_smoothing" in capsys.readouterr().out


def test_a_title_that_asks_keeps_its_question_mark_alone(capsys):
    """Other titles of sources end in a full stop."""
    assert run(["catalog", "show", "label-smoothing"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "When Does Label Smoothing Help? https://arxiv.org/abs/1906.02629" in shown
    assert "Architecture for Computer Vision. https://arxiv.org/abs/1512.00567" in shown


def test_the_catalog_as_data(capsys):
    """Programs get the cards as JSON."""
    assert run(["catalog", "--format", "json"]) == 0
    cards = {card["slug"]: card for card in json.loads(capsys.readouterr().out)}
    assert cards["dropout"]["benefit"] == "generalization"
    assert "GEN102" in cards["dropout"]["treats"]
    assert run(["catalog", "show", "adam", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 3


def test_a_misspelt_technique_gets_a_suggestion(capsys):
    """The nearest slug is offered."""
    assert run(["catalog", "show", "adamm"]) == 2
    assert "Did you mean 'adam'" in capsys.readouterr().err


def test_rules_are_listed_and_explained(capsys):
    """The explanation comes with its thresholds; a technique's name shows its card."""
    assert run(["rules"]) == 0
    assert "GEN102" in capsys.readouterr().out
    assert run(["explain", "rising-validation-loss"]) == 0
    out = capsys.readouterr().out
    assert "Why it matters" in out
    assert "0.05" in out
    assert run(["explain", "gradient-clipping"]) == 0
    assert "clip_grad_norm_" in capsys.readouterr().out
    assert run(["explain", "GEN999"]) == 2
    assert "Did you mean" in capsys.readouterr().err


ENTRY = [sys.executable, "-c", "from diagnose.cli import main; main()"]


def command(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the real command in a new process."""
    return subprocess.run(
        [*ENTRY, *arguments], capture_output=True, timeout=60, check=False, **more
    )


def test_standard_input_is_read(log):
    """`-` reads the log from a pipe."""
    done = command("-", input=log.read_bytes())
    assert done.returncode == 0
    assert b"OVERFITTING" in done.stdout


def test_a_reader_that_goes_away_is_no_error(log):
    """`diagnose log | head -1` ends quietly."""
    many = [*ENTRY, *[str(log)] * 40]
    with subprocess.Popen(many, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(timeout=60) in (0, 141)
    assert errors == b""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("diagnose explain GEN10", "plain,GEN102"),
        ("diagnose catalog show adam", "plain,adamw"),
        ("diagnose ca", "plain,catalog"),
        ("diagnose log.csv --as tens", "plain,tensorboard"),
        ("diagnose lo", "file,lo"),
    ],
)
def test_the_shell_completes(words, offered):
    """Codes, techniques, commands and files are completed."""
    env = {
        **os.environ,
        "_DIAGNOSE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert offered in command(env=env).stdout.decode().splitlines()


def test_an_ascii_terminal_gets_ascii(log):
    """A locale without UTF-8 neither fails nor shows boxes."""
    done = command(str(log), env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    assert b"OVERFITTING" in done.stdout


def test_no_color_in_a_pipe_and_colour_on_demand(log):
    """A pipe gets plain text; `--color always` gets escapes."""
    assert b"\x1b[" not in command(str(log)).stdout
    assert b"\x1b[" in command(str(log), "--color", "always").stdout


def test_an_error_of_ours_is_one_sentence_and_debug_shows_more(log, monkeypatch, capsys):
    """A bug is told as one, never as a traceback, unless asked for."""

    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("diagnose.cli.judging.judge", fail)
    assert run([str(log)]) == 2
    err = capsys.readouterr().err
    assert "an error of ours (RuntimeError: boom)" in err
    assert "Traceback" not in err
    with pytest.raises(RuntimeError, match="boom"):
        run([str(log)], debug=True)


def test_a_log_named_like_a_command_is_read_by_its_path(log, tmp_path, monkeypatch, capsys):
    """`./catalog` is a file."""
    (tmp_path / "catalog").write_bytes(Path(log).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run(["./catalog"]) == 0
    assert "OVERFITTING" in capsys.readouterr().out
