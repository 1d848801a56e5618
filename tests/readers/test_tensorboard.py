"""TensorBoard event files, written here by hand after the format's own description."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read
from diagnose.readers.source import Source
from diagnose.readers.tensorboard import read_scalars

LOGS = Path(__file__).parents[2].parent / "shared/data/logs/tfevents"


def varint(value: int) -> bytes:
    """Write a number seven bits at a time, the lowest first."""
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def chunk(field: int, content: bytes) -> bytes:
    """Write a field that holds bytes."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def record(event: bytes) -> bytes:
    """Write a record; readers need not check the checksums, which are left zero."""
    return struct.pack("<QI", len(event), 7) + event + b"\0\0\0\0"


def event(step: int, *values: bytes) -> bytes:
    """Write an Event with a summary of these values."""
    summary = b"".join(chunk(1, value) for value in values)
    return record(struct.pack("<Bd", 0x09, 1.7e9) + b"\x10" + varint(step) + chunk(5, summary))


def simple(tag: str, value: float) -> bytes:
    """Write a value as TensorFlow 1 and PyTorch do."""
    return chunk(1, tag.encode()) + struct.pack("<Bf", 0x15, value)


def tensor(tag: str, value: float, plugin: bytes = b"scalars") -> bytes:
    """Write a value as TensorFlow 2 and Keras do."""
    content = b"\x08\x01" + chunk(2, b"") + chunk(4, struct.pack("<f", value))
    return chunk(1, tag.encode()) + chunk(9, chunk(1, chunk(1, plugin))) + chunk(8, content)


START = record(struct.pack("<Bd", 0x09, 1.7e9) + chunk(3, b"brain.Event:2"))


@pytest.fixture
def events(tmp_path):
    """Write an event file of some records and read it."""

    def make(*records: bytes, name: str = "events.out.tfevents.1.host"):
        path = tmp_path / name
        path.write_bytes(START + b"".join(records))
        return read(path)

    return make


@pytest.mark.parametrize("write", [simple, tensor])
def test_scalars_keep_their_own_steps(events, write):
    """A training loss every 10 steps and a validation loss every 50 stay where they were."""
    rows = []
    for step in range(10, 101, 10):
        rows.append(event(step, write("train/loss", 1 / step)))
        if step % 50 == 0:
            rows.append(event(step, write("val/loss", 2 / step)))
    run = events(*rows)
    assert run.format == "TensorBoard events"
    assert run.train_loss.step.tolist() == list(range(10, 101, 10))
    assert run.val_loss.step.tolist() == [50, 100]
    np.testing.assert_array_equal(
        run.train_loss.value, [np.float32(1 / s) for s in range(10, 101, 10)]
    )


def test_pictures_and_histograms_are_passed_over(events):
    """A tensor of another plugin, and one of several numbers, is no scalar."""
    picture = chunk(1, b"loss/image") + chunk(4, b"\x89PNG" * 50)
    rows = [
        event(s, simple("loss", 3.0 - s), tensor("weights", 1.0, b"histograms"), picture)
        for s in range(3)
    ]
    run = events(*rows)
    assert set(run.series) == {"train_loss"}
    assert run.train_loss.value.tolist() == [3.0, 2.0, 1.0]


def test_several_values_of_one_step_share_it(events):
    """One summary may hold several tags, and losses that are not finite are kept."""
    run = events(*(event(s, simple("loss", float("nan")), simple("val_loss", s)) for s in range(4)))
    assert np.isnan(run.train_loss.value).all()
    assert run.val_loss.value.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("left", [1, 5, 13, 30])
def test_a_file_that_is_cut_off_is_read_up_to_there(events, left):
    """A run that was killed leaves half a record; what was whole is kept, and it is said."""
    last = event(9, simple("loss", 0.5))
    run = events(*(event(s, simple("loss", 1.0 + s)) for s in range(5)), last[:left])
    assert run.train_loss.step.tolist() == [0, 1, 2, 3, 4]
    assert "the last record is cut off and was left out" in run.notes


def test_damage_is_told_and_survived(events):
    """A record whose content is no message is left out; a mad length ends the reading."""
    good = [event(s, simple("loss", 1.0 + s)) for s in range(3)]
    run = events(good[0], record(b"\x2a\xff\xff\xff"), *good[1:])
    assert run.train_loss.step.tolist() == [0, 1, 2]
    assert any("damaged record" in note for note in run.notes)
    run = events(*good, struct.pack("<QI", 1 << 60, 0) + b"x" * 100)
    assert any("file is damaged" in note for note in run.notes)


def test_a_file_without_scalars_says_so(events):
    """A run that logged nothing has no curve."""
    with pytest.raises(LogError, match="holds no scalars"):
        events()


@given(st.binary(max_size=300))
def test_only_log_errors_leave_it(tmp_path_factory, content):
    """Whatever follows the first record, nothing but a LogError comes of it."""
    path = tmp_path_factory.mktemp("events") / "events.out.tfevents.1.host"
    path.write_bytes(START + event(1, simple("loss", 1.0)) + content)
    with contextlib.suppress(LogError):
        read(path)


def test_what_pytorch_writes_is_read(tmp_path):
    """Steps of any size, long tags, text and histograms beside: every scalar comes back."""
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

    tags = ("train/loss", "val/loss", "x" * 200)
    steps = [0, 1, 127, 128, 300, 1 << 40]
    with SummaryWriter(str(tmp_path)) as writer:
        for step in steps:
            for tag in tags:
                writer.add_scalar(tag, len(tag) / (1 + step), step)
            writer.add_text("note", "loss", step)
            writer.add_histogram("weights", np.arange(3), step)
    (path,) = tmp_path.iterdir()
    found = list(read_scalars(Source(path), []))
    assert found == [
        (step, tag, float(np.float32(len(tag) / (1 + step)))) for step in steps for tag in tags
    ]


@pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")
def test_real_files_hold_what_the_official_reader_reads():
    """Every scalar of every real file is byte for byte that of TensorBoard's own accumulator."""
    # The official packages take seconds to import, and only these two tests need them.
    from tensorboard.backend.event_processing.event_accumulator import (  # noqa: PLC0415
        EventAccumulator,
    )
    from tensorboard.util import tensor_util  # noqa: PLC0415

    for path in sorted(LOGS.iterdir()):
        ours: dict[str, list[tuple[int, float]]] = {}
        for step, tag, value in read_scalars(Source(path), []):
            ours.setdefault(tag, []).append((step, value))
        sizes = {"scalars": 0, "tensors": 0}
        theirs = EventAccumulator(str(path), sizes, purge_orphaned_data=False).Reload()
        expected = {
            tag: [(e.step, e.value) for e in theirs.Scalars(tag)]
            for tag in theirs.Tags()["scalars"]
        }
        for tag in theirs.Tags()["tensors"]:
            rows = theirs.Tensors(tag)
            if tag in ours:
                content = [tensor_util.make_ndarray(e.tensor_proto) for e in rows]
                expected[tag] = [(e.step, float(c)) for e, c in zip(rows, content, strict=True)]
        # A NaN equals nothing, but is written like another.
        assert {t: repr(v) for t, v in ours.items()} == {t: repr(v) for t, v in expected.items()}
