"""What other notations call a scalar → the name it has here, for whoever asks for out_o1 or net_h2.

A name is compared by its letters and digits alone, so that out_o1, out_{o1} and outo1 are one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from symbackprop.graph import SAMPLE, Tensor
from symbackprop.notation import NOTATIONS, STANDARD, Notation

MOST_LISTED = 8
# dE_dout_o1, dout_o1 and grad_out_o1 ask for the same as out_o1.
_GRADIENT_OF = re.compile("^(?:grad|de_?d|d)(?=.)")

Place = tuple[int, ...]
# For each of our names what it is called elsewhere, with the name of the notation.
Aliases = Mapping[str, Mapping[str, str]]


def aliases(tensors: Mapping[str, Tensor], elements: Mapping[str, tuple[str, Place]]) -> dict[str, dict[str, str]]:
    """The names that other notations give to elements of tensors.

    Args:
        tensors: The tensors of the forward pass by name, in the order in which they number the weights.
        elements: For each named element its tensor and its place, counted from 0.

    Returns:
        For each name of an element what it is called elsewhere, letters and digits alone, with the notation of each.

    Example:
        >>> from symbackprop.pipeline import Stages
        >>> from symbackprop.network import load
        >>> graph = Stages(load("mazur")).graph
        >>> aliases(graph.tensors, {"a2_1": ("a2", (0,))})["a2_1"]["outo1"]
        'mazur'
    """
    depth = max((tensor.layer for tensor in tensors.values()), default=0)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for notation in NOTATIONS.values():
        before = _numbered_before(tensors) if notation.numbered else {}
        for name, (tensor, at) in elements.items():
            if tensor in tensors:
                for spelling in _spellings(tensors[tensor], at, notation, depth, before):
                    found[name].setdefault(_squeezed(spelling), notation.name)
    return dict(found)


def _spellings(tensor: Tensor, at: Place, notation: Notation, depth: int, before: Mapping[str, int]) -> list[str]:
    if tensor.indices and tensor.indices[0].name == SAMPLE:
        at = at[1:]
    sign = notation.sign(tensor.name, tensor.layer or None, depth, len(at))
    rest = "".join((sign.layer, sign.place, *sign.subs, *(str(position + 1) for position in at)))
    spellings = [sign.base + rest]
    if STANDARD.sign(tensor.name, tensor.layer or None, depth, len(at)).base == "z":
        # An error signal is the gradient by a weighted sum.
        spellings.append(f"delta{rest}")
        if tensor.role == "prediction":
            # Without an activation the weighted sum is what the layer puts out.
            spellings.append(f"{notation.letters.get('a', 'a')}{rest}")
    if tensor.name in before:
        spellings.append(f"w{before[tensor.name] + at[0] * int(tensor.shape[1]) + at[1] + 1}")
    return spellings


def _numbered_before(tensors: Mapping[str, Tensor]) -> dict[str, int]:
    """For each matrix of weights how many weights come before it, as far as sizes are numbers."""
    found: dict[str, int] = {}
    count = 0
    for tensor in tensors.values():
        if tensor.role == "parameter" and len(tensor.shape) == 2:
            if not all(size.is_Integer for size in tensor.shape):
                break
            found[tensor.name] = count
            count += int(tensor.shape[0]) * int(tensor.shape[1])
    return found


def known_as(name: str, known: Aliases) -> str:
    """A help text for a name that another notation has: what it is here, or what there is in its layer.

    Args:
        name: What the user wrote, perhaps with a sign of differentiation in front.
        known: What `aliases` found.

    Returns:
        The text, or nothing where no notation has such a name.

    Example:
        >>> known = {"a2_1": {"outo1": "mazur"}, "a2_2": {"outo2": "mazur"}}
        >>> known_as("dE_dout_o1", known)
        "did you mean 'a2_1'? 'dE_dout_o1' belongs to the notation mazur"
        >>> known_as("out_o3", known)
        'out_o has here: a2_1, a2_2'
    """
    wanted = dict.fromkeys((_squeezed(name), _GRADIENT_OF.sub("", _squeezed(name))))
    for key in wanted:
        here = [own for own, others in known.items() if key in others]
        if here:
            notations = " and ".join(dict.fromkeys(known[own][key] for own in here))
            meant = _listed(list(map(repr, here)), " or ")
            return f"did you mean {meant}? {name!r} belongs to the notation {notations}"
    for key in wanted:
        stem = key.rstrip("0123456789")
        here = [own for own, others in known.items() if any(_is_numbered(other, stem) for other in others)]
        # A single letter is no hint at a layer.
        if len(stem) > 2 and here:
            return f"{name.rstrip('0123456789')} has here: {_listed(here, ', ')}"
    return ""


def _is_numbered(other: str, stem: str) -> bool:
    return other.startswith(stem) and other[len(stem) :].isdigit()


def _listed(names: Sequence[str], joiner: str) -> str:
    shown = joiner.join(names[:MOST_LISTED])
    return shown + (f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else "")


def _squeezed(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())
