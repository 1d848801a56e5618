"""Restart: one training in two calls of fit, appended to one file.

A small convolutional net with dropout is trained on 1,200 digits for 20 epochs, and then, by a
second call of fit, for 20 more. CSVLogger(append=True) writes both parts into one file, so the
epoch column goes back to 0 in the middle while the losses go on from where they were.
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
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)

    model = keras.Sequential(
        [
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    LOG.unlink(missing_ok=True)
    for _ in range(2):
        logger = keras.callbacks.CSVLogger(str(LOG), append=True)
        model.fit(
            x, y, 32, epochs=20, validation_data=(x_val, y_val), callbacks=[logger], verbose=0
        )

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
