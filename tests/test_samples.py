"""Every rule on every sample: exactly the expected findings, verdict and cause."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from diagnose.cli.main import run
from diagnose.rules import RULES
from diagnose.verdict import CAUSES, PROBLEMS

SAMPLES = Path(__file__).parents[1] / "samples"
FOLDERS = sorted(path.parent for path in SAMPLES.glob("*/expect.toml"))


def expected(folder: Path) -> dict[str, Any]:
    """Read what a sample expects."""
    return tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))


def report_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Run the command of a sample and return its JSON."""
    import json  # noqa: PLC0415

    want = expected(folder)
    assert run([str(folder / want["log"]), *want["options"], "--format", "json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_sample_gets_its_verdict_and_no_other_finding(folder, capsys):
    """The problem, its cause, what else is wrong, and the codes found are those expected."""
    want, got = expected(folder), report_of(folder, capsys)
    verdict = got["verdict"]
    found = [f["code"] for f in got["findings"] if f["state"] == "found"]
    assert (verdict["problem"], verdict["cause"] or "", verdict["also"], found) == (
        want["problem"],
        want["cause"],
        want["also"],
        want["found"],
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_sample_is_whole(folder):
    """A sample has its log, the script that makes it again, and legal expectations."""
    want = expected(folder)
    assert (folder / want["log"]).is_file()
    assert (folder / "make.py").is_file()
    assert want["problem"] in PROBLEMS
    assert want["cause"] in ("", *CAUSES)
    assert set(want["found"]) <= {rule.code for rule in RULES}
    assert (SAMPLES / "README.md").read_text(encoding="utf-8").count(folder.name) >= 1


def test_every_rule_has_a_sample():
    """Each rule fires on a real log that says so."""
    fired = {code for folder in FOLDERS for code in expected(folder)["found"]}
    assert fired == {rule.code for rule in RULES}


def test_readme_commands_of_samples_exist():
    """Every command of the samples' table names a log that is there."""
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    commands = [
        shlex.split(part) for part in text.split("`") if part.startswith("diagnose samples")
    ]
    assert len(commands) >= len(FOLDERS)
    assert all((SAMPLES.parent / command[1]).is_file() for command in commands)
