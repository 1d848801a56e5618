"""Loss spikes: now and then the labels of a batch have slipped by one row.

A ReLU net is trained with Adam on 1,200 digits. Six times in 1,500 steps a batch comes with its
labels moved on by one: its loss shoots up, the weights take a knock, and the loss is back where it
was some steps later. Every step is logged; the run ends well.
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

LOG = Path(__file__).parent / "steps.csv"


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
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    print_references(x, y, x_val, y_val)
    x, x_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val))
    y, y_val = torch.tensor(y), torch.tensor(y_val)

    model = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    faulty = set(torch.randint(200, 1400, (6,)).tolist())
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "loss", "lr"])
        for step in range(1500):
            batch = torch.randint(len(x), (32,))
            target = y[batch].roll(1) if step in faulty else y[batch]
            loss = cross_entropy(model(x[batch]), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            writer.writerow([step, f"{loss.item():.6f}", 1e-3])


if __name__ == "__main__":
    main()
