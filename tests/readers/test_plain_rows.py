"""Rows of numbers that are parsed at once, against `float` on each cell."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.readers import plain_rows
from diagnose.readers.body import BLANK
from diagnose.readers.plain_rows import parse_rows
from diagnose.readers.source import Source

SPELLINGS = (repr, "{:.6f}".format, "{:.3e}".format, "{:.25g}".format, "{:E}".format)
numbers = st.floats(allow_nan=False) | st.integers(-(10**20), 10**20)
cells = st.builds(lambda write, x: write(x), st.sampled_from(SPELLINGS), numbers)


@pytest.fixture(params=[0, 1 << 30], ids=["simdjson", "numpy"])
def way(request, monkeypatch):
    """Send all texts one way, as if all were long, or all short."""
    monkeypatch.setattr(plain_rows, "LARGE", request.param)


def expected(rows: list[list[str]], places: list[int]) -> list[list[float]]:
    """Return what `float` makes of the wanted cells."""
    values = [[float(row[i]) if row[i] else BLANK for i in places] for row in rows]
    return [row for row in values if set(row) != {BLANK}]


@pytest.mark.usefixtures("way")
@given(
    st.integers(1, 5).flatmap(
        lambda width: st.tuples(
            st.lists(st.lists(cells | st.just(""), min_size=width, max_size=width), min_size=1),
            st.sets(st.integers(0, width - 1), min_size=1).map(sorted),
        )
    ),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_each_number_is_the_one_that_float_reads(table, delimiter, ends):
    """However numbers are spelled and blanks strewn, every wanted cell is exact, or none is."""
    rows, places = table
    text = "\n".join(delimiter.join(row) for row in rows) + "\n" * ends
    block = parse_rows(text, delimiter, len(rows[0]), places)
    if block is not None:
        assert block.tolist() == expected(rows, places)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("blank", [None, 2])
def test_plain_tables_are_parsed(blank):
    """What most programs write does not fall back to parsing cell by cell."""
    rows = [[str(i), f"{2 / (i + 1):.6f}", f"{1e-3 / (i + 1):.3e}"] for i in range(50)]
    if blank is not None:
        for row in rows[1::2]:
            row[blank] = ""
    text = "".join(",".join(row) + "\n" for row in rows)
    assert parse_rows(text, ",", 3, [0, 1, 2]).tolist() == expected(rows, [0, 1, 2])
    assert parse_rows(text, ",", 3, [2]).tolist() == expected(rows, [2])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4,5\n6\n",
        "1,2\n3\n4\n5,6\n",
        "1,2\n3,x\n",
        "1,2\n3,true\n",
        "1,2\n3,null\n",
        "1,2\n[3],4\n",
        '1,2\n"3",4\n',
        "1,2\n3 4,5\n",
        "1,2\n1_0,4\n",
        "1,2\n3,4 # note\n",
        "1,2\n3,4é\n",
    ],
)
def test_anything_else_is_refused(text):
    """Rows of other widths and cells that are no numbers are left to the slow way."""
    assert parse_rows(text, ",", 2, [0, 1]) is None


@pytest.mark.usefixtures("way")
def test_numbers_that_json_lacks_are_read_too():
    """NaN, infinities, and numbers beyond what a float holds are what `float` says they are."""
    block = parse_rows("1,nan\n2,inf\n3,-Infinity\n4,1e999\n5,.5\n6,+1.\n", ",", 2, [0, 1])
    assert math.isnan(block[0, 1])
    assert block[1:, 1].tolist() == [math.inf, -math.inf, math.inf, 0.5, 1.0]


@given(
    st.text(st.sampled_from('a1,"\n\ré\u2028'), min_size=1).filter(str.strip),
    st.integers(1, 9),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_the_pieces_are_the_whole_text(tmp_path_factory, text, size, encoding):
    """However small the pieces, no character is lost, doubled or changed."""
    path = tmp_path_factory.mktemp("pieces") / "log.csv"
    path.write_bytes(text.encode(encoding))
    source = Source(path)
    with source.open_text() as stream:
        assert "".join(source.pieces(size)) == stream.read()


def test_lines_and_quoted_cells_stay_whole(tmp_path):
    """A piece ends where a line does, and not within a cell that spans lines."""
    path = tmp_path / "log.csv"
    path.write_text('1,"a\nb"\n2,"c\n\nd"\n' * 200)
    pieces = list(Source(path).pieces(64))
    assert len(pieces) > 10
    assert all(piece.endswith('"\n') and piece.count('"') % 2 == 0 for piece in pieces)
