"""The `diagnose` command: the group of commands, and the exit codes.

Exit codes: 0 judged; 1 judged, and `--fail-on` named what was found; 2 could not judge.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click
import click.shell_completion

from diagnose import __version__
from diagnose.cli.catalog import catalog
from diagnose.cli.explain import explain, rules
from diagnose.cli.formats import formats
from diagnose.cli.log import log
from diagnose.cli.outcome import BROKEN_PIPE, COULD_NOT_JUDGE, INTERRUPTED, JUDGED, say
from diagnose.errors import DiagnoseError


class LogsOrCommand(click.Group):
    """A group whose first argument may also be a log: `diagnose logs.csv`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command first where none is named."""
        if args and args[0] not in (*self.commands, "-h", "--help", "--version"):
            args = ["log", *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a broken pipe is left to the program, which knows the exit code."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # With the number of the system's error click would exit with 1.
            raise BrokenPipeError from None

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Offer files beside the commands."""
        files = click.shell_completion.CompletionItem(incomplete, type="file")
        return [*super().shell_complete(ctx, incomplete), files]

    def format_usage(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show both forms."""
        formatter.write_usage("diagnose", "LOG... [OPTIONS]")
        formatter.write_usage("diagnose", "COMMAND [ARGS]...", prefix="       ")


@click.group(
    cls=LogsOrCommand,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="diagnose")
def cli() -> None:
    """Say what is wrong with a training run, how it is known, and what to try next.

    \b
    diagnose logs.csv
    diagnose logs.csv --classes 10 --linear-loss 0.31,0.35
    diagnose runs/ --recursive
    diagnose trainer_state.json --format json

    `diagnose log --help` lists the options. A log that is named like a command is ./catalog.
    """  # noqa: D301 (the mark keeps lines apart)


cli.add_command(log)
cli.add_command(catalog)
cli.add_command(rules)
cli.add_command(explain)
cli.add_command(formats)


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit."""
    arguments = sys.argv[1:] if args is None else args
    debug = "--debug" in arguments
    arguments = [a for a in arguments if a != "--debug"]
    sys.exit(run(arguments, debug))


def run(arguments: list[str], debug: bool = False) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name.
        debug: Let exceptions through with their tracebacks.

    Returns:
        The exit code.
    """
    try:
        code: Any = cli.main(args=arguments, prog_name="diagnose", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        error.show()
        return COULD_NOT_JUDGE
    except click.ClickException as error:
        return say(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone; keep Python from complaining when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except DiagnoseError as error:
        if debug:
            raise
        return say(str(error))
    except Exception as error:
        if debug:
            raise
        return say(
            f"an error of ours ({type(error).__name__}: {error}). The same command with --debug"
            " shows where; please report it."
        )
    return code if isinstance(code, int) else JUDGED
