"""Several losses: a digit is found and named, and each loss has its own column.

A small convolutional net with two heads sees digits pasted at random into a 16x16 canvas. One head
predicts the corner of the digit (box loss), the other its class (cls loss); there is no column with
their sum. The file has right-aligned cells, as YOLOv5 wrote its results.csv. With 600 pictures the
net overfits: both training losses go on falling while the validation class loss turns and rises.
"""

from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

LOG = Path(__file__).parent / "results.csv"
KEYS = ["train/box_loss", "train/cls_loss", "val/box_loss", "val/cls_loss", "x/lr0"]


class Detector(nn.Module):
    """A shared trunk with a box head and a class head."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(512, 128),
            nn.ReLU(),
        )
        self.box, self.cls = nn.Linear(128, 2), nn.Linear(128, 10)

    def losses(self, canvas, corner, digit) -> tuple[torch.Tensor, torch.Tensor]:
        """Return box loss and class loss."""
        features = self.trunk(canvas)
        return mse_loss(self.box(features), corner), cross_entropy(self.cls(features), digit)


def main() -> None:
    """Paste the digits, train and write the log."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(images))
    corner = rng.integers(0, 9, (len(images), 2))
    canvas = np.zeros((len(images), 1, 16, 16))
    for i, (row, column) in enumerate(corner):
        canvas[i, 0, row : row + 8, column : column + 8] = images[order[i]].reshape(8, 8) / 16
    pictures = torch.tensor(canvas).float(), torch.tensor(corner / 8).float()
    pictures = *pictures, torch.tensor(labels[order])
    train, val = [t[:600] for t in pictures], [t[600:1200] for t in pictures]

    model = Detector()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    lines = [",".join(f"{key:>20}" for key in ["epoch", *KEYS])]
    for epoch in range(100):
        sums = np.zeros(2)
        for batch in torch.randperm(600).split(32):
            box, cls = model.losses(*(t[batch] for t in train))
            optimizer.zero_grad()
            (box + cls).backward()
            optimizer.step()
            sums += np.array([box.item(), cls.item()]) * len(batch)
        with torch.no_grad():
            checked = [loss.item() for loss in model.losses(*val)]
        row = [epoch, *(sums / 600), *checked, 1e-3]
        lines.append(",".join(f"{value:20.5g}" for value in row))
    LOG.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
