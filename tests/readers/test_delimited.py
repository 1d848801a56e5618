"""CSV, TSV and other tables of text."""

from __future__ import annotations

import contextlib
import math

import pytest

from diagnose.errors import LogError, UnknownName
from diagnose.readers import read, read_runs

EXPECTED_TRAIN = [(1.0, 0.9), (2.0, 0.7), (3.0, 0.6)]
EXPECTED_VAL = [(1.0, 0.95), (2.0, 0.8), (3.0, 0.75)]

SAME_TABLE = {
    "plain": "epoch,loss,val_loss\n1,0.9,0.95\n2,0.7,0.8\n3,0.6,0.75\n",
    "crlf": "epoch,loss,val_loss\r\n1,0.9,0.95\r\n2,0.7,0.8\r\n3,0.6,0.75\r\n",
    "old mac line ends": "epoch,loss,val_loss\r1,0.9,0.95\r2,0.7,0.8\r3,0.6,0.75\r",
    "tabs": "epoch\tloss\tval_loss\n1\t0.9\t0.95\n2\t0.7\t0.8\n3\t0.6\t0.75\n",
    "semicolons": "epoch;loss;val_loss\n1;0.9;0.95\n2;0.7;0.8\n3;0.6;0.75\n",
    "decimal commas": "epoch;loss;val_loss\n1;0,9;0,95\n2;0,7;0,8\n3;0,6;0,75\n",
    "quoted decimal commas": 'epoch,loss,val_loss\n1,"0,9","0,95"\n2,"0,7","0,8"\n3,"0,6","0,75"\n',
    "bars": "epoch|loss|val_loss\n1|0.9|0.95\n2|0.7|0.8\n3|0.6|0.75\n",
    "markdown": "| epoch | loss | val_loss |\n|---|:--|--:|\n| 1 | 0.9 | 0.95 |\n"
    "| 2 | 0.7 | 0.8 |\n| 3 | 0.6 | 0.75 |\n",
    "blanks": "epoch loss val_loss\n1 0.9 0.95\n2 0.7 0.8\n3 0.6 0.75\n",
    "aligned": "   epoch    loss  val_loss\n       1     0.9      0.95\n"
    "       2     0.7       0.8\n       3     0.6      0.75\n",
    "padded commas": " epoch,  loss, val_loss\n  1,    0.9,  0.95\n  2,  0.7, 0.8\n3, 0.6, 0.75\n",
    "names of two words": "Epoch  Loss  Val Loss\n1      0.9   0.95\n2      0.7   0.8\n"
    "3      0.6   0.75\n",
    "units below the names": "epoch,loss,val_loss\n[-],nats,nats\n1,0.9,0.95\n2,0.7,0.8\n"
    "3,0.6,0.75\n",
    "newest first": "epoch,loss,val_loss\n3,0.6,0.75\n2,0.7,0.8\n1,0.9,0.95\n",
    "quoted": '"epoch","loss","val_loss"\n"1","0.9","0.95"\n"2","0.7","0.8"\n"3","0.6","0.75"\n',
    "trailing delimiters": "epoch,loss,val_loss,\n1,0.9,0.95,\n2,0.7,0.8,\n3,0.6,0.75,\n",
    "trailing delimiters in rows": "epoch,loss,val_loss\n1,0.9,0.95,\n2,0.7,0.8,\n3,0.6,0.75,\n",
    "blank lines": "\nepoch,loss,val_loss\n\n1,0.9,0.95\n\n2,0.7,0.8\n   \n3,0.6,0.75\n\n\n",
    "blank rows": "epoch,loss,val_loss\n1,0.9,0.95\n,,\n2,0.7,0.8\n3,0.6,0.75\n,,\n,,\n",
    "comments": "# run 12, lr 0.1, seed 3\n# made by hand\nepoch,loss,val_loss\n# warm up\n"
    "1,0.9,0.95\n2,0.7,0.8\n# 2,5,5\n3,0.6,0.75\n",
    "commented header": "# epoch loss val_loss\n1 0.9 0.95\n2 0.7 0.8\n3 0.6 0.75\n",
    "title": "My run\n\nepoch,loss,val_loss\n1,0.9,0.95\n2,0.7,0.8\n3,0.6,0.75\n",
    "excel": "sep=;\nepoch;loss;val_loss\n1;0,9;0,95\n2;0,7;0,8\n3;0,6;0,75\n",
    "pandas index": ",epoch,loss,val_loss\n0,1,0.9,0.95\n1,2,0.7,0.8\n2,3,0.6,0.75\n",
    "pandas print": "   epoch  loss  val_loss\n0      1   0.9      0.95\n1      2   0.7      0.80\n"
    "2      3   0.6      0.75\n",
    "r row names": '"epoch","loss","val_loss"\n"1",1,0.9,0.95\n"2",2,0.7,0.8\n"3",3,0.6,0.75\n',
    "no end of the last line": "epoch,loss,val_loss\n1,0.9,0.95\n2,0.7,0.8\n3,0.6,0.75",
    "text beside": "epoch,time,loss,val_loss\n1,00:12,0.9,0.95\n2,00:13,0.7,0.8\n3,n/a,0.6,0.75\n",
    "a cell of two lines": 'epoch,remark,loss,val_loss\n1,"one\n2,9,9",0.9,0.95\n'
    '2,"a ""b""",0.7,0.8\n3,c,0.6,0.75\n',
    "a lone quotation mark": 'epoch,remark,loss,val_loss\n1,5" wide,0.9,0.95\n2,6" wide,0.7,0.8\n'
    "3,x,0.6,0.75\n",
    "exponents": "epoch,loss,val_loss\n1e0,9.0E-1,+.95\n2,7e-01,8e-1\n3,6000e-4,0.75e0\n",
}


