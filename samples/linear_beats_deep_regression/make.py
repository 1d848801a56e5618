"""Optimization failure in regression: linear least squares beats a deep net on its training set.

Eight hidden layers of 64 tanh units are trained with Adam on 800 points whose target, scaled to
variance one, is linear in 20 inputs but for some noise. The learning rate of 0.02 drives the units
into saturation; the mean squared error comes down from the variance and levels off at six times the
training loss of linear regression, although every layer is wide enough to carry that solution.
"""

import json
from pathlib import Path

import torch
from sklearn.datasets import make_regression
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from torch import nn
from torch.nn.functional import mse_loss

LOG = Path(__file__).parent / "history.json"


def main() -> None:
    """Train, write the log and print the reference losses."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs, target = make_regression(1200, 20, n_informative=20, noise=50, random_state=0)
    x, x_val, y, y_val = inputs[:800], inputs[800:], target[:800], target[800:]
    y, y_val = (y - y.mean()) / y.std(), (y_val - y.mean()) / y.std()
    fit = LinearRegression().fit(x, y)
    print(f"linear: {mean_squared_error(y, fit.predict(x)):.4f}", end=",")
    print(f"{mean_squared_error(y_val, fit.predict(x_val)):.4f}")
    print(f"constant: {y.var():.4f},{(y_val**2).mean():.4f}")
    x, x_val, y, y_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val, y, y_val))

    layers = [nn.Linear(20, 64), nn.Tanh()]
    for _ in range(7):
        layers += [nn.Linear(64, 64), nn.Tanh()]
    model = nn.Sequential(*layers, nn.Linear(64, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 12, 0.3)
    history: dict[str, list[float]] = {"train_loss": [], "val_loss": []}
    for _ in range(80):
        total = 0.0
        for batch in torch.randperm(len(x)).split(32):
            loss = mse_loss(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        schedule.step()
        with torch.no_grad():
            val_loss = mse_loss(model(x_val), y_val).item()
        history["train_loss"].append(total / len(x))
        history["val_loss"].append(val_loss)
    LOG.write_text(json.dumps(history))


if __name__ == "__main__":
    main()
