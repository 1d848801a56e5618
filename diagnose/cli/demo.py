"""`diagnose catalog demo`: the lecture's demonstrations, run here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from catalog.demos import DEMOS, find_demo
from catalog.demos.demo import PICTURE_FORMATS, Demo, Outcome, Row
from diagnose.cli.extras import require
from diagnose.cli.lookup import as_slug, write_json
from diagnose.errors import DataError, UnknownName


def _complete(_ctx: click.Context, _param: click.Parameter, part: str) -> list[str]:
    return [demo.name for demo in DEMOS if demo.name.startswith(part)]


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it into a file: .png, .svg or .pdf.",
)
def demo(name: str | None, form: str, picture: Path | None) -> None:
    """Run a demonstration of the lecture, and show the condition under which it holds.

    \b
    diagnose catalog demo
    diagnose catalog demo rosenbrock
    diagnose catalog demo rosenbrock --picture rosenbrock.png

    Without a name it lists the demonstrations. Each takes a few seconds.
    """  # noqa: D301 (the mark keeps lines apart)
    if name is None:
        if picture is not None:
            raise DataError(
                "--picture needs the name of a demonstration; `diagnose catalog demo` lists them."
            )
        _list(form)
        return
    found = _known(name)
    require("torch", "running a demonstration")
    if picture is not None:
        _check_picture(picture)
        require("plot", "drawing a picture")
    outcome = found.perform()
    if picture is not None:
        _save(outcome, found.title, picture)
    if form == "json":
        write_json(_plain(found, outcome, picture))
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.demo import print_outcome  # noqa: PLC0415 (rich only where printed)

    print_outcome(found, outcome, None if picture is None else str(picture), make_console())


def _known(name: str) -> Demo:
    """Find a demonstration in any spelling of its name."""
    try:
        return find_demo(as_slug(name))
    except KeyError:
        raise UnknownName.among(
            "demonstration",
            name,
            [demo.name for demo in DEMOS],
            "`diagnose catalog demo` lists them.",
        ) from None


def _list(form: str) -> None:
    if form == "json":
        write_json([_heading(demo) for demo in DEMOS])
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.demo import print_demos  # noqa: PLC0415 (rich only where printed)

    print_demos(DEMOS, make_console())


def _check_picture(path: Path) -> None:
    """Refuse what could only fail after the work is done."""
    if path.suffix.lower().removeprefix(".") not in PICTURE_FORMATS:
        *first, last = (f".{form}" for form in PICTURE_FORMATS)
        raise DataError(f"{path}: a picture must end in {', '.join(first)} or {last}.")
    if path.is_dir():
        raise DataError(f"{path}: this is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}.")


def _save(outcome: Outcome, title: str, path: Path) -> None:
    from catalog.demos.picture import save  # noqa: PLC0415 (imports matplotlib)

    try:
        save(outcome, title, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror or error}).") from None


def _heading(demo: Demo) -> dict[str, Any]:
    return {
        "name": demo.name,
        "title": demo.title,
        "question": demo.question,
        "techniques": list(demo.techniques),
    }


def _plain(demo: Demo, outcome: Outcome, picture: Path | None) -> dict[str, Any]:
    return {
        **_heading(demo),
        "shown": [_row(row) for row in outcome.shown],
        "condition": [_row(row) for row in outcome.condition],
        "conclusions": list(outcome.conclusions),
        "picture": None if picture is None else str(picture),
    }


def _row(row: Row) -> dict[str, Any]:
    value = row.value if math.isfinite(row.value) else None
    return {**row._asdict(), "what": row.what.strip(), "value": value}
