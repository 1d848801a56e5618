"""Divergence: the learning rate is ramped up until the loss leaves the valley for good.

A tanh net is trained on 1,200 digits by SGD with momentum while the learning rate grows
exponentially from 0.01 to 3 and nobody stops it. The batch loss falls, then rises beyond its start
and stays high, yet finite. Loss, learning rate and gradient norm are written every fourth step.
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

    steps = 1600
    model = nn.Sequential(
        nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "loss", "lr", "grad_norm"])
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = lr = 0.01 * 300 ** (step / steps)
            batch = torch.randint(len(x), (32,))
            loss = cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            norm = nn.utils.get_total_norm(p.grad for p in model.parameters())
            optimizer.step()
            if step % 4 == 0:
                writer.writerow([step, f"{loss.item():.6f}", f"{lr:.6f}", f"{norm.item():.6f}"])


if __name__ == "__main__":
    main()
