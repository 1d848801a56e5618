"""Who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "sklearn", "pandas", "scipy", "matplotlib"}
MAY_IMPORT_HEAVY = ("diagnose/monitor/", "diagnose/rerun/", "catalog/lab/", "catalog/demos/")
ALLOWED = {
    # Package or module of diagnose: what of diagnose it may import.
    "errors": set(),
    "run": {"errors"},
    "references": {"errors"},
    "readers": {"readers", "run", "errors"},
    "measures": {"measures", "run", "references"},
    "rules": {"rules", "measures", "run", "errors"},
    "verdict": {"measures", "rules"},
    "advice": {"verdict", "rules", "measures"},
    "reliability": {"measures"},
    "report": {
        "advice",
        "reliability",
        "verdict",
        "rules",
        "measures",
        "references",
        "run",
        "render",
    },
    "api": {"report", "readers", "references", "run", "errors"},
    "render": {"render", "report", "reliability", "advice", "rules", "verdict", "run", "measures"},
    "cli": {"cli", "report", "readers", "render", "references", "rules", "verdict", "errors"},
}
FILES = sorted([*(ROOT / "diagnose").rglob("*.py"), *(ROOT / "catalog").rglob("*.py")])


def imports(path: Path, top_only: bool = False) -> set[str]:
    """Return the full names of all modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    out = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            out.add(node.module)
    return out


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_follow_the_arrows(path):
    """Each part imports only what the architecture lets it."""
    where = path.relative_to(ROOT)
    names = imports(path)
    if where.parts[0] == "catalog":
        assert not any(n.split(".")[0] == "diagnose" for n in names)
        return
    part = where.parts[1].removesuffix(".py")
    if part == "__init__":
        return
    used = {n.split(".")[1] for n in names if n.startswith("diagnose.")}
    assert used <= ALLOWED[part]
    if part not in ("advice", "render", "cli"):
        assert not any(n.split(".")[0] == "catalog" for n in names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_packages_stay_where_they_belong(path):
    """Torch and its kin are imported by training code alone, and rich by the renderers alone."""
    where = str(path.relative_to(ROOT))
    packages = {n.split(".")[0] for n in imports(path)}
    if not where.startswith(MAY_IMPORT_HEAVY) and path.name not in (
        "reference.py",
        "experiment.py",
    ):
        assert not packages & HEAVY
    if not where.startswith("diagnose/render/"):
        assert not packages & {"rich", "plotille"}
