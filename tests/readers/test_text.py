"""Lines that training scripts print: what is told, on which step, of which part of the data."""

# ruff: noqa: E501 (a printed line is as long as it was printed)

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read, read_runs

LOGS = Path(__file__).parents[2].parent / "shared/data/logs"


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
    "fairseq": "| epoch {n:03d} | loss {t} | nll_loss 2.0 | ppl 7.39 | num_updates {n}\n"
    "| epoch {n:03d} | valid on 'valid' subset | loss {v} | ppl 7.4 | num_updates {n}\n",
    "fairseq inner": "x | INFO | train_inner | epoch {n:03d}:     50 / 100 loss=9.9, num_updates=0\n"
    "x | INFO | valid | epoch {n:03d} | valid on 'valid' subset | loss {v} | num_updates {n}\n"
    "x | INFO | train | epoch {n:03d} | loss {t} | ppl 3.0 | num_updates {n} | lr 0.1\n",
    "Megatron": " iteration {n:8d}/ 10 | lm loss: {t} | loss scale: 32768.0 | grad norm: 0.7 |\n"
    " validation loss at iteration {n} | lm loss value: {v} | lm loss PPL: 9.9 | \n",
    "flair": "2021-02-20 12:54:18,224 epoch {n} - iter 1/2 - loss 9.9 - samples/sec: 9.64\n"
    "2021-02-20 12:54:18,224 EPOCH {n} done: loss {t} - lr 0.1000\n"
    "2021-02-20 12:54:18,224 DEV : loss {v} - score 0.7\n",
    "JoeyNMT": "joeynmt.training - Epoch   1, Step:        {n}, Batch Loss:     {t}, Lr: 0.0003\n"
    "Validation result (greedy) at epoch   1, step   {n}: bleu:   0.17, loss: {v}, ppl: 115.7\n",
    "llm.c": "s:{n} trl:{t} lr:0.000001 norm:14.96\ns:{n} tel:{v}\ns:{n} eval:0.25\n",
    "build-nanogpt": "{n} val {v}\n{n} hella 0.2487\n{n} train {t}\n",
    "parameter-golf": "{n}/10 train_loss: {t} train_time: 0.1m\n{n}/10 val_loss: {v} val_bpb: 1\n",
    "LightGBM": "[{n}]\ttraining's binary_logloss: {t}\tvalid_1's binary_logloss: {v}\n",
    "XGBoost of scikit-learn": "[{n}]\tvalidation_0-logloss:{t}\tvalidation_1-logloss:{v}\n",
    "CatBoost": "{n}:\tlearn: {t}\ttest: {v}\tbest: {v} ({n})\ttotal: 50ms\tremaining: 1s\n",
    "MXNet": "INFO:root:Epoch[{n}] Batch [50]\tSpeed: 707.55\tTrain-cross-entropy=9.9\n"
    "INFO:root:Epoch[{n}] Train-cross-entropy={t}\n"
    "INFO:root:Epoch[{n}] Validation-cross-entropy={v}\n",
    "TF Estimator": "INFO:tensorflow:loss = {t}, step = {n} (3.5 sec)\nINFO:tensorflow:Saving dict"
    " for global step {n}: accuracy = 0.85, global_step = {n}, loss = {v}\n",
    "ESPnet": "x INFO: {n}epoch results: [train] iter_time=0.164, loss={t}, loss_att=191.654, "
    "total_count=100, [valid] loss={v}, loss_att=100.1, time=5.7 seconds\n",
    "Lightning": "Epoch {n}/5 ━━━━━━━━━━ 9/9 0:00:05 • 0:00:00 20.5it/s train_loss: {t} val_loss: {v}\n",
    "nnU-Net": "x: Epoch {n}\nx: Current learning rate: 0.01\nx: train_loss {t}\nx: val_loss {v}\n",
    "Caffe": "I0613 17:29 1860 solver.cpp:341] Iteration {n}, Testing net (#0)\n"
    "I0613 17:29 1860 solver.cpp:409]     Test net output #1: loss = {v} (* 1 = {v} loss)\n"
    "I0613 17:29 1860 solver.cpp:228] Iteration {n}, loss = {t}\n"
    "I0613 17:29 1860 solver.cpp:244]     Train net output #0: loss = 9.9 (* 1 = 9.9 loss)\n",
    "Coqui": "\x1b[4m\x1b[1m > EPOCH: {n}/9\x1b[0m\n\x1b[1m   --> STEP: 1/9 -- GLOBAL_STEP: {n}\x1b[0m\n"
    "     | > decoder_loss: 9.9  (9.9)\n     | > loss: {t}  ({t})\n     | > current_lr: 0.0002 \n\n"
    "  --> EVAL PERFORMANCE\n     | > avg_loss:\x1b[92m {v} \x1b[0m(-0.1)\n\n",
    "Keras 3": "Epoch {n}/5\n\x1b[1m  1/10\x1b[0m ━━━━━━━━━━━━━━━ \x1b[1m5s\x1b[0m 54ms/step - loss: 9.9\r"
    "\x1b[1m10/10\x1b[0m ━━━━━━━━━━━━━━━━━━━━ 1s 5ms/step - loss: {t} - val_loss: {v}\n",
    "Keras without bars": "Epoch {n}/5\n - 10s - loss: {t} - acc: 0.5 - val_loss: {v}\n"
    "Epoch {n:05d}: val_loss improved from inf to {v}, saving model to weights.h5\n",
    "early stopping": "Epoch {n}: train loss {t}, val loss {v}\n"
    "Validation loss decreased (inf --> {v}).  Saving model ...\n",
    "saving": "Epoch {n}/5 - Train Loss: {t}, Val Loss: {v}\n  saved the best model (val_loss={v})\n",
    "two held-out sets": "Epoch {n}: train loss {t}, val loss {v}, test loss 9.9\n",
    "SLURM": "0: [2024-01-01 10:00:00] Epoch {n}/5 train_loss={t} val_loss={v}\n",
    "Paddle": "Epoch {n}/5\nstep 20/20 - loss: {t} - 20ms/step\n"
    "Eval begin...\nstep 8/8 - loss: {v} - 10ms/step\nEval samples: 1000\n",
    "Catalyst": "train ({n}/5) accuracy01: 0.5 | loss: {t} | lr: 0.001\n"
    "valid ({n}/5) accuracy01: 0.4 | loss: {v} | lr: 0.001\n* Epoch ({n}/5) \n",
    "the Trainer behind its bar": "{n}%|█ | {n}/9 [00:10<01:30, 1.1it/s]{{'loss': {t}, 'epoch': {n}.0}}\n"
    "{{'eval_loss': {v}, 'epoch': {n}.0}}\n",
    "litgpt": "Epoch 1 | iter {n} step {n} | loss train: {t}, val: {v} | iter time: 150.12 ms (step)\n",
    "a part of the data alone": "Epoch {n}: train loss {t} val {v}\n",
    "both parts alone": "[{n}/5] train={t} valid={v}\n",
    "losses and accuracies": "epoch {n} loss train {t} val {v} acc train 0.5 val 0.4\n",
    "sides of a stroke": "epoch {n} train/val loss: {t} / {v}, train/val acc: 0.5 / 0.4\n",
    "loss of sides of a stroke": "[{n}/5] Loss (train/val): {t}/{v}\n",
    "parts in parentheses": "Epoch {n}: loss = {t} (train), {v} (val)\n",
    "parts behind the loss": "Epoch {n} | loss (train): {t} | loss (val): {v}\n",
    "short words": "Epoch {n}, tr_loss: {t}, te_loss: {v}\n",
    "shorter words": "Epoch {n}: loss tr {t} te {v}\n",
    "CLU": "I0302 12:00:00.0 140 logging_writer.py:48] [{n}] accuracy=0.5, train_loss={t}\n"
    "I0302 12:00:00.0 140 logging_writer.py:48] [{n}] eval_loss={v}\n",
    "CLU with Hydra": "[2024-01-01 10:00:00,123][absl][INFO] - [{n}] loss={t}, val_loss={v}\n",
    "Lightning's two values": "Epoch {n}: 100%|██| 9/9 [00:01<00:00, 80it/s, v_num=0, train_loss_step=9.9,"
    " val_loss={v}, train_loss_epoch={t}]\n",
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


