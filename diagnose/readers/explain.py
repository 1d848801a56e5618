"""Say how a log was read."""

from __future__ import annotations

from diagnose.readers.table import listing
from diagnose.run import Run


def explained(run: Run) -> list[str]:
    """Say which columns took which roles."""
    lines = [f"{run.source}: {run.format}, steps counted in {run.step_unit}s"]
    for role, names in run.columns.items():
        series = run.series[role]
        what = role.replace("_", " ").replace("val ", "validation ").replace("train ", "training ")
        lines.append(
            f"  {what}: {' + '.join(map(repr, names))}, {len(series)} points from {run.step_unit}"
            f" {series.step[0]:g} to {series.step[-1]:g}"
        )
    if run.unused:
        lines.append(f"  not used: {listing(run.unused)}")
    return lines
