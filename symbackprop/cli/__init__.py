"""The command line: results on stdout, everything else on stderr, and an exit code that says what happened.

Exit codes: 0 fine, 1 a check failed, 2 bad input, 3 refused as too large, 70 our own bug, 130 interrupted. Each command
is a module; what it needs is imported inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import sys

import click

from symbackprop.cli.derive import derive
from symbackprop.cli.examples import examples
from symbackprop.cli.gallery import gallery
from symbackprop.cli.new import new
from symbackprop.cli.show import show
from symbackprop.cli.train import train
from symbackprop.cli.verify import verify
from symbackprop.errors import SymbackpropError
from symbackprop.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symbackprop")
def cli() -> None:
    """Derive the gradient of a neural network's loss: documents, code and SymPy expressions, all of it checked.

    NETWORK is a file (.toml, .yaml, .json), the name of a bundled network (see `symbackprop examples`), a line such as
    "784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy", or - for standard input.
    """


for command in (derive, show, verify, train, examples, new, gallery):
    cli.add_command(command)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    try:
        code = cli.main(args=argv, prog_name="symbackprop", standalone_mode=False)
    except SymbackpropError as error:
        click.echo(str(error), err=True)
        code = error.exit_code
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        code = 0
    except Exception as error:  # our own bug: say so, and what to report
        _report_bug(error)
        code = 70
    sys.exit(code if isinstance(code, int) else 0)


def _report_bug(error: Exception) -> None:
    import traceback

    click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo(
        f"internal error in symbackprop {__version__}: please report the lines above together with the network",
        err=True,
    )