LANGUAGES = {
    "Chinese": "第{n}轮：训练损失={t}，验证损失={v}\n",
    "Chinese, spaced": "第 {n} 轮: 训练损失: {t}, 验证损失: {v}\n",
    "Chinese, sets": "[轮次 {n}/5] 训练集损失: {t} | 验证集损失: {v} | 准确率: 0.5\n",
    "Chinese, mixed": "第 {n}/5 个epoch，训练误差：{t}，测试误差：{v}\n",
    "Chinese, traditional": "第 {n} 回合 訓練損失：{t} 驗證損失：{v}\n",
    "Japanese": "エポック {n}: 学習損失 {t} 検証損失 {v}\n",
    "Japanese, glued": "エポック{n}/5 訓練ロス: {t}, バリデーションロス: {v}\n",
    "Japanese, counted": "{n}エポック目: 訓練データの損失 {t} テストデータの損失 {v}\n",
    "Korean": "에폭 {n}: 훈련 손실: {t}, 검증 손실: {v}\n",
    "Korean, other words": "[에포크 {n}] 학습 오차: {t}, 평가 오차: {v}, 정확도: 0.5\n",
    "Spanish": "Época {n}: pérdida entrenamiento: {t}, pérdida validación: {v}\n",
    "Spanish, prepositions": "Epoca {n}/5, Pérdida de entrenamiento: {t}, Perdida de validacion: {v}\n",
    "Portuguese": "Época {n} | Perda (treino): {t} | Perda (validação): {v}\n",
    "French": "Époque {n}/5 - perte d'entraînement : {t} - perte de validation : {v}\n",
    "Italian": "Epoca {n}: perdita di addestramento {t}, perdita di validazione {v}\n",
    "German": "Epoche {n}/5: Trainingsverlust: {t}, Validierungsverlust: {v}\n",
    "German, hyphens": "Epoche {n}: Trainings-Loss = {t}, Validierungs-Loss = {v}\n",
    "German, short": "Epoche {n} - Verlust: {t} - Val.-Verlust: {v}\n",
    "Dutch": "Epoch {n}: trainingsverlies: {t}, validatieverlies: {v}\n",
    "Polish": "Epoka {n}/5, strata treningowa: {t}, strata walidacyjna: {v}\n",
    "Turkish": "Dönem {n}/5 - eğitim kaybı: {t} - doğrulama kaybı: {v}\n",
    "Russian": "Эпоха {n}: потери обучение: {t}, потери валидация: {v}\n",
    "Russian, prepositions": "Эпоха {n}/5: потери на обучении: {t}, потери на валидации: {v}\n",
    "Russian, errors": "Эпоха: {n} | Ошибка на обучающей выборке: {t} | Ошибка на тестовой выборке: {v}\n",
    "Ukrainian": "Епоха {n}: втрати навчання: {t}, втрати валідації: {v}\n",
    "Vietnamese": "Epoch {n}: loss huấn luyện {t}, loss kiểm định {v}\n",
}  # fmt: skip


