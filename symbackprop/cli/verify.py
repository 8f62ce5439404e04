"""`symbackprop verify`: the table of checks of a network, of an emitted module, or against another framework."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from symbackprop.cli.shared import JSON, NETWORK, SEED, console, progress

if TYPE_CHECKING:
    from symbackprop.verify import Report


@click.command()
@NETWORK
@SEED
@JSON
@click.option(
    "--against",
    nargs=2,
    metavar="torch|jax MODULE:FUNCTION",
    help="Compare with what automatic differentiation gives for loss(params, x, t) of your own.",
)
def verify(network: str, seed: int, as_json: bool, against: tuple[str, str] | None) -> None:
    """Check every gradient and every step of NETWORK, or the gradients.py that derive has written; exit 1 if one fails.

    A file that ends in .py is run, in a process of its own: give none that you would not run yourself.
    """
    with progress(f"verifying {network}"):
        report = _report(network, seed, against)
    if as_json:
        click.echo(report.to_json(), nl=False)
    else:
        console().print(report.table())
    if not report.passed:
        raise SystemExit(1)


def _report(network: str, seed: int, against: tuple[str, str] | None) -> Report:
    if network.endswith(".py"):
        from symbackprop.verify.module_file import verify_file

        return verify_file(Path(network), seed)
    from symbackprop.facade import derive as derived

    d = derived(network)
    if not against:
        return d.verify(seed)
    import sys

    from symbackprop.verify.against import against as compared

    # The user's module is looked for where he stands.
    sys.path.insert(0, str(Path.cwd()))
    return compared(d.stages.graph, d.stages.module, *against, seed)
