"""`symbackprop verify`: the table of checks of a network."""

from __future__ import annotations

import click

from symbackprop.cli.shared import JSON, NETWORK, SEED, console, progress


@click.command()
@NETWORK
@SEED
@JSON
def verify(network: str, seed: int, as_json: bool) -> None:
    """Check every gradient and every step of NETWORK; exit 1 if a check fails."""
    from symbackprop.facade import derive as derived

    with progress(f"verifying {network}"):
        report = derived(network).verify(seed)
    if as_json:
        click.echo(report.to_json(), nl=False)
    else:
        console().print(report.table())
    if not report.passed:
        raise SystemExit(1)
