"""The formulas of a network's own rows → what is wrong in them, each mistake with its place inside the formula."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import TYPE_CHECKING

from symbackprop.binding import elementwise
from symbackprop.errors import LanguageError, Mistake, SymbackpropError, did_you_mean
from symbackprop.expressions import Index, reads
from symbackprop.language import Function, Statement, array_notation, parse_equations, parse_formula, place_in
from symbackprop.network.equations import Equations, statements_of
from symbackprop.network.problems import UNKNOWN, Path, Problem

if TYPE_CHECKING:
    from symbackprop.network.model import Network

MOST_STATEMENTS = 1000


def own_formulas(network: Network | Equations) -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of every formula that the user wrote."""
    if isinstance(network, Equations):
        yield ("equations",), network.equations
        return
    for name, formula in network.activations.items():
        yield ("activations", name), formula
    for section, rows in (("losses", network.losses), ("layer_types", network.layer_types)):
        for name, row in rows.items():
            yield (section, name, "equations"), row.equations
            for key in ("sizes", "ranges"):
                yield from (((section, name, key, letter), text) for letter, text in getattr(row, key).items())
            if section == "layer_types":
                for key, shape in network.layer_types[name].parameters.items():
                    yield from (((section, name, "parameters", key, n), str(size)) for n, size in enumerate(shape))


def formula_problems(network: Network, wrong: Container[Path] = ()) -> Iterator[Problem]:
    """Yield formulas that are not in the language, and names in them that nothing has.

    Args:
        network: The network.
        wrong: Rows, such as `("losses", "mine")`, in which something else is wrong, so that names may be missing.
    """
    for problem in _every_problem(network):
        if not problem.message.startswith("unknown name") or problem.path[:2] not in wrong:
            yield problem


def _every_problem(network: Network) -> Iterator[Problem]:
    functions = elementwise(network.formulas)
    for name, formula in network.activations.items():
        yield from _problems(("activations", name), [formula], lambda text: (_formula(text, functions),), ("z",))
    for name, loss in network.losses.items():
        row = loss.row(name)
        known: tuple[str, ...] = ("y", "t", "n", *row.options, *row.sizes)
        yield from _problems(("losses", name, "equations"), row.equations.splitlines(), _reader(functions), known)
    for name, kind in network.layer_types.items():
        layer = kind.row(name)
        axes = (axis for shape in layer.inputs.values() for axis in shape)
        words = (word for option in layer.options.values() for word in option.choices)
        parameters = (parameter.name for parameter in layer.parameters)
        known = (*layer.inputs, *parameters, *layer.options, *words, *layer.sizes, *axes)
        path: Path = ("layer_types", name, "equations")
        yield from _problems(path, layer.equations.splitlines(), _reader(functions), known)


def _reader(functions: Mapping[str, Function]) -> Callable[[str], tuple[Statement, ...]]:
    return lambda line: parse_equations(line, functions)


def _formula(text: str, functions: Mapping[str, Function]) -> Statement:
    return Statement("", (), parse_formula(text, functions), text)


def _problems(
    path: Path, lines: list[str], read: Callable[[str], tuple[Statement, ...]], known: tuple[str, ...]
) -> Iterator[Problem]:
    """Read line by line, so that every line that is wrong is found."""
    written = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
    if any(map(_in_arrays, written)):
        return  # what is wrong in array notation shows when it is carried out
    if len(written) > MOST_STATEMENTS:
        message = f"{len(written):,} statements are more than {MOST_STATEMENTS:,}"
        yield Problem(LanguageError.LIMIT, path, message, "make several layers of it")
        return
    statements: list[Statement] = []
    wrong = not written
    if wrong:
        yield Problem(LanguageError.default_code, path, "there is no equation", "write y[j] = exp(x[j]), for example")
    for line in written:
        try:
            statements += read(line)
        except SymbackpropError as error:
            wrong = True
            # A mistake in a formula that this one calls is that formula's own.
            yield from (placed_in(path, error) for mistake in error.mistakes[:1] if mistake.text in line)
    names = (*known, *(statement.tensor for statement in statements))
    for statement in () if wrong else statements:
        yield from _unknown(statement, names, path)


def _in_arrays(line: str) -> bool:
    try:
        return array_notation(line)
    except SymbackpropError:
        return False


def _unknown(statement: Statement, known: tuple[str, ...], path: Path) -> Iterator[Problem]:
    indices = {index.name for index in statement.rhs.free_symbols if isinstance(index, Index)}
    for name in dict.fromkeys(read.tensor for read in reads(statement.rhs)):
        if name not in known and name not in indices:
            help = did_you_mean(name, [word for word in known if word])
            yield Problem(UNKNOWN, path, f"unknown name {name!r}", help, **place_in(statement.text, name))


def placed_in(path: Path, error: SymbackpropError) -> Problem:
    """Return an error about a formula as a problem at the formula's path."""
    mistake = error.mistakes[0]
    place = {"text": mistake.text, "column": mistake.column, "length": mistake.length}
    return Problem(mistake.code, path, mistake.message, mistake.help, **place)  # type: ignore[arg-type]


def path_of(network: Network | Equations, text: str) -> Path:
    """Return where in a network a formula is written; empty if it is none of the user's.

    Example:
        >>> from symbackprop.network import load
        >>> path_of(load("vae"), "E = 0")
        ()
    """
    wanted = {text, text.partition("=")[2].strip()}
    for path, formula in own_formulas(network):
        if any(line.strip() in wanted for line in (*formula.splitlines(), *statements_of(formula))):
            return path
    return ()


def located(network: Network | Equations, error: SymbackpropError) -> SymbackpropError:
    """Return an error of a later stage with the places of its mistakes in the network's file, as far as they are known.

    Args:
        network: What the user described.
        error: Its mistakes quote a formula, or it knows the path to what they are about.
    """
    if network.places is None:
        return error
    found: list[Mistake] = []
    for mistake in error.mistakes:
        path = (path_of(network, mistake.text) if mistake.text else ()) or error.path
        place = {"text": mistake.text, "column": mistake.column, "length": mistake.length}
        problem = Problem(mistake.code, path, mistake.message, mistake.help, **place)  # type: ignore[arg-type]
        found += network.places((problem,)) if path else [mistake]
    return type(error)(mistakes=found)
