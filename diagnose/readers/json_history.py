"""JSON documents: a history of lists, a list of records, or either inside of something else."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column
from diagnose.readers.columns import (
    EPOCH_AXES,
    STEP_AXES,
    TRAINING,
    VALIDATION,
    meaning,
    normalized,
    words,
)
from diagnose.readers.reader import Reader
from diagnose.readers.rows import MAX_FIELDS, columns_of, flatten, is_missing, key_name, to_number
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Table, listing
from diagnose.run import IntArray

MAX_LITERAL = 64 << 20
MAX_BROKEN = 16 << 20
"""What is whole of a broken document is looked for up to this size."""
MAX_DEPTH = 8
_AXES = frozenset([*STEP_AXES, *EPOCH_AXES])
_EPOCH_KEY = re.compile(
    r"((?:[a-z]\w{0,40}\.(?=epoch|step|iter))?(epoch|step|iter(ation)?)?[ _-]?)(\d{1,18})",
    re.IGNORECASE,
)
_EVALUATIONS = re.compile(r"(?:^|/)(?:(?:valid|validation|eval|test)_\d{1,3}|learn)/")
_JSON_START = re.compile(
    r"\s*(\{\s*([\"'}]|-?\d+\s*:)|\[\s*([\[{\"'\]]|(-?[\d.]+([eE][+-]?\d+)?|[A-Za-z-]+)\s*(,|\]\s*$|$)))"
)
# How Python prints what JSON has no word for: np.float64(0.5), array([0.5, 0.4]), nan, -inf.
_NUMPY = re.compile(
    r"\b(?:np\.|numpy\.)?(?:float|int|array|tensor)(?:16|32|64)?"
    r"\(\s*(\[[^()]*\]|[^()\[\],]*)(?:,\s*dtype=[\w.]+)?\s*\)"
)
_NOT_FINITE = re.compile(r"(?<![\w'\"])[+-]?(?:nan|inf)\b", re.IGNORECASE)


def load_json(source: Source, notes: list[str] | None = None) -> Any:
    """Parse the whole source as JSON (NaN and Infinity allowed) or as a Python literal.

    Args:
        source: The source.
        notes: If given, takes the remark that a document is cut off, whose whole entries are
            then returned.

    Raises:
        LogError: If it is neither; the message says in which line it breaks.
    """
    found = load_documents(source, notes)
    if len(found) > 1:
        raise LogError(f"{source.name}: holds {len(found)} JSON documents one after another.")
    return found[0]


def load_documents(source: Source, notes: list[str] | None) -> list[Any]:
    """Parse one or more documents that follow one another; see `load_json`.

    Raises:
        LogError: If there is none; the message says in which line it breaks.
    """
    text = source.text().lstrip("\ufeff")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError as error:
        if "'" in text[:200] and len(text) <= MAX_LITERAL:
            literal = python_literal(text.strip())
            if literal is not None:
                return [literal]
        found = _documents(text, notes) if notes is not None else []
        if found:
            return found
        raise _no_json(source, text, error) from None
    except RecursionError:
        raise LogError(f"{source.name}: JSON nested too deeply to be a log.") from None
    except ValueError as error:  # an integer of thousands of digits
        raise LogError(f"{source.name}: no JSON: {str(error).partition(';')[0]}.") from None


def _no_json(source: Source, text: str, error: json.JSONDecodeError) -> LogError:
    bare = text.strip()
    whole = bare[:1] + bare[-1:] in ("{}", "[]") and error.pos < len(text.rstrip())
    return LogError(
        f"{source.name}:{error.lineno}: "
        + (f"no JSON: {error.msg}." if whole else "the JSON is cut off here.")
    )


def _documents(text: str, notes: list[str]) -> list[Any]:
    """Return the documents of a text, the last of which may be cut off; none if it is no such."""
    if len(text) > MAX_BROKEN:
        return []
    from diagnose.readers.broken_json import documents  # noqa: PLC0415 (few documents are)

    found, is_cut = documents(text, _document) or ([], False)
    if found and is_cut:
        notes.append("the JSON is cut off; its whole entries were read")
    return found


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return python_literal(text) if "'" in text[:200] else None


def python_literal(text: str) -> Any:
    """Parse what Python's `print` wrote; None if it is not that."""
    import ast  # noqa: PLC0415 (slow to load, and rarely needed)
    import warnings  # noqa: PLC0415

    with warnings.catch_warnings():
        # Python warns of odd escapes and numbers in what it parses.
        warnings.simplefilter("ignore")
        for attempt in (text, _NOT_FINITE.sub(r"'\g<0>'", _NUMPY.sub(r"\1", text))):
            try:
                return ast.literal_eval(attempt)
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                continue
    return None


