"""The command line: results on stdout, everything else on stderr, and an exit code that says what happened.

Exit codes: 0 fine, 1 a check failed, 2 bad input, 3 refused as too large, 70 our own bug, 130 interrupted. What a
command needs is imported inside it, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from symbackprop.errors import InputError, SymbackpropError
from symbackprop.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

MOST_ROWS = 24
FORMATS = ("latex", "python", "expressions")
NETWORK = click.argument("network", metavar="NETWORK")
SEED = click.option("--seed", default=0, show_default=True, help="Of the random points of the verification.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symbackprop")
def cli() -> None:
    """Derive the gradient of a neural network's loss: documents, code and SymPy expressions, all of it checked.

    NETWORK is a file (.toml, .yaml, .json), the name of a bundled network (see `symbackprop examples`), a line such as
    "784 -> 128 relu -> 10 softmax, loss=categorical_crossentropy", or - for standard input.
    """


@cli.command()
@NETWORK
@click.option("--to", "formats", default=",".join(FORMATS), show_default=True, help="What to write, comma-separated.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The folder; output/NAME if left out.")
@click.option("--notation", default="standard", show_default=True, help="Names in the document: standard or mazur.")
@click.option("--train", "training", is_flag=True, help="Train as the network says; the document shows the loss curve.")
@SEED
@JSON
def derive(
    network: str, formats: str, output: Path | None, notation: str, training: bool, seed: int, as_json: bool
) -> None:
    """Derive every gradient of NETWORK and write document, code, expressions and the record of their verification."""
    from symbackprop.facade import derive as derived

    chosen = _formats(formats)
    d = derived(network, notation=notation)
    folder = output or Path("output") / d.network.name
    with _progress(f"deriving {d.network.name}"):
        start = perf_counter()
        equations = len(d.stages.derivation.adjoints)
        derived_in = perf_counter() - start
        report = d.write(folder, chosen, seed=seed, train=training)
    click.echo(f"{equations} adjoint equations derived in {derived_in:.3f} s", err=True)
    if as_json:
        click.echo(report.to_json(), nl=False)
    else:
        console = _console()
        console.print(_gradient_table(d, folder))
        console.print(report.summary(), style="green" if report.passed else "bold red", highlight=False)
    if not report.passed:
        click.echo(str(report), err=True)
        raise SystemExit(1)


@cli.command()
@click.argument("network", metavar="NETWORK", required=False)
@click.option("--equations", "row", metavar="ROW", help="Print the equations of a row of the catalogue instead.")
@JSON
def show(network: str | None, row: str | None, as_json: bool) -> None:
    """Show the layers of NETWORK, their shapes, the parameters, and what deriving it costs."""
    import json

    if row is not None:
        from symbackprop.catalog.described import described

        click.echo(described(row))
        return
    if network is None:
        raise click.UsageError("Missing argument 'NETWORK', or --equations with the name of a row.")
    from symbackprop.facade import derive as derived
    from symbackprop.summary import summary, summary_table

    found = summary(derived(network))
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _console().print(summary_table(found))


@cli.command()
@NETWORK
@SEED
@JSON
def verify(network: str, seed: int, as_json: bool) -> None:
    """Check every gradient and every step of NETWORK; exit 1 if a check fails."""
    from symbackprop.facade import derive as derived

    with _progress(f"verifying {network}"):
        report = derived(network).verify(seed)
    if as_json:
        click.echo(report.to_json(), nl=False)
    else:
        _console().print(report.table())
    if not report.passed:
        raise SystemExit(1)


@cli.command()
@NETWORK
@click.option("--steps", type=click.IntRange(min=1), help="Updates at most; the network's own limits if left out.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the samples at most.")
@click.option("--update", type=click.Choice(["simultaneous", "sequential"]), help="When a layer's new weights count.")
@click.option("--seed", type=click.IntRange(min=0), help="Of first weights and batches.")
@JSON
def train(
    network: str, steps: int | None, epochs: int | None, update: str | None, seed: int | None, as_json: bool
) -> None:
    """Train NETWORK with the emitted code: initialise, forward, loss, backward, update, repeat."""
    import json

    from symbackprop.facade import derive as derived
    from symbackprop.training import run

    d = derived(network)
    result = run(d, steps=steps, epochs=epochs, update=update, seed=seed, show=sys.stderr.isatty())
    if as_json:
        click.echo(json.dumps(result.to_table(), indent=2))
    else:
        click.echo(str(result))


@cli.command()
@JSON
def examples(as_json: bool) -> None:
    """List the bundled networks."""
    import json

    from symbackprop.network import bundled

    found = bundled()
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    width = max(map(len, found))
    for name, description in found.items():
        click.echo(f"{name.ljust(width)}  {description}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a commented network FILE to start from (.toml, .yaml or .json); an existing file is kept."""
    from symbackprop.network import write_new

    write_new(file)
    click.echo(f"wrote {file}; now try: symbackprop derive {file}", err=True)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("output"))
@click.option("--check", is_flag=True, help="Compare with what is there instead of writing; exit 1 if it differs.")
def gallery(folder: Path, check: bool) -> None:
    """Write every bundled network's files into FOLDER, one folder each."""
    from symbackprop.gallery import compare, write

    if not check:
        write(folder, click.echo)
        return
    differences = compare(folder)
    for line in differences:
        click.echo(line)
    if differences:
        click.echo(f"{folder} is not up to date: run `symbackprop gallery {folder}`", err=True)
        raise SystemExit(1)


def _formats(text: str) -> tuple[str, ...]:
    from symbackprop.errors import did_you_mean

    chosen = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in chosen:
        if name not in FORMATS:
            raise InputError(f"unknown format {name!r}", help=did_you_mean(name, FORMATS))
    return chosen


def _gradient_table(d: Any, folder: Path) -> Any:
    """One row per parameter: shape and gradient in index form; then what was written."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from symbackprop.summary import gradient_rows

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=f"written to {folder}/", caption_justify="left")
    table.add_column("parameter", no_wrap=True)
    table.add_column("shape", no_wrap=True)
    table.add_column("gradient")
    rows = gradient_rows(d)
    for row in rows[:MOST_ROWS]:
        table.add_row(*map(Text, row))
    if len(rows) > MOST_ROWS:
        table.add_row(Text("…"), Text(f"{len(rows) - MOST_ROWS} more"), Text("in the files"))
    return table


def _console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def _progress(text: str) -> Any:
    """A spinner on stderr, where a person looks."""
    from rich.console import Console

    return Console(stderr=True).status(text)


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
