"""`diagnose LOG...`: diagnose logs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from diagnose.cli.judging import Settings, is_watched, reports_of
from diagnose.cli.many import FEW, judge_all
from diagnose.cli.outcome import COULD_NOT_JUDGE, FAILED_ON, JUDGED, say
from diagnose.cli.paths import Logs, find_logs
from diagnose.cli.show import View, show_reports, show_table, tell
from diagnose.errors import DiagnoseError, LogError, UnknownName
from diagnose.readers import all_readers, find_reader
from diagnose.readers.axis import counted
from diagnose.readers.folder.found import shown
from diagnose.readers.table import Choice
from diagnose.references import References
from diagnose.rules import RULES, find_rule
from diagnose.verdict import MISCALIBRATION, PROBLEMS

COMMANDS = ("catalog", "rules", "explain", "formats")


class LossPair(click.ParamType):  # type: ignore[type-arg] # generic only in newer versions
    """`TRAIN` or `TRAIN,VAL`."""

    name = "train[,val]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float | None]:
        """Read one or two numbers."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        try:
            numbers = [float(p) for p in parts]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2):
            self.fail(f"{value!r} is not one or two numbers, as in 0.31 or 0.31,0.35", param, ctx)
        return numbers[0], numbers[1] if len(numbers) > 1 else None


@click.command(
    name="log",
    epilog="Exit codes: 0 judged; 1 judged, and --fail-on named what was found; 2 not judged.",
)
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=str, allow_dash=True))
@click.option("--recursive", is_flag=True, help="Look for runs at all levels of a folder.")
@click.option(
    "--as",
    "as_format",
    metavar="FORMAT",
    shell_complete=lambda _ctx, _param, part: [
        reader.name for reader in all_readers() if reader.name.startswith(part)
    ],
    help="Read the logs as this; `diagnose formats` lists them.",
)
@click.option("--train-loss", metavar="COL", help="Column of the training loss.")
@click.option("--val-loss", metavar="COL", help="Column of the validation loss.")
@click.option("--train-accuracy", metavar="COL", help="Column of the training accuracy.")
@click.option("--val-accuracy", metavar="COL", help="Column of the validation accuracy.")
@click.option("--lr", metavar="COL", help="Column of the learning rate.")
@click.option("--grad-norm", metavar="COL", help="Column of the gradient norm.")
@click.option("--step", metavar="COL", help="Column of the step or epoch.")
@click.option(
    "--linear-loss", type=LossPair(), help="A linear model's loss on the same data: the key rule."
)
@click.option(
    "--constant-loss", type=float, metavar="X", help="Loss of the best constant predictor."
)
@click.option("--classes", type=int, metavar="K", help="Number of classes (constant: ln K).")
@click.option(
    "--target-variance", type=float, metavar="X", help="Variance of a regression's target."
)
@click.option(
    "--label-smoothing", type=float, metavar="X", default=0.0, help="Smoothing of the targets."
)
@click.option(
    "--narrowest-layer", type=int, metavar="N", help="Width of the narrowest hidden layer."
)
@click.option(
    "--clean-train-loss", is_flag=True, help="The training loss was measured like the validation."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("--no-plot", is_flag=True, help="Leave the curves out.")
@click.option("--full", is_flag=True, help="Print the report of each run, also of many.")
@click.option("--verbose", is_flag=True, help="Tell on stderr how each log was read, and why.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="NAME",
    help="Exit with 1 if this is found: a problem, a finding's code or name, or `any`.",
)
def log(
    logs: tuple[str, ...],
    recursive: bool,
    as_format: str | None,
    train_loss: str | None,
    val_loss: str | None,
    train_accuracy: str | None,
    val_accuracy: str | None,
    lr: str | None,
    grad_norm: str | None,
    step: str | None,
    linear_loss: tuple[float, float | None] | None,
    constant_loss: float | None,
    classes: int | None,
    target_variance: float | None,
    label_smoothing: float,
    narrowest_layer: int | None,
    clean_train_loss: bool,
    form: str,
    color: str,
    no_plot: bool,
    full: bool,
    verbose: bool,
    fail_on: tuple[str, ...],
) -> int:
    """Diagnose logs, folders of a run, and folders of runs; `-` is standard input.

    \b
    diagnose logs.csv
    diagnose runs/ --recursive
    diagnose "runs/*/metrics.csv" --format json
    diagnose logs.csv --classes 10 --linear-loss 0.31,0.35
    diagnose metrics.csv --train-loss "train/total" --val-loss "val/total"
    """  # noqa: D301 (the mark keeps lines apart)
    watched = _watched(fail_on)
    choice = Choice(train_loss, val_loss, train_accuracy, val_accuracy, lr, grad_norm, step)
    references = References(
        linear_train=linear_loss[0] if linear_loss else None,
        linear_val=linear_loss[1] if linear_loss else None,
        constant=constant_loss,
        classes=classes,
        target_variance=target_variance,
        label_smoothing=label_smoothing,
        narrowest_layer=narrowest_layer,
        clean_train_loss=clean_train_loss,
    )
    settings = Settings(choice, references, as_format, watched, form == "json", verbose)
    view = View(color, not no_plot, full)
    if as_format is not None:
        find_reader(as_format)
    named = find_logs(logs, recursive, as_format)
    is_many = named.is_plural or len(named.found) > 1
    code = judge_all(named, settings, view) if is_many else _judge(logs[0], named, settings, view)
    if named.deeper:
        number = counted(len(named.deeper), "folder")
        tell(
            [
                f"{number} further down, as {shown(named.deeper[0])}, not looked into;"
                " --recursive does."
            ]
        )
    return code


def _judge(path: str, named: Logs, settings: Settings, view: View) -> int:
    """Judge what is one log; an error is the command's."""
    if not named.found:
        raise _with_command(named.errors[0], path)
    told: list[str] | None = [] if settings.is_verbose else None
    try:
        reports = reports_of(named.found[0], settings, told)
    except DiagnoseError as error:
        raise _with_command(error, path) from None
    finally:
        tell(told or ())
    for unread in named.errors:
        say(str(unread))
    if settings.as_json:
        from diagnose.render.json import to_json  # noqa: PLC0415 (as all renderers)

        sys.stdout.write(to_json(reports) + "\n")
    elif len(reports) > FEW and not view.full:
        show_table([report.summary() for report in reports], 0, view)
    else:
        show_reports(reports, view)
    if named.errors:
        return COULD_NOT_JUDGE
    return FAILED_ON if any(is_watched(r, settings.watched) for r in reports) else JUDGED


def _with_command(error: DiagnoseError, path: str) -> DiagnoseError:
    """Ask whether a command was meant where a file is missing."""
    import difflib  # noqa: PLC0415 (only an error pays for it)

    near = difflib.get_close_matches(path, COMMANDS, n=1, cutoff=0.7)
    if isinstance(error, LogError) and near and not Path(path).exists():
        return LogError(f"there is no log {path!r}. Did you mean `diagnose {near[0]}`?")
    return error


def _watched(names: tuple[str, ...]) -> frozenset[str]:
    """Check the names that --fail-on watches for."""
    out = set()
    for name in (part.strip() for entry in names for part in entry.split(",")):
        if name in (*PROBLEMS, MISCALIBRATION, "any"):
            out.add(name)
            continue
        try:
            out.add(find_rule(name).code)
        except UnknownName:
            known = [*PROBLEMS, MISCALIBRATION, "any", *(r.code for r in RULES)]
            known += [r.name for r in RULES]
            raise UnknownName.among(
                "problem or finding", name, known, "`diagnose rules` lists the findings."
            ) from None
    return frozenset(out)
