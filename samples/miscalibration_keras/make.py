"""Miscalibration: the validation loss rises while the validation accuracy does not fall.

A 64-128-128-10 ReLU net is trained with Adam on 400 digits with clean labels. Once every training
digit is right, the logits keep growing: the few wrong validation digits become wrong with more
confidence, which raises their loss, while their number stays the same or shrinks.
"""

import os
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

os.environ["KERAS_BACKEND"] = "torch"
import keras
import torch

LOG = Path(__file__).parent / "history.csv"


def main() -> None:
    """Train, write the log and print the reference losses."""
    torch.set_num_threads(1)
    keras.utils.set_random_seed(0)
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images, labels, train_size=400, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)

    model = keras.Sequential(
        [
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    logger = keras.callbacks.CSVLogger(str(LOG))
    model.fit(x, y, 32, epochs=200, validation_data=(x_val, y_val), callbacks=[logger], verbose=0)

    for name, reference in (
        ("linear", LogisticRegression(max_iter=10_000)),
        ("constant", DummyClassifier()),
    ):
        reference.fit(x, y)
        losses = [
            log_loss(target, reference.predict_proba(inputs), labels=range(10))
            for inputs, target in ((x, y), (x_val, y_val))
        ]
        print(f"{name}: {losses[0]:.4f},{losses[1]:.4f}")


if __name__ == "__main__":
    main()
