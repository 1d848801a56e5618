"""Optimization failure: a deep tanh net ends far above the linear model on its training set.

Eight hidden layers of 64 tanh units are trained on 1,200 digits with Adam. The learning rate of
0.02 is too high for that depth: the units saturate, the training loss comes down from ln 10 = 2.30
to about 1.07 and stays there, although the learning rate is cut to a third every 12 epochs. Every
layer is wide enough to carry the linear model, whose training loss is 0.03.
"""

import shutil
import tempfile
from pathlib import Path

import lightning as pl
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
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


class DeepTanh(pl.LightningModule):
    """Eight tanh layers, trained with Adam and a stepped learning rate."""

    def __init__(self) -> None:
        super().__init__()
        hidden = [layer for _ in range(8) for layer in (nn.Linear(64, 64), nn.Tanh())]
        self.net = nn.Sequential(*hidden, nn.Linear(64, 10))

    def training_step(self, batch, _):
        """Log the loss per step and per epoch."""
        loss = cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, _) -> None:
        """Log loss and accuracy, averaged over the epoch."""
        logits = self.net(batch[0])
        self.log("val_loss", cross_entropy(logits, batch[1]))
        self.log("val_acc", (logits.argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        """Return Adam and its schedule."""
        optimizer = torch.optim.Adam(self.parameters(), lr=0.02)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 12, 0.3)]


def main() -> None:
    """Train, move the log here and print the reference losses."""
    torch.set_num_threads(1)
    images, labels = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(
        images, labels, train_size=1200, stratify=labels, random_state=0
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

    pl.seed_everything(1)
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
            log_every_n_steps=10,
            callbacks=[LearningRateMonitor("epoch")],
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(DeepTanh(), DataLoader(train, 32, shuffle=True), DataLoader(val, 200))
        shutil.copy(Path(logger.log_dir) / "metrics.csv", LOG)


if __name__ == "__main__":
    main()