@pytest.mark.parametrize("pattern", LANGUAGES.values(), ids=LANGUAGES)
def test_other_languages_are_read(log, pattern):
    """Epoch, training and validation loss in the words of many languages."""
    run = log(lines(pattern))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert run.train_loss.step.tolist() == run.val_loss.step.tolist() == STEPS
    assert run.step_unit == "epoch"


NUMERALS = {
    "decimal commas": ("Epoche {n}: Verlust: {t}\n", lambda x: f"{x:.4f}".replace(".", ",")),
    "powers of ten": ("Epoch {n}: loss: {t}\n", lambda x: f"{x * 10:.4f}×10⁻¹"),
    "powers in ASCII": ("Epoch {n}: loss: {t}\n", lambda x: f"{x * 10:.4f} x 10^-1"),
}


@pytest.mark.parametrize("form", NUMERALS)
def test_numbers_are_read_as_people_write_them(log, form):
    """The same values in every spelling."""
    pattern, write = NUMERALS[form]
    run = log("".join(pattern.format(n=n, t=write(v)) for n, v in enumerate(TRAIN, start=1)))
    assert run.train_loss.value == pytest.approx(TRAIN)
    assert run.train_loss.step.tolist() == STEPS


def test_three_digits_behind_a_comma_are_decimals_unless_points_are(log):
    """`1,204` is a loss of about one where no loss has a point, and a thousand where one has."""
    commas = log("".join(f"Epoche {n}: Verlust: {9 - n},204\n" for n in range(1, 6)))
    assert commas.train_loss.value.tolist() == [8.204, 7.204, 6.204, 5.204, 4.204]
    mixed = log("Epoch 1: loss: 1,204\nEpoch 2: loss: 990.5\nEpoch 3: loss: 870.25\n")
    assert mixed.train_loss.value.tolist() == [1204, 990.5, 870.25]


def test_points_part_thousands_beside_decimal_commas(log):
    """A German script counts `Schritt 1.500` behind `Schritt 500`."""
    run = log("".join(f"Schritt {s}: Verlust {v}\n" for s, v in
                      [("500", "1,25"), ("1.000", "0,75"), ("1.500", "0,5")]))  # fmt: skip
    assert run.train_loss.step.tolist() == [500, 1000, 1500]
    assert run.train_loss.value.tolist() == [1.25, 0.75, 0.5]


def test_a_minus_sign_is_one(log):
    """U+2212 stands before a negative number."""
    run = log("".join(f"Epoch {n}: loss: \u22120.{n}\n" for n in range(1, 6)))
    assert run.train_loss.value.tolist() == [-0.1, -0.2, -0.3, -0.4, -0.5]


TRAINING_ONLY = {
    "build-nanogpt": "step {n:5d} | loss: {t} | lr 2.79e-07 | norm: 15.34 | dt: 13588.31ms\n",
    "llm.c": "step {n:4d}/19560 | loss {t} (+nanz)| norm 1.83 (+nanz)| lr 3.17e-05 | 4163.60 ms\n",
    "scikit-learn": "Iteration {n}, loss = {t}\n",
    "Caffe": "I0613 17:29:58.112738  1860 solver.cpp:228] Iteration {n}, loss = {t}\n",
    "Megatron": " iteration {n:8d}/ 1000 | lm loss: {t} | loss scale: 1024.0 | grad norm: 0.7 |\n",
    "detectron2": "[11/30 01:16] d2.utils.events INFO: eta: 1:54:02  iter: {n}  total_loss: {t}\n",
    "MMDetection": "x - mmdet - INFO - Epoch [{n}][9/9]\tlr: 2e-03, eta: 3 days, 3:03:21, time: 0.3,"
    " memory: 3790, loss_cls: 0.5594, loss_bbox: 0.1, loss: {t}\n",
    "MMEngine": "x - mmengine - INFO - Epoch(train)  [{n}][9/9]  lr: 2e-02  loss: {t}  loss_kpt: 9\n"
    "x - mmengine - INFO - Epoch(val) [{n}][515/515]  aAcc: 99.4700  mIoU: 87.2200\n",
    "Darknet": " {n}: {t}, 9.9 avg, 0.000100 rate, 0.190143 seconds, 1 images\n"
    "Region Avg IOU: 0.3, Class: 0.1, Obj: -nan, count: 3\n",
    "RWKV": "{n} {t} 1.2 0.00001000 2025-05-27 10:59:28.237880 0\n",
    "Marian": "[2022-12-02 09:53:15] Ep. 3 : Up. {n} : Sen. 176,773 : Cost {t} * 412,771 after 827,207"
    " : Time 40.01s\n[2022-12-02 09:53:15] [valid] Ep. 3 : Up. {n} : bleu : 12.3 : new best\n",
    "torchtune": "Step {n} | loss:{t} lr:2e-05 tokens_per_second_per_gpu:1234.5 \n",
    "torchtune's bar": "1|{n}|Loss: {t}:  10%|██ | {n}/25 [00:01<00:02, 1.0it/s]\n",
    "MONAI": "x - INFO - Epoch: 1/10, Iter: {n}/8 -- train_loss: {t}\n",
    "MindSpore": "epoch: {n} step: 2502, loss is {t}\nepoch: {n} step: 2502, loss is {t}\n",
    "spaCy": "Itn  NER Loss   NER P   Token %\n---  ---------  ------  -------\n"
    "  {n}  {t}  79.307  100.000\n",
}


