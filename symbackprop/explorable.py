"""The stages of a small network → its scalars, its local derivatives with their reasons, and code for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.display import Paint, PartialDerivative, TensorReader, Tree, Words, build
from symbackprop.display import Symbol as Sign
from symbackprop.emit.document import Material
from symbackprop.emit.document.concrete import gathered
from symbackprop.emit.document.glance import drawing
from symbackprop.emit.document.kinds import KINDS, LOSSES
from symbackprop.emit.document.phrases import Phrases, joined
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.translation import Translator
from symbackprop.emit.document.wording import derivative_of
from symbackprop.emit.javascript import emit_javascript
from symbackprop.emit.page.explore import Explorable, Factor, Field
from symbackprop.errors import SymbackpropError
from symbackprop.expressions import Read, Where, tensors_read
from symbackprop.first_step import setting_names
from symbackprop.graph import SAMPLE, WRITTEN, Derivation
from symbackprop.illustration import illustrated
from symbackprop.lower.formula import formula_code
from symbackprop.lower.straight import update_line
from symbackprop.material import material
from symbackprop.notation import given
from symbackprop.unroll import Scalars
from symbackprop.verify import Report

if TYPE_CHECKING:
    from symbackprop.display.tree import Role
    from symbackprop.pipeline import Stages
    from symbackprop.program.nest import Nest
    from symbackprop.program.scalar import Straight

# Beyond these a page says nothing about single scalars: nobody would find one among them.
MOST_FACTORS = 800
MOST_FIELDS = 150
GIVEN = {"input": "Inputs", "target": "Targets", "constant": "Constants", "parameter": "Weights and biases"}


def explored(stages: Stages, made: Material) -> Explorable | None:
    """What a page needs to be worked with; a network without numbers is shown with some that are made up.

    Args:
        stages: The stages of the network.
        made: What its document is made from.
    """
    if made.step is not None:
        return explorable(stages, made)
    other = type(stages)(stages.network, stages.wrt, stages.notation.name)
    if not illustrated(other):
        return None
    found = explorable(other, replace(material(other, Report(stages.network.name, ())), choices=made.choices))
    return None if found is None else replace(found, made_up=True)


def explorable(stages: Stages, made: Material) -> Explorable | None:
    """What a page needs to be worked with; nothing for networks that are too large or have no numbers.

    Args:
        stages: The stages of the network.
        made: What its document is made from.
    """
    scalars = stages.scalars
    sheet = Sheet(made)
    if scalars is None or made.step is None or len(scalars.partials) > MOST_FACTORS:
        return None
    tensors = stages.graph.tensors
    places = {name: place for name, place in _owners(scalars).items() if place[0] in tensors}
    given_names = [name for name, place in places.items() if tensors[place[0]].role in GIVEN]
    if len(given_names) > MOST_FIELDS:
        return None
    try:
        found = tuple(factors(stages.derivation, scalars, sheet.reader.notation, sheet.say))
        script = network_script(stages, stages.straight)
    except SymbackpropError:
        return None
    signs = scalar_signs(stages.derivation, scalars, sheet.reader.notation)
    return Explorable(
        script=script,
        factors=found,
        signs={name: signs[Symbol(name)] for name in places},
        places=places,
        adjoints={old.name: new.name for old, new in scalars.adjoint_of.items()},
        loss=scalars.loss.name,
        error=sheet.reader.error(),
        fields=tuple(_fields(stages, sheet, signs)),
        choices=[name for name in given_names if tensors[places[name][0]].role == "parameter"],
        drawing=Translator(sheet.say).drawing(drawing(sheet)) if sheet.stages else None,
        sample=sheet.sample,
        samples=sheet.samples,
        batched=[tensor.name for tensor in tensors.values() if sheet.has_samples(tensor)],
        sequential=stages.training.sequential,
        names={place: name for name, place in places.items()},
    )


def network_script(stages: Stages, code: Straight | Nest, checks: Sequence[str] = ()) -> str:
    """The text of `network.js`.

    Args:
        stages: Of the network.
        code: Both passes, as straight lines, in which every element has its name, or as loops over arrays.
        checks: Those that the program has passed, for the certificate.
    """
    return emit_javascript(
        stages.derivation,
        code,
        training=stages.training,
        update=update_line(stages.training),
        checks=checks,
        network_hash=stages.network_hash,
    )


def _owners(scalars: Scalars) -> dict[str, tuple[Any, ...]]:
    """The tensor and the place of each scalar."""
    return {symbol.name: (tensor, *at) for tensor, places in scalars.elements.items() for at, symbol in places.items()}


def scalar_signs(derivation: Derivation, scalars: Scalars, notation: Any) -> dict[Any, Tree]:
    """How each scalar is printed; the number of its sample is not."""
    reader = TensorReader.of(derivation, notation, (SAMPLE,))
    return {
        symbol: reader(Read(tensor, *map(sp.Integer, at)))
        for tensor, places in scalars.elements.items()
        if tensor in reader.tensors
        for at, symbol in places.items()
    }


def factors(derivation: Derivation, scalars: Scalars, notation: Any, say: Phrases | None = None) -> Iterator[Factor]:
    """Every local derivative of a network, as it is written and as it is, with the reason.

    Args:
        derivation: What `scalars` was unrolled from.
        scalars: What `unroll` returned.
        notation: A row of the table of notations.
        say: The language of the reasons; English if left out.

    Raises:
        UnsupportedError: One of them has no scalar code.
    """
    signs = scalar_signs(derivation, scalars, notation)
    owners = _owners(scalars)
    told = Translator(say or Phrases())
    rows = dict(zip((one.tensor for one in derivation.graph.equations), derivation.graph.rows, strict=False))
    for (of, wrt), value in scalars.partials.items():
        tensors = owners[of.name][0], owners[wrt.name][0]
        role = _role(derivation, *tensors)
        expr = sp.factor_terms(value)
        formula = told.tree(gathered(build(_own(expr), symbols=signs)))
        ratio: Tree = PartialDerivative(signs[of], signs[wrt])
        if role:
            ratio, formula = Paint(role, ratio), Paint(role, formula)
        reason = Words(_reason(of, wrt, expr, signs, rows.get(tensors[0], ""), role, told.say))
        yield Factor(of.name, wrt.name, ratio, formula, role or "", reason, formula_code(expr))


def _own(expr: Expr) -> Expr:
    """Branches in the form in which they are printed."""
    if isinstance(expr, sp.Piecewise):
        rest: Expr = sp.S.Zero
        for then, condition in reversed(expr.args):
            rest = _own(then) if condition == sp.true else Where(condition, _own(then), rest)
        return rest
    return expr.func(*map(_own, expr.args)) if expr.args and expr.has(sp.Piecewise) else expr


def _role(derivation: Derivation, of: str, wrt: str) -> Role | None:
    graph = derivation.graph
    if of == graph.loss.name:
        return "error"
    if graph.tensors[wrt].role == "parameter":
        return "input"
    return "slope" if tensors_read(graph.equation(of).rhs) == (wrt,) else None


def _reason(
    of: Symbol, wrt: Symbol, expr: Expr, signs: Mapping[Any, Tree], row: str, role: str | None, say: Phrases
) -> Any:
    """Why a local derivative is what it is: what the variable multiplies, or a rule of calculus."""
    if role == "error":
        return say("derivative of the error")
    if expr == 1:
        return say("{a} is added as it is", a=signs[wrt])
    if not expr.free_symbols & {of, wrt}:
        return say("{a} is linear in {b}", a=signs[of], b=signs[wrt])
    known = derivative_of(say.words("its equation") if row in ("", WRITTEN, *KINDS, *LOSSES) else row, say)
    written = say(", written with {a}", a=signs[of]) if of in expr.free_symbols else ()
    return joined([*known, *written])


def _fields(stages: Stages, sheet: Sheet, signs: Mapping[Any, Tree]) -> Iterator[tuple[str, list[Field]]]:
    """The numbers that may be changed, under their titles."""
    scalars = stages.needed_scalars()
    for role, title in GIVEN.items():
        found = [
            Field(symbol.name, signs[symbol], _value(tensor.value, at), at[0] + 1 if sheet.has_samples(tensor) else 0)
            for tensor in stages.graph.tensors.values()
            if tensor.role == role
            for at, symbol in scalars.elements[tensor.name].items()
        ]
        if found:
            yield title, found
    settings = stages.training.settings.items()
    if settings:
        names = setting_names(stages)
        signed = [Field(f"setting:{name}", Sign(given(names[name])), value) for name, value in settings]
        yield "Update", signed


def _value(nested: Any, at: tuple[int, ...]) -> str:
    for position in at:
        if isinstance(nested, tuple | list):
            nested = nested[position]
    return str(nested)
