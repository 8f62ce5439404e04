"""Read off the equations: how a loss is made of those of its samples, and whether it has other addends.

A network that mixes samples, as batch normalisation does, has no loss of one sample alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr
from sympy import Mul as Product

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index, Read, Total, reads
from symbackprop.forward import SAMPLES
from symbackprop.graph import Equation, Graph

MIXED = "mixed"


def reduction_over_samples(graph: Graph) -> str:
    """`"sum"` or `"mean"`: how the loss is made of the samples'.

    Raises:
        UnsupportedError: It is neither; the message names the tensor that mixes samples.

    Example:
        >>> import symbackprop as sb
        >>> reduction_over_samples(sb.derive("2 -> 1, loss=mse").stages.graph)
        'mean'
    """
    size = sample_size(graph)
    has_samples = _with_samples(graph, size)
    kinds: dict[str, str] = {}
    for equation in graph.equations:
        if not _touched(equation.rhs, has_samples, kinds):
            continue
        if equation.tensor in has_samples:
            _refuse_mixing(equation, has_samples, kinds)
        else:
            kinds[equation.tensor] = _kind(equation, size, has_samples, kinds)
    if graph.loss.name not in kinds:
        raise UnsupportedError("the loss does not depend on the samples: there are none to take in chunks")
    return kinds[graph.loss.name]


def combined(graph: Graph) -> tuple[str, bool]:
    """How the errors of samples are combined, for a reader: `"sum"`, `"mean"`, or nothing where it is neither.

    Unlike for chunks, statistics over samples may be among what the errors are computed from.

    Returns:
        How, and whether the loss has addends besides, such as penalties, in which no sample has a part.

    Example:
        >>> import symbackprop as sb
        >>> combined(sb.derive("2 -> 1, loss=mse").stages.graph)
        ('mean', False)
    """
    try:
        size = sample_size(graph)
    except UnsupportedError:
        return "", False
    has_samples = _with_samples(graph, size)
    kinds: dict[str, str] = {}
    for equation in graph.equations:
        if equation.tensor not in has_samples and _touched(equation.rhs, has_samples, kinds):
            try:
                kinds[equation.tensor] = _kind(equation, size, has_samples, kinds)
            except UnsupportedError:
                kinds[equation.tensor] = MIXED
    found = kinds.get(graph.loss.name, MIXED)
    return ("", False) if found == MIXED else (found, _has_more(graph, graph.loss.name, has_samples, kinds))


def _has_more(graph: Graph, name: str, has_samples: set[str], kinds: Mapping[str, str]) -> bool:
    for term in graph.equation(name).rhs.expand(deep=False).as_ordered_terms():
        if not _touched(term, has_samples, kinds):
            return True
        inside = [read.tensor for read in reads(term) if read.tensor in kinds]
        if any(_has_more(graph, tensor, has_samples, kinds) for tensor in inside):
            return True
    return False


def _with_samples(graph: Graph, size: Expr) -> set[str]:
    return {tensor.name for tensor in graph.tensors.values() if tensor.shape and tensor.shape[0] == size}


def _touched(expr: Expr, has_samples: set[str], kinds: Mapping[str, str]) -> list[Read]:
    """What an expression reads that depends on samples."""
    return [read for read in reads(expr) if read.tensor in has_samples or read.tensor in kinds]


def sample_size(graph: Graph) -> Expr:
    """The number of samples: N of a network, or the symbol that is the length of the first axis of a function's data.

    Raises:
        UnsupportedError: There is none, or it is not clear.
    """
    data = graph.with_role("input", "target")
    firsts = list(dict.fromkeys(tensor.shape[0] for tensor in data if tensor.shape and not tensor.shape[0].is_Integer))
    if SAMPLES in firsts:
        return SAMPLES
    if not firsts:
        raise UnsupportedError("it is written for a fixed number of samples: there are none to take in chunks")
    if len(firsts) > 1:
        sizes = " and ".join(map(str, firsts))
        raise UnsupportedError(f"the data have {sizes} rows: which of them are samples is not clear")
    return firsts[0]


def _refuse_mixing(equation: Equation, has_samples: set[str], kinds: Mapping[str, str]) -> None:
    """Each sample of a tensor may depend on that sample alone."""
    own = equation.indices[0]
    for read in reads(equation.rhs):
        if read.tensor in kinds or (read.tensor in has_samples and read.indices[0] != own):
            raise _mixes(equation.tensor)
    if _counts(equation.rhs, own, has_samples):
        raise _mixes(equation.tensor)


def _counts(expr: Expr, sample: Index, has_samples: set[str]) -> bool:
    """Whether the number of a sample is more than the place at which samples are read."""
    if isinstance(expr, Read):
        return any(_counts(index, sample, has_samples) for index in expr.indices[expr.tensor in has_samples :])
    return expr == sample or any(_counts(part, sample, has_samples) for part in expr.args)


def _kind(equation: Equation, size: Expr, has_samples: set[str], kinds: Mapping[str, str]) -> str:
    """How a tensor without samples is made of them: each addend a multiple of a sum over samples."""
    found = set()
    for term in equation.rhs.expand(deep=False).as_ordered_terms():
        if _touched(term, has_samples, kinds):
            found.add(_kind_of_term(term, equation, size, has_samples, kinds))
    if len(found) != 1:
        raise _mixes(equation.tensor)
    return found.pop()


def _kind_of_term(term: Expr, equation: Equation, size: Expr, has_samples: set[str], kinds: Mapping[str, str]) -> str:
    factors = Product.make_args(term)
    moving = [f for f in factors if _touched(f, has_samples, kinds)]
    scale = Product(*(f for f in factors if f not in moving))
    if len(moving) != 1 or reads(scale):
        raise _mixes(equation.tensor)
    (factor,) = moving
    if isinstance(factor, Read) and factor.tensor in kinds and not scale.has(size):
        return kinds[factor.tensor]
    if isinstance(factor, Total):
        body = [r for r in reads(factor.body) if r.tensor in has_samples]
        firsts = {r.indices[0] for r in body}
        over = [index for index in factor.bound if index.size == size]
        counted = any(_counts(factor.body, index, has_samples) for index in over)
        if body and len(over) == 1 and not counted and firsts == set(over) and not factor.body.has(size):
            if not scale.has(size):
                return "sum"
            if not (scale * size).has(size):
                return "mean"
    raise _mixes(equation.tensor)


def _mixes(tensor: str) -> UnsupportedError:
    return UnsupportedError(
        f"{tensor} mixes samples: its value for a chunk of them is not a part of its value for all",
        help="compute it over all samples at once",
    )