@pytest.mark.parametrize("text", SAME_TABLE.values(), ids=SAME_TABLE)
def test_spellings_of_one_table(read_log, points, text) -> None:
    """The same six numbers come out at the same steps however the table is spelled."""
    run = read_log(text)
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert points(run, "val_loss") == EXPECTED_VAL
    assert run.step_unit == "epoch"


@pytest.mark.parametrize(
    "text",
    [
        "loss,loss,acc,acc\ntrain,val,train,val\n0.9,0.95,0.1,0.2\n0.7,0.8,0.3,0.4\n",
        "loss,,acc,\nval,train,val,train\n0.95,0.9,0.2,0.1\n0.8,0.7,0.4,0.3\n",
        ",loss,loss,acc,acc\n,val,train,val,train\nepoch,,,,\n0,0.95,0.9,0.2,0.1\n"
        "1,0.8,0.7,0.4,0.3\n",
    ],
    ids=["two rows", "excel", "pandas"],
)
def test_names_in_two_lines(read_log, text) -> None:
    """A second line of names that says train and val is joined to the first."""
    run = read_log(text)
    assert run.train_loss.value.tolist() == [0.9, 0.7]
    assert run.val_loss.value.tolist() == [0.95, 0.8]
    assert run.series["train_accuracy"].value.tolist() == [0.1, 0.3]
    assert run.series["val_accuracy"].value.tolist() == [0.2, 0.4]


def test_decimal_commas_in_some_columns(read_log, points) -> None:
    """Each column has its own sign of the decimals; one without decimals so far has the table's."""
    rows = "".join(f"{e};{e},5;1.0E-4;\n" for e in range(1, 41)) + "41;41,5;1.0E-4;0,25\n"
    run = read_log("epoch;loss;lr;val_loss\n" + rows)
    assert points(run, "train_loss") == [(e, e + 0.5) for e in range(1, 42)]
    assert set(run.series["lr"].value.tolist()) == {1e-4}
    assert points(run, "val_loss") == [(41, 0.25)]


def test_comment_among_numbers_and_text(read_log, points) -> None:
    """A row that was commented out is no row, where the first column holds text too."""
    run = read_log("time,loss\n10:00,0.9\n#10:01,5\n10:02,0.7\n")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]


def test_step_that_cannot_serve(read_log) -> None:
    """A column that the user named for the steps is not passed over in silence."""
    for column in ("a,b,a", "5,5,5", "5,1,4"):
        cells = column.split(",")
        text = "t,loss\n" + "".join(f"{c},0.{9 - i}\n" for i, c in enumerate(cells * 4))
        with pytest.raises(LogError, match="column 't' does not count steps"):
            read_log(text, step="t")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_encodings(read_log, points, encoding) -> None:
    """A table in any Unicode encoding reads the same."""
    run = read_log(SAME_TABLE["plain"].encode(encoding))
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert run.columns["train_loss"] == ("loss",)


def test_latin_1_name(read_log, points) -> None:
    """A byte that is no UTF-8 in a name does no harm to the numbers."""
    run = read_log("epoch,loss,gr\xf6\xdfe\n1,0.9,5\n2,0.7,6\n3,0.6,7\n".encode("latin-1"))
    assert points(run, "train_loss") == EXPECTED_TRAIN


@pytest.mark.parametrize("spelled", ["nan", "NaN", "NAN", "-nan", "+nan", "-nan(ind)", "1.#QNAN"])
def test_nan_is_a_value(read_log, spelled) -> None:
    """A NaN in any spelling is a value that was logged, not a gap."""
    run = read_log(f"epoch,loss\n1,0.9\n2,{spelled}\n3,0.6\n")
    assert run.train_loss.step.tolist() == [1, 2, 3]
    assert math.isnan(run.train_loss.value[1])


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("inf", math.inf),
        ("Infinity", math.inf),
        ("+INF", math.inf),
        ("1.#INF", math.inf),
        ("1e999", math.inf),
        ("∞", math.inf),
        ("-inf", -math.inf),
        ("-Infinity", -math.inf),
        ("-1.#INF00", -math.inf),
        ("-∞", -math.inf),
        ("−0.5", -0.5),
    ],
)
def test_infinities_and_signs(read_log, spelled, expected) -> None:
    """An infinity or a minus in any spelling is read as such."""
    assert read_log(f"epoch,loss\n1,0.9\n2,{spelled}\n3,0.6\n").train_loss.value[1] == expected


