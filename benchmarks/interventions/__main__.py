"""`python -m benchmarks.interventions [--processes N]`: make the runs, and freeze them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.interventions.generate import FROZEN, PER_DATA_SET, again, freeze, generate


def main() -> None:
    """Make what is not made yet, and freeze all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/interventions.jsonl"))
    parser.add_argument("--per-data-set", type=int, default=PER_DATA_SET)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--frozen", type=Path, default=FROZEN)
    parser.add_argument("--again", metavar="ARM", help="train all finished runs again with it")
    options = parser.parse_args()
    began = time.monotonic()
    steps = (
        again(options.build, options.again, options.processes)
        if options.again
        else generate(options.build, options.per_data_set, options.processes)
    )
    for done, total in steps:
        seconds = time.monotonic() - began
        print(f"\r{done} of {total} configurations, {seconds:,.0f} s", end="", file=sys.stderr)
    print(f"\n{freeze(options.build, options.frozen)} records in {options.frozen}")


if __name__ == "__main__":
    main()
