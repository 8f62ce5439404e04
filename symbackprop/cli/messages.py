"""Mistakes → stderr: with colour where a person looks at a terminal, and plain everywhere else."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

import click

from symbackprop.errors import Mistake
from symbackprop.version import __version__

_STYLES = (
    (re.compile(r"^error\[SB\d+\](?=: )"), {"fg": "red", "bold": True}),
    (re.compile(r"(?<=\| )\s*\^+$"), {"fg": "red", "bold": True}),
    (re.compile(r"^ *-->"), {"fg": "blue"}),
    (re.compile(r"^ *\d* \|"), {"fg": "blue"}),
    (re.compile(r"^  = help:"), {"fg": "cyan", "bold": True}),
)


def colourful() -> bool:
    """Whether stderr is a terminal that shows colours; `NO_COLOR` and a dumb terminal say that it is none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stderr.isatty()


def styled(text: str) -> str:
    """Return the text of a mistake with the colours of a terminal."""
    rows = []
    for row in text.splitlines():
        for pattern, style in _STYLES:
            row = pattern.sub(lambda found, style=style: click.style(found[0], **style), row)  # type: ignore[misc]
        rows.append(row)
    return "\n".join(rows)


def say(mistakes: Iterable[Mistake]) -> None:
    """Print mistakes, and how to learn more about them."""
    mistakes = tuple(mistakes)
    text = "\n\n".join(map(str, mistakes))
    click.echo(styled(text) if colourful() else text, err=True, color=colourful())
    if colourful():
        codes = ", ".join(sorted({mistake.code for mistake in mistakes}))
        click.secho(f"\nsymbackprop explain {codes.split(', ')[0]} says more", err=True, dim=True)


def say_usage(error: click.ClickException) -> None:
    """Print a command line that is not understood as any other mistake."""
    help = ""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        help = f"{error.ctx.get_usage()}; {error.ctx.command_path} --help says more".replace("\n", " ")
    say([Mistake("SB005", error.format_message().rstrip("."), " ".join(help.split()))])


def say_bug(error: Exception) -> None:
    """Print a mistake of our own, and what to report."""
    import traceback

    click.echo("".join(traceback.format_exception(error)), err=True)
    message = f"internal error in symbackprop {__version__}: {type(error).__name__}"
    help = "files that were finished are kept; please report the lines above together with the network"
    say([Mistake("SB090", message, help)])