@pytest.mark.parametrize(
    "spelled", ["", " ", "None", "null", "NA", "N/A", "#na#", "-", "_", "<NA>"]
)
def test_blank_is_a_gap(read_log, points, spelled) -> None:
    """A blank cell in any spelling is a gap, and the other points keep their steps."""
    run = read_log(f"epoch,loss,val_loss\n1,0.9,1.5\n2,0.7,{spelled}\n3,0.6,1.2\n")
    assert points(run, "val_loss") == [(1.0, 1.5), (3.0, 1.2)]
    assert points(run, "train_loss") == EXPECTED_TRAIN


def test_sparse_lightning_table(read_log, points) -> None:
    """Rows that fill only some columns give each series its own steps."""
    run = read_log(
        "epoch,lr-Adam,step,train_loss,val_loss\n,0.01,0,,\n0,,49,0.9,\n0,,99,0.8,\n0,,99,,0.85\n"
        "1,,149,0.7,\n1,,199,0.6,\n1,,199,,0.65\n"
    )
    assert points(run, "train_loss") == [(49, 0.9), (99, 0.8), (149, 0.7), (199, 0.6)]
    assert points(run, "val_loss") == [(99, 0.85), (199, 0.65)]
    assert points(run, "lr") == [(0, 0.01)]
    assert run.step_unit == "step"


def test_ultralytics_table(read_log, points) -> None:
    """Box, class and focal losses are summed, kept apart as well, and told in a note."""
    run = read_log(
        "                  epoch,      train/box_loss,   train/cls_loss,  train/dfl_loss,"
        "  metrics/mAP50(B),  val/box_loss, val/cls_loss, val/dfl_loss, lr/pg0\n"
        "   0, 1.5, 2.25, 1.0, 0.1, 1.25, 2.0, 1.0, 0.01\n"
        "   1, 1.0, 2.0, 1.0, 0.2, 1.0, 1.5, 0.5, 0.01\n"
    )
    assert points(run, "train_loss") == [(0, 4.75), (1, 4.0)]
    assert points(run, "val_loss") == [(0, 4.25), (1, 3.0)]
    assert points(run, "train/cls_loss") == [(0, 2.25), (1, 2.0)]
    assert points(run, "val/dfl_loss") == [(0, 1.0), (1, 0.5)]
    assert "training loss = train/box_loss + train/cls_loss + train/dfl_loss" in run.notes


def test_fastai_table(read_log, points) -> None:
    """`#na#` is a gap, and a bare accuracy is that of the validation set."""
    run = read_log(
        "epoch,train_loss,valid_loss,accuracy,time\n0,0.9,#na#,00:10\n1,0.7,0.8,0.5,00:11\n"
        "2,0.6,0.75,0.6,00:11\n"
    )
    assert points(run, "train_loss") == [(0, 0.9), (1, 0.7), (2, 0.6)]
    assert points(run, "val_loss") == [(1, 0.8), (2, 0.75)]
    assert points(run, "val_accuracy") == [(1, 0.5), (2, 0.6)]


def test_timm_table(read_log, points) -> None:
    """Timm's percentages become shares."""
    run = read_log(
        "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n0,6.9,6.5,1.25,5.0,0.1\n"
        "1,6.0,5.5,12.5,25.0,0.1\n"
    )
    assert points(run, "val_loss") == [(0, 6.5), (1, 5.5)]
    assert points(run, "val_accuracy") == [(0, 0.0125), (1, 0.125)]


def test_wandb_chart_of_two_runs(tmp_path) -> None:
    """A chart with a column a run gives a Run each, without the bounds of the drawn band."""
    path = tmp_path / "chart.csv"
    path.write_text(
        '"Step","fast - val - train/loss","fast - val - train/loss__MIN","slow-1 - train/loss",'
        '"slow-1 - train/loss__MAX"\n1,0.9,0.8,"",""\n2,"","",1.5,1.6\n3,0.7,0.6,1.4,1.5\n'
    )
    fast, slow = read_runs(path)
    assert fast.train_loss.step.tolist() == [1, 3]
    assert fast.train_loss.value.tolist() == [0.9, 0.7]
    assert slow.train_loss.step.tolist() == [2, 3]
    assert slow.train_loss.value.tolist() == [1.5, 1.4]
    with pytest.raises(LogError, match="2 runs"):
        read(path)


