"""Several logs, folders and patterns on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diagnose.cli import judging, main
from diagnose.cli.main import run
from diagnose.readers import all_readers
from diagnose.readers.folder.found import only
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, to_runs
from diagnose.references import References

assert main  # the package's name for the command


def curve(kind: str, rows: int = 40) -> str:
    """Return the CSV of a run that overfits, or of one that is still falling."""
    epochs = np.arange(rows)
    train = 2 * np.exp(-epochs / 8) + 0.01
    val = {"over": train + 0.03 * epochs, "falling": train + 0.1}[kind]
    rows_ = zip(epochs, train, val, strict=True)
    return "epoch,loss,val_loss\n" + "".join(f"{e},{t:.6f},{v:.6f}\n" for e, t, v in rows_)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder of four runs and files that are none."""
    monkeypatch.chdir(tmp_path)
    for name in ("version_2", "version_10", "version_1"):
        run_folder = Path("runs") / name
        run_folder.mkdir(parents=True)
        (run_folder / "metrics.csv").write_text(curve("over" if name != "version_1" else "falling"))
        (run_folder / "hparams.yaml").write_text("lr: 0.1\n")
    Path("runs/deep/er").mkdir(parents=True)
    Path("runs/deep/er/history.csv").write_text(curve("over"))
    Path("runs/notes.txt").write_text("The loss fell.\n")
    return Path("runs")


