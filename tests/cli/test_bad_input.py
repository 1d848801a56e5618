"""Bad input: one clear sentence and exit code 2, or a report that tells what was left out."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnose.cli.main import run

Refused = Callable[[bytes | str], str]
GOOD = "epoch,loss,val_loss\n" + "".join(f"{e},{2 / e},{2.1 / e}\n" for e in range(1, 9))


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys) -> Callable[..., str]:
    """Give a function that runs the command on a bad log and returns its one line of error."""

    def refuse(content: bytes | str | None, name: str = "log.csv", *options: str) -> str:
        monkeypatch.chdir(tmp_path)
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            Path(name).write_bytes(data)
        assert run([name, *options]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.endswith("\n")
        (line,) = shown.err.splitlines()
        assert line.startswith("diagnose: ")
        assert "Traceback" not in line
        assert "an error of ours" not in line
        assert line.isprintable()
        return line.removeprefix("diagnose: ")

    return refuse


@pytest.fixture
def notes(tmp_path, monkeypatch, capsys) -> Callable[..., list[str]]:
    """Give a function that runs the command on a log and returns the notes of its report."""

    def judge(content: bytes | str, name: str = "log.csv", *options: str) -> list[str]:
        monkeypatch.chdir(tmp_path)
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        assert run([name, "--format", "json", *options]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        found: list[str] = json.loads(shown.out)["run"]["notes"]
        return found

    return judge


PICKLE = pickle.dumps({"loss": [1.0, 0.5]})
REFUSED = {
    "empty": ("", "the file is empty"),
    "blank": ("\n \n", "the file is empty"),
    "binary": (bytes(range(256)) * 9, "is binary"),
    "header only": ("epoch,loss\n", "only a header, no rows"),
    "one row": ("epoch,loss\n1,0.5\n", "single point"),
    "no loss": ("epoch,foo\n1,0.5\n2,0.4\n", "seen: 'epoch', 'foo'. Name one with --train-loss"),
    "all text": ("epoch,loss\n1,high\n2,low\n", "'loss' holds text ('high'), not numbers"),
    "units": ("epoch,loss\n1,0.53 nats\n2,0.47 nats\n", "'loss' holds text ('0.53 nats')"),
    "thousands": ('step,loss\n1,"1,234.5"\n2,"1,034.5"\n', "'loss' holds text ('1,234.5')"),
    "all blank": ("epoch,loss\n1,\n2,\n", "'loss' is blank"),
    "all not a number in words": ("epoch,loss\n1,error\n2,error\n", "'loss' holds text"),
    "commas in numbers": ("epoch,loss\n1,0,53\n2,0,47\n", "separate the cells by semicolons"),
    "pickle": (PICKLE, "is a pickle; it could run any code, so it is never loaded"),
    "compressed pickle": (gzip.compress(PICKLE), "is a pickle"),
    "cut gzip": (gzip.compress(GOOD.encode())[:30], "cut off or damaged"),
    "damaged gzip": (gzip.compress(b"x" * 99)[:20] + b"yyyyyyyyyyyyyyyyyyyyyyyy", "damaged"),
    "deep json": ("[" * 200_000, "nested too deeply"),
    "cut json": ('{"epochs": 3, "loss": [0.9, 0.8', ":1: the JSON is cut off here"),
    "no json": ('{"loss": [0.9 0.8], "val_loss": [1, 2, 3]}', ":1: no JSON"),
    "json without numbers": ('{"loss": "none"}', "holds no list of numbers"),
    "one line of 10 MB": (b"1," * 5_000_000, "characters is no table"),
    "one word of 10 MB": (b"x" * 10_000_000, "characters is no table"),
    "prose": ("Dear diary,\ntoday the loss fell.\n", "no line tells a loss"),
    "html": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", "no line tells a loss"),
    "a zip": (b"PK\x03\x04" + b"x" * 50, "a ZIP archive that is cut off or damaged"),
    "a runs table": ("Name,State,loss\na,done,1\nb,done,2\nc,done,3\n", "export the history"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(refused, content, message) -> None:
    """A log that cannot be judged gives exit code 2 and one sentence that names it and says why."""
    line = refused(content)
    assert message in line
    assert line.startswith("log.csv:")


def test_ten_megabytes_in_one_json_line(notes) -> None:
    """A JSON document of 10 MB in one line is read."""
    values = ",".join(["0.123456"] * 1_000_000)
    assert notes('{"loss": [%s]}' % values, "history.json") == []  # noqa: UP031


def test_missing(refused) -> None:
    """A missing file is called missing."""
    assert refused(None, "nothing.csv") == "nothing.csv: there is no such file."


def test_folder(refused, tmp_path) -> None:
    """A folder without a log is told to be so."""
    (tmp_path / "runs").mkdir()
    assert "no log of a training run in this folder; --recursive" in refused(None, "runs")


def test_no_permission(refused, monkeypatch) -> None:
    """A file that may not be read is told to be so."""

    def deny(*_args: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("log.csv")
    monkeypatch.setattr("pathlib.Path.open", deny)
    monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_: Path("log.csv").touch())
    assert refused("x") == "log.csv: no permission to read it."


def test_unknown_column(refused) -> None:
    """A column that the log does not have is told, with the nearest one."""
    line = refused(GOOD, "log.csv", "--val-loss", "vall_loss")
    assert "no column 'vall_loss'. Did you mean 'val_loss'?" in line


def test_text_column(refused) -> None:
    """A column that holds text cannot be named as a loss."""
    line = refused("epoch,loss,name\n1,2,a\n2,1,b\n", "log.csv", "--val-loss", "name")
    assert "'name' holds text" in line


NASTY = ["[bold red]x[/]", "\x1b[31mred\x1b[0m", "a\x07b\x08", "{x}", "%s%n", "<b>", "[/]", "\\x"]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_column_names(refused, name) -> None:
    """Markup and control characters in names of columns are shown, and never obeyed."""
    line = refused(f"epoch,{name}\n1,2\n2,1\n")
    assert "\x1b" not in line
    if name.isprintable() and "\\" not in name:
        assert repr(name) in line


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_in_a_report(tmp_path, monkeypatch, capsys, name) -> None:
    """The report of a log with such names, in the file's name too, prints them as they are."""
    monkeypatch.chdir(tmp_path)
    file = f"{name.replace('/', '_')}.csv"
    Path(file).write_text(f"epoch,loss,{name} loss\n1,2,5\n2,1,x\n3,1,4\n4,0.9,3\n")
    assert run([file, "--color", "never"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    if name.isprintable() and "\\" not in name:
        assert file in out
        assert f"{name} loss" in " ".join(out.split())


def test_nasty_file_name_that_is_missing(refused) -> None:
    """A missing file with control characters in its name is named in one printable line."""
    assert "there is no such file" in refused(None, "a\nb\x1b[31m\x07.csv")


def test_surrogates(refused, notes) -> None:
    """Half a character in a JSON name breaks nothing."""
    assert "no column is called a loss" in refused('{"\\ud800": [1, 2], "b": [2, 3]}', "h.json")
    assert notes('{"loss": [3, 2, 1], "\\ud800 loss": [1, 2, 3]}', "h.json") == []


def test_file_name_that_is_no_text(tmp_path, monkeypatch, capfdbinary) -> None:
    """A file whose name is no UTF-8 is judged, and named by the numbers of its bytes."""
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"log\xff.csv")
    try:
        Path(name).write_text(GOOD)
    except OSError:
        pytest.skip("this file system takes only text for names")
    for options in ([], ["--format", "json"]):
        assert run([name, *options]) == 0
        out, err = capfdbinary.readouterr()
        assert b"log" in out
        assert err == b""


TOLD = {
    "text in a cell": (
        GOOD + "9,oops,0.2\n",
        "column 'loss': text instead of a number ('oops' in line 10)",
    ),
    "cut without enough cells": (
        GOOD + "9,0.2",
        "the last line (line 10) has no end and may be cut off",
    ),
    "cut with enough cells": (
        "epoch,loss,val_loss\n1,0.91,0.95\n2,0.81,0.85\n3,0.71,0.75\n4,0.61,0.",
        "cut off; its last cell '0.' was left out",
    ),
    "cut gzip": (gzip.compress(GOOD.encode())[:-9], "the compressed file is cut off; what is"),
    "decimal commas": (
        "epoch;loss\n1;0,9\n2;0,8\n3;0,7\n",
        "decimal commas were read as decimal points",
    ),
    "too many cells": (
        GOOD + "9,0,2,0,3\n",
        "1 line (line 10) whose cells are more than the header's 3",
    ),
    "too few cells": (
        "epoch,loss,val_loss,f1\n1,2,3,4\n2,1\n3,1,2,3\n",
        "1 line (line 3) with fewer cells",
    ),
    "repeated steps": (GOOD + "8,0.2,0.3\n", "1 repeated step; the last value of each was kept"),
    "decreasing steps": (
        "step,loss\n5,9\n3,8\n9,7\n1,6\n7,5\n2,4\n",
        "goes back 3 times and was not taken",
    ),
    "two runs": (GOOD + GOOD, "the log holds 2 runs one after another"),
    "same names": ("epoch,loss,loss\n1,3,9\n2,2,9\n3,1,9\n", "several columns bear the same name"),
    "no header": ("1,3\n2,2\n3,1\n", "the table has no header"),
    "unreadable step": (
        "epoch,loss\n1,5\nx,4\n3,3\n4,2\n",
        "1 point of the loss without a readable",
    ),
    "json lines cut": (
        '{"loss": 3}\n{"loss": 2}\n{"loss": 1}\n{"lo',
        "the last line (line 4) is cut off",
    ),
    "text in json": ('{"loss": [3, 2, "x", 1]}', "loss: text instead of a number ('x')"),
    "text in a record": (
        '[{"loss": 3}, {"loss": 2}, {"loss": "x"}]',
        "'loss': text instead of a number ('x')",
    ),
}


@pytest.mark.parametrize(("content", "note"), TOLD.values(), ids=TOLD)
def test_told(notes, content, note) -> None:
    """Where the rest can be judged, the report tells what was left out or how it was taken."""
    options = ("--train-loss", "column 2") if content[:1].isdigit() else ()
    assert any(note in found for found in notes(content, "log.csv", *options))


def test_note_in_the_printed_report(tmp_path, capsys) -> None:
    """The notes stand in the printed report too."""
    path = tmp_path / "log.csv"
    path.write_text(GOOD + "9,oops,0.2\n")
    assert run([str(path), "--color", "never", "--no-plot"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "column 'loss': text instead of a number ('oops' in line 10) was left out." in out


SAME = {
    "bom": GOOD.encode("utf-8-sig"),
    "utf-16": GOOD.encode("utf-16"),
    "crlf": GOOD.replace("\n", "\r\n").encode(),
    "semicolons": GOOD.replace(",", ";").encode(),
    "gzip": gzip.compress(GOOD.encode()),
    "blank lines": GOOD.replace("\n", "\n\n").encode(),
    "trailing delimiters": GOOD.replace("\n", ",\n").encode(),
    "comment lines": ("# by hand\n" + GOOD).encode(),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
def test_same_verdict(tmp_path, monkeypatch, capsys, content) -> None:
    """The same table in another spelling gives the same report."""
    monkeypatch.chdir(tmp_path)
    shown = []
    for data in (GOOD.encode(), content):
        Path("log.csv").write_bytes(data)
        assert run(["log.csv", "--format", "json"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]


def test_five_thousand_columns(notes) -> None:
    """A table of five thousand columns is judged."""
    names = ",".join(["epoch", "loss", *(f"metric_{i}" for i in range(4998))])
    rows = "".join(",".join([str(e), str(2 / e), *["1.5"] * 4998]) + "\n" for e in range(1, 5))
    assert notes(f"{names}\n{rows}") == []


def test_one_bad_log_among_good_ones(tmp_path, monkeypatch, capsys) -> None:
    """A bad log leaves the others judged: their reports, one line of error, exit code 2."""
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text(GOOD)
    Path("bad.csv").write_text("epoch,loss\n")
    assert run(["good.csv", "bad.csv", "missing.csv", "--format", "json"]) == 2
    shown = capsys.readouterr()
    assert [line.split(":")[1].strip() for line in shown.err.splitlines()] == [
        "bad.csv",
        "missing.csv",
    ]
    assert "good.csv" in shown.out


def command(content: bytes | None) -> subprocess.CompletedProcess[bytes]:
    """Run the command on standard input."""
    return subprocess.run(
        [sys.executable, "-c", "from diagnose.cli import main; main(['-', '--format', 'json'])"],
        input=content, capture_output=True, check=False, timeout=30,
    )  # fmt: skip


@pytest.mark.parametrize("content", [GOOD.encode(), gzip.compress(GOOD.encode())])
def test_standard_input(content) -> None:
    """`-` reads standard input."""
    done = command(content)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["source"] == "<stdin>"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", b"the file is empty"), (PICKLE, b"is a pickle"), (b"epoch,loss\n", b"only a header")],
)
def test_bad_standard_input(content, message) -> None:
    """Bad standard input is refused like a bad file."""
    done = command(content)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"diagnose: <stdin>: ")
    assert message in done.stderr
    assert done.stderr.count(b"\n") == 1