@pytest.mark.parametrize("pattern", TRAINING_ONLY.values(), ids=TRAINING_ONLY)
def test_a_training_loss_alone_is_found(log, pattern):
    """Clocks, rates, scales and times beside it are none of it."""
    run = log(lines(pattern))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.train_loss.step.tolist() == STEPS
    assert run.val_loss is None


PERPLEXITY = {
    "Sockeye": "[INFO:sockeye.training] Checkpoint [{n}]\tTrain-ppl={p}\n"
    "[INFO:sockeye.training] Checkpoint [{n}]\tValidation-ppl={p}\n",
    "OpenNMT": "[2021-10-25 16:54:36,799 INFO] Step {n}/ 9; acc: 4.89; ppl: {p}; lr: 0.1; 4/6 tok/s\n"
    "[2021-10-25 16:54:36,799 INFO] Validation perplexity: {p}\n",
}


@pytest.mark.parametrize("pattern", PERPLEXITY.values(), ids=PERPLEXITY)
def test_a_perplexity_is_turned_into_nats(log, pattern):
    """Its logarithm is the loss."""
    run = log(lines(pattern))
    assert run.train_loss.value == pytest.approx([1 / n for n in range(1, 6)], abs=1e-3)
    assert run.val_loss.value == pytest.approx([1 / n for n in range(1, 6)], abs=1e-3)
    assert run.val_loss.step.tolist() == STEPS


def test_a_loss_in_bits_is_turned_into_nats(log):
    """Where fairseq's perplexity is 2 to the power of its loss, the log says that it is in bits."""
    run = log(
        "".join(f"| epoch {n:03d} | loss {n} | nll_loss {n} | ppl {2**n}\n" for n in (3, 2, 1))
    )
    assert run.train_loss.value == pytest.approx([n * math.log(2) for n in (1, 2, 3)])


def imagenet(epoch: int) -> str:
    """Write an epoch of PyTorch's ImageNet example: a batch's loss and the mean so far."""
    loss = [1 / epoch + (0.5 if batch % 2 else -0.5) for batch in range(20)]
    return "".join(
        f"Epoch: [{epoch}][ {b:3d}/20]\tTime 0.1 (0.1)\tLoss {loss[b]:.4f}"
        f" ({sum(loss[: b + 1]) / (b + 1):.4f})\tAcc@1   1.00 (  2.00)\n"
        for b in range(20)
    ) + "".join(f"Test: [{b}/2]\tTime 0.2 (0.2)\tLoss 9.0 ({2 / epoch:.4f})\n" for b in range(2))


def test_the_last_mean_of_an_epoch_is_its_loss(log):
    """Where a mean so far stands beside each batch's loss, the last one of the epoch counts."""
    run = log("".join(imagenet(epoch) for epoch in range(1, 6)))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert run.val_loss.step.tolist() == STEPS
    assert len(run.series["loss batch"]) == 100


def test_a_mean_of_a_window_is_not_that_of_an_epoch(log):
    """LISA's means begin anew with every line: the batches' losses stand within their epochs."""
    run = log(
        "".join(
            f"Epoch: [{e}][{b}/4]\tTime 1.0 (1.0)\tLoss {e + b / 8} ({9 - b / 8})\n"
            for e in range(3)
            for b in range(1, 5)
        )
    )
    assert run.train_loss.value.tolist() == [e + b / 8 for e in range(3) for b in range(1, 5)]
    assert run.train_loss.step.tolist() == [e + b / 4 for e in range(3) for b in range(1, 5)]


def test_single_batches_stand_within_their_epochs(log):
    """PyTorch's MNIST example: the loss of every hundredth batch, and the test set's mean."""
    run = log(
        "".join(
            "".join(
                f"Train Epoch: {e} [{b}/60 ({b}%)]\tLoss: {1 / e + b % 20:.6f}\n"
                for b in range(0, 60, 10)
            )
            + f"\nTest set: Average loss: {2 / e:.4f}, Accuracy: 9841/10000 (98%)\n\n"
            for e in range(1, 6)
        )
    )
    assert len(run.train_loss) == 30
    assert run.train_loss.step[6] == pytest.approx(1 + 1 / 60)
    assert run.val_loss.value.tolist() == VAL
    assert run.val_loss.step.tolist() == STEPS


def test_values_of_several_devices_are_averaged(log):
    """MindSpore prints one line for each device; the mean of one step's is its loss."""
    run = log("".join(f"epoch: {e} step: 9, loss is {e + d}\n" for e in (1, 2, 3) for d in (0, 1)))
    assert run.train_loss.value.tolist() == [1.5, 2.5, 3.5]
    assert any("devices" in note for note in run.notes)


def test_values_of_different_lines_are_no_devices(log):
    """Of one step's losses in two wordings, or in one line, none is a mean of both."""
    apart = "Epoch {n} done: loss {v}\nEpoch {n} finished, loss: {t}\n"
    for pattern in (apart, "Epoch {n}: loss {v}, loss {t}\n"):
        run = log(lines(pattern))
        assert run.train_loss.value.tolist() == TRAIN
        assert not any("devices" in note for note in run.notes)


BARS = {
    "quiet": ("{0}/{0} - 1s - loss: {1}", "\n"),
    "drawn": ("{0}/{0} [==============================] - 1s 5ms/step - loss: {1}", "\n"),
}


