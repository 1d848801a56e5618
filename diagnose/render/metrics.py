"""The names of metrics in words."""

from __future__ import annotations

METRICS = {
    "clean_train_loss": "training loss",
    "val_loss": "validation loss",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "train_r2": "training R²",
    "val_r2": "validation R²",
}
"""The metrics that every run has, in words; the training loss is the clean one."""


def metric_words(metric: str) -> str:
    """Write a metric's name in words."""
    return METRICS.get(metric, metric.replace("_", " "))
