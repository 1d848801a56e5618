"""Symptoms of a training loss that is not as low as it should be."""
