"""No scale: a regression whose loss says nothing by itself.

A small ReLU net is trained with Adam to predict disease progression (the diabetes set, targets left
in their own unit) by the mean squared error. Training and validation loss come down and
level off together. Whether that is good cannot be read from the log: nobody said what a constant
or a linear predictor reaches on these targets.
"""

import csv
from pathlib import Path

import torch
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import mse_loss

LOG = Path(__file__).parent / "log.csv"


def print_references(x, y, x_val, y_val) -> None:
    """Print the losses of the linear model and of the constant predictor."""
    for name, model in (("linear", LinearRegression()), ("constant", DummyRegressor())):
        model.fit(x, y)
        pairs = ((x, y), (x_val, y_val))
        train, val = (mean_squared_error(b, model.predict(a)) for a, b in pairs)
        print(f"{name}: {train:.1f},{val:.1f}")


def main() -> None:
    """Train, write the log and print the reference losses."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    inputs, target = load_diabetes(return_X_y=True)
    x, x_val, y, y_val = train_test_split(inputs, target, train_size=300, random_state=1)
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    print_references(x, y, x_val, y_val)
    x, x_val, y, y_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val, y, y_val))

    model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 30, 0.3)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "val_loss"])
        for epoch in range(150):
            total = 0.0
            for batch in torch.randperm(len(x)).split(30):
                loss = mse_loss(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            schedule.step()
            with torch.no_grad():
                val_loss = mse_loss(model(x_val), y_val).item()
            writer.writerow([epoch, f"{total / len(x):.3f}", f"{val_loss:.3f}"])


if __name__ == "__main__":
    main()
