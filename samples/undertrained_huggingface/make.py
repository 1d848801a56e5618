"""Undertrained: a tiny BERT is stopped while both losses still fall.

A two-layer BERT of width 32, made from a configuration (nothing is downloaded), reads each digit as
a sentence of 64 words, one per pixel, out of a vocabulary of 17 grey levels. The Trainer runs ten
epochs at a constant learning rate of 5e-4 and stops. After a slow start training and validation
loss come down from ln 10 = 2.30 to 1.4 and are still falling at the last step.
"""

import shutil
import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

LOG = Path(__file__).parent / "trainer_state.json"


def print_references(x, y, x_val, y_val) -> None:
    """Print the losses of the linear model and of the constant predictor."""
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    for name, model in (
        ("linear", LogisticRegression(max_iter=10_000)),
        ("constant", DummyClassifier()),
    ):
        model.fit(x, y)
        train, val = (log_loss(b, model.predict_proba(a)) for a, b in ((x, y), (x_val, y_val)))
        print(f"{name}: {train:.4f},{val:.4f}")


def main() -> None:
    """Train, move the log here and print the reference losses."""
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images.astype(int), labels, train_size=1200, stratify=labels, random_state=0
    )
    print_references(x, y, x_val, y_val)

    set_seed(0)
    config = BertConfig(
        vocab_size=17,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=10,
        initializer_range=0.1,
    )
    train, val = (
        [{"input_ids": torch.tensor(i), "labels": int(t)} for i, t in zip(*pair, strict=True)]
        for pair in ((x, y), (x_val, y_val))
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=10,
            per_device_train_batch_size=16,
            per_device_eval_batch_size=200,
            learning_rate=5e-4,
            lr_scheduler_type="constant",
            logging_steps=10,
            eval_strategy="steps",
            eval_steps=25,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(
            BertForSequenceClassification(config), arguments, train_dataset=train, eval_dataset=val
        )
        trainer.train()
        trainer.save_state()
        shutil.move(Path(folder) / "trainer_state.json", LOG)


if __name__ == "__main__":
    main()