def test_named_column_of_one_run_among_two(read_log, points) -> None:
    """Naming one run's column leaves the other run's columns out."""
    text = (
        "Step,a1 - train/loss,a1 - val/loss,b2 - train/loss,b2 - val/loss\n"
        "1,0.9,0.8,5,6\n2,0.7,0.6,4,5\n"
    )
    run = read_log(text, train_loss="a1 - train/loss")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]
    assert points(run, "val_loss") == [(1, 0.8), (2, 0.6)]
    assert not any(name.startswith("b2") for name in run.series)


def test_dash_between_split_and_loss(read_log, points) -> None:
    """`train - loss` beside `val - loss` is one run, not two."""
    run = read_log("epoch,train - loss,val - loss\n1,0.9,0.95\n2,0.7,0.8\n3,0.6,0.75\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert points(run, "val_loss") == EXPECTED_VAL


def test_tensorboard_download(read_log, points) -> None:
    """The tag in the file's name says what `Value` is."""
    text = "Wall time,Step,Value\n1615108141.5,10,0.9\n1615108142.5,20,0.7\n"
    run = read_log(text, "run-tb_train-tag-Loss_val.csv")
    assert points(run, "val_loss") == [(10, 0.9), (20, 0.7)]


def test_dvclive_table(read_log, points) -> None:
    """The file's name says which loss a `step<TAB>loss` table holds."""
    run = read_log("step\tloss\n0\t0.9\n1\t0.7\n", "val_loss.tsv")
    assert points(run, "val_loss") == [(0, 0.9), (1, 0.7)]


def test_long_table(read_log, points) -> None:
    """A column of `train` and `val` tells the rows apart."""
    run = read_log(
        "epoch,set,loss,acc\n1,train,0.9,0.5\n1,val,0.95,0.4\n2,train,0.7,0.6\n2,val,0.8,0.5\n"
    )
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]
    assert points(run, "val_loss") == [(1, 0.95), (2, 0.8)]
    assert points(run, "val_accuracy") == [(1, 0.4), (2, 0.5)]


def test_long_table_in_blocks(read_log, points) -> None:
    """All training rows before all validation rows keep their own epochs."""
    run = read_log(
        "set,epoch,loss\nTrain,1,0.9\nTrain,2,0.7\nTrain,3,0.6\nValid,1,0.95\nValid,2,0.8\nValid,3,0.75\n"
    )
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert points(run, "val_loss") == EXPECTED_VAL


def test_long_table_of_unknown_parts(read_log) -> None:
    """Parts that are neither train nor val are never mixed into one series."""
    text = "epoch,dataset,loss\n1,cifar,0.9\n1,mnist,0.1\n2,cifar,0.8\n2,mnist,0.05\n"
    with pytest.raises(LogError, match=r"'cifar_loss', 'mnist_loss'.*--train-loss"):
        read_log(text)
    run = read_log(text, train_loss="cifar_loss")
    assert run.train_loss.value.tolist() == [0.9, 0.8]


def test_long_table_of_phases(read_log, points) -> None:
    """Parts that follow one another, and are neither train nor val, are phases of one run."""
    run = read_log("epoch,phase,loss\n1,warm-up,0.9\n2,main,0.7\n3,main,0.6\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN


@pytest.mark.parametrize("name", ["set", "stage", "type", "Split", "phase"])
@pytest.mark.parametrize("part", ["train/valid", "Training set/Validation set", "trn/dev"])
def test_names_of_parts(read_log, points, name, part) -> None:
    """Train and validation rows are told apart under the usual names."""
    train, val = part.split("/")
    run = read_log(f"{name},epoch,loss\n{train},1,0.9\n{val},1,0.95\n{train},2,0.7\n{val},2,0.8\n")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]
    assert points(run, "val_loss") == [(1, 0.95), (2, 0.8)]