@pytest.mark.parametrize("form", BARS)
@pytest.mark.parametrize("rest", ["", " - val_loss: {v}"])
@pytest.mark.parametrize("total", [20, 100])
def test_an_evaluation_after_training_is_none_of_it(log, form, rest, total):
    """Keras' evaluate() draws a bar below the last epoch's, of the same total or another."""
    bar, end = BARS[form]
    pattern = "Epoch {n}/5\n" + bar.format(100, "{t}") + rest + end
    run = log(lines(pattern) + "Epoch 5: early stopping\n" + bar.format(total, "9.9") + end)
    assert run.train_loss.value.tolist() == TRAIN
    assert (run.val_loss is None) == (not rest)
    assert any("left out" in note for note in run.notes)


def drawn(count: int, loss: str) -> str:
    """Draw a bar of 100 anew as Keras does."""
    return f"{count}/100 [{'=' * (count // 4)}>{'.' * (30 - count // 4)}] - ETA: 0s - loss: {loss}"


def test_a_bar_that_begins_again_is_an_evaluation(log):
    """evaluate() counts to the same total from the start; a last drawing anew is no new bar."""
    whole = "100/100 [==============================] - 2s 20ms/step - loss: "
    log_lines = "".join(
        f"Epoch {n}/5\n"
        + "".join(f"{drawn(count, f'{1 / n + 1 / count:.4f}')}\r" for count in (10, 50, 99))
        + f"{whole}{1 / n + 0.0001:.4f}\r{whole}{1 / n:.4f}\n"
        for n in range(1, 6)
    )
    run = log(log_lines + "".join(f"{drawn(c, '9.9')}\r" for c in (10, 90)) + f"{whole}9.9\n")
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss is None


def test_every_fit_of_one_epoch_begins_one(log):
    """`Epoch 1/1` told again is another epoch, and its bar no evaluation."""
    run = log(lines("round {n}\nEpoch 1/1\n100/100 - 1s - loss: {t}\n"))
    assert run.train_loss.value.tolist() == TRAIN


@pytest.mark.parametrize("form", BARS)
@pytest.mark.parametrize("total", [20, 100])
def test_an_evaluation_after_every_epoch_is_its_validation(log, form, total):
    """Where no line names a validation loss, the second bar of each epoch is it."""
    bar, end = BARS[form]
    pattern = "Epoch {n}/5\n" + bar.format(100, "{t}") + end + bar.format(total, "{v}") + end
    run = log(lines(pattern))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert run.val_loss.step.tolist() == STEPS
    assert any("validation" in note for note in run.notes)


def test_a_bar_under_a_heading_is_what_the_heading_says(log):
    """A bar of another total that is announced as the validation needs no guess."""
    run = log(lines("Epoch {n}/5\n100/100 - 1s - loss: {t}\nValidation\n20/20 - 0s - loss: {v}\n"))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert not run.notes


def test_the_total_is_the_loss_beside_that_of_a_batch(log):
    """The toolkit icefall prints a batch's loss and the mean over many batches in one line."""
    run = log(
        lines(
            "Epoch 1, batch {n}00, loss[loss=9.{n}, over 5000.00 frames. ], "
            "tot_loss[loss={t}, over 1000000.00 frames. ], batch size: 20\n"
        )
    )
    assert run.train_loss.value.tolist() == TRAIN
    assert run.series["loss batch"].value.tolist() == [9.1, 9.2, 9.3, 9.4, 9.5]
    assert not any("devices" in note for note in run.notes)


def test_a_training_bar_shows_the_validation_of_the_epoch_before(log):
    """The last value of an epoch's bar is its validation loss."""
    run = log(
        "".join(
            f"Epoch {e}: {i}%|██| {i}/100 [00:01<00:02, 9it/s, loss={1 / e + 1 / i:.3f},"
            f" val_loss={(2 / e if i == 100 else 2 / (e - 1) if e > 1 else 3):.4f}]\n"
            for e in range(1, 6)
            for i in range(20, 101, 20)
        )
    )
    assert run.val_loss.value.tolist() == VAL
    assert not any("mean of the batches" in note for note in run.notes)


def test_what_a_bar_goes_on_showing_is_told_once_an_epoch(log):
    """Lightning's bar shows the mean of the epoch before until it is drawn for the last time."""
    drawn = ""
    for e in range(5):
        before = f", val_loss={2 / e:.4f}, train_loss_epoch={1 / e:.4f}" if e else ""
        for i in (25, 50, 75, 100):
            drawn += f"\rEpoch {e}: {i}%|██| {i}/100 [00:01<00:02, train_loss_step=9.{i}{before}]"
        after = f", val_loss={2 / (e + 1):.4f}, train_loss_epoch={1 / (e + 1):.4f}"
        drawn += f"\rEpoch {e}: 100%|██| 100/100 [00:03<00:00, train_loss_step=9.9{after}]"
    run = log(drawn + "\n")
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert run.train_loss.step.tolist() == run.val_loss.step.tolist() == STEPS


def test_what_a_bar_shows_throughout_an_epoch_is_of_the_one_before(log):
    """Where the bar is not drawn again in the end, its validation loss is one epoch old."""
    run = log(
        "".join(
            f"\rEpoch {e}: {i}%|██| {i}/100 [00:01<00:02, loss={1 / e + 1 / i:.3f},"
            f" val_loss={2 / (e - 1) if e > 1 else 3:.4f}]"
            for e in range(1, 7)
            for i in (25, 50, 75, 100)
        )
    )
    assert run.val_loss.value.tolist() == [3, *VAL]
    assert run.val_loss.step.tolist() == [0, *STEPS]