def table(out: str) -> list[list[str]]:
    """Return the rows of the table, split at two blanks or more."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("run "))
    rows = []
    for line in lines[start + 1 :]:
        if not line:
            break
        rows.append([cell.strip() for cell in line.split("  ") if cell.strip()])
    return rows


def test_a_folder_of_runs_gives_one_table(folder, capsys):
    """A line a run: what needs attention first, then in the order of their numbers."""
    assert run([str(folder)]) == 0
    out, err = capsys.readouterr()
    assert [row[0] for row in table(out)] == ["version_2", "version_10", "version_1"]
    name, problem, best, train, val = table(out)[0]
    assert (name, problem) == ("version_2", "overfitting")
    expected = 2 * np.exp(-np.arange(40) / 8) + 0.01 + 0.03 * np.arange(40)
    assert int(best) == expected.argmin()
    assert float(train) == pytest.approx(2 * np.exp(-39 / 8) + 0.01, rel=0.01)
    assert float(val) == pytest.approx(expected[-1], rel=0.01)
    assert "3 runs: 2 overfitting, 1 undetermined." in out
    assert "1 file without a training curve passed over; --verbose names them." in err
    assert "version_10" not in err


def test_recursive_looks_at_all_levels(folder, capsys):
    """What lies deeper is found only when asked for."""
    assert run([str(folder), "--recursive"]) == 0
    names = [row[0] for row in table(capsys.readouterr().out)]
    assert sorted(names) == ["deep/er", "version_1", "version_10", "version_2"]


def test_a_run_s_own_folder_gives_its_report(folder, capsys):
    """One run is judged in full, and as one object of JSON."""
    assert run([str(folder / "version_2")]) == 0
    assert "OVERFITTING" in capsys.readouterr().out
    assert run([str(folder / "version_2"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"].endswith("metrics.csv")


def test_json_holds_every_report_in_full(folder, capsys):
    """The list form, in the order in which the runs were found, equals the reports one by one."""
    assert run([str(folder), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["schema", "reports"]
    assert document["schema"] == 1
    single = []
    for name in ("version_1", "version_2", "version_10"):
        assert run([str(folder / name), "--format", "json"]) == 0
        single.append(json.loads(capsys.readouterr().out))
    assert document["reports"] == single


def test_broken_logs_do_not_stop_the_rest(folder, capsys):
    """What is damaged, or laid out as a run and holds no curve, is told in the end: code 2."""
    (folder / "broken").mkdir()
    (folder / "broken" / "metrics.csv").write_text("epoch,loss\n")
    (folder / "cut.json").write_text('{"loss": [1.0, 0.5')
    assert run([str(folder)]) == 2
    out, err = capsys.readouterr()
    assert len(table(out)) == 3
    assert "2 could not be judged" in out
    lines = [line for line in err.splitlines() if line.startswith("diagnose: ")]
    assert any("broken/metrics.csv: only a header" in line for line in lines)
    assert any("cut.json:1: the JSON is cut off here" in line for line in lines)


@pytest.mark.usefixtures("folder")
def test_a_table_tells_the_damage_that_another_file_made_up_for(capsys):
    """The run has its line, and stderr says which file it was not read from."""
    path = Path("runs/hf/trainer_state.json")
    path.parent.mkdir()
    path.write_text('{"log_history": [')
    path.with_name("train.log").write_text(
        "".join(f"epoch {e} loss: {4 / e}\n" for e in range(1, 9))
    )
    assert run(["runs"]) == 0
    shown = capsys.readouterr()
    assert "hf" in [row[0] for row in table(shown.out)]
    assert f"{path}:1: the JSON is cut off here; other files told the run\n" in shown.err


@pytest.mark.usefixtures("folder")
def test_folders_further_down_are_told(capsys):
    """A folder that was seen and not looked into stands on stderr."""
    Path("runs/x/y/z").mkdir(parents=True)
    assert run(["runs"]) == 0
    told = "2 folders further down, as runs/deep/er, not looked into; --recursive does."
    assert told in capsys.readouterr().err.splitlines()


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told(folder, capsys):
    """The others are judged."""
    (folder / "secret").mkdir(mode=0)
    assert run([str(folder)]) == 2
    out, err = capsys.readouterr()
    assert len(table(out)) == 3
    assert "secret: no permission to read it." in err


def test_fail_on_looks_at_every_run(folder, capsys):
    """One run that has it is enough."""
    assert run([str(folder), "--fail-on", "overfitting"]) == 1
    assert run([str(folder / "version_1"), "--fail-on", "overfitting"]) == 0
    capsys.readouterr()


def test_patterns_are_expanded_where_the_shell_did_not(folder, capsys):
    """A quoted pattern names files and folders, in the order of their numbers."""
    assert run([f"{folder}/version_*/*.csv", "--format", "json"]) == 0
    sources = [r["source"] for r in json.loads(capsys.readouterr().out)["reports"]]
    assert [s.split("/")[-2] for s in sources] == ["version_1", "version_2", "version_10"]
    assert run([f"{folder}/**/history.csv", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["reports"]) == 1
    assert run(["nothing*.csv"]) == 2
    assert "nothing*.csv: there is no such file, nor one that" in capsys.readouterr().err


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path, monkeypatch, capsys):
    """`run[1].csv` is read, not expanded."""
    monkeypatch.chdir(tmp_path)
    Path("run[1].csv").write_text(curve("over"))
    Path("run1.csv").write_text(curve("falling"))
    assert run(["run[1].csv", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "run[1].csv"


def test_a_few_logs_get_a_report_each_and_more_a_table(folder, capsys):
    """Three reports can be read through; `--full` asks for all of more."""
    logs = [str(folder / name / "metrics.csv") for name in ("version_1", "version_2", "version_10")]
    assert run([*logs, "--no-plot"]) == 0
    out = capsys.readouterr().out
    assert out.count("How the log was read") == 3
    assert run([*logs, logs[0], "--no-plot"]) == 0
    assert len(table(capsys.readouterr().out)) == 4
    assert run([*logs, logs[0], "--no-plot", "--full"]) == 0
    assert capsys.readouterr().out.count("How the log was read") == 4


def test_the_table_is_readable_at_80_columns(tmp_path, monkeypatch, capsys):
    """Long names are cut in their middle, and no line is longer than a terminal."""
    monkeypatch.chdir(tmp_path)
    for index in range(5):
        path = Path(f"{'very' * 20}_{index}_{'long' * 20}.csv")
        path.write_text(curve("over"))
    assert run(["."]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "…" in out


def test_a_folder_without_a_log_says_so(tmp_path, monkeypatch, capsys):
    """One sentence, whether it is empty or holds other files."""
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert run(["empty"]) == 2
    assert "empty: no log of a training run in this folder" in capsys.readouterr().err
    for name in ("a.csv", "b.csv"):
        Path("empty", name).write_text("x,y\n1,2\n2,3\n")
    assert run(["empty"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "none of the 2 files is a log of a training run: empty/a.csv" in shown.err


def test_verbose_tells_reader_confidence_and_roles(folder, capsys):
    """On stderr, so that the report can be piped."""
    assert run([str(folder / "version_2" / "metrics.csv"), "--verbose", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    json.loads(out)
    assert "read as csv (0.80 sure)" in err
    assert "training loss: 'loss', 40 points from epoch 0 to 39" in err
    assert "validation loss: 'val_loss', 40 points" in err


def test_as_forces_a_reader(tmp_path, monkeypatch, capsys):
    """The format that is named is used, and a misspelt one gets a suggestion."""
    monkeypatch.chdir(tmp_path)
    Path("log.txt").write_text("".join(f"epoch {e}: loss: {2 / e}\n" for e in range(1, 9)))
    assert run(["log.txt", "--as", "text", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"]["format"] == "text"
    assert run(["log.txt", "--as", "jsonl"]) == 2
    assert "log.txt" in capsys.readouterr().err
    assert run(["log.txt", "--as", "tensorbord"]) == 2
    assert "no format 'tensorbord'. Did you mean 'tensorboard'?" in capsys.readouterr().err
    Path("folder").mkdir()
    assert run(["folder", "--as", "csv"]) == 2
    assert "--as names the format of a file, and folder is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tensorboard", "json", "wandb", "mlflow_db", "trainer_state"])
def test_as_on_another_format_says_what_it_looks_like(tmp_path, monkeypatch, capsys, name):
    """The sentence blames the option, and not the log."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(curve("over"))
    assert run(["a.csv", "--as", name]) == 2
    told = f"diagnose: a.csv: does not look like {name}, which --as names; it looks like csv.\n"
    assert capsys.readouterr().err == told