def test_long_table_of_one_part(read_log, points) -> None:
    """One and the same name in every row tells nothing apart."""
    run = read_log("epoch,dataset,loss\n1,cifar,0.9\n2,cifar,0.7\n3,cifar,0.6\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN


def test_no_header(read_log, points) -> None:
    """Columns without names are numbered, and can be named by number."""
    text = "1 0.9 0.95\n2 0.7 0.8\n3 0.6 0.75\n"
    with pytest.raises(LogError, match=r"'column 1', 'column 2', 'column 3'.*--train-loss"):
        read_log(text)
    run = read_log(text, step="column 1", train_loss="column 2", val_loss="column 3")
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert points(run, "val_loss") == EXPECTED_VAL


def test_numbers_as_names(read_log, points) -> None:
    """Columns named by numbers beside a loss leave the header a header."""
    run = read_log("epoch,loss,0,1,2,3\n1,0.9,1,2,3,4\n2,0.7,0,1,2,3\n3,0.6,2,2,2,2\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN


def test_names_with_commas_and_quotes(read_log, points) -> None:
    """A quoted name may hold the delimiter and quotation marks."""
    run = read_log('epoch,"loss, ""train""","loss, val"\n1,0.9,0.95\n2,0.7,0.8\n3,0.6,0.75\n')
    assert run.columns["train_loss"] == ('loss, "train"',)
    assert points(run, "val_loss") == EXPECTED_VAL


def test_same_name_twice(read_log, points) -> None:
    """A name that stands twice is told, and the first column is the loss."""
    run = read_log("epoch,loss,loss,loss (2)\n1,0.9,5,7\n2,0.7,5,7\n3,0.6,5,7\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert sorted(s.value[0] for n, s in run.series.items() if n != "train_loss") == [5, 7]
    assert any("same name" in note for note in run.notes)


def test_repeated_header_with_other_columns(read_log, points) -> None:
    """Below a later header with another order of columns, each number stays in its series."""
    run = read_log(
        "epoch,loss,val_loss\n1,0.9,0.95\n2,0.7,0.8\nepoch,lr,val_loss,loss\n3,0.1,0.75,0.6\n"
    )
    assert points(run, "train_loss") == EXPECTED_TRAIN
    assert points(run, "val_loss") == EXPECTED_VAL
    assert any("'lr'" in note and "line 4" in note for note in run.notes)


def test_repeated_header_with_a_blank_name(read_log, points) -> None:
    """A column without a name at the end does not make rows below a later header too long."""
    run = read_log("epoch,loss,\n1,0.9,5\n2,0.7,5\nepoch,loss,\n3,0.6,5\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN


def test_row_with_too_many_cells(read_log, points) -> None:
    """A row with more cells than the header is left out and told, not read askew."""
    run = read_log("epoch,loss,val_loss\n1,0.9,0.95\n2,0,7,0,8\n3,0.6,0.75\n4,0.5,0.7\n")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.6), (4, 0.5)]
    assert any("line 3" in note for note in run.notes)


def test_row_with_too_many_cells_beside_text(read_log, points) -> None:
    """A row with too many cells is found where only some columns are read, and blanks filled."""
    text = "epoch,time,val_loss,loss\n1,00:01,,0.9\n2,00:02,,0,7\n3,00:03,,0.6\n4,00:04,,0.5\n"
    assert points(read_log(text), "train_loss") == [(1, 0.9), (3, 0.6), (4, 0.5)]
    text = text.replace("00:0", "0")
    assert points(read_log(text), "train_loss") == [(1, 0.9), (3, 0.6), (4, 0.5)]


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss\n1,0,53\n2,0,47\n3,0,41\n",
        "epoch,loss,val_loss\n1,0,53,0,61\n2,0,47,0,59\n",
        "loss\n0,53\n0,47\n0,41\n",
        "epoch,loss,val_loss\n1;0,53;0,61\n2;0,47;0,59\n",
    ],
)
def test_commas_for_everything(read_log, text) -> None:
    """Commas between cells and within numbers cannot be told apart, and nothing is guessed."""
    with pytest.raises(LogError):
        read_log(text)


def test_thousands_are_not_decimals(read_log, points) -> None:
    """`1,234` beside decimal points is text, and its row is not given another row's step."""
    run = read_log('step,loss\n100,0.9\n500,0.8\n900,0.7\n"1,300",0.6\n"1,700",0.5\n', "log.csv")
    assert points(run, "train_loss") == [(100, 0.9), (500, 0.8), (900, 0.7)]
    assert any("'1,300' in line 5" in note for note in run.notes)


def test_points_among_decimal_commas(read_log, points) -> None:
    """A point among decimal commas may group thousands; such a cell is left out and told."""
    run = read_log("epoch;loss\n1;0,9\n2;1.234,5\n3;0,6\n4;1.500\n")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.6)]
    assert any("'1.234,5' in line 3 and 1 more" in note for note in run.notes)


def test_text_in_a_number_cell(read_log, points) -> None:
    """Text among numbers is a gap that is told, with its column and line."""
    run = read_log("epoch,loss,val_loss\n1,0.9,0.95\n2,oops,0.8\n3,0.6,0.75\n")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.6)]
    assert points(run, "val_loss") == EXPECTED_VAL
    assert "column 'loss': text instead of a number ('oops' in line 3) was left out" in run.notes


def test_text_in_a_step_cell(read_log, points) -> None:
    """A value whose step cannot be read is left out; it takes no other's step."""
    run = read_log("epoch,loss\n1,0.9\n2,0.7\nx,0.1\n4,0.5\n5,0.4\n")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7), (4, 0.5), (5, 0.4)]
    assert any("'x' in line 4" in note for note in run.notes)
    assert any("1 point of the loss without a readable epoch" in note for note in run.notes)


def test_blank_step_cell(read_log, points) -> None:
    """A value without a step is left out where the others have one."""
    run = read_log("epoch,loss\n1,0.9\n,0.1\n3,0.6\n4,0.5\n")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.6), (4, 0.5)]


@pytest.mark.parametrize("unit", [" nats", "s", " it/s", "€"])
def test_numbers_with_units(read_log, unit) -> None:
    """A loss with a unit behind it is told to be text, by its name and with an example."""
    with pytest.raises(LogError, match=r"'loss' holds text.*0.9"):
        read_log(f"epoch,loss\n1,0.9{unit}\n2,0.7{unit}\n3,0.6{unit}\n")


