"""The table of usual mistakes: each is a way to make it in a derivation, and the sentence that its maker is told."""

from __future__ import annotations

from symbackprop.checking.mistakes.losses import other_losses
from symbackprop.checking.mistakes.paths import factors, paths, statistics_held, sums, terms, truncated, unsummed
from symbackprop.checking.mistakes.places import confused, turned, unflipped
from symbackprop.checking.mistakes.records import (
    Diagnosis,
    Evidence,
    Mistake,
    Mutation,
    agrees,
    information,
    recognised,
)
from symbackprop.checking.mistakes.slopes import (
    diagonal,
    diagonal_besides,
    inside_out,
    left_out,
    of_another,
    reads_held,
    sums_held,
    twice,
    unlinked,
)
from symbackprop.checking.mistakes.updates import sequential
from symbackprop.checking.mistakes.values import another, negated, reshaped, scaled, transposed, updated

__all__ = ["MISTAKES", "Diagnosis", "Evidence", "Mistake", "Mutation", "agrees", "information", "recognised"]

_CONSTANT = "{constant} treated as constant, although {it} on what is differentiated by"
_PLACES = "{output} reads {input} in several places, of which {place} is treated as a constant"
_MORE = "the slope of {output} is put in once more: the derivative by {input} has it already"
_PATH = "of the paths that lead through {tensor}, the one through {path} {missing}"

MISTAKES: tuple[Mistake, ...] = (
    Mistake("sign", "the sign is wrong: this is -{gradient}", negated),
    Mistake("factor", "this is {gradient} times {factor}", scaled),
    Mistake("transpose", "this is {gradient} transposed", transposed),
    Mistake("shape", "the numbers of {gradient} are right, but in the shape {shape} instead of {own}", reshaped),
    Mistake("sequential update", "{element} uses {weights} after their update (learning rate {rate})", sequential),
    Mistake("sum not taken", "the sum over {over} is not taken", unsummed),
    Mistake("one of a sum", "the sum over {over} is missing: only the {which} is taken", sums),
    Mistake("slope left out", "the slope of {link} is left out", left_out),
    Mistake("slope twice", "the slope of {link} is taken twice", twice),
    Mistake("slope elsewhere", "the slope of {output} is taken at {wrong} instead of {right}", inside_out),
    Mistake("diagonal", "only the diagonal of the Jacobian of {output} by {input} is used", diagonal),
    Mistake("extra slope", _MORE, diagonal_besides),
    Mistake("constants", _CONSTANT, statistics_held),
    Mistake("path", _PATH, paths, unless=("constants", "factor", "sign")),
    Mistake("inner sum constant", "{constant} is treated as constant, although it depends on {input}", sums_held),
    Mistake("one of two places", _PLACES, reads_held),
    Mistake("time cut short", "the error is sent back through {steps} of time only", truncated),
    Mistake("kernel not flipped", "{what} is read the wrong way round: its places must be flipped", unflipped),
    Mistake("matrix transposed", "{what} is transposed inside the formula of {tensor}", turned),
    Mistake("link left out", "the derivative of {function} in {output} is left out", unlinked),
    Mistake("term", "in {tensor}, the term {term} {missing}", terms, unless=("factor",), last=True),
    Mistake("factor left out", "in {tensor}, the factor {factor} is left out", factors, last=True),
    Mistake("another loss", "this is the gradient of {loss}", other_losses, last=True),
    Mistake("another gradient", "this is {other}, not {gradient}", another, last=True),
    Mistake("new weight", "this is the weight after an update, not {gradient}", updated, last=True),
    Mistake("another activation", "the slope of {output} is that of {other}", of_another, last=True),
    Mistake("wrong tensor", "in {tensor}, {wrong} stands where {right} belongs", confused, last=True),
)
