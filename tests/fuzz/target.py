"""Fuzz one reader in this process, until libFuzzer ends it: NAME and libFuzzer's options."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["diagnose"]):
    import diagnose.readers.packed  # noqa: F401 (loaded late, and then not instrumented)
    from diagnose.readers import all_readers
    from tests.fuzz.oracle import check
    from tests.fuzz.seeds import NAMES

    all_readers()


def main() -> None:
    """Give the reader one input after another."""
    program, reader, *options = sys.argv
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAMES.get(reader, "log")

        def one(content: bytes) -> None:
            path.write_bytes(content)
            check(path, reader)

        atheris.Setup([program, *options], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
