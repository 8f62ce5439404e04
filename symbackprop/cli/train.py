"""`symbackprop train`: the emitted code, trained as the network says."""

from __future__ import annotations

import sys

import click

from symbackprop.cli.shared import JSON, NETWORK


@click.command()
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
