"""Symptoms of a log that does not say what it seems to say."""
