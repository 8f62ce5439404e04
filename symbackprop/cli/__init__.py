"""The command line: results on stdout, everything else on stderr, and an exit code that says what happened.

Exit codes: 0 fine, 1 a check failed, 2 bad input, 3 refused as too large, 70 our own bug, 130 interrupted. Each command
is a module; what it needs is imported inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress

import click

from symbackprop.cli.check import check
from symbackprop.cli.derive import derive
from symbackprop.cli.doctor import doctor
from symbackprop.cli.examples import examples
from symbackprop.cli.explain import explain
from symbackprop.cli.gallery import gallery
from symbackprop.cli.messages import say, say_bug, say_usage
from symbackprop.cli.new import new
from symbackprop.cli.schema import schema
from symbackprop.cli.show import show
from symbackprop.cli.train import train
from symbackprop.cli.verify import verify
from symbackprop.cli.worksheet import worksheet
from symbackprop.errors import SymbackpropError
from symbackprop.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symbackprop")
def cli() -> None:
    """Derive the gradient of a neural network's loss: documents, code and SymPy expressions, all of it checked.

    NETWORK is a file (.toml, .yaml, .json), the name of a bundled network (see `symbackprop examples`), a line such as
    "784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy", or - for standard input.
    """


for command in (derive, show, verify, check, train, explain, worksheet, examples, new, gallery, doctor, schema):
    cli.add_command(command)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    _prepare()
    try:
        # Who says nothing at all wants to know what can be said.
        asked = (sys.argv[1:] if argv is None else argv) or ["--help"]
        code = cli.main(args=asked, prog_name="symbackprop", standalone_mode=False)
    except SymbackpropError as error:
        say(error.mistakes)
        code = error.exit_code
    except click.exceptions.Abort:
        click.echo("interrupted: every file is old or new, none is half written", err=True)
        code = 130
    except click.ClickException as error:
        say_usage(error)
        code = error.exit_code
    except BrokenPipeError:
        # Whoever reads has gone: nothing more is flushed at the end either, which would be a second error.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        code = 0
    except Exception as error:  # our own bug: say so, and what to report
        say_bug(error)
        code = 70
    sys.exit(code if isinstance(code, int) else 0)


def _prepare() -> None:
    """Let no terminal's encoding end a run, and a request to end clean up like an interruption."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with suppress(ValueError):  # only the main thread may
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
