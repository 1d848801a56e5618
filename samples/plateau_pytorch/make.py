"""Plateau: raw inputs of very different sizes keep SGD from getting anywhere.

A 30-128-1 tanh net is trained by SGD on the breast-cancer set without scaling its inputs, whose
columns range from 0.001 to 4,000. The large columns saturate the hidden units at once and drown the
small ones; after the learning rate is cut at epoch 20 the training loss stays near 0.4. The log
alone does not say that this is high: no reference is given.
"""

import csv
from pathlib import Path

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

LOG = Path(__file__).parent / "log.csv"


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
    """Train, write the log and print the reference losses."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs, labels = load_breast_cancer(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        inputs, labels, train_size=400, stratify=labels, random_state=0
    )
    print_references(x, y, x_val, y_val)
    x, x_val, y, y_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val, y, y_val))

    model = nn.Sequential(nn.Linear(30, 128), nn.Tanh(), nn.Linear(128, 1), nn.Flatten(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [20], 0.003)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "val_loss"])
        for epoch in range(80):
            total = 0.0
            for batch in torch.randperm(len(x)).split(20):
                loss = bce(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            schedule.step()
            with torch.no_grad():
                val_loss = bce(model(x_val), y_val).item()
            writer.writerow([epoch, f"{total / len(x):.6f}", f"{val_loss:.6f}"])


if __name__ == "__main__":
    main()
