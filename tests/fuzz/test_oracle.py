"""The fuzzer sets out from logs that are read, and its oracle tells what breaks."""

from __future__ import annotations

import pytest

from diagnose.errors import LogError
from diagnose.readers import all_readers, read_file
from diagnose.readers.table import Choice
from tests.fuzz import oracle
from tests.fuzz.seeds import NAMES, seeds

SEEDS = seeds()


@pytest.mark.parametrize("reader", [reader.name for reader in all_readers()])
def test_every_reader_sets_out_from_a_log_that_it_reads(tmp_path, reader):
    """Of each reader's seeds at least one is read by it, and none breaks it."""
    path = tmp_path / NAMES.get(reader, "log")
    read = 0
    for content in SEEDS[reader]:
        path.write_bytes(content)
        oracle.check(path, reader)
        try:
            read += bool(read_file(path, Choice(), as_format=reader))
        except LogError:
            continue
    assert read


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (LogError("{path}: there is no curve."), True),
        (LogError("there is no curve."), False),
        (LogError("{path}: there is\nno curve."), False),
        (ValueError("{path}: there is no curve."), False),
    ],
)
def test_the_oracle_lets_pass_one_line_that_names_the_file(tmp_path, monkeypatch, error, passes):
    """Another exception, or one that does not say where, is told."""
    path = tmp_path / "log.csv"

    def failing(*_, **__):
        raise type(error)(str(error).format(path=path))

    monkeypatch.setattr(oracle, "read_file", failing)
    if passes:
        oracle.check(path, "any")
    else:
        with pytest.raises((AssertionError, ValueError)):
            oracle.check(path, "any")
