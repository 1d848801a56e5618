"""Where logs come from: files, pipes, standard input, compressed or not."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import sys
import threading

import pytest

from diagnose.errors import LogError
from diagnose.readers import read
from diagnose.readers.source import Source

CSV = b"epoch,loss\n1,0.9\n2,0.7\n3,0.6\n"
TRAIN = [0.9, 0.7, 0.6]


def test_gzip(read_log) -> None:
    """A compressed log is known by its bytes, whatever its name."""
    for name in ("log.csv.gz", "log.csv"):
        assert read_log(gzip.compress(CSV), name).train_loss.value.tolist() == TRAIN
    history = b'{"loss": [0.9, 0.7, 0.6]}'
    assert read_log(gzip.compress(history), "h.json.gz").train_loss.value.tolist() == TRAIN
    lines = b'{"loss": 0.9}\n{"loss": 0.7}\n{"loss": 0.6}\n'
    assert read_log(gzip.compress(lines), "l.jsonl.gz").train_loss.value.tolist() == TRAIN


def test_gzip_of_several_members(read_log) -> None:
    """A log whose compressed parts were appended is read through."""
    half = CSV.index(b"2,")
    content = gzip.compress(CSV[:half]) + gzip.compress(CSV[half:])
    assert read_log(content).train_loss.value.tolist() == TRAIN


LONG = b"epoch,loss\n" + b"".join(b"%d,%d.%05d\n" % (i, i, i * 7919 % 99991) for i in range(40_000))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_damaged_gzip(read_log, share) -> None:
    """A damaged compressed log is refused; what came before the damage is not judged."""
    content = bytearray(gzip.compress(LONG))
    at = int(share * len(content))
    content[at : at + 64] = bytes(64)
    with pytest.raises(LogError):
        read_log(bytes(content), "log.csv.gz")


@pytest.mark.parametrize(
    "document", [b'{"loss": [' + b"1," * 90_000 + b"1]}", b'{"loss": 1}\n' * 9000]
)
def test_cut_gzip_of_json(read_log, document) -> None:
    """Of a cut compressed JSON document or file of JSON lines the whole entries are read."""
    run = read_log(gzip.compress(document)[:-20], "log.json.gz")
    assert set(run.train_loss.value) == {1.0}
    assert "the compressed file is cut off; what is whole of it was read" in run.notes


def test_standard_input(monkeypatch) -> None:
    """`-` reads standard input, compressed or not."""
    for content in (CSV, gzip.compress(CSV)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        run = read("-")
        assert run.source == "<stdin>"
        assert run.train_loss.value.tolist() == TRAIN


def test_no_standard_input(monkeypatch) -> None:
    """A program without standard input, or with a closed one, is told so."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(LogError, match="<stdin>: the file is empty"):
        read("-")
    closed = io.TextIOWrapper(io.BytesIO(b""))
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    with pytest.raises(LogError, match="<stdin>"):
        read("-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe(tmp_path) -> None:
    """A pipe, which can be read only once, reads like a file."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    rows = "".join(f"{epoch},{1 / epoch!r}\n" for epoch in range(1, 10_001))
    writer = threading.Thread(target=lambda: path.write_text(f"epoch,loss\n{rows}"), daemon=True)
    writer.start()
    run = read(path)
    writer.join()
    assert run.train_loss.value.tolist() == [1 / epoch for epoch in range(1, 10_001)]


BAD = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n\t \n", "the file is empty"),
    "empty gzip": (gzip.compress(b""), "the file is empty"),
    "binary": (bytes(range(256)) * 20, "binary"),
    "zeros": (b"\0" * 5000, "binary"),
    "zeros behind text": (b"epoch,loss\n1,2\0\n", "binary"),
    "pickle": (pickle.dumps({"loss": [1.0, 2.0]}), "pickle.*never loaded"),
    "compressed pickle": (gzip.compress(pickle.dumps([1.0])), "pickle.*never loaded"),
    "zip": (b"PK\x03\x04" + b"x" * 99, "ZIP archive"),
    "numpy": (b"\x93NUMPY\x01\x00" + b"x" * 99, "NumPy array"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"x" * 99, "HDF5"),
    "parquet": (b"PAR1" + b"x" * 99, "Parquet"),
    "wandb": (b":W&B\xe1\xbe\x00" + b"x" * 99, "logged no history"),
    "bzip2": (b"BZh91AY&SY" + b"x" * 99, "bzip2"),
    "xz": (b"\xfd7zXZ\x00" + b"x" * 99, "xz"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"x" * 99, "zstd"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "picture"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_no_log(read_log, content, message) -> None:
    """What is no log is refused in a sentence that says what it is."""
    with pytest.raises(LogError, match=message):
        read_log(content, "log.bin")


class Bomb:
    """An object whose pickle would end the program."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        """Ask for the end of the program."""
        return os._exit, (3,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_is_never_loaded(read_log, protocol) -> None:
    """A pickle of any protocol is refused and not loaded."""
    with pytest.raises(LogError):
        read_log(pickle.dumps(Bomb(), protocol), "history.pkl")


def test_missing_and_folder(tmp_path) -> None:
    """A missing file, a folder and an impossible name are told apart."""
    with pytest.raises(LogError, match=r"nothing\.csv: there is no such file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(LogError, match="no log of a training run in this folder"):
        read(tmp_path)
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(LogError):
            read(name)


def test_no_permission(tmp_path, monkeypatch) -> None:
    """A file that may not be read is told to be so."""
    path = tmp_path / "log.csv"
    path.write_bytes(CSV)

    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(LogError, match=r"log\.csv: no permission to read it"):
        read(path)


def test_head_lines_are_those_of_the_text(tmp_path) -> None:
    """The head's lines end where the text's lines end, and nowhere else."""
    path = tmp_path / "log.txt"
    path.write_bytes("a\x0bb\x1cc\u2028d, a line of some length\r\ne\rf\ng".encode())
    source = Source(path)
    with source.open_text() as stream:
        assert source.head_lines() == [line.removesuffix("\n") for line in stream]
    assert source.head_lines() == [
        "a\x0bb\x1cc\u2028d, a line of some length", "e", "f", "g"
    ]  # fmt: skip


LINES = {
    "gb18030": "第{e}轮 训练损失: 0.{e} 验证损失: 0.{e}\n",
    "gbk": "轮次 {e},训练损失 0.{e}\n",
    "shift_jis": "エポック {e} 損失 0.{e}\n",
    "euc_jp": "エポック {e} 検証損失 0.{e}\n",
    "cp949": "에폭 {e}, 훈련 손실: 0.{e}\n",
    "big5": "輪次 {e} 訓練損失 0.{e}\n",
    "cp1251": "Эпоха {e}, потери: 0.{e}\n",
    "koi8_r": "Эпоха {e}, потери: 0.{e}\n",
    "cp1252": "Époque {e}, précision: 0.{e} ± 0.1\n",
    "utf-8": "époque {e} 损失 0.{e} エポック\n",
    "utf-16-le": "epoch {e} 损失 0.{e}\n",
    "utf-16-be": "epoch {e} 损失 0.{e}\n",
}


@pytest.mark.parametrize(("encoding", "line"), LINES.items(), ids=LINES)
def test_other_encodings(tmp_path, encoding, line) -> None:
    """Without a byte-order mark the words of training logs tell the encoding."""
    lines = [line.format(e=e) for e in range(1, 9)]
    path = tmp_path / "train.log"
    path.write_bytes("".join(lines).encode(encoding))
    source = Source(path)
    assert source.is_text
    assert [f"{line}\n" for line in source.head_lines()] == lines
    assert source.text() == "".join(lines)


def test_another_encoding_is_told(read_log) -> None:
    """The run's notes name an encoding that is not Unicode."""
    rows = "".join(f"{e},{1 / e},第{e}轮\n" for e in range(1, 9))
    run = read_log(f"epoch,loss,备注\n{rows}".encode("gbk"))
    assert run.train_loss.value.tolist() == [1 / e for e in range(1, 9)]
    assert "the text is not UTF-8 and was read as gb18030" in run.notes


def test_a_few_garbled_bytes_leave_a_log_utf_8(tmp_path) -> None:
    """A program that printed a broken character did not change the rest."""
    path = tmp_path / "train.log"
    path.write_bytes("进度 损失 0.5 ".encode() * 20 + b"\xff\xfe\x80" + b" loss 0.4\n")
    assert Source(path).encoding == "utf-8"


def test_letters_without_a_known_word_are_left_alone(tmp_path) -> None:
    """A guess could take an ASCII character for half of a letter."""
    path = tmp_path / "train.log"
    path.write_bytes("显卡|0.5\n".encode("gbk"))
    assert Source(path).text().endswith("|0.5\n")
