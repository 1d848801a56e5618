"""Whatever is written reads back exactly; whatever else comes in never breaks the readers."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from diagnose.errors import DiagnoseError
from diagnose.readers import read_runs
from diagnose.readers.arrays import read_arrays
from diagnose.readers.body import BLANK
from diagnose.run import Run

FEW = settings(max_examples=60, deadline=None)
MANY = settings(max_examples=120, deadline=None)

Point = tuple[float, str]
numbers = st.one_of(
    st.floats(),
    st.floats(min_value=-10, max_value=10),
    st.integers(-1000, 1000).map(float),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf"), 5e-324, 1.7e308]),
    # Hypothesis finds this one in the source; it stands for a blank cell, and no log holds it.
).filter(lambda number: number != BLANK)


def read_bytes(content: bytes, name: str) -> Run:
    """Write a log and read its one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        (run,) = read_runs(path)
        return run


def listed(run: Run, role: str) -> list[Point]:
    """List a series exactly: a number's `repr` tells -0.0 from 0.0 and equals itself for NaN."""
    series = run.series[role]
    pairs = zip(series.step.tolist(), series.value.tolist(), strict=True)
    return [(step, repr(value)) for step, value in pairs]


def wanted(steps: list[float], values: list[float | None]) -> list[Point]:
    """List what must come out."""
    pairs = zip(steps, values, strict=True)
    return [(step, repr(value)) for step, value in pairs if value is not None]


@st.composite
def tables(draw: st.DrawFn, most: int = 12) -> dict[str, list[float | None]]:
    """Draw steps, a loss, a validation loss with gaps and another column with gaps."""
    n = draw(st.integers(2, most))
    steps = draw(
        st.one_of(
            st.lists(st.integers(0, 10**9), min_size=n, max_size=n, unique=True),
            st.lists(
                st.floats(-1e6, 1e6, allow_nan=False), min_size=n, max_size=n, unique=True
            ).filter(lambda found: 0.0 not in found),
            st.just(list(range(n))),
        )
    )
    sparse = st.lists(st.one_of(st.none(), numbers), min_size=n, max_size=n)
    return {
        "step": sorted(map(float, steps)),
        "loss": draw(st.lists(numbers, min_size=n, max_size=n)),
        "val_loss": draw(sparse),
        "metric": draw(sparse),
    }


def check(run: Run, columns: dict[str, list[float | None]]) -> None:
    """Compare a run with the table it was written from, value by value and step by step."""
    steps = [float(step or 0) for step in columns["step"]]
    assert listed(run, "train_loss") == wanted(steps, columns["loss"])
    for name in ("val_loss", "metric"):
        expected = wanted(steps, columns[name])
        if expected:
            assert listed(run, name) == expected
        else:
            assert run.get(name) is None


NAN = ["nan", "NaN", "NAN", "-nan", "1.#QNAN"]
INF = ["inf", "Infinity", "INF", "1.#INF", "1e999"]
GAPS = ["", " ", "None", "null", "NA", "N/A", "<NA>"]


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, dict[str, list[float | None]]]:
    """Draw a table and one of the many ways to write it."""
    columns = draw(tables())
    delimiter = draw(st.sampled_from([",", "\t", ";", "|", " "]))
    decimal = draw(st.sampled_from([".", "."] + ([","] if delimiter in ";\t|" else [])))
    quoted = delimiter != " " and draw(st.booleans())
    nan, inf = draw(st.sampled_from(NAN)), draw(st.sampled_from(INF))
    gap = draw(st.sampled_from(GAPS))
    if delimiter == " ":
        gap = "-"
    if decimal == ",":
        nan, inf = "nan", "inf"
    pad = draw(st.sampled_from(["", "  "])) if delimiter != "\t" else ""

    def spell(number: float | None) -> str:
        if number is None:
            text = gap
        elif number != number:
            text = nan
        elif number in (float("inf"), float("-inf")):
            text = inf if number > 0 else f"-{inf}"
        else:
            text = repr(number).replace(".", decimal)
        return f'"{text}"' if quoted else text

    order = draw(st.permutations(list(columns)))
    names = [f'"{name}"' if quoted else name for name in order]
    last = draw(st.sampled_from(["", delimiter])) if delimiter != " " else ""
    lines = [delimiter.join(names) + last]
    for row in zip(*(columns[name] for name in order), strict=True):
        lines.append(delimiter.join(pad + spell(cell) for cell in row) + last)
        if draw(st.integers(0, 9)) == 0:
            lines.append(draw(st.sampled_from(["", "   ", "# a remark, with a comma"])))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"]))
    return (end.join(lines) + end).encode(encoding), columns


@MANY
@given(csv_files())
def test_tables_read_back(written) -> None:
    """Any table, however it is written, reads back exactly."""
    content, columns = written
    check(read_bytes(content, "log.csv"), columns)


