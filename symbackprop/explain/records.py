"""What there is to say about one gradient, as text: factors, reasons, numbers, a check."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explained:
    """One factor of a product.

    Attributes:
        ratio: The local derivative as it is written.
        formula: What it is.
        reason: Why.
        role: Which part it plays, or an empty string.
        value: Its value, or an empty string where the network has no numbers.
    """

    ratio: str
    formula: str
    reason: str
    role: str
    value: str = ""


@dataclass(frozen=True)
class Product:
    """One way from the loss to the weight.

    Attributes:
        factors: From the loss backwards.
        value: Their product.
        sample: The sample that it belongs to, from 1; 0 where there is one only.
    """

    factors: tuple[Explained, ...]
    value: str = ""
    sample: int = 0


@dataclass(frozen=True)
class Line:
    """A line of a derivation in index form: a formula, and why it follows from the one before."""

    sign: str
    formula: str
    reason: str


@dataclass(frozen=True)
class Adjoint:
    """How ∂E/∂ of one tensor was found.

    Attributes:
        lhs: The derivative.
        lines: From the chain rule to the form that is used.
    """

    lhs: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a gradient is what it is.

    Attributes:
        network: Its name.
        name: What the gradient is taken by.
        lhs: The gradient as it is written.
        products: For a scalar the products of the chain rule, which are added.
        short: The same with error signals, as an equation.
        value: Its value; empty without numbers.
        exact: Whether the value is exact.
        check: The value that was found without any derivative.
        method: How that was found.
        forward: For a tensor the equations between it and the loss.
        derivatives: For a tensor how each derivative on the way was found, from the loss backwards.
        matrix: For a tensor the matrix form, where there is one.
        code: For a tensor array code.
        shape: For a tensor its shape.
    """

    network: str
    name: str
    lhs: str
    products: tuple[Product, ...] = ()
    short: str = ""
    value: str = ""
    exact: bool = False
    check: str = ""
    method: str = ""
    forward: tuple[str, ...] = ()
    derivatives: tuple[Adjoint, ...] = ()
    matrix: str = ""
    code: str = ""
    shape: str = ""