def test_batches_in_brackets_are_read(log):
    """PyTorch's tutorial prints the epoch and the batch in brackets, as JSON begins."""
    run = log("".join(f"[{e}, {b:5d}] loss: {e}.{b}\n" for e in (3, 2, 1) for b in (2000, 4000)))
    assert run.train_loss.value.tolist() == [3.2, 3.4, 2.2, 2.4, 1.2, 1.4]


def test_the_best_loss_told_again_is_no_point(log):
    """A loss behind the last epoch, without one of its own, is that of an evaluation."""
    run = log(lines(BOTH["plain"]) + "Restoring the best weights\nValidation loss: 0.0321\n")
    assert run.val_loss.value.tolist() == VAL
    assert any("0.0321" in note for note in run.notes)


def test_the_parts_of_a_loss_may_lack_the_word(log):
    """YOLOv5 calls its columns box, obj and cls."""
    header = "     Epoch   gpu_mem       box       obj       cls    labels  img_size\n"
    row = (
        "       {n}/4      2.5G       {t}       0.5      0.25        87       640: 100%|██| 20/20\n"
    )
    run = log("YOLOv5 v6.1\n" + lines(header + row))
    assert run.train_loss.value == pytest.approx([t + 0.75 for t in TRAIN])
    assert run.train_loss.step.tolist() == STEPS


def test_accuracies_without_a_word_are_no_losses(log):
    """PyTorch Geometric's examples print accuracies behind `Train` and `Val`."""
    run = log(lines("Epoch: {n:03d}, Loss: {t}, Train: 0.{n}5, Val: 0.{n}1, Test: 0.{n}0\n"))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss is None


NOT_A_LOSS = {
    "accuracies alone": "epoch {n}: train 0.{n}5 val 0.{n}1\n",
    "sizes": "train: 6000{n}, val: 1000{n}\n",
}


@pytest.mark.parametrize("pattern", NOT_A_LOSS.values(), ids=NOT_A_LOSS)
def test_numbers_without_a_word_that_rise_or_count_are_no_losses(log, pattern):
    """What stands behind `train` and `val` alone must be shown to be a loss."""
    with pytest.raises(LogError, match="no training curve"):
        log(lines(pattern))


def test_a_validation_accuracy_without_a_word_is_no_loss(log):
    """Beside a training loss that falls, a bare number that rises is left out."""
    run = log(lines("epoch {n} loss {t} val 0.{n}\n"))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss is None
    assert any("left out" in note for note in run.notes)


RUNS = {
    "headings": ("===== Fold {k}/3 =====\n", ""),
    "marks": ("", "[Fold {k}] "),
    "sentences": ("Training with fold #{k}\n", ""),
    "seeds and folds": ("seed: 7\nfold {k}\n", ""),
}


@pytest.mark.parametrize("form", RUNS)
def test_folds_are_told_apart(tmp_path, form):
    """Each fold of a log is a run of its own, with its own values."""
    heading, mark = RUNS[form]
    path = tmp_path / "log.txt"
    path.write_text(
        "Setting up\n"
        + "".join(
            heading.format(k=k)
            + lines(f"{mark.format(k=k)}Epoch {{n}}/5 train loss: {k}{{t}} val loss: {{v}}\n")
            for k in (1, 2, 3)
        )
        + "Mean validation loss of all folds: 0.4\n"
    )
    runs = read_runs(path)
    assert [run.source.partition("[")[2] for run in runs] == ["fold 1]", "fold 2]", "fold 3]"]
    for k, run in enumerate(runs, start=1):
        assert run.train_loss.value.tolist() == pytest.approx([10 * k + t for t in TRAIN])
        assert run.val_loss.value.tolist() == VAL
        assert run.train_loss.step.tolist() == STEPS


def test_a_number_below_a_run_names_it(tmp_path):
    """Where folds are numbered by their results, the lines above each are its own."""
    path = tmp_path / "log.txt"
    path.write_text(
        "".join(
            lines(f"Epoch {{n}}: train loss: {k}{{t}} val loss: {{v}}\n")
            + f"Fold {k}, k=20: recall = 0.41\n"
            for k in (0, 1)
        )
    )
    runs = read_runs(path)
    assert [run.source.partition("[")[2] for run in runs] == ["fold 0]", "fold 1]"]
    assert [run.train_loss.value[0] for run in runs] == [1.0, 11.0]
    assert [len(run.val_loss) for run in runs] == [5, 5]


def test_a_first_run_without_a_number_is_kept(tmp_path):
    """What stands above the first number is a run too."""
    path = tmp_path / "log.txt"
    part = lines("Epoch {n}: train loss {t}\n")
    path.write_text(part + "Run 2\n" + part + "Run 3\n" + part)
    assert [run.source.partition("[")[2] for run in read_runs(path)] == [
        "before]", "run 2]", "run 3]",
    ]  # fmt: skip


def test_a_run_that_is_numbered_and_goes_on_is_one(log):
    """Where each numbered part begins behind the one before, they are parts of one run."""
    run = log("".join(f"Trial {n}\n" + lines("step {n} loss {t}\n", 3, 3 * n) for n in range(1, 4)))
    assert run.train_loss.step.tolist() == list(range(3, 12))


def test_one_loss_for_each_fold_is_no_curve(log):
    """A table of results does not tell how a loss came down."""
    with pytest.raises(LogError, match="tells its loss once"):
        log(lines("Fold {n}: train loss {t}, val loss {v}\n"))


