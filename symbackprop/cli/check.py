"""`symbackprop check`: is somebody's gradient right, and if not, what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symbackprop.cli.shared import JSON, NETWORK, SEED, console, progress

if TYPE_CHECKING:
    from symbackprop.checking.candidates import Candidate
    from symbackprop.checking.judge import Judge
    from symbackprop.notation import Notation


@click.command()
@NETWORK
@click.argument("candidates", metavar="CANDIDATE...", nargs=-1, required=True)
@click.option("--learning-rate", type=float, help="Of an update made too early; the network's if left out.")
@click.option("--time-limit", default=60.0, show_default=True, help="Seconds that a Python file may take.")
@SEED
@JSON
def check(
    network: str, candidates: tuple[str, ...], learning_rate: float | None, time_limit: float, seed: int, as_json: bool
) -> None:
    r"""Judge gradients that somebody wrote for NETWORK; exit 1 if one is wrong, and say which mistake it is.

    A CANDIDATE is a Python file with grad(params, x, t), or with functions named after gradients, such as
    dW1(delta1, x); it is run. Or it is a file of numbers for the worked sample (.json, .toml, .npz), or a number
    itself: w5=0.0822 is right if it is to the digits given. Or it is a formula: "W2=np.outer(delta2, a1)",
    "dW2[j,i]=delta2[j]*a1[i]", "W2=\delta^{(2)}_j a^{(1)}_i". Several files, or the Python files of a folder, are
    judged one by one.
    """
    import json

    from symbackprop.checking.judge import judge_of
    from symbackprop.facade import derive as derived

    with progress(f"checking {', '.join(candidates)[:60]}"):
        d = derived(network)
        judge = judge_of(d, learning_rate=learning_rate, seed=seed)
        chosen = _candidates(candidates, judge, d.stages.notation, time_limit)
        rows = [_judged(judge, candidate, len(chosen) > 1) for candidate in chosen]
    if as_json:
        tables = [row if isinstance(row, dict) else row.as_table() for row in rows]
        click.echo(json.dumps(tables[0] if len(tables) == 1 else tables, indent=2, ensure_ascii=False))
    else:
        _print(rows)
    failed = [row for row in rows if isinstance(row, dict)]
    if failed:
        raise SystemExit(2)
    if not all(row.right for row in rows):
        raise SystemExit(1)


def _candidates(texts: tuple[str, ...], judge: Judge, notation: Notation, seconds: float) -> list[Candidate]:
    """One candidate for each file, and one for all that is written as NAME=VALUE."""
    from symbackprop.checking.candidates import from_file, from_written
    from symbackprop.checking.latex import gradient_of, is_latex

    found, written = [], {}
    for text in texts:
        if Path(text).is_dir():
            found += [from_file(path, judge.subjects, seconds) for path in sorted(Path(text).glob("*.py"))]
        elif Path(text).exists() or ("=" not in text and not is_latex(text)):
            found.append(from_file(Path(text), judge.subjects, seconds))
        elif text.lstrip().startswith(("\\", "$")):
            written[gradient_of(text, judge.case, notation)] = text
        else:
            name, _, value = text.partition("=")
            # dW2[j, i] = … says on its left how the gradient's axes are called.
            written[name.partition("[")[0].strip()] = text if "[" in name else value.strip()
    if written:
        found.append(from_written(written, judge.subjects, notation))
    return found


def _judged(judge: Judge, candidate: Candidate, several: bool) -> Any:
    """The verdict; of several candidates one that cannot be judged does not keep the others from it."""
    from symbackprop.errors import InputError

    try:
        return judge(candidate)
    except InputError as error:
        if not several:
            raise
        return {"candidate": candidate.name, "error": error.mistakes[0].message, "help": error.mistakes[0].help}


def _print(rows: list[Any]) -> None:
    from symbackprop.checking.verdicts import overview

    if len(rows) == 1:
        console().print(rows[0].table())
    else:
        console().print(overview(rows))
