"""Negative losses: a density model overfits and its validation loss rises through zero.

A net with two outputs, mean and log-variance, is trained by the Gaussian negative log-likelihood on
60 noisy points of a sine. The likelihood is a density, so a good loss lies below zero. The training
loss keeps falling; the validation loss falls below zero, turns and ends far above it.
"""

import csv
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from torch import nn
from torch.nn.functional import gaussian_nll_loss

LOG = Path(__file__).parent / "log.csv"


def sine(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw n points of a sine with noise of standard deviation 0.15."""
    x = rng.uniform(-1, 1, (n, 1))
    return x, np.sin(4 * x[:, 0]) + 0.15 * rng.standard_normal(n)


def main() -> None:
    """Train, write the log and print the reference losses."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    (x, y), (x_val, y_val) = sine(rng, 60), sine(rng, 1000)
    fit = LinearRegression().fit(x, y)
    means = {"linear": (fit.predict(x), fit.predict(x_val)), "constant": (y.mean(), y.mean())}
    for name, (mean, mean_val) in means.items():
        variance = np.mean((y - mean) ** 2)
        train = 0.5 * (np.log(variance) + 1)
        val = 0.5 * (np.log(variance) + np.mean((y_val - mean_val) ** 2) / variance)
        print(f"{name}: {train:.4f},{val:.4f}")
    x, x_val, y, y_val = (torch.tensor(a, dtype=torch.float32) for a in (x, x_val, y, y_val))

    model = nn.Sequential(
        nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

    def nll(inputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the Gaussian negative log-likelihood."""
        mean, log_variance = model(inputs).unbind(1)
        return gaussian_nll_loss(mean, target, log_variance.exp())

    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_nll", "val_nll"])
        for epoch in range(1000):
            losses = []
            for batch in torch.randperm(len(x)).split(20):
                loss = nll(x[batch], y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            if epoch % 5 == 4:
                with torch.no_grad():
                    val_loss = nll(x_val, y_val).item()
                writer.writerow([epoch + 1, f"{np.mean(losses):.5f}", f"{val_loss:.5f}"])


if __name__ == "__main__":
    main()
