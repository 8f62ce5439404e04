"""Arguments that several commands take, and where they print: results on stdout, everything else on stderr."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

NETWORK = click.argument("network", metavar="NETWORK")
SEED = click.option("--seed", default=0, show_default=True, help="Of the random points of the verification.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def names_in(texts: Iterable[str]) -> list[str]:
    """Names that somebody lists, with commas, blanks or one by one.

    Example:
        >>> names_in(["w5,w1", "b2 W1"])
        ['w5', 'w1', 'b2', 'W1']
    """
    return [name for text in texts for name in re.split(r"[,\s]+", text) if name]


def console() -> Console:
    """Where results are printed."""
    from rich.console import Console

    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False)


def progress(text: str) -> Any:
    """A spinner on stderr, where a person looks."""
    from rich.console import Console

    return Console(stderr=True).status(text)
