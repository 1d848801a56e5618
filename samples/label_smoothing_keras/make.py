"""Label smoothing: the training loss cannot fall below 0.5, and it gets there.

A small convolutional net is trained on 1,200 digits with label smoothing of 0.1. With ten classes
the smoothed loss is at least 0.50, however good the net; the logged training loss ends just above
that floor. A callback writes the validation loss without smoothing, as many scripts do, so the two
columns are not on one scale.
"""

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

    y, y_val = keras.utils.to_categorical(y), keras.utils.to_categorical(y_val)

    def log_plain_val_loss(_epoch: int, logs: dict[str, float]) -> None:
        """Put the plain cross-entropy in place of the smoothed one."""
        plain = keras.losses.CategoricalCrossentropy()
        logs["val_loss"] = float(plain(y_val, model.predict(x_val, verbose=0)))

    steps = 40 * math.ceil(len(x) / 32)
    model = keras.Sequential(
        [
            keras.layers.Reshape((8, 8, 1)),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps))
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizer, smoothed, metrics=["accuracy"])
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_end=log_plain_val_loss),
        keras.callbacks.CSVLogger(str(LOG)),
    ]
    model.fit(x, y, 32, epochs=40, validation_data=(x_val, y_val), callbacks=callbacks, verbose=0)
    y, y_val = y.argmax(1), y_val.argmax(1)

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
