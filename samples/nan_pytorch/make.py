"""NaN: a hand-written cross-entropy takes the logarithm of zero.

A ReLU net on 1,200 digits is trained with a loss that multiplies the one-hot labels by
log(softmax(logits)). The net grows sure of itself until one probability underflows to zero in
float32; then 0 * log(0) is NaN, so is every gradient, and the run never recovers.
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
from torch.nn.functional import one_hot

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

    def naive_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Compute the loss as the formula reads, without log-sum-exp: the fault of this run."""
        return -(one_hot(target, 10) * logits.softmax(1).log()).sum(1).mean()

    model = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with LOG.open("w") as file:
        for epoch in range(1, 31):
            total = 0.0
            for batch in torch.randperm(len(x)).split(32):
                loss = naive_cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                val_loss = naive_cross_entropy(model(x_val), y_val).item()
            row = {"epoch": epoch, "train_loss": total / len(x), "val_loss": val_loss}
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
