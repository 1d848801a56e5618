"""Learning-rate drop: both losses fall at once where the schedule cuts the learning rate.

A small convolutional net is trained on 1,200 digits by SGD with weight decay, in batches of four
and at a learning rate of 0.1, high enough to keep both losses above what the net can reach. At
epoch 30 StepLR divides the rate by twenty and both losses drop within two epochs. That is the
schedule at work, not a change of the data.
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
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    print_references(x, y, x_val, y_val)
    x, x_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val))
    y, y_val = torch.tensor(y), torch.tensor(y_val)

    model = nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(288, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 30, 0.05)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "val_loss", "lr"])
        for epoch in range(60):
            total = 0.0
            for batch in torch.randperm(len(x)).split(4):
                loss = cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                val_loss = cross_entropy(model(x_val), y_val).item()
            row = [f"{v:.6f}" for v in (total / len(x), val_loss, schedule.get_last_lr()[0])]
            writer.writerow([epoch, *row])
            schedule.step()


if __name__ == "__main__":
    main()
