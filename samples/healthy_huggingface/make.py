"""Healthy: a tiny residual network learns the digits.

A two-stage ResNet made from a configuration (nothing is downloaded) is trained on 1,200 digits for
15 epochs; the Trainer lets the learning rate fall linearly to zero, as it does by default. The
training loss ends near zero and the validation loss ends at its lowest, below the linear model's.
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
    ResNetConfig,
    ResNetForImageClassification,
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
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    print_references(x, y, x_val, y_val)

    set_seed(0)
    config = ResNetConfig(
        num_channels=1,
        embedding_size=32,
        hidden_sizes=[32, 64],
        depths=[1, 1],
        layer_type="basic",
        num_labels=10,
    )
    train, val = (
        [
            {"pixel_values": torch.tensor(i / 8 - 1).float().view(1, 8, 8), "labels": int(t)}
            for i, t in zip(*pair, strict=True)
        ]
        for pair in ((x, y), (x_val, y_val))
    )
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            num_train_epochs=15,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=200,
            learning_rate=1e-3,
            logging_steps=10,
            eval_strategy="steps",
            eval_steps=30,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(
            ResNetForImageClassification(config), arguments, train_dataset=train, eval_dataset=val
        )
        trainer.train()
        trainer.save_state()
        shutil.move(Path(folder) / "trainer_state.json", LOG)


if __name__ == "__main__":
    main()