AGENTS = {
    "value loss": "Update {n}, value_loss: {t}, entropy: 1.1\n",
    "policy loss": "Update {n}, policy_loss: {t}, loss: {v}\n",
    "rewards": "Episode {n} reward: 1{n} loss: {t}\n",
    "returns": "step {n} | mean return {n} | loss {t}\n",
    "a heading": "| train/ | |\n| iterations | {n} |\n| value_loss | {t} |\n",
    "Q": "Episode: {n}, Score: 9, Q-loss: {t}\n",
}


@pytest.mark.parametrize("pattern", AGENTS.values(), ids=AGENTS)
def test_the_losses_of_an_agent_are_not_judged(log, pattern):
    """What an agent minimizes does not measure its progress."""
    with pytest.raises(LogError, match="reinforcement"):
        log(lines(pattern))


def test_preferences_are_no_rewards(log):
    """The Trainer of preferences tells rewards beside a loss that is one."""
    run = log(
        lines("{{'loss': {t}, 'rewards/chosen': 0.1, 'rewards/margins': 0.2, 'epoch': {n}.0}}\n")
    )
    assert run.train_loss.value.tolist() == TRAIN


@pytest.mark.parametrize("name", ["profit_loss", "profit/loss", "stop_loss", "packet loss"])
def test_losses_of_other_trades_are_refused(log, name):
    """A trader's, a network's or a doctor's loss is nothing that a training lowers."""
    for content in (lines(f"Epoch {{n}}: {name}: {{t}}\n"), f"epoch,{name}\n" + lines("{n},{t}\n")):
        with pytest.raises(LogError):
            log(content)


def test_an_objective_that_is_maximized_is_no_loss(log):
    """A log-likelihood lies below 0 and rises."""
    with pytest.raises(LogError, match="maximized"):
        log(lines("Iteration {n}: objective function -{t}\n"))


def test_the_best_round_told_again_is_no_point(log):
    """LightGBM repeats the best round at the end."""
    pattern = "[{n}]\ttraining's l2: {t}\tvalid_0's l2: {v}\n"
    run = log(lines(pattern) + "Early stopping, best iteration is:\n" + lines(pattern, 1, 3))
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.step.tolist() == STEPS


def test_epochs_rounded_to_the_same_number_keep_all_points(log):
    """The Trainer prints its epochs with two digits."""
    run = log("".join(f"{{'loss': 0.{n}, 'epoch': {n / 300:.2f}}}\n" for n in range(10, 70)))
    assert len(run.train_loss) == 60
    assert (run.train_loss.step[1:] > run.train_loss.step[:-1]).all()


def test_a_sum_beside_a_mean_is_told(log):
    """Where one loss is a sum over the batch, the heights cannot be compared."""
    run = log(
        "".join(f"Iter: {n} | Train Loss: {9000 / n} | Dev Loss: {9 / n}\n" for n in range(1, 9))
    )
    assert any("cannot be compared" in note for note in run.notes)


GAMES = {
    "CycleGAN": "(epoch: {n}, iters: 400, time: 0.012, data: 0.057) D_A: {t} G_A: {v} cycle_A: 3.7 \n",
    "DCGAN": "[{n}/25][0/391]\tLoss_D: {t}\tLoss_G: {v}\tD(x): 0.5\tD(G(z)): 0.4 / 0.1\n",
    "words": "Epoch {n}, d_loss: {t}, g_loss: {v}\n",
}


@pytest.mark.parametrize("pattern", GAMES.values(), ids=GAMES)
def test_adversarial_losses_are_not_judged_as_one(log, pattern):
    """A generator and a discriminator play against each other."""
    with pytest.raises(LogError, match="play against each other"):
        log(lines(pattern))


def test_rewards_are_not_judged(log):
    """Losses of reinforcement learning do not measure progress."""
    with pytest.raises(LogError, match="reinforcement"):
        log(lines("| rollout/ep_rew_mean | {n} |\n| train/loss | {t} |\n"))


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
    "a configuration in one line": "{"
    + ", ".join(f"'option_{n}': {n}" for n in range(20))
    + ", 'train_loss': 0.5}\n",
    "options": "python train.py --loss 2 --epochs 9\npython train.py --loss 3 --epochs 9\n" * 2,
    "one epoch of several runs": "Epoch 39: train_loss: 0.5\nEpoch 39: train_loss: 0.6\n",
    "a few losses in prose": "".join(
        f"With rate {n} the training loss: 0.{n}5.\n" for n in range(4)
    ),
    "costs": "".join(f"the flow has cost: {n}\n" for n in range(9)),
    "prose": "The loss was heavy in 1916 and in 1917.\n",
    "checkpoints": "".join(f"saved model-{n}-val_loss=0.0{n}66.ckpt\n" for n in range(3)),
}


@pytest.mark.parametrize("content", NO_CURVE.values(), ids=NO_CURVE)
def test_what_is_no_curve_is_not_made_one(log, content):
    """Settings, summaries, prose and file names hold the word and a number, and no curve."""
    with pytest.raises(LogError, match=r"no training curve|single point|only a header"):
        log(content)


