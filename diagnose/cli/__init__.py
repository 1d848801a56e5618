"""The command line: one file per command; parse, call the API, render, choose the exit code."""

from diagnose.cli.main import main

__all__ = ["main"]