def _recognizes(source: Source) -> float:
    head = "\n".join(source.head_lines()[:20])[:4096].lstrip("\ufeff")
    return 0.5 if _JSON_START.match(head) else 0.0


def _read(source: Source, choice: Choice) -> Table:
    notes: list[str] = []
    documents = load_documents(source, notes)
    if len(documents) > 1 and not any(map(_holds_lists, documents)):
        documents = [documents]  # records, one after another
    try:
        table = _last_history(documents, source, choice)
    except RecursionError:
        raise LogError(f"{source.name}: JSON nested too deeply to be a log.") from None
    except LogError:
        if notes:
            load_documents(source, None)  # raises that the document is cut off
        raise
    losses = [len(column.row) for name, column in table.columns.items() if _has_loss([name])]
    if notes and max(losses, default=0) < 2 and not choice.roles_given():
        load_documents(source, None)
    table.notes[:0] = notes
    return table


def _last_history(documents: Sequence[Any], source: Source, choice: Choice) -> Table:
    """Return the columns of the last document with a loss.

    Raises:
        LogError: If none of them holds any.
    """
    if len(documents) == 1:
        return _table(documents[0], source, choice)
    problem: LogError | None = None
    told = []
    for document in documents:
        try:
            table = _table(document, source, choice)
        except LogError as error:
            problem = problem or error
            continue
        if choice.roles_given() or _has_loss(table.columns):
            told.append(table)
    if not told:
        raise problem or LogError(
            f"{source.name}: no training curve here: the JSON holds no list of losses."
        )
    told[-1].notes.insert(
        0,
        f"{len(documents)} histories stand one after another, {len(told)} of them with a loss;"
        " this is the last of those",
    )
    return told[-1]


def _holds_lists(document: Any) -> bool:
    """Return whether a document is more than a record of single values."""
    return not isinstance(document, dict) or any(
        isinstance(value, list | tuple | dict) for value in document.values()
    )


def _table(document: Any, source: Source, choice: Choice) -> Table:
    """Return the columns of one document.

    Raises:
        LogError: If it holds none, or several histories.
    """
    found = _Found()
    _collect(document, "", found)
    if len(found.histories) > 1 and not choice.roles_given():
        raise LogError(
            f"{source.name}: holds {len(found.histories)} histories"
            f" ({listing(found.histories, 4)}); write each to a file of its own."
        )
    named = {normalized(n) for n in (choice.step, *choice.roles_named()) if n}
    if not named and any(map(_EVALUATIONS.search, found.lists)):
        from diagnose.readers.evaluations import renamed  # noqa: PLC0415 (few histories are)

        called = renamed(found.lists, found.notes)
        found.lists = {called.get(name, name): values for name, values in found.lists.items()}
    columns = _joined(found.records)
    lists = _of_lists(found, named) if found.lists or found.stepped else {}
    if named & set(map(normalized, lists)) or (_has_loss(lists) and not _has_loss(columns)):
        # Rows of lists and rows of records have nothing to do with each other.
        columns = lists
    elif _has_loss(lists):
        left = [name for name in lists if _has_loss([name])]
        found.notes.append(f"{listing(left)}: lists beside records of a loss, and left out")
    columns = columns or lists
    if not _has_loss(columns) and not found.text and not choice.roles_given():
        _refuse_single_values(document, source)
    if not columns and not found.text:
        raise LogError(f"{source.name}: no training curve here: the JSON holds no list of numbers.")
    return Table("JSON history", columns, found.notes, found.text)


