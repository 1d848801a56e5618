"""Generalization gap: a net fits eighty digits perfectly and stays far off on the others.

A 64-64-10 ReLU net is trained by Lightning on 80 digits with Adam and a decaying learning rate. The
training loss goes to zero. The validation loss comes down at first, then stays where it is, far
above: it does not rise, and yet most of its distance to the training loss is never made good.
"""

import shutil
import tempfile
from pathlib import Path

import lightning as pl
import torch
from lightning.pytorch.loggers import CSVLogger
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

LOG = Path(__file__).parent / "metrics.csv"


class SmallReLU(pl.LightningModule):
    """One hidden layer, trained with Adam and a decaying learning rate."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, _):
        """Log the loss, averaged over the epoch."""
        loss = cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch, _) -> None:
        """Log loss and accuracy, averaged over the epoch."""
        logits = self.net(batch[0])
        self.log("val_loss", cross_entropy(logits, batch[1]))
        self.log("val_acc", (logits.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        """Return Adam and its schedule."""
        optimizer = torch.optim.Adam(self.parameters(), lr=0.005)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.94)]


def main() -> None:
    """Train, move the log here and print the reference losses."""
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images, labels, train_size=80, stratify=labels, random_state=0
    )
    scaler = StandardScaler().fit(x)
    x, x_val = scaler.transform(x), scaler.transform(x_val)
    for name, reference in (
        ("linear", LogisticRegression(max_iter=10_000)),
        ("constant", DummyClassifier()),
    ):
        reference.fit(x, y)
        pairs = ((x, y), (x_val, y_val))
        train_loss, val_loss = (log_loss(b, reference.predict_proba(a)) for a, b in pairs)
        print(f"{name}: {train_loss:.4f},{val_loss:.4f}")

    pl.seed_everything(0)
    train, val = (
        TensorDataset(torch.tensor(a, dtype=torch.float32), torch.tensor(b))
        for a, b in ((x, y), (x_val, y_val))
    )
    with tempfile.TemporaryDirectory() as folder:
        logger = CSVLogger(folder)
        trainer = pl.Trainer(
            max_epochs=70,
            accelerator="cpu",
            logger=logger,
            log_every_n_steps=1,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(SmallReLU(), DataLoader(train, 16, shuffle=True), DataLoader(val, 500))
        shutil.copy(Path(logger.log_dir) / "metrics.csv", LOG)


if __name__ == "__main__":
    main()