@pytest.mark.parametrize(
    "content",
    [
        "loss: " + "1" * 10_000_000,
        "loss:" + " " * 1_000_000 + "1",
        "." * 1_000_000,
        "█" * 500_000,
        "\x1b]" * 500_000,
        "loss: 0.5 " * 100_000,
        ("loss" + "-." * 490 + "1\n") * 200,
        ("a/" * 490 + "\n") * 200,
        "第 1" + "\t" * 3900 + "x\nloss train/val" + "\t" * 3900 + "1 x\n",
        "tr te " * 650 + "1\n" + "функци" * 650 + " 1\n",
        "".join(f"w{n:x}x loss: 0.5\n" for n in range(2000)),
        "Epoch 99999999999999999999999 loss: 1e999\nEpoch nan loss: nan\nEpoch inf loss: -inf\n",
    ],
    ids=range(12),
)
def test_hostile_lines_take_no_time_and_hide_nothing(log, content):
    """The curve before them is read."""
    run = log(lines(BOTH["plain"]) + content + "\n")
    assert set(VAL) <= set(run.val_loss.value.tolist())


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_after_a_good_head_raise_nothing_but_log_errors(tmp_path_factory, junk):
    """A log that is cut off or overwritten is read or refused."""
    path = tmp_path_factory.mktemp("log") / "log.txt"
    path.write_bytes(lines(BOTH["plain"]).encode() + junk)
    with contextlib.suppress(LogError):
        read(path)


real = pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")
REAL = {
    # The training loss and the validation loss: what stands before each number, by whose count.
    "torch_text_log/GuoxiangJiang*": (r"- Train Loss: (\S+),", r", Val Loss: (\S+)"),
    "torch_text_log/Sanchay*": (r" train_loss=(\S+),", r" val_loss=(\S+),"),
    "torch_text_log/wangji9*": (r"train_loss:(\S+)", r"val_loss:(\S+)"),
    "torch_text_log/kevin00hu*": (r" loss=(\S+)", None),
    "torch_text_log/ZhuangLii*": (r"\] Loss: (\S+),", None),
    "torch_text_log/Windsor*": (r"\], Loss: (\S+),", None),
    "torch_text_log/yash*": (r"TRAIN - Loss: (\S+),", None),
    "tqdm_log/Mate*": (r"\| trn_loss: (\S+)", r"\| val_loss: (\S+)"),
    "keras_stdout/Rob*": (r" loss: (\S+)", r" val_loss: (\S+)"),
    "keras_stdout/JNRLEE*": (r"INFO - 訓練損失: (\S+)", r"INFO - 驗證損失: (\S+)"),
    "imagenet_example_log/*": (r"\tLoss (\S+) ", None),
    "nanogpt_stdout/*": (r": train loss (\S+),", r", val loss (\S+)"),
    "wandb_files/druidowm*output.log": (r": train loss (\S+),", r", val loss (\S+)"),
    "wandb_files/ADIO*output.log": (r"step:\d+/\d+ train_loss:(\S+)", r"\d val_loss:(\S+)"),
    "build_nanogpt_log/AGNDM*": (r"(?m)^\d+ train (\S+)", r"(?m)^\d+ val (\S+)"),
    "build_nanogpt_stdout/*": (r"\| loss: (\S+)", r"validation loss: (\S+)"),
    "llmc_stdout/*": (r"\| loss (\S+) ", r"(?m)^val loss (\S+)"),
    "mlx_lora_stdout/*": (r"Train loss (\S+),", r"Val loss (\S+),"),
    "nnunet_log/*": (r"train loss : (\S+)", r"validation loss: (\S+)"),
    "sklearn_stdout/*": (r"loss = (\S+)", None),
    "caffe_log/HoiM*": (r"\d, loss = (\S+)", None),
    "flair_log/*training.log": (r"done: loss (\S+) ", r"DEV : loss (\S+)"),
    "fairseq_log/*": (r'"train_loss": "(\S+)"', r'"valid_loss": "(\S+)"'),
    "marian_log/*__train.log": (r": Cost (\S+)", None),
    "marian_log/*__valid.log": (None, r"ce-mean-words : (\S+)"),
    "mm_text_log/[dz]*": (r" loss: (\S+)", None),
    "mm_text_log/3zair*": (r" loss: (\S+)", None),
    "tf_estimator_log/*": (r":loss = (\S+), step", None),
    "yolo_stdout/*": (None, None),
}


@real
@pytest.mark.parametrize("pattern", REAL)
def test_real_logs_give_what_one_pattern_finds_in_them(pattern):
    """Every number in the order of the lines, and no other."""
    for path in sorted(LOGS.glob(pattern)):
        text = path.read_text(encoding="utf-8", errors="replace")
        run = read(path)
        for found, series in zip(REAL[pattern], (run.train_loss, run.val_loss), strict=True):
            if found is not None:
                wanted = [float(number.rstrip(",")) for number in re.findall(found, text)]
                assert series.value.tolist() == pytest.approx(wanted), path.name


@real
def test_a_real_log_without_labels_is_read_by_its_header():
    """Ultralytics names its columns in the line above: box, classes and distribution add up."""
    (path,) = LOGS.glob("yolo_stdout/*")
    row = re.compile(r"^ +(\d+)/100 +\S+G +(\S+) +(\S+) +(\S+)", re.MULTILINE)
    wanted = {
        int(n): float(a) + float(b) + float(c) for n, a, b, c in row.findall(path.read_text())
    }
    run = read(path)
    assert run.train_loss.step.tolist() == list(wanted)
    assert run.train_loss.value == pytest.approx(list(wanted.values()))


@real
@pytest.mark.parametrize(
    "pattern",
    ["negative_controls/yanlong*", "mxnet_log/*", "coqui_tts_log/*", "detectron2_text/Eugen*"],
)
def test_real_logs_without_one_training_loss_are_refused(pattern):
    """Accuracies alone, an adversarial voice, a configuration, and a start that came to nothing."""
    for path in LOGS.glob(pattern):
        with pytest.raises(LogError, match=r"no training curve|play against"):
            read(path)
