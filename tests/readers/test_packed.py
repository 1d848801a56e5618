"""Compressed logs: what is unpacked, and what is refused in a sentence."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import packed, read

CSV = b"epoch,loss\n1,0.9\n2,0.7\n3,0.6\n"
TRAIN = [0.9, 0.7, 0.6]
LONG = b"epoch,loss\n" + b"".join(b"%d,%d.%05d\n" % (i, i, i * 7919 % 99991) for i in range(20_000))


def zipped(*members: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_packed_log_reads_like_the_log(read_log, pack) -> None:
    """Its name does not matter, and members that were appended are read through."""
    assert read_log(pack(CSV), "log.csv").train_loss.value.tolist() == TRAIN
    half = CSV.index(b"2,")
    assert read_log(pack(CSV[:half]) + pack(CSV[half:]), "log").train_loss.value.tolist() == TRAIN
    assert read_log(pack(LONG), "log.csv").n_points == 20_000


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_of_a_packed_log_that_was_cut_off_whole_rows_are_read(read_log, pack, share) -> None:
    """What comes before the cut is judged, and the cut is told; bzip2 packs it in one piece."""
    content = pack(LONG)[: int(share * len(pack(LONG)))]
    if pack is bz2.compress:
        with pytest.raises(LogError, match="cut off or damaged"):
            read_log(content)
        return
    run = read_log(content)
    rows = [line.split(b",") for line in LONG.splitlines()[1:]][: run.n_points]
    assert 1000 < run.n_points <= 20_000
    assert run.train_loss.step.tolist() == [float(step) for step, _ in rows]
    assert run.train_loss.value.tolist() == [float(loss) for _, loss in rows]
    assert "the compressed file is cut off; what is whole of it was read" in run.notes


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_packed_log_that_was_cut_off_at_once_is_refused(read_log, pack) -> None:
    """A header alone tells nothing, and is not called an empty file."""
    with pytest.raises(LogError, match="cut off or damaged"):
        read_log(pack(LONG)[:40])


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_archive_of_one_log_is_read(read_log, packing) -> None:
    """Folders, and what a Macintosh adds, are no files beside it."""
    content = zipped(
        ("run/", b""), ("run/metrics.csv", CSV), ("__MACOSX/run/._metrics.csv", b"x"),
        packing=packing,
    )  # fmt: skip
    assert read_log(content, "run.zip").train_loss.value.tolist() == TRAIN
    assert read_log(zipped(("a.csv", LONG)), "run.zip").n_points == 20_000


REFUSED = {
    "several": (zipped(("a.csv", CSV), ("b.csv", CSV)), r"2 files \('a.csv', 'b.csv'\); unpack"),
    "empty": (zipped(), "0 files; unpack"),
    "weights": (zipped(("model/data.pkl", b"x"), ("model/data/0", b"y")), "weights, not a log"),
    "arrays": (zipped(("loss.npy", b"x")), "weights, not a log"),
    "workbook": (zipped(("[Content_Types].xml", b"x"), ("xl/a.xml", b"y")), "its table as CSV"),
    "zip in zip": (zipped(("a.zip", zipped(("a.csv", CSV)))), "archive within an archive"),
    "gzip in gzip": (gzip.compress(gzip.compress(CSV)), "compressed twice"),
    "many": (zipped(*((f"{i}.csv", CSV) for i in range(1100))), "1100 files; unpack it"),
    "cut zip": (zipped(("a.csv", LONG))[:900], "cut off or damaged"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_archives_that_are_refused(read_log, content, message) -> None:
    """One sentence says what the archive is."""
    with pytest.raises(LogError, match=message):
        read_log(content, "log.zip")


def test_a_tar_archive_is_refused(read_log) -> None:
    """Compressed or not, it is called a tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("a.csv")
        member.size = len(CSV)
        archive.addfile(member, io.BytesIO(CSV))
    for content in (out.getvalue(), gzip.compress(out.getvalue())):
        with pytest.raises(LogError, match="is a tar archive; unpack it first"):
            read_log(content, "log.tar")


def test_an_encrypted_archive_is_refused(read_log) -> None:
    """No password is asked for."""
    content = bytearray(zipped(("a.csv", CSV)))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(LogError, match="is encrypted; unpack it first"):
        read_log(bytes(content), "log.zip")


def test_a_member_that_points_outside_is_only_read(read_log, tmp_path) -> None:
    """Nothing is written anywhere, whatever the member is called."""
    before = sorted(tmp_path.parent.iterdir())
    run = read_log(zipped(("../../evil.csv", CSV)), "log.zip")
    assert run.train_loss.value.tolist() == TRAIN
    assert sorted(tmp_path.parent.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["log.zip"]


@pytest.mark.parametrize("pack", [*PACKERS.values(), lambda data: zipped(("a.csv", data))])
def test_a_bomb_is_refused(read_log, monkeypatch, pack) -> None:
    """What unpacks to far more than a log would is not read to its end."""
    monkeypatch.setattr(packed, "FREE_BYTES", 1 << 20)
    bomb = b"epoch,loss\n" + b"1,0.5\n" * 250_000
    with pytest.raises(LogError, match="more than 200 times its size"):
        read_log(pack(bomb), "log.csv")


def test_a_damaged_member_is_refused(read_log) -> None:
    """The checksum of a ZIP archive's member tells the damage."""
    content = bytearray(zipped(("a.csv", LONG), packing=zipfile.ZIP_STORED))
    content[90_000] ^= 1
    with pytest.raises(LogError, match="cut off or damaged"):
        read_log(bytes(content), "log.zip")


def test_zstd_is_read_where_a_package_can(tmp_path) -> None:
    """A compressed log of zstd reads like the log."""
    package = pytest.importorskip("zstandard", reason="needs zstandard")
    path = tmp_path / "log.csv.zst"
    path.write_bytes(package.ZstdCompressor().compress(CSV))
    assert read(path).train_loss.value.tolist() == TRAIN
    half = package.ZstdCompressor().compress(LONG)
    path.write_bytes(half + package.ZstdCompressor().compress(b"20000,3.5\n20001,2.5\n"))
    assert read(path).n_points == 20_002
    path.write_bytes(half[:-3])
    with pytest.raises(LogError, match="cut off or damaged"):
        read(path)


def test_zstd_without_a_package_says_what_to_do(read_log, monkeypatch) -> None:
    """The sentence names the package and the program."""
    for module in ("compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LogError, match="pip install zstandard`, or unpack it first with `zstd -d`"):
        read_log(b"\x28\xb5\x2f\xfd" + b"x" * 99, "log.csv.zst")


HEADS = [gzip.compress(CSV), bz2.compress(CSV), lzma.compress(CSV), zipped(("a.csv", CSV))]


@given(st.sampled_from(HEADS), st.integers(0, 200), st.binary(max_size=60))
def test_only_log_errors_leave_it(head, at, noise) -> None:
    """Whatever bytes are changed or added, nothing but a LogError comes of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_bytes(head[:at] + noise + head[at + len(noise) :])
        with contextlib.suppress(LogError):
            read(path)