def test_percent_signs(read_log, points) -> None:
    """Percent signs divide by a hundred where all numbers of a column have one."""
    run = read_log("epoch,loss,acc\n1,0.9,50%\n2,0.7,62.5 %\n3,0.6,\n4,0.5,0.25%\n")
    assert points(run, "train_accuracy") == [(1, 0.5), (2, 0.625), (4, 0.0025)]
    run = read_log("epoch,loss,acc\n1,0.9,50%\n2,0.7,0.625\n3,0.6,0.75\n")
    assert points(run, "train_accuracy") == [(2, 0.625), (3, 0.75)]
    assert any("'50%' in line 2" in note for note in run.notes)
    run = read_log("epoch;loss;acc\n1;0,9;50,5%\n2;0,7;nan%\n3;0,6;nan\n")
    assert run.series["train_accuracy"].value[0] == 0.505
    assert run.series["train_accuracy"].step.tolist() == [1, 2, 3]


CUT = "epoch,loss,val_loss\n1,0.9123,0.9523\n2,0.7123,0.8123\n3,0.6123,0.7523\n"


@pytest.mark.parametrize(
    ("tail", "train", "val"),
    [
        ("4", 3, 3),
        ("4,", 3, 3),
        ("4,0.5", 3, 3),
        ("4,0.5123", 3, 3),
        ("4,0.5123,", 4, 3),
        ("4,0.5123,0.", 4, 3),
        ("4,0.5123,0.69", 4, 3),
        ("4,0.5123,0.6923", 4, 4),
        ("4,0.5123,0.6923\n", 4, 4),
    ],
)
def test_cut_last_line(read_log, tail, train, val) -> None:
    """Of a last line that was cut off, only cells that are surely whole are read."""
    run = read_log(CUT + tail)
    assert len(run.train_loss) == train
    assert len(run.val_loss) == val
    whole = [0.9123, 0.7123, 0.6123, 0.5123]
    assert run.train_loss.value.tolist() == whole[:train]
    assert run.val_loss.value.tolist() == [0.9523, 0.8123, 0.7523, 0.6923][:val]
    told = any("may be cut off" in note for note in run.notes)
    assert told == (tail not in ("4,0.5123,", "4,0.5123,0.6923", "4,0.5123,0.6923\n"))


@pytest.mark.parametrize(
    ("last", "is_read"),
    [
        ("0.4", False),  # of 0.4123, though 0.5 above is as short
        ("0.412", False),
        ("0.4123", True),
        ("0.51234567890", True),
        ("0.0412", False),  # of 0.04123: three digits
        ("nan", True),
    ],
)
def test_cut_decimals_of_uneven_length(read_log, last, is_read) -> None:
    """A number without an end is read only if digits that it may lack would not change it."""
    run = read_log(f"epoch,loss\n1,0.91234567890123\n2,0.5\n3,0.612345\n4,{last}")
    assert run.train_loss.step.tolist() == ([1, 2, 3, 4] if is_read else [1, 2, 3])
    assert any("may be cut off" in note for note in run.notes) != is_read


@pytest.mark.parametrize(("last", "is_read"), [("12", False), ("12.", False), ("1534", True)])
def test_cut_whole_numbers(read_log, last, is_read) -> None:
    """A whole number that is shorter than one above it may be the beginning of another."""
    run = read_log(f"epoch,loss\n1,2134\n2,999\n3,1834\n4,{last}")
    assert len(run.train_loss) == (4 if is_read else 3)


def test_cut_exponent_of_uneven_length(read_log) -> None:
    """`1.25` may be what is left of `1.25e-05`, where others have exponents."""
    run = read_log("epoch,loss\n1,1.5\n2,1.25e-3\n3,2.25e-4\n4,1.2512")
    assert run.train_loss.step.tolist() == [1, 2, 3]


SKORCH = """\
  epoch    train_loss    valid_loss     dur
-------  ------------  ------------  ------
      1        \x1b[36m0.9000\x1b[0m        \x1b[35m0.9500\x1b[0m  0.0213
      2        \x1b[36m0.7000\x1b[0m        \x1b[35m0.8500\x1b[0m  0.0113
      3        0.7500        0.8700  0.0113
"""


