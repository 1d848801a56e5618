"""Text from a log made safe to print; it needs no renderer."""

from __future__ import annotations


def clean(text: str, keep: str = "\n") -> str:
    """Make control characters visible, all but those to keep."""
    return "".join(c if c.isprintable() or c in keep else repr(c)[1:-1] for c in text)
