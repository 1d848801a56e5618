"""Fuzz the readers, guided by coverage: `python -m tests.fuzz [--seconds 60] [NAME ...]`.

Each reader is tried in a process of its own, and `any` lets the readers choose among themselves,
packed logs included. What must hold of any input says `oracle.py`; and no input may take more than
SECONDS_EACH and MEBIBYTES. One that breaks this is kept, and told with what it raised. Needs the
extra `fuzz`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from diagnose.readers import all_readers
from tests.fuzz.seeds import MOST_BYTES, seeds

SECONDS_EACH = 10
MEBIBYTES = 1024
WORDS = (
    "loss", "val_loss", "train", "epoch", "step", "accuracy", "lr", "nan", "inf", "1e999", "-", ",",
    "\\x09", "\\x0a", "\\x0d", "\\x08", "\\x22", "{", "}", "[", "]", "null", "\\x1b[0m", "%", "|",
)  # fmt: skip
"""What logs are made of, for the fuzzer to put in."""


def fuzz(reader: str, seconds: int, corpus: Path, found: Path) -> tuple[int, list[Path]]:
    """Fuzz one reader; return how many inputs were tried, and the files of those that broke it."""
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    for index, content in enumerate(seeds()[reader]):
        (corpus / f"seed_{index}").write_bytes(content)
    words = corpus.parent / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    before = set(found.iterdir())
    command = [
        sys.executable, "-m", "tests.fuzz.target", reader, f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES}", f"-timeout={SECONDS_EACH}", f"-rss_limit_mb={MEBIBYTES}",
        f"-dict={words}", f"-artifact_prefix={found}/{reader}-", "-print_final_stats=1",
        str(corpus),
    ]  # fmt: skip
    ended = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
    tried = re.search(r"number_of_executed_units: *(\d+)", ended.stderr)
    broke = sorted(set(found.iterdir()) - before)
    if tried is None or (ended.returncode and not broke):
        raise SystemExit(f"{reader}: the fuzzer itself failed:\n{ended.stderr[-2000:]}")
    if broke:
        print((ended.stdout + ended.stderr)[-4000:], file=sys.stderr)
    return int(tried[1]), broke


def main() -> None:
    """Fuzz the readers that are named, or all, and print how many inputs each was given."""
    names = [*(reader.name for reader in all_readers()), "any"]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--corpus", type=Path, help="where to keep inputs that reached new code")
    parser.add_argument("--found", type=Path, default=Path("fuzz-found"), help="for what broke")
    arguments = parser.parse_args()
    for name in arguments.readers:
        if name not in names:
            parser.error(f"no reader {name!r}")
    total = broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.readers or names:
            corpus = (arguments.corpus or Path(folder)) / name
            tried, broke = fuzz(name, arguments.seconds, corpus, arguments.found)
            total, broken = total + tried, broken + len(broke)
            print(f"{name:<16}{tried:>12,} inputs", *broke, flush=True)
    print(f"{'all':<16}{total:>12,} inputs, {broken} of them broke a reader")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
