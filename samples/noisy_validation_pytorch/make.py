"""Uninformative validation: ten digits, drawn anew every epoch.

A 64-128-10 ReLU net is trained with Adam on 250 digits; after each epoch the validation loss is
taken over ten digits drawn at random. It jumps between nearly nothing and more than one from one
epoch to the next, far more than any trend or gap it could show.
"""

import csv
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import cross_entropy

LOG = Path(__file__).parent / "log.csv"


def print_references(x, y, x_val, y_val) -> None:
    """Print the losses of the linear model and of the constant predictor."""
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
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images, labels, train_size=250, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    print_references(x, y, x_val, y_val)
    x, x_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val))
    y, y_val = torch.tensor(y), torch.tensor(y_val)

    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "val_loss"])
        for epoch in range(60):
            total = 0.0
            for batch in torch.randperm(len(x)).split(32):
                loss = cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                drawn = torch.randint(len(x_val), (10,))
                val_loss = cross_entropy(model(x_val[drawn]), y_val[drawn]).item()
            row = [f"{v:.6f}" for v in (total / len(x), val_loss)]
            writer.writerow([epoch, *row])


if __name__ == "__main__":
    main()
