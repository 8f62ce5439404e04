"""What layers, functions and losses are called in running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.emit.document.blocks import Text
from symbackprop.emit.document.phrases import Phrases
from symbackprop.emit.document.stages import Stage

ADJECTIVES: Mapping[str, str] = {"sigmoid": "logistic", "relu": "ReLU", "linear": "linear"}
DERIVED: Mapping[str, str] = {"sigmoid": "the logistic function"}
# What a loss is for one output, and what is done with several.
LOSSES: Mapping[str, tuple[str, str]] = {
    "half_squared_error": ("half the squared distance to the target", "added"),
    "mse": ("the squared distance to the target", "averaged"),
    "binary_crossentropy": ("the cross-entropy between target and output", "averaged"),
    "categorical_crossentropy": ("the cross-entropy between target and output", "added"),
}
CARDINALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
RULES: Mapping[str, str] = {
    "chain rule": "chain rule",
    "slope through the output": "slope written with the output",
    "multiply out and cancel": "common factors cancel",
    "labels are classes": "every label is one of the classes",
    "targets sum to 1": "the targets of a sample sum to 1",
}


def cardinal(count: int) -> str:
    """A small number in words."""
    return CARDINALS[count] if count < len(CARDINALS) else f"{count:,}"


def counted(count: int, noun: str) -> str:
    """A number and a noun: `two hidden neurons`."""
    return f"{cardinal(count)} {noun}{'' if count == 1 else 's'}"


def listed(parts: Sequence[str]) -> str:
    """A, B and C."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def layer_name(stage: Stage, stages: Sequence[Stage]) -> str:
    """`output layer`, `hidden layer`, or `hidden layer 2` where there are several."""
    if stage.number == len(stages):
        return "output layer"
    return "hidden layer" if len(stages) == 2 else f"hidden layer {stage.number}"


def capital(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


def derivative_of(function: str, say: Phrases) -> Text:
    """Why a slope is what it is; a function that no phrase knows, such as a user's own, keeps its name.

    Example:
        >>> derivative_of("sigmoid", Phrases("de")), derivative_of("leaky_relu", Phrases("de"))
        (('Ableitung der logistischen Funktion',), ('Ableitung von leaky relu',))
    """
    name = DERIVED.get(function, function.replace("_", " "))
    whole = f"derivative of {name}"
    return say("derivative of {function}", function=name) if say.find(whole) is None else say(whole)


def sizes(stages: Sequence[Stage]) -> str:
    """The sizes of a network's layers, `2-2-2`; of a deep one the first two and the last two."""
    found = [str(size) for size in (stages[0].source.shape[-1], *(stage.units for stage in stages))]
    return "-".join(found if len(found) < 8 else [*found[:2], "…", *found[-2:]])