_HISTORY_IS = (
    # Fields of summaries, and where the history of such a run is.
    (("_wandb", "_runtime"), "it sums up a W&B run, whose history is in the run's .wandb file"),
    (("training_epochs", "best_epoch"), "AllenNLP writes one for each epoch; name their folder"),
    (("train_runtime", "eval_runtime"), "the Trainer's history is in trainer_state.json"),
)


def _refuse_single_values(document: Any, source: Source) -> None:
    """Say where the history is, if the document holds the values of one moment.

    Raises:
        LogError: If it does.
    """
    if not isinstance(document, dict):
        return
    flat = itertools.islice(flatten(document).items(), MAX_FIELDS)
    losses = [n for n, v in flat if _has_loss([n]) and to_number(v) is not None]
    where = next((told for keys, told in _HISTORY_IS if any(k in document for k in keys)), "")
    if not where and source.path is not None and source.path.name == "metrics.json" and losses:
        where = "if DVCLive wrote it, the history is in plots/metrics beside it"
    if losses or where:
        held = f"{listing(losses, 4)} have one value each" if losses else "values of one moment"
        raise LogError(
            f"{source.name}: no training curve here: {held}{f'; {where}' if where else ''}."
        )


def _has_loss(names: Iterable[str]) -> bool:
    return any(meaning(name).kind in ("loss", "loss_like", "perplexity") for name in names)


class _Found:
    """What was met in the document."""

    def __init__(self) -> None:
        self.lists: dict[str, list[float | None]] = {}
        self.axis = "step"
        self.counts: dict[str, list[int]] = {}
        self.stepped: dict[str, tuple[list[float], list[float]]] = {}
        self.records: dict[str, dict[str, Column]] = {}
        self.text: dict[str, str] = {}
        self.histories: list[str] = []
        self.notes: list[str] = []