def test_formats_are_listed_from_the_readers(capsys):
    """Each has a name of its own, what is recognized, and an example."""
    assert run(["formats"]) == 0
    out = capsys.readouterr().out
    readers = all_readers()
    assert len({reader.name for reader in readers}) == len(readers)
    for reader in readers:
        assert f"{reader.name}: " in out
    assert "DVCLive: a file for each metric." in out
    assert run(["formats", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed["formats"]] == [reader.name for reader in readers]
    assert all(entry["example"] for kind in listed.values() for entry in kind)


@pytest.mark.parametrize("reader", all_readers(), ids=lambda reader: reader.name)
def test_a_reader_reads_its_own_example(reader, tmp_path):
    """The example is one: the reader recognizes it, and it holds a curve."""
    assert reader.title
    assert reader.example
    if "\n" not in reader.example:
        return  # the name of a binary file
    path = tmp_path / "log.txt"
    path.write_text(reader.example)
    source = Source(path)
    assert reader.recognizes(source) > 0.2
    (run,) = to_runs(reader.read(source, Choice()), "example", Choice())
    assert run.n_points >= 2


def settings() -> judging.Settings:
    """Return the settings of a plain call."""
    return judging.Settings(Choice(), References())


def test_processes_judge_alike_and_in_order(tmp_path, monkeypatch):
    """What comes of logs over two cores is what comes of them one by one."""
    found = []
    for index in range(9):
        path = tmp_path / f"{index}.csv"
        path.write_text(curve("over" if index % 2 else "falling") if index != 4 else "")
        found.append(only(str(path)))
    alone = [judging.judge_one(item, settings())[0] for item in found]
    monkeypatch.setattr(judging, "_cores", lambda: 2)
    monkeypatch.setattr(judging, "WORTHWHILE_SECONDS", 0.0)
    assert list(judging.judge_many(found, settings())) == alone
    assert "the file is empty" in alone[4].error


def test_a_process_that_dies_costs_its_own_log_alone(tmp_path, monkeypatch):
    """The log that ends its process is named, and the others are judged."""
    found = []
    for index in range(5):
        path = tmp_path / f"{index}.csv"
        path.write_text(curve("over"))
        found.append(only(str(path)))
    monkeypatch.setattr(judging, "_cores", lambda: 2)
    monkeypatch.setattr(judging, "WORTHWHILE_SECONDS", 0.0)
    monkeypatch.setattr(judging, "read_found", dying)
    judged = list(judging.judge_many(found, settings()))
    assert [bool(one.error) for one in judged] == [False, False, True, False, False]
    assert "2.csv: the process that read it was ended from outside" in judged[2].error


def dying(found, choice, told, damaged):
    """End the process at one of the logs."""
    from diagnose.readers.folder.read import read_found  # noqa: PLC0415

    if found.path.endswith("2.csv"):
        os._exit(9)
    return read_found(found, choice, told, damaged)


def test_an_error_of_ours_in_one_log_is_told(folder, monkeypatch, capsys):
    """A bug that one log shows leaves the others judged."""
    real = judging.judge

    def fail(found, *more):
        if "version_10" in found.source:
            raise RuntimeError("boom")
        return real(found, *more)

    monkeypatch.setattr(judging, "judge", fail)
    assert run([str(folder)]) == 2
    out, err = capsys.readouterr()
    assert len(table(out)) == 2
    assert "version_10: an error of ours (RuntimeError: boom)" in err


def test_a_progress_bar_is_drawn_on_a_terminal_alone(folder, monkeypatch, capsys):
    """It is no part of the report, and nothing of it is in a pipe."""
    assert run([str(folder)]) == 0
    assert "Judging" not in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run([str(folder)]) == 0
    out, err = capsys.readouterr()
    assert "Judging" in err
    assert "Judging" not in out


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
def test_a_reader_of_many_reports_that_goes_away_is_no_error(tmp_path, options):
    """`diagnose runs | head -1` ends quietly, with the code of a broken pipe."""
    for index in range(450):
        (tmp_path / f"{index}.csv").write_text(curve("over"))
    code = "from diagnose.cli import main; main()"
    arguments = [sys.executable, "-c", code, str(tmp_path), "--full", "--no-plot", *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(timeout=60) == 141
    assert errors == b""
