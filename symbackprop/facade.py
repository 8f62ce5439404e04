"""What a user of the Python interface holds: the derivation of one network, and all that can be had from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop.arrays.tracing import described, refuse_shapes
from symbackprop.curvature import Curvature
from symbackprop.emitters import chosen_details, write
from symbackprop.errors import InputError, UnknownNameError, did_you_mean
from symbackprop.gradient import Gradient
from symbackprop.network import Equations, Network, load
from symbackprop.pipeline import Stages
from symbackprop.second_order import gauss_newton_product, hessian, hessian_product
from symbackprop.summary import gradient_statements
from symbackprop.unroll.lines import gradient_lines

if TYPE_CHECKING:
    from symbackprop.native import Native
    from symbackprop.verify import Report


def derive(
    network: Network | Equations | str | Mapping[str, Any] | Callable[..., Any],
    *,
    wrt: str | Sequence[str] | None = None,
    notation: str = "standard",
    style: str = "readable",
    integers: str | Sequence[str] = (),
    **shapes: Any,
) -> Derived:
    """Derive the gradient of a network's loss with respect to every parameter, or of a function of arrays.

    Args:
        network: A `Network`, or anything that `load` takes: a bundled name, a file, a line such as `"2 -> 2 sigmoid"`;
            or a function that computes a loss with NumPy, which is called once to see what it does.
        wrt: Names of the tensors to derive for, such as `["W1", "x"]`; every parameter if left out. What is given of
            them are then the parameters that code takes by name, and returns the gradient by; the rest is data.
        notation: How documents call things: `"standard"` (z, a, δ), `"mazur"` (net, out, w1 … w8), `"nielsen"` (C, and
            y for t, layers as bare superscripts) or `"matrix"` (such superscripts, with the matrix form).
        style: Of the emitted module: `"readable"`, expressions as a person writes them, or `"fast"`, the same in place.
        integers: Of a function, the arguments that hold whole numbers, such as labels.
        **shapes: Of a function, the shape of each argument, `W=(3, 2), b=3, c=(), x="n"`, or an array.

    Returns:
        The derivation: `d["w5"]`, `d.compile()`, `d.verify()`, `d.write(folder)`.

    Raises:
        InputError: The description is wrong; the error lists every mistake.

    Example:
        >>> d = derive("mazur")
        >>> d["delta1"].indexed
        Eq(delta1[j], (1 - a1[j])*a1[j]*Sum(W2[k, j]*delta2[k], (k, 0, 1)))
    """
    wrt = _several(wrt)
    if wrt == ():
        help = "name tensors, such as wrt=['W1'], or leave it out for every parameter"
        raise InputError("there is nothing to derive for: wrt is empty", code="SB021", help=help)
    if callable(network):
        network, wrt = described(network, shapes, wrt, _several(integers) or ()), None
    elif shapes or integers:
        refuse_shapes(shapes)
    return Derived(load(network), wrt, notation, style)


class Derived:
    """The gradient of one network's loss, with everything that is made from it, each part when it is asked for.

    Attributes:
        network: The description it was derived from.
    """

    def __init__(
        self,
        network: Network | Equations,
        wrt: str | Sequence[str] | None = None,
        notation: str = "standard",
        style: str = "readable",
    ) -> None:
        self.network = network
        self.stages = Stages(network, _several(wrt), notation, style)

    def __getitem__(self, name: str) -> Gradient:
        """∂E/∂ of a tensor (`"W1"`, `"a1"`, `"delta2"`) or of one element by its name (`"w5"`).

        Raises:
            UnknownNameError: There is no tensor or element of that name, or E does not depend on it.
        """
        record = self.stages.derivation
        for forward, adjoint in record.adjoint_of.items():
            if name in (forward, adjoint):
                return Gradient(self.stages, forward)
        names = self._elements()
        if name in names:
            return Gradient(self.stages, names[name], name)
        known = [*record.adjoint_of, *record.adjoint_of.values(), *names]
        raise UnknownNameError(f"there is no gradient for {name!r}", help=did_you_mean(name, known))

    def _elements(self) -> dict[str, str]:
        """The names of single elements → the tensor each belongs to."""
        record = self.stages.derivation
        active = [record.graph.tensors[name] for name in record.adjoint_of]
        names = {name: tensor.name for tensor in active for name in tensor.own_names}
        if self.stages.scalars is not None:
            elements = self.stages.scalars.elements
            names |= {symbol.name: t.name for t in active for symbol in elements[t.name].values()}
        return names

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages.program.gradients)

    def __str__(self) -> str:
        """What the gradients need, and the gradients, as array code in the user's own names."""
        return gradient_statements(self)

    def __repr__(self) -> str:
        return f"<Derived {self.network.name}: gradients of {', '.join(self)}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the page."""
        from symbackprop.notebook import derivation_bundle

        return derivation_bundle(self.stages, repr(self))

    def hessian(self, a: str, b: str) -> Curvature:
        """∂²E/∂a∂b of two parameters in index form, of the shape of a followed by that of b.

        Returns:
            Equations and code; call it with `(params, x, t)`.

        Example:
            >>> d = derive("n -> 1, loss=half_squared_error, reduction=sum")
            >>> h = d.hessian("W1", "b1")
            >>> h["b1"]
            Eq(Hv_b1[h, g, j], Sum(Hv_z1[h, g, s, j], (s, 0, N - 1)))
            >>> h.equations["Hv_z1"]
            Eq(Hv_z1[h, g, s, j], KroneckerDelta(h, j)*x[s, g])
        """
        title = f"The second derivatives of the loss by {a} and {b}"
        return Curvature(title, self.stages.graph, hessian(self.stages.derivation, a, b))

    def hvp(self, wrt: str | Sequence[str] | None = None) -> Curvature:
        """The product of the Hessian with a vector, in index form: no matrix is ever made.

        Args:
            wrt: The parameters that the Hessian is taken by; all of them if left out.

        Returns:
            Equations and code; call it with `(params, vectors, x, t)`.
        """
        title = "The product of the Hessian with a vector"
        return Curvature(title, self.stages.graph, hessian_product(self.stages.derivation, _several(wrt)))

    def gauss_newton(self, wrt: str | Sequence[str] | None = None) -> Curvature:
        """The product of the Gauss-Newton matrix with a vector, in index form.

        Args:
            wrt: The parameters that it is taken by; all of them if left out.

        Returns:
            Equations and code; call it with `(params, vectors, x, t)`.
        """
        title = "The product of the Gauss-Newton matrix with a vector"
        return Curvature(title, self.stages.graph, gauss_newton_product(self.stages.derivation, _several(wrt)))

    def lines(self, *names: str) -> Iterator[str]:
        """The gradient of every element as a line of text, for one sample; of every parameter if no tensor is named.

        Example:
            >>> next(derive("mazur").lines("W2"))
            'dw5 = a1_1*delta2_1'
        """
        return gradient_lines(self.stages.derivation, names or None)

    def compile(self, style: str | None = None) -> ModuleType:
        """Return the emitted module, ready to call.

        Args:
            style: `"readable"` or `"fast"`; as it was derived if left out. Of fast style is a class `Workspace`, whose
                methods write into memory that is set aside once.

        Returns:
            A module with `loss_and_grad(params, x, t) -> (loss, gradients)`, where params and gradients are dicts of
            name → array, and with all else that `gradients.py` has: `initialize`, `update`, `train`, …
        """
        return self.stages.module_in(style or self.stages.style)

    def native(self, dtype: str = "float64", flags: Sequence[str] | None = None) -> Native:
        """Return the C code, ready to call: a C compiler makes a library of it, which is kept for the next time.

        Args:
            dtype: What it computes in, `"float64"` or `"float32"`.
            flags: What the compiler is told; to make code for this machine's processor, as fast as it can, if left out.

        Returns:
            Something with `loss_and_grad(params, x, t) -> (loss, gradients)`, as `compile` returns it.

        Raises:
            InputError: Another type is asked for; or, at the first call, there is no C compiler.
            CheckFailedError: At the first call, what the compiler made is not what was verified.
        """
        from symbackprop.native import FAST, Native

        return Native(self.stages, dtype, FAST if flags is None else flags)

    def verify(self, seed: int = 0) -> Report:
        """Check every gradient and every step.

        Args:
            seed: Of the random points.

        Returns:
            The report; it prints as a table, and `report.passed` tells the outcome.
        """
        return self.stages.verification(seed)

    def write(
        self, folder: str | Path, formats: str | Sequence[str] = (), *, seed: int = 0, train: bool = False, **told: Any
    ) -> Report:
        """Write documents, code and expressions, each file atomically.

        Args:
            folder: Where to; it is made if it does not exist.
            formats: Some of the names in `emitters.EMITTERS`, such as `"latex"`; every standard one if left out.
            seed: Of the verification, which is always made and written to `verification.json`.
            train: Whether to train as the network says, for the loss curve in the document.
            told: How documents are to be; see `emitters.chosen_details`: `detail`, `form`, `only`, `language`.

        Returns:
            The report of the verification.
        """
        from symbackprop.training import run

        told["only"] = _several(told.get("only"))
        choices = chosen_details(**{"form": self.stages.notation.form, **{k: v for k, v in told.items() if v}})
        chosen = _several(formats) or ()
        return write(self.stages, Path(folder), chosen, seed, run(self) if train else None, choices)


def _several(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """One name is as good as a list of it."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)
