"""Collapse: a net that had learned dies after one blow-up.

A ReLU net is trained with SGD and momentum on 1,200 digits at a learning rate at the edge of what
it bears. After a dozen good epochs the updates throw the weights so far that the units of a layer
stop firing for every input; from then on both losses sit at ln 10 = 2.3026, the loss of a guess.
"""

import json
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

LOG = Path(__file__).parent / "log.jsonl"


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
    torch.manual_seed(1)
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    print_references(x, y, x_val, y_val)
    x, x_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val))
    y, y_val = torch.tensor(y), torch.tensor(y_val)

    layers = [layer for _ in range(4) for layer in (nn.Linear(64, 64), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with LOG.open("w") as file:
        for epoch in range(1, 61):
            total = 0.0
            for batch in torch.randperm(len(x)).split(32):
                loss = cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                val_loss = cross_entropy(model(x_val), y_val).item()
            row = {"epoch": epoch, "train_loss": total / len(x), "val_loss": val_loss}
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
