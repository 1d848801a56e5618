"""`diagnose formats`: what is read, from the readers themselves."""

from __future__ import annotations

import click

from diagnose.cli.lookup import write_json
from diagnose.readers import all_readers


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def formats(form: str) -> None:
    """List the formats of logs and the layouts of folders that are read, each with an example.

    \b
    diagnose formats
    diagnose log training.out --as text
    """  # noqa: D301 (the mark keeps lines apart)
    from diagnose.readers.folder.layouts import LAYOUTS  # noqa: PLC0415 (no other command)

    readers = all_readers()
    if form == "json":
        write_json(
            {
                kind: [{"name": r.name, "title": r.title, "example": r.example} for r in entries]
                for kind, entries in (("formats", readers), ("folders", LAYOUTS))
            }
        )
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.formats import print_formats  # noqa: PLC0415 (rich only where printed)

    console = make_console()
    print_formats("Formats of a file", [(r.name, r.title, r.example) for r in readers], console)
    print_formats("Layouts of a folder", [(r.name, r.title, r.example) for r in LAYOUTS], console)