@pytest.mark.parametrize(
    "text",
    [
        SKORCH,
        "Re-initializing module.\n" + SKORCH,
        "| epoch | train_loss | valid_loss |\n|---|---|---|\n| 1 | **0.9** | `0.95` |\n"
        "| 2 | 0.7 | **0.85** |\n| 3 | 0.75 | 0.87 |\n",
        "┏━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━┓\n┃ epoch ┃ Train Loss ┃ Valid Loss ┃\n"
        "┡━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━┩\n│ 1     │ 0.9        │ 0.95       │\n"
        "│ 2     │ 0.7        │ 0.85       │\n│ 3     │ 0.75       │ 0.87       │\n"
        "└───────┴────────────┴────────────┘\n",
    ],
    ids=["colours", "after a message", "bold type", "box"],
)
def test_dressed_tables(read_log, points, text) -> None:
    """Colours, bold type and boxes are no part of the numbers."""
    run = read_log(text, "train.log")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7), (3, 0.75)]
    assert points(run, "val_loss") == [(1, 0.95), (2, 0.85), (3, 0.87)]
    assert run.step_unit == "epoch"


def test_the_table_of_spacy(read_log, points) -> None:
    """`E` is the epoch and `#` the step."""
    run = read_log(
        "E    #       LOSS NER  ENTS_F  SCORE\n---  ------  --------  ------  ------\n"
        "  0       0     44.93    0.00    0.00\n  0     200   1200.50   30.00    0.30\n"
        "  1     400    900.25   40.00    0.40\n",
        "train.log",
    )
    assert points(run, "train_loss") == [(0, 44.93), (200, 1200.5), (400, 900.25)]
    assert run.step_unit == "step"


@pytest.mark.parametrize(
    "line", ["Epoch {e}: loss 0,{v}\n", "Step {e},000 loss 0.{v}\n", "Step {e},000, loss: 0.{v}\n"]
)
def test_printed_lines_that_look_like_a_table(read_log, line) -> None:
    """Where no column is a loss the text reader is tried."""
    text = "".join(line.format(e=e, v=v) for e, v in ((1, 95), (2, 75), (3, 65)))
    run = read_log(text, "train.log")
    assert run.format == "text"
    assert run.train_loss.value.tolist() == [0.95, 0.75, 0.65]


def test_cut_exponent(read_log) -> None:
    """A number cut within its exponent is not read as one without."""
    run = read_log(
        "epoch,lr,loss\n1,1e-3,9.125e-01\n2,1e-3,8.5e-01\n3,1e-3,7.25e-02\n4,1e-3,7.5e-0"
    )
    assert run.train_loss.value.tolist() == [0.9125, 0.85, 0.0725]


def test_cut_table_of_blanks(read_log) -> None:
    """A cut line of a table that blanks separate is left out as a whole."""
    run = read_log("epoch loss val_loss\n1 0.9 0.95\n2 0.7 0.85\n3 0.6 0.75\n4 0.5 0.")
    assert run.train_loss.step.tolist() == [1, 2, 3]


def test_short_row_within_blanks(read_log, points) -> None:
    """Where blanks separate, no one can say which cell is missing, and the row is left out."""
    run = read_log("epoch loss val_loss\n1 0.9 0.95\n2 0.8\n3 0.6 0.75\n")
    assert points(run, "val_loss") == [(1, 0.95), (3, 0.75)]
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.6)]


def test_more_names_than_the_head_holds(read_log) -> None:
    """Five thousand columns with long names are read, whichever of them is the loss."""
    names = [f"a_column_with_a_rather_long_name_{i:04d}" for i in range(4998)]
    lines = [",".join(["epoch", *names, "loss"])]
    lines += [",".join([str(row), *["0.5"] * 4998, f"0.{row}"]) for row in (1, 2, 3)]
    run = read_log("\n".join(lines) + "\n")
    assert run.train_loss.value.tolist() == [0.1, 0.2, 0.3]
    assert run.train_loss.step.tolist() == [1, 2, 3]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_odd_line_separators_in_a_name(read_log, points, mark) -> None:
    """Characters that some programs take for line ends do not end a line."""
    run = read_log(f"epoch,lo{mark}ad,loss\n1,5,0.9\n2,5,0.7\n3,5,0.6\n")
    assert points(run, "train_loss") == EXPECTED_TRAIN


def test_many_rows_in_several_chunks(read_log) -> None:
    """A table longer than a chunk keeps every value at its step, text and blanks included."""
    n = 120_000
    rows = [f"{i},{i * 0.5!r}" for i in range(n)]
    rows[60_000] = "60000,"
    rows[110_000] = "110000,oops"
    run = read_log("step,loss\n" + "\n".join(rows) + "\n")
    keep = [i for i in range(n) if i not in (60_000, 110_000)]
    assert run.train_loss.step.tolist() == keep
    assert run.train_loss.value.tolist() == [i * 0.5 for i in keep]
    assert any("'oops' in line 110002" in note for note in run.notes)


def test_named_column_overrides(read_log, points) -> None:
    """A column that the user names takes the role, in its own or another spelling."""
    text = "epoch,loss,val_loss,My Loss\n1,5,0.95,0.9\n2,5,0.8,0.7\n3,5,0.75,0.6\n"
    for name in ("My Loss", "my_loss"):
        assert points(read_log(text, train_loss=name), "train_loss") == EXPECTED_TRAIN
    with pytest.raises(UnknownName, match="Did you mean 'val_loss'"):
        read_log(text, val_loss="val_los")


