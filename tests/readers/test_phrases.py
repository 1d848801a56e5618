"""What one line says: its counters, its quantities, and the part of the data."""

from __future__ import annotations

import math

import pytest

from diagnose.readers.numerals import numbers, to_float, wording
from diagnose.readers.phrases import understand


def told(line: str) -> list[tuple[str, str, str, str]]:
    """Return what a line tells: kind, name, split and the number as it stands there."""
    found = numbers(line)
    return [(i.kind, i.name, i.split, found[i.at]) for i in understand(wording(line)).items]


LINES = {
    "Epoch 3/50, train loss: 0.41, val loss: 0.52": [
        ("epoch", "epoch", "", "3"),
        ("total", "epochs", "", "50"),
        ("loss", "loss", "train", "0.41"),
        ("loss", "loss", "val", "0.52"),
    ],
    "Epoch: [0][ 1/32]\tTime 60.7 (60.7)\tLoss 5.31 (4.30)": [
        ("epoch", "epoch", "", "0"),
        ("count", "bar", "", "1"),
        ("total", "of", "", "32"),
        ("loss", "loss", "", "5.31"),
        ("loss", "loss average", "", "4.30"),
    ],
    "step    1/19560 | loss 11.010252 (+nanz)| norm 15.1374 (+nanz)": [
        ("count", "step", "", "1"),
        ("total", "of", "", "19560"),
        ("loss", "loss", "", "11.010252"),
    ],
    "[11/30 01:16:13 d2]:  eta: 1:54:02  iter: 9  total_loss: 0.5  time: 0.2  last_time: 0.2"
    "  data_time: 0.1  lr: 0.1  max_mem: 3000M  wall: 1:02:03  left: 1:02:03": [
        ("count", "iter", "", "9"),
        ("loss", "total loss", "", "0.5"),
        ("lr", "lr", "", "0.1"),
    ],
    "loss scale: 1024.0, val_loss_every: 4000, loss_weight 0.9": [],
    "python train.py --loss 2 --epoch 40": [],
    "saved model-val_loss=0.0366.ckpt": [],
    "acc|logloss = 0.623|13.014": [],
    "Best val loss: 0.5 at epoch 3": [],
}


@pytest.mark.parametrize("line", LINES)
def test_numbers_are_what_the_words_before_them_say(line):
    """Settings, options, file names and earlier bests are none of it."""
    assert [t for t in told(line) if t[0] != "epoch" or "epoch 3" not in line] == [
        t for t in LINES[line] if t[0] != "epoch" or "epoch 3" not in line
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), ("-1e-3", -1e-3), ("1,234.5", 1234.5), ("176,773", 176773.0), ("0,52", 0.52)],
)
def test_commas_part_thousands_or_decimals(text, number):
    """`1,234` is a thousand, `0,52` about a half."""
    assert to_float(text) == number


def test_a_list_is_no_number():
    """Of `1,2,3` nobody can say what it counts."""
    assert math.isnan(to_float("1,2,3"))


def test_lines_that_differ_in_numbers_and_bars_have_one_wording():
    """So each is understood once."""
    drawn = [f"{n:4d}/99 [{'=' * n}{'.' * (50 - n)}] - loss: {n / 7:.4f}" for n in (10, 11, 40)]
    assert len({wording(line) for line in drawn}) == 1
