"""Symptoms of a validation loss that does not follow the training loss."""