def _collect(value: Any, name: str, found: _Found, depth: int = 0) -> None:
    """Walk the document and take the lists of numbers and of records."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        steps = next((k for k in ("steps", "step", "x") if isinstance(value.get(k), list)), None)
        values = next((k for k in ("values", "value", "y") if isinstance(value.get(k), list)), None)
        axis, numbered = _numbered(value)
        if numbered and all(map(_is_checkpoint, numbered.values())):
            numbered = {number: {"valid": item[2]} for number, item in numbered.items()}
        if name and steps and values and len(value[steps]) == len(value[values]):
            _take_stepped(value[steps], value[values], name, found)
        elif numbered and all(isinstance(item, dict) for item in numbered.values()):
            records = [{axis: number, **item} for number, item in numbered.items()]
            _take_records(records, name, found)
        elif (
            numbered
            and len(numbered) == len(value)
            and not any(isinstance(item, dict | list | tuple) for item in numbered.values())
        ):
            # As pandas writes a column: {"0": 0.9, "1": 0.7}.
            counts = list(numbered)
            if counts == list(range(counts[0], counts[0] + len(counts))):
                found.counts[name] = counts
                _take_numbers(list(numbered.values()), name, found)
            else:
                _take_stepped(counts, list(numbered.values()), name, found)
        else:
            if name and not meaning(name).split and _is_history(value):
                found.histories.append(name)
            for key, inner in value.items():
                _collect(
                    inner, f"{name}/{key_name(key)}" if name else key_name(key), found, depth + 1
                )
    elif isinstance(value, list | tuple) and value:
        records = [item for item in value if isinstance(item, dict)]
        if len(records) > 0.5 * len(value):
            _take_records(records, name, found)
        elif meaning(name).kind != "other" and _are_pairs(value):
            _take_stepped([v[0] for v in value], [v[1] for v in value], name, found)
        else:
            _take_numbers(value, name, found)


def _is_checkpoint(entry: Any) -> bool:
    """Return whether an entry is Catalyst's: a checkpoint, its score, the validation's metrics."""
    return (
        isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and isinstance(entry[2], dict)
    )


def _are_pairs(value: Sequence[Any]) -> bool:
    """Return whether a list is of pairs of a step and a value."""
    if not all(isinstance(item, list | tuple) and len(item) == 2 for item in value):
        return False
    steps = [to_number(item[0]) for item in value]
    return all(a is not None and b is not None and a < b for a, b in itertools.pairwise(steps))


def _is_history(value: Mapping[Any, Any]) -> bool:
    """Return whether a dictionary is the history of one run, `{"loss": [...], ...}`."""
    return any(
        isinstance(inner, list | tuple)
        and len(inner) > 1
        and meaning(str(key)).kind == "loss"
        and not meaning(str(key)).extras
        for key, inner in value.items()
    )


def _numbered(value: Mapping[Any, Any]) -> tuple[str, dict[int, Any]]:
    """Return the entries of `{"epoch_0": ..., "epoch_1": ...}` in order; none if it is not that.

    Entries beside them, such as `best` and `last`, are repetitions.

    Returns:
        What the numbers count, `epoch` or `step`, and the entries.
    """
    out: dict[int, Any] = {}
    stems: set[str] = set()
    for key, item in value.items():
        match = _EPOCH_KEY.fullmatch(str(key))
        if match:
            out[int(match[4])] = item
            stems.add(match[1])
    if len(out) < 2 or len(stems) > 1 or 2 * len(out) < len(value):
        return "", {}
    stem = stems.pop().lower().rpartition(".")[2]
    axis = "step" if stem.startswith(("step", "iter")) else "epoch"
    return axis, dict(sorted(out.items()))


def _take_records(records: Sequence[Mapping[Any, Any]], name: str, found: _Found) -> None:
    columns, text, notes = columns_of(records)
    found.text |= {field: cell for field, cell in text.items() if meaning(field).kind == "loss"}
    found.notes += notes
    if columns:
        found.records[name] = columns


def _joined(blocks: Mapping[str, dict[str, Column]]) -> dict[str, Column]:
    """Join lists of records, each under its own rows; `{"train": [...], "val": [...]}`.

    Of lists that do not say which part of the data they were measured on, one with a loss counts,
    and of those the one with most fields.
    """
    told = {name: block for name, block in blocks.items() if meaning(name).split}
    largest = max(blocks, key=lambda name: (_has_loss(blocks[name]), len(blocks[name])), default="")
    if len(told) < 2 and largest not in told:
        return blocks.get(largest, {})
    out: dict[str, list[Column]] = {}
    has_axis = all(any(normalized(n) in _AXES for n in block) for block in told.values())
    start = 0
    for name, block in told.items():
        for field, column in block.items():
            own = field if normalized(field) in _AXES else f"{name}/{field}"
            out.setdefault(own, []).append(Column(column.row + start, column.value))
        if has_axis:
            # Rows with their own steps need no common row.
            start += 1 + max(int(column.row[-1]) for column in block.values())
    return {
        name: Column(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.value for part in parts]),
        )
        if has_axis
        else parts[0]
        for name, parts in out.items()
    }


def _take_numbers(values: Sequence[Any], name: str, found: _Found) -> None:
    name = name or "value"
    if len(found.lists) >= MAX_FIELDS:
        cut = f"more than {MAX_FIELDS:,} lists; the others were left out"
        found.notes += [] if cut in found.notes else [cut]
        return
    numbers = [to_number(item) for item in values]
    text = [v for v in values if isinstance(v, str) and not is_missing(v) and to_number(v) is None]
    if sum(n is not None for n in numbers) > 0.5 * len(numbers):
        found.lists[name] = numbers
        if text:
            found.notes.append(
                f"{name}: text instead of a number ({text[0][:40]!r}"
                f"{f' and {len(text) - 1} more' if len(text) > 1 else ''}) was left out"
            )
    elif meaning(name).kind == "loss":
        if text:
            found.text[name] = text[0]
        elif any(isinstance(v, list | tuple) for v in values):
            found.notes.append(f"{name}: holds lists within a list, and was left out")


def _take_stepped(steps: Sequence[Any], values: Sequence[Any], name: str, found: _Found) -> None:
    pairs = [(to_number(s), to_number(v)) for s, v in zip(steps, values, strict=True)]
    whole = [(s, v) for s, v in pairs if s is not None and v is not None]
    if whole:
        found.stepped[name] = ([s for s, _ in whole], [v for _, v in whole])


def _of_lists(found: _Found, named: set[str]) -> dict[str, Column]:
    """Put lists on rows: those with steps each under its own, the others side by side."""
    _take_own_axes(found)
    if found.stepped and not any(meaning(name).kind == "loss" for name in found.lists):
        out: dict[str, Column] = {}
        axis: list[float] = []
        for name, (steps, values) in found.stepped.items():
            out[name] = Column(np.arange(len(steps)) + len(axis), np.array(values))
            axis += steps
        return {found.axis: Column.of(axis), **out}
    found.notes += [f"{name}: has steps of its own, and was left out" for name in found.stepped]
    kept = {
        name: numbers
        for name, numbers in found.lists.items()
        if meaning(name).kind != "other"
        or normalized(name.rpartition("/")[2]) in _AXES
        or normalized(name) in named
    } or found.lists
    losses = [len(v) for n, v in kept.items() if meaning(n).kind in ("loss", "loss_like")]
    longest = max(losses or [len(v) for v in kept.values()])
    out = {}
    for name, numbers in kept.items():
        bare = name.rpartition("/")[2]
        is_axis = normalized(bare) in _AXES
        if is_axis and len(numbers) != longest:
            continue
        if len(numbers) > longest:
            found.notes.append(
                f"{name}: {len(numbers)} values beside {longest} of the loss; it was left out"
            )
            continue
        rows = _rows(len(numbers), longest, name, found.notes)
        logged = np.array([n is not None for n in numbers])
        array = np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)
        out.setdefault(bare if is_axis else name, Column(rows[logged], array[logged]))
    return out


def _take_own_axes(found: _Found) -> None:
    """Give lists the steps that are theirs alone.

    Those are `val_epoch` beside `val_loss`, and the `epoch` of `{"val": {"epoch": ..., "loss":
    ...}}` where other parts have their own.
    """
    if found.stepped:
        for name in [name for name in found.counts if name in found.lists]:
            _take_stepped(found.counts[name], found.lists.pop(name), name, found)
    axes: dict[tuple[str, str], str] = {}
    forms = set()
    for name in found.lists:
        place, _, bare = name.rpartition("/")
        split = meaning(bare).split
        rest = [word for word in words(bare) if word not in VALIDATION | TRAINING]
        if "_".join(rest) in _AXES:
            axes.setdefault((place, split), name)
            forms.add("_".join(rest))
    if len(axes) < 2 or len(forms) > 1:
        return
    (found.axis,) = forms
    lists = {name: numbers for name, numbers in found.lists.items() if name not in axes.values()}
    for name, numbers in lists.items():
        place, _, bare = name.rpartition("/")
        axis = axes.get((place, meaning(bare).split)) or axes.get((place, ""))
        if axis is None and not meaning(bare).split:
            axis = axes.get((place, "train"))
        if axis is not None and len(found.lists[axis]) == len(numbers):
            _take_stepped(found.lists[axis], numbers, name, found)
    found.lists = {name: v for name, v in lists.items() if name not in found.stepped}


def _rows(length: int, longest: int, name: str, notes: list[str]) -> IntArray:
    """Return the rows on which a shorter list stands."""
    if length == longest:
        return np.arange(length)
    every, rest = divmod(longest, length)
    if not rest:
        notes.append(f"{name}: {length} values beside {longest}; taken as one every {every}")
        return np.arange(1, length + 1) * every - 1
    if longest - length == 1:
        notes.append(f"{name}: {length} values beside {longest}; the last is missing")
        return np.arange(length)
    notes.append(f"{name}: {length} values beside {longest}; spread evenly over the run")
    return np.unique(np.round(np.linspace(0, longest - 1, length)).astype(int))


READER = Reader(
    "json",
    _recognizes,
    _read,
    "JSON documents: histories of lists, lists of records, or what Python prints of them; Keras,"
    " Chainer, Ludwig, Catalyst, Sacred, skorch",
    '{"loss": [0.52, 0.47], "val_loss": [0.61, 0.59]}\n',
)