@FEW
@given(tables(), st.sampled_from(["no end", "cut"]), st.integers(1, 30))
def test_cut_tables_read_back(columns, how, length) -> None:
    """Of a table cut off anywhere within its last line, every number read is one written."""
    names = list(columns)
    rows = [
        ",".join("" if cell is None else repr(cell) for cell in row)
        for row in zip(*columns.values(), strict=True)
    ]
    text = "\n".join([",".join(names), *rows])
    if how == "cut":
        text = text[: -min(length, len(rows[-1]))]
    try:
        run = read_bytes(text.encode(), "log.csv")
    except DiagnoseError:
        assert len(rows) <= 3
        return
    steps = [float(step or 0) for step in columns["step"]]
    for name, role in (("loss", "train_loss"), ("val_loss", "val_loss")):
        if run.get(role) is None:
            continue
        found = listed(run, role)
        expected = wanted(steps, columns[name])
        assert found in (expected, expected[:-1])


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, str, dict[str, list[float | None]]]:
    """Draw a table and one of the ways to write it as JSON."""
    columns = draw(tables())
    names = list(columns)
    rows = [
        {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
        for row in zip(*columns.values(), strict=True)
    ]
    indent = draw(st.sampled_from([None, 2]))
    kind = draw(st.sampled_from(["lines", "records", "within", "lists", "trainer", "repr"]))
    if kind == "lines":
        return "\n".join(map(json.dumps, rows)) + "\n", "log.jsonl", columns
    if kind == "records":
        return json.dumps(rows, indent=indent), "log.json", columns
    if kind == "within":
        return json.dumps({"args": {"lr": 1}, "log": rows}, indent=indent), "log.json", columns
    if kind == "trainer":
        # The Trainer writes evaluations as records of their own.
        history: list[dict[str, object]] = []
        for row in rows:
            history.append({k: v for k, v in row.items() if k != "val_loss"})
            if "val_loss" in row:
                history.append({"step": row["step"], "eval_loss": row["val_loss"]})
        state = {"global_step": 1, "is_hyper_param_search": False, "log_history": history}
        return json.dumps(state, indent=indent), "trainer_state.json", columns
    # A list that is mostly blank says too little, and metrics without a name we know take no part.
    loss = {"step": columns["step"], "loss": columns["loss"]}
    columns = {**columns, "metric": [None] * len(rows)}
    if sum(value is not None for value in columns["val_loss"]) > 0.5 * len(rows):
        loss["val_loss"] = columns["val_loss"]
    else:
        columns["val_loss"] = [None] * len(rows)
    text = json.dumps(loss, indent=indent) if kind == "lists" else repr(loss)
    return text, "history.json", columns


@MANY
@given(histories(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_json_reads_back(written, encoding) -> None:
    """Any history, as lines, records, lists, a Trainer's state or Python prints it, reads back."""
    text, name, columns = written
    check(read_bytes(text.encode(encoding), name), columns)


@FEW
@given(tables(most=30))
def test_arrays_read_back(columns) -> None:
    """Arrays in memory come out as they went in."""
    run = read_arrays({"train_loss": columns["loss"]}, steps=columns["step"])
    assert listed(run, "train_loss") == wanted(columns["step"], columns["loss"])


def never_breaks(content: bytes, name: str = "log") -> None:
    """Read a log; nothing but errors of ours may come out, or runs with a loss."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            runs = read_runs(path)
        except DiagnoseError:
            return
        assert runs
        assert all(run.train_loss or run.val_loss for run in runs)


@MANY
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b\x08", b"\xff\xfe", b"\x80\x04", b"["])
)
def test_any_bytes(content, start) -> None:
    """No bytes bring out anything but an error of ours."""
    never_breaks(start + content)


@MANY
@given(
    st.text(max_size=200), st.sampled_from(["", "epoch,loss\n1,2\n", "loss\n", "epoch loss\n1 2\n"])
)
@example("2,3\x00\n", "epoch,loss\n1,2\n")
@example('"', "epoch,loss\n1,2\n")
def test_any_text(text, start) -> None:
    """No text brings out anything but an error of ours."""
    never_breaks((start + text).encode("utf-8", "surrogatepass"))


words = st.sampled_from(
    ["loss", "val_loss", "epoch", "step", "iter", "acc", "lr", "train", "val", "set", "name", "ppl",
     "#", '"', "'", "nan", "inf", "-", "1", "2", "0.5", "1e999", "-1e308", "1e308", "1,5", "12%",
     "1_0", ",", ";", "\t", "|", " ", "\n", "\n", "\n", "\r", "---", "==", "{", "}", "[", "]", ":",
     "run - loss", "train/box_loss", "\x00", "\ufeff", "\u2028", "[bold]", "\x1b[31m", "x" * 300]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(words, max_size=60))
def test_any_pieces_of_logs(pieces) -> None:
    """No arrangement of pieces of logs brings out anything but an error of ours."""
    never_breaks("".join(pieces).encode("utf-8"))


leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), words)
documents = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(
            st.one_of(words, st.sampled_from(["log_history", "epoch_1", "epoch_2", "0", "1", "x"])),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


@MANY
@given(documents, st.booleans())
def test_any_json(document, printed) -> None:
    """No JSON document, nor Python's print of one, brings out anything but an error of ours."""
    text = repr(document) if printed else json.dumps(document)
    never_breaks(text.encode("utf-8", "surrogatepass"))


@FEW
@given(st.lists(st.one_of(documents, st.dictionaries(words, leaves, max_size=4)), max_size=8))
def test_any_json_lines(records) -> None:
    """No lines of JSON bring out anything but an error of ours."""
    text = "\n".join(map(json.dumps, records))
    never_breaks(text.encode("utf-8", "surrogatepass"))
