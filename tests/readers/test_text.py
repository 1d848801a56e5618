"""Lines that training scripts print: what is told, on which step, of which part of the data."""

from __future__ import annotations

import math

import pytest

from diagnose.errors import LogError
from diagnose.readers import read


def lines(pattern: str, count: int = 5, start: int = 1) -> str:
    """Write numbered lines; `{t}` is the training loss 1/n, `{v}` the validation loss 2/n."""
    return "".join(
        pattern.format(n=n, t=f"{1 / n:.4f}", v=f"{2 / n:.4f}", p=f"{math.exp(1 / n):.4f}")
        for n in range(start, start + count)
    )


STEPS = [1.0, 2.0, 3.0, 4.0, 5.0]
TRAIN = [1.0, 0.5, 0.3333, 0.25, 0.2]
VAL = [2.0, 1.0, 0.6667, 0.5, 0.4]

LOGGED = "2024-05-23 20:11:11,028 - train.log - INFO - "
BOTH = {
    # One line or two an epoch, in the words of many scripts.
    "plain": "Epoch {n}/5, train loss: {t}, val loss: {v}\n",
    "dash": "Epoch {n}/50 - Train Loss: {t}, Val Loss: {v}\n",
    "logger": f"{LOGGED}Iter: {{n}} | Train Loss: {{t}} | Dev Loss: {{v}}\n",
    "underscores": "[2026-02-25 18:27:43] Epoch {n}: train_loss={t}, val_loss={v}, best_val=0.1\n",
    "colons": "index:   7,epoch:  {n} train_loss:{t} val_loss:{v} train_acc:0.128 val_acc:0.077\n",
    "words before": "Epoch {n}/5\n----------\ntrain Loss: {t} Acc: 0.93\nval Loss: {v} Acc: 0.76\n",
    "two lines": "epoch {n} training set : loss {t}, acc 0.8\nevl set : loss {v}, acc 0.7\n",
    "headings": "Epoch {n}\nTraining...\n  loss: {t}\nValidation...\n  loss: {v}\n",
    "capitals": "EPOCH {n} TRAIN - Loss: {t}, Acc: 1.74%\n"
    "EPOCH {n} VAL   - Loss: {v}, Acc: 4.10%\n",
    "nanoGPT": "step {n}: train loss {t}, val loss {v}\n"
    "iter {n}: loss 9.9, time 23.1ms, mfu 3.0%\n",
    "MLX": "Iter {n}: Val loss {v}, Val took 24.821s\nIter {n}: Train loss {t}, It/sec 0.477\n",
    "modded": "step:{n}/1000 val_loss:{v} train_time:0ms\n"
    "step:{n}/1000 train_loss:{t} step_avg:1ms\n",
    "XGBoost": "[{n}]\ttrain-rmse:{t}\tvalidation-rmse:{v}\n",
    "colours": "\x1b[1m\x1b[32mEpoch {n}\x1b[0m train loss: \x1b[31m{t}\x1b[0m val loss: {v}\n",
    "Trainer": "{{'loss': {t}, 'learning_rate': 4e-05, 'epoch': {n}.0}}\n"
    "{{'eval_loss': {v}, 'eval_runtime': 1.0, 'epoch': {n}.0}}\n",
    "trainer strings": "{{'loss': '{t}', 'learning_rate': '4e-05', 'epoch': '{n}'}}\n"
    "{{'eval_loss': '{v}', 'eval_runtime': '1.0', 'epoch': '{n}'}}\n",
    "Chinese": "第 {n} 轮: 训练损失: {t}, 验证损失: {v}\n",
    "Japanese": "エポック {n}: 学習損失 {t} 検証損失 {v}\n",
    "Korean": "에폭 {n}: 훈련 손실: {t}, 검증 손실: {v}\n",
    "Spanish": "Época {n}: pérdida entrenamiento: {t}, pérdida validación: {v}\n",
    "Russian": "Эпоха {n}: потери обучение: {t}, потери валидация: {v}\n",
}  # fmt: skip


@pytest.fixture
def log(tmp_path):
    """Write a log and read it."""

    def make(content: str):
        path = tmp_path / "train_output.txt"
        path.write_bytes(content.encode())
        return read(path)

    return make


@pytest.mark.parametrize("pattern", BOTH.values(), ids=BOTH)
def test_both_losses_are_found_in_the_words_of_many_scripts(log, pattern):
    """Each loss stands on its own epoch or step, with every value."""
    run = log(lines(pattern))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert run.train_loss.step.tolist() == STEPS
    assert run.val_loss.step.tolist() == STEPS


TRAINING_ONLY = {
    "build-nanogpt": "step {n:5d} | loss: {t} | lr 2.79e-07 | norm: 15.34 | dt: 13588.31ms\n",
    "llm.c": "step {n:4d}/19560 | loss {t} (+nanz)| norm 1.83 (+nanz)| lr 3.17e-05 | 4163.60 ms\n",
    "scikit-learn": "Iteration {n}, loss = {t}\n",
    "Caffe": "I0613 17:29:58.112738  1860 solver.cpp:228] Iteration {n}, loss = {t}\n",
    "Megatron": " iteration {n:8d}/ 1000 | lm loss: {t} | loss scale: 1024.0 | grad norm: 0.7 |\n",
    "detectron2": "[11/30 01:16] d2.utils.events INFO: eta: 1:54:02  iter: {n}  total_loss: {t}\n",
    "so far": "Epoch 0, Step {n}, total used time 7.1 (s), avg loss so far is {t}\n",
}


@pytest.mark.parametrize("pattern", TRAINING_ONLY.values(), ids=TRAINING_ONLY)
def test_a_training_loss_alone_is_found(log, pattern):
    """Clocks, rates, scales and times beside it are none of it."""
    run = log(lines(pattern))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.train_loss.step.tolist() == STEPS
    assert run.val_loss is None


def test_a_progress_bar_is_read_line_by_line_as_it_was_drawn(log):
    """Carriage returns and backspaces end a line, and the bar's drawing is passed over."""
    drawn = "".join(
        f"Epoch {n}:  50%|████▌    | 5/10 [00:01<00:01, 4.2it/s, loss=9.9]\r"
        f"Epoch {n}: 100%|█████████| 10/10 [00:02<00:00, 4.2it/s, loss={1 / n:.4f}]\n"
        f"val loss: {2 / n:.4f}\b\b\b\b\n"
        for n in range(1, 6)
    )
    run = log(drawn)
    assert run.val_loss.value.tolist() == VAL
    assert run.train_loss.value.tolist()[-1] == 0.2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_other_encodings_are_read(tmp_path, encoding):
    """PowerShell's `>` writes UTF-16."""
    path = tmp_path / "log.txt"
    path.write_bytes(lines(BOTH["plain"]).encode(encoding))
    assert read(path).val_loss.value.tolist() == VAL


NO_CURVE = {
    "configuration": "lr: 0.1\nloss_weight: 0.9\nval_loss_every: 4000\nLOSS_TYPE: 'triplet'\n",
    "one line": "Epoch 1: train loss: 0.5, val loss: 0.7\n",
    "prose": "The loss was heavy in 1916 and in 1917.\n",
    "checkpoints": "".join(f"saved model-{n}-val_loss=0.0{n}66.ckpt\n" for n in range(3)),
}


@pytest.mark.parametrize("content", NO_CURVE.values(), ids=NO_CURVE)
def test_what_is_no_curve_is_not_made_one(log, content):
    """Settings, summaries, prose and file names hold the word and a number, and no curve."""
    with pytest.raises(LogError, match=r"no training curve|single point|only a header"):
        log(content)
