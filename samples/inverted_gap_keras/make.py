"""Inverted gap: dropout and noise act on the training loss only.

A small convolutional net on 1,200 digits is trained with Gaussian noise on its inputs and dropout
of a half, both switched off for validation. The logged training loss therefore lies above the
validation loss in every epoch, although the fit is good: the validation loss ends below the linear
model's. Read without that knowledge, the training loss would look like underfitting.
"""

import json
import math
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

LOG = Path(__file__).parent / "history.json"


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

    steps = 40 * math.ceil(len(x) / 32)
    model = keras.Sequential(
        [
            keras.layers.GaussianNoise(0.7),
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    optimizer = keras.optimizers.Adam(schedule)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, 32, epochs=40, validation_data=(x_val, y_val), verbose=0)
    LOG.write_text(json.dumps(history.history))

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
