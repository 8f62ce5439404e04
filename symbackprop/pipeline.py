"""Network → everything that is made of it: the only file that knows the order of the stages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop.backward import backward
from symbackprop.budget import limited
from symbackprop.categories import limits, with_places
from symbackprop.display.latex import latex
from symbackprop.display.matrix import matrix_form
from symbackprop.display.reader import TensorReader
from symbackprop.display.tree import Relation
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.fast.module import fast_body
from symbackprop.emit.module import module_body
from symbackprop.emit.statements import statement_code
from symbackprop.errors import (
    SymbackpropError,
    TooLargeError,
    TooSlowError,
    UnknownNameError,
    UnsupportedError,
    did_you_mean,
)
from symbackprop.forward import SAMPLES, forward
from symbackprop.lower import lower, lower_expression
from symbackprop.lower.straight import straight_line
from symbackprop.lower.training import lower_training
from symbackprop.network.formulas import located
from symbackprop.notation import notation
from symbackprop.optimize import optimize
from symbackprop.optimize.updates import in_place
from symbackprop.program import Assign, assignments, with_numbers
from symbackprop.simplify import simplify
from symbackprop.unroll import Scalars, gradients, unroll, values
from symbackprop.verify import Report, verify
from symbackprop.version import __version__

if TYPE_CHECKING:
    from symbackprop.graph import Derivation, Graph
    from symbackprop.network import Equations, Network
    from symbackprop.program import Program, Training
    from symbackprop.program.scalar import Straight

MOST_SCALARS, MOST_PARAMETERS = 1_000, 150
MOST_NUMBERS = 50_000_000


class Stages:
    """The stages of one network, each run when its result is first asked for.

    Attributes:
        network: What the user described.
        wrt: The tensors to derive for; `None` for every parameter.
        notation: How documents call things.
        style: Of the emitted module, `"readable"` or `"fast"`.
    """

    def __init__(
        self,
        network: Network | Equations,
        wrt: tuple[str, ...] | None = None,
        notation_name: str = "standard",
        style: str = "readable",
    ) -> None:
        self.style = chosen_style(style)
        self._modules: dict[str, ModuleType] = {}
        self._bodies: dict[str, str] = {}
        self.network = network
        self.wrt = wrt
        self.notation = notation(notation_name)

    @cached_property
    @limited(30, "writing the network as equations")
    def graph(self) -> Graph:
        """The forward pass as equations.

        Raises:
            InputError: Equations of the user's do not fit the network; with their place in its file.
        """
        try:
            graph = with_places(forward(self.network))
        except SymbackpropError as error:
            raise located(self.network, error) from None
        return graph if self.wrt is None else graph.derived_by(self.wrt)

    @cached_property
    @limited(60, "deriving the gradients")
    def derivation(self) -> Derivation:
        """The adjoint equations."""
        return simplify(backward(self.graph, self.wrt))

    @cached_property
    @limited(60, "deriving the gradients by all that is given")
    def derivation_by_all(self) -> Derivation:
        """The adjoint equations of inputs, targets and constants too, but for those that hold whole numbers."""
        given = self.graph.with_role("parameter", "input", "constant", "target")
        return simplify(backward(self.graph, [tensor.name for tensor in given if not tensor.is_whole]))

    @cached_property
    @limited(60, "turning equations into operations on arrays")
    def program(self) -> Program:
        """The same as operations on arrays."""
        return lower(self.derivation)

    @cached_property
    def numeric(self) -> Program:
        """The same with copies of labels, where they are computed with: NumPy would do so in double precision."""
        return with_numbers(self.program.at_once, limits(self.graph))

    @cached_property
    def training(self) -> Training:
        """How parameters start and move."""
        return lower_training(self.network, self.graph)

    @cached_property
    @limited(60, "writing the equations for single numbers")
    def scalars(self) -> Scalars | None:
        """The scalar view, which documents and checks use; `None` for networks that nobody would read like that."""
        try:
            return unroll(self.derivation, budget=MOST_SCALARS)
        except TooSlowError:
            raise
        except (TooLargeError, UnsupportedError):
            return None

    def needed_scalars(self) -> Scalars:
        """The scalar view, or the reason why there is none.

        Raises:
            TooLargeError: It would have too many equations.
            UnsupportedError: A size is a symbol.
        """
        return self.scalars or unroll(self.derivation)

    @cached_property
    def straight(self) -> Straight:
        """Both passes as straight-line code, under the names of the scalar view.

        Raises:
            TooLargeError: It would have too many equations.
            UnsupportedError: A size is a symbol.
        """
        elements = self.needed_scalars().elements
        names = {tensor: {at: symbol.name for at, symbol in places.items()} for tensor, places in elements.items()}
        return straight_line(lower(self.derivation, every=True), names, {SAMPLES: 1, **self.graph.sizes})

    @cached_property
    def reader(self) -> TensorReader:
        """How tensors are printed."""
        tensors = {**self.graph.tensors, **self.derivation.tensors}
        hidden = () if "N" in {str(size) for t in tensors.values() for size in t.shape} else ("s",)
        return TensorReader.of(self.derivation, self.notation, hidden)

    @cached_property
    def network_hash(self) -> str:
        """SHA-256 of the description."""
        text = json.dumps(self.network.as_table(), sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def few(self) -> Straight | None:
        """Straight lines of a single sample and so few parameters that these are faster, if there is such a form."""
        known = all(size.is_Integer for tensor in self.graph.tensors.values() for size in tensor.shape)
        count = sum(prod(map(int, p.shape)) for p in self.graph.parameters) if known else MOST_PARAMETERS
        try:
            return self.straight if count < MOST_PARAMETERS and self.scalars is not None else None
        except UnsupportedError:
            return None

    def module_text(self, checks: Sequence[str] = (), style: str = "") -> str:
        """The text of `gradients.py` in a style, its own if none is named; `checks` are those it has passed."""
        style = style or self.style
        if style not in self._bodies:
            self._bodies[style] = STYLES[style](self)
        certificate = Certificate(self.graph.name, self.network_hash, __version__, checks)
        return certified(certificate, self._bodies[style])

    @property
    def module(self) -> ModuleType:
        """The emitted module, loaded."""
        return self.module_in(self.style)

    def module_in(self, style: str) -> ModuleType:
        """The emitted module in a style, loaded.

        Raises:
            UnknownNameError: There is no such style.
        """
        if chosen_style(style) not in self._modules:
            self._modules[style] = loaded(self.module_text(style=style), f"gradients of {self.network.name}")
        return self._modules[style]

    def statement(self, tensor: str, *, readable: bool = False) -> Assign:
        """The array statement of ∂E/∂tensor, also where no gradient needs it; to be computed, or to be read."""
        equation = self.derivation.adjoint(tensor)
        value = lower_expression(equation.rhs, self.derivation.shapes, readable=readable)
        return Assign(equation.tensor, equation.indices, value, equation)

    def matrix_latex(self, tensor: str) -> str | None:
        """The matrix form of ∂E/∂tensor as LaTeX."""
        form = matrix_form(self.statement(tensor, readable=True), self.reader)
        return None if form is None else latex(form)

    @cached_property
    def _readable(self) -> dict[str, Assign]:
        """The statements to be read, by the tensor defined."""
        program = lower(self.derivation, readable=True)
        return {statement.name: statement for statement in assignments((*program.forward, *program.backward))}

    def matrix_of(self, tensor: str) -> Relation | None:
        """The matrix form of the statement that defines a tensor, if there is one."""
        return matrix_form(self._readable[tensor], self.reader) if tensor in self._readable else None

    def code(self, tensor: str) -> str:
        """The array code of ∂E/∂tensor."""
        return statement_code(self.statement(tensor))

    @limited(600, "checking the gradients")
    def verification(self, seed: int = 0) -> Report:
        """Check the emitted code, the forms of the derivation against one another, and every step.

        Raises:
            TooLargeError: The parameters would not fit into memory.
        """
        self._refuse_above(MOST_NUMBERS)
        return verify(self.derivation, self.module, scalars=self._scalar_form(), seed=seed)

    def _refuse_above(self, limit: int) -> None:
        count = sum(prod(int(n) for n in p.shape if n.is_Integer) for p in self.graph.parameters)
        if count > limit:
            raise TooLargeError(
                f"this network has {count:,} parameters: checking its code would need about {count * 40 / 1e9:,.0f} GB",
                help='name the sizes, as in units = "width", and give them values: sizes = { width = 4096 }',
            )

    def _scalar_form(self) -> Any:
        """The gradients of the scalar view at given values; `None` for networks that have no scalar view."""
        if self.scalars is None:
            return None
        names = {new: old for old, new in self.derivation.adjoint_of.items()}

        def at(point: Mapping[str, Any]) -> dict[str, Any]:
            scalars = self._scalars_for(point)
            found = gradients(scalars, values(scalars, point))
            return {names.get(name, name): value for name, value in found.items()}

        return at

    def _scalars_for(self, point: Mapping[str, Any]) -> Scalars:
        """The scalar view with as many samples as some values have."""
        given = self.graph.with_role("input", "target", "parameter")
        batched = [tensor for tensor in given if tensor.shape and tensor.shape[0] == SAMPLES]
        count = len(point[batched[0].name]) if batched else 1
        if not batched or self.graph.sizes.get(SAMPLES, 1) == count:
            return self.needed_scalars()
        graph = replace(self.graph, sizes={**self.graph.sizes, SAMPLES: count})
        return unroll(replace(self.derivation, graph=graph))


def _readable(stages: Stages) -> str:
    """Expressions, one statement for each equation."""
    return module_body(stages.derivation, stages.numeric, training=stages.training)


def _fast(stages: Stages) -> str:
    """Operations that write into memory set aside once."""
    made, moves, few = optimize(stages.numeric), in_place(stages.training), stages.few
    return fast_body(stages.derivation, stages.numeric, made, training=stages.training, moves=moves, straight=few)


STYLES: Mapping[str, Callable[[Stages], str]] = {"readable": _readable, "fast": _fast}


def chosen_style(name: str) -> str:
    """The name of a style.

    Raises:
        UnknownNameError: There is none of this name.
    """
    if name not in STYLES:
        raise UnknownNameError(f"unknown style {name!r}", help=did_you_mean(name, list(STYLES)))
    return name


def loaded(text: str, title: str) -> ModuleType:
    """Load the text of an emitted module."""
    module = ModuleType("emitted")
    # The text is our own: names in it were checked by the network stage, and no string of the user's is code.
    exec(compile(text, f"<{title}>", "exec"), module.__dict__)
    return module
