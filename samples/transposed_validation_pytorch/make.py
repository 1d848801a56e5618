"""A gap from the start: the validation images reach the network with rows and columns exchanged.

A ReLU net is trained on 1,200 standardized digits. The code that validates reads its images in
another memory order, so that the validation loss is worse than a guess from the first epoch on,
although the network generalizes well. No regularization would help; the code must be mended.
"""

import csv
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import cross_entropy

LOG = Path(__file__).parent / "log.csv"


def main() -> None:
    """Train, validate on transposed images, and write the log."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    raw, raw_val, y, y_val = train_test_split(
        images, labels, train_size=1200, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(raw)
    x = torch.tensor(scaler.transform(raw), dtype=torch.float32)
    good_val = torch.tensor(scaler.transform(raw_val), dtype=torch.float32)
    x_val = good_val.reshape(-1, 8, 8).transpose(1, 2).reshape(-1, 64)  # the fault
    y, y_val = torch.tensor(y), torch.tensor(y_val)

    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
    model.append(nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with LOG.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "val_loss"])
        for epoch in range(30):
            total = 0.0
            for batch in torch.randperm(len(x)).split(32):
                loss = cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                val_loss = cross_entropy(model(x_val), y_val).item()
                good = cross_entropy(model(good_val), y_val).item()
            writer.writerow([epoch, f"{total / len(x):.6f}", f"{val_loss:.6f}"])
    print(f"validation loss as logged {val_loss:.4f}, on the right images {good:.4f}")


if __name__ == "__main__":
    main()