def test_named_text_column(read_log) -> None:
    """Naming a column of text says that it holds text, not that it is missing."""
    with pytest.raises(LogError, match=r"'remark' holds text .*'a'"):
        read_log("epoch,loss,remark\n1,0.9,a\n2,0.7,b\n", train_loss="remark")


def test_named_validation_loss_is_not_the_training_loss(read_log) -> None:
    """A column that the user calls the validation loss is not taken for the training loss too."""
    run = read_log("epoch,loss\n1,0.9\n2,0.7\n", val_loss="loss")
    assert run.train_loss is None
    assert run.val_loss.value.tolist() == [0.9, 0.7]


def test_named_part_is_compared_with_its_like(read_log, points) -> None:
    """Beside one named part of a summed loss stands the same part of the other."""
    text = "epoch,train/box_loss,train/cls_loss,val/box_loss,val/cls_loss\n1,1,2,3,4\n2,1,2,3,5\n"
    run = read_log(text, train_loss="train/cls_loss")
    assert points(run, "val_loss") == [(1, 4), (2, 5)]


BAD = {
    "header only": ("epoch,loss,val_loss\n", "only a header, no rows: 'epoch', 'loss'"),
    "one row": ("epoch,loss\n1,0.5\n", "single point"),
    "no loss": ("epoch,foo,bar\n1,2,3\n2,3,4\n", "seen: 'epoch', 'foo', 'bar'.*--train-loss"),
    "all blank": ("epoch,loss\n1,\n2,\n", "'loss' is blank"),
    "prose": ("It was a dark night.\nThe loss was heavy.\n", "no line tells a loss"),
    "runs table": (
        '"Name","State","loss"\n"a-1","done",0.5\n"b-2","done",0.4\n"c-3","done",0.3\n',
        "table of runs",
    ),
    "rewards": ("step,rollout/ep_rew_mean,train/loss\n1,5,0.5\n2,6,0.4\n", "rewards"),
    "gan": ("epoch,d_loss,g_loss\n1,0.5,0.6\n2,0.4,0.7\n", "generator and a discriminator"),
    "long line": ("loss," * 300_000 + "\n1,2\n", "a line of over"),
    "text loss only": ("epoch,loss\n1,high\n2,low\n", "'loss' holds text"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_no_curve(read_log, text, message) -> None:
    """A table without a training curve is refused in a sentence that says why."""
    with pytest.raises(LogError, match=message) as caught:
        read_log(text)
    assert "log.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("run-train-tag-epoch_loss.csv", "train_loss"),
        ("run-validation-tag-epoch_loss.csv", "val_loss"),
        ("run-.-tag-val_loss.csv", "val_loss"),
        ("run-fc-tag-batch_loss.csv", "train_loss"),
        ("run-test_2024_01_12_lr3-tag-train_loss.csv", "train_loss"),
    ],
)
def test_the_run_of_a_tensorboard_download(read_log, points, name, role) -> None:
    """The tag is told by the file's name alone, and the part of the data at times by the run's."""
    table = "Wall time,Step,Value\n" + "".join(f"16263957{s},{s},{9 - s}\n" for s in range(1, 6))
    run = read_log(table, name)
    assert points(run, role) == [(s, 9 - s) for s in range(1, 6)]
    assert set(run.columns) == {role}


@pytest.mark.parametrize(("folder", "role"), [("train", "train_loss"), ("val", "val_loss")])
def test_the_folder_of_a_dvclive_metric(tmp_path, points, folder, role) -> None:
    """A metric's file alone is told apart by its folder."""
    path = tmp_path / "plots/metrics" / folder / "loss.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("step\tloss\n1\t0.9\n2\t0.7\n3\t0.6\n")
    assert points(read(path), role) == [(1, 0.9), (2, 0.7), (3, 0.6)]


def test_a_table_of_samples(read_log) -> None:
    """The losses of single samples are no curve; of epochs that name a file they are one."""
    rows = "".join(f"data/{i}.wav,{i % 3},{1 / (1 + i)}\n" for i in range(9))
    with pytest.raises(LogError, match="a table of samples"):
        read_log("file_path,label,loss\n" + rows)
    rows = "".join(f"{i},model_{i}.pt,{1 / (1 + i)}\n" for i in range(9))
    assert len(read_log("epoch,file,loss\n" + rows).train_loss) == 9


def test_percent_signs_beyond_the_header_break_nothing(read_log) -> None:
    """A column without a name is left out, whatever its cells look like."""
    rows = "".join(
        f"      {e}/8      2.13G      {2 / e:.3f}          1        640: 100% ━━━ 409/409 4:25\n"
        "                   all        925       1248      0.622      0.391\n"
        for e in range(1, 9)
    )
    with contextlib.suppress(LogError):
        read_log(f"      Epoch    GPU_mem   box_loss  Instances       Size\n{rows}", "log.txt")
