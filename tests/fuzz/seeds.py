"""Small logs of every format, from which the fuzzer sets out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from pathlib import Path

from diagnose.readers import all_readers
from tests.readers.test_tensorboard import START, event, simple, tensor
from tests.readers.test_wandb import log, row

SAMPLES = Path(__file__).parents[2] / "samples"
MOST_BYTES = 4096
NAMES = {
    "csv": "log.csv",
    "trainer_state": "trainer_state.json",
    "catboost": "catboost_training.json",
    "notebook": "notebook.ipynb",
    "tensorboard": "events.out.tfevents.1733903426.host.30276.0",
    "wandb": "run-ab12cd34.wandb",
    "mlflow_db": "mlflow.db",
    "mlflow": "loss",
    "deeplabcut": "learning_stats.csv",
    "yolo_results": "results.txt",
}
"""What a reader's logs are called, where their name tells something."""
HAND_MADE = {
    "csv": [
        b"epoch;loss;val_loss\n1;0,9;1,1\n2;0,7;1,0\n3;0,6;\n",
        b'step,"train, loss",lr,note\n1,0.9,1e-3,"a\nb"\n2,nan,1e-3,\n3,inf,,x\n',
        b"| epoch | train loss | val acc |\n|---|---:|---|\n| 1 | 0.9 | 50% |\n| 2 | 0.7 | 60% |\n",
        b"epoch  train_loss  valid_loss  accuracy\n0      0.9         0.95        0.5\n"
        b"1      0.7         0.85        0.6\n",
        b"epoch,loss\n1,0.9\n2,0.7\nepoch,loss\n1,0.8\n2,0.6\n3,0.5\n4,0.4\n5,0.3\n6,0.2\n",
        b"step,split,loss\n1,train,0.9\n1,val,1.0\n2,train,0.8\n2,val,0.9\n",
        b"step,metric,value\n1,train/loss,0.9\n1,val/loss,1.0\n2,train/loss,0.8\n2,val/loss,0.9\n",
    ],
    "json": [
        b'[{"epoch": 1, "loss": 0.9, "val_loss": 1}, {"epoch": 2, "loss": NaN, "val_loss": 0.8}]',
        b'{"history": {"train": {"loss": [0.9, 0.8]}, "val": {"loss": [1, 0.9]}}, "lr": 0.1}',
        b'{"train/loss": {"steps": [1, 2], "values": [0.9, 0.8]}, "seed": 1}',
        b"{'loss': [0.9, 0.8], 'val_loss': [1.0, nan]}",
        b'{"validation_0": {"logloss": [0.6, 0.5]}, "validation_1": {"logloss": [0.7, 0.6]}}',
    ],
    "jsonl": [b'{"_step": 0, "loss": 0.9}\n{"_step": 1, "loss": 0.8, "val": {"loss": 1}}\n{"_st'],
    "text": [
        b"Epoch 1/2\n 1/10 [=>....] - ETA: 1s - loss: 0.9\r10/10 [====] - 1s 9ms/step - loss: 0.8 -"
        b" val_loss: 0.9\nEpoch 2/2\n10/10 [====] - 1s - loss: 0.7 - val_loss: 0.8\n",
        b"step 0: train loss 4.17, val loss 4.18\niter 10: loss 3.2, time 1ms\nstep 20: train loss"
        b" 2.9, val loss 3.0\n",
        b"Epoch: [0][ 10/500]\tTime 0.1 (0.2)\tLoss 5.31 (4.30)\tAcc@1 1.0 ( 0.8)\n"
        b"Epoch: [0][ 20/500]\tTime 0.1 (0.2)\tLoss 4.31 (4.20)\tAcc@1 2.0 ( 0.9)\n",
        b"\x1b[32m[05/12 10:00:00 d2.utils.events]: \x1b[0m eta: 0:01 iter: 19 total_loss: 2.3\n"
        b"\x1b[32m[05/12 10:00:01 d2.utils.events]: \x1b[0m eta: 0:01 iter: 39 total_loss: 1.9\n",
        b"{'loss': 2.1, 'learning_rate': 5e-05, 'epoch': 0.1}\n{'eval_loss': 2.0, 'epoch': 0.1}\n"
        b"{'loss': 1.7, 'learning_rate': 4e-05, 'epoch': 0.2}\n",
        "第1轮 训练损失: 0.9 验证损失: 1.0\n第2轮 训练损失: 0.8 验证损失: 0.9\n".encode(),
        b" 40%|\xe2\x96\x88\xe2\x96\x88  | 2/5 [00:01<00:02, 1.5it/s, loss=0.8]\b\b\b\b\r"
        b"100%|\xe2\x96\x88\xe2\x96\x88| 5/5 [00:03<00:00, 1.5it/s, loss=0.7]\n",
        b"I0101 00:00:00 solver.cpp:228] Iteration 100, loss = 0.9\nI0101 solver.cpp:228]"
        b" Iteration 200, loss = 0.7\n",
    ],
    "tensorboard": [
        START + b"".join(event(s, simple("train/loss", 1 / (s + 1))) for s in range(5)),
        START + b"".join(event(s, tensor("epoch_loss", 1 / (s + 1))) for s in range(5)),
    ],
    "wandb": [
        log(*(row(_step=s, **{"train/loss": 1 / (s + 1), "val/loss": 1.0}) for s in range(6))),
        log(*(row(nested=True, _step=s, train__loss=1 / (s + 1)) for s in range(6))),
    ],
    "deeplabcut": [b"100,0.0312,0.005\n200,0.0251,0.005\n300,0.0223,0.005\n400,0.0201,0.02\n"],
    "mlflow": [b"".join(b"162869779209%d %f %d\n" % (s, 1 / (s + 1), s) for s in range(6))],
}


def database() -> bytes:
    """Return an MLflow database of two runs."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size = 512")
    connection.executescript(
        "CREATE TABLE runs (run_uuid, name, lifecycle_stage, experiment_id);"
        "CREATE TABLE metrics (key, value, timestamp, run_uuid, step, is_nan);"
        "INSERT INTO runs VALUES ('a', 'one', 'active', 1), ('b', 'two', 'active', 1);"
    )
    points = [(f"{k}_loss", 1 / (s + 1), s, r, s, 0) for s in range(4) for k in ("train", "val")
              for r in "ab"]  # fmt: skip
    connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", points)
    connection.commit()
    content: bytes = connection.serialize()
    connection.close()
    return content


def packed(content: bytes) -> list[bytes]:
    """Return a log as each packer that Python brings along leaves it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("log.csv", content)
    return [gzip.compress(content, mtime=0), bz2.compress(content), lzma.compress(content),
            archive.getvalue(), content.decode().encode("utf-16")]  # fmt: skip


def seeds() -> dict[str, list[bytes]]:
    """Return the seeds of each reader, and of all: packed ones and the beginnings of samples."""
    out = {name: list(HAND_MADE.get(name, ())) for name in (r.name for r in all_readers())}
    for reader in all_readers():
        if not out[reader.name] or "\n" in reader.example:
            out[reader.name].append(reader.example.encode())
    out["mlflow_db"] = [database()]
    samples = [path for path in sorted(SAMPLES.glob("*/*")) if path.suffix in (".csv", ".jsonl")]
    for path in samples:
        out[path.suffix[1:]].append(path.read_bytes()[:MOST_BYTES])
    out["any"] = [content for of_one in list(out.values()) for content in of_one]
    out["any"] += packed(b"epoch,train_loss,val_loss\n0,0.52,0.61\n1,0.47,0.59\n2,0.4,0.5\n")
    return out
