"""The finished documents of a network → what became of every relation in them, read back from the text alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from symbackprop.first_step import rule, setting_names, settings_read, worked_step
from symbackprop.illustration import illustrated
from symbackprop.reading.document import passages
from symbackprop.verify import Check
from symbackprop.verify.report import Report, Tally
from symbackprop.verify.rereading import Reread, Rereading, rereading

if TYPE_CHECKING:
    from symbackprop.pipeline import Stages
    from symbackprop.unroll.step import Worked

RULE = "= exactly, ≈ within the rounding shown"
METHOD = "the document, read back"
MOST_NAMED = 3


def proofread(stages: Stages, report: Report, documents: Mapping[str, str], seed: int = 0) -> Report:
    """Read documents back and say in the report what was found.

    Args:
        stages: The stages of the network.
        report: What verification found.
        documents: The text of each document by the name of its file.
        seed: Of the random points.

    Returns:
        The report, with a check for each document and the number of relations in the first.
    """
    reader = reader_of(stages, seed)
    doubt = next((words for truth in reader.truths if (words := truth.doubtful(seed))), "")
    checks = [Check("adjoints", "differences of the forward pass", 0.0, "1e-35 relative", not doubt, doubt)]
    found = {name: reader.document(text) for name, text in documents.items()}
    checks += [_check(name, one) for name, one in found.items()]
    first = next(iter(found.values()), Reread())
    return replace(
        report,
        checks=(*report.checks, *checks),
        relations=Tally(first.held, first.count),
        unread=tuple(f"{name}, {line}" for name, one in found.items() for line in one.unread),
    )


def reader_of(stages: Stages, seed: int = 0) -> Rereading:
    """Who reads the documents of a network."""
    more: dict[str, Any] = {}
    names = setting_names(stages)
    for name, value in settings_read(stages).items():
        with suppress(ValueError):  # a setting may be a word
            more[names[name]] = Fraction(value)
    step = worked_step(stages)
    simultaneous = stages.network.training.update == "simultaneous"
    if step is not None:
        more["variants"] = np.asarray([variant.loss for variant in step.variants], dtype=object)
        if not simultaneous:
            more |= {f"{tensor.name}#new": _array(stages, step, tensor.name) for tensor in stages.graph.parameters}
            more["E_new"] = step.loss
    reader = rereading(stages.derivation, stages.notation, more, rule(stages) if simultaneous else None, seed)
    return replace(reader, making_up=lambda: _of_made_up(stages, seed))


def _of_made_up(stages: Stages, seed: int) -> Rereading | None:
    """Who reads what a page says about the numbers that it makes up for a network without any."""
    other = type(stages)(stages.network, stages.wrt, stages.notation.name)
    return reader_of(other, seed) if illustrated(other) else None


def _array(stages: Stages, step: Worked, name: str) -> Any:
    """The values of a parameter after the worked step."""
    assert stages.scalars is not None
    places = stages.scalars.elements[name]
    found = np.empty(tuple(int(size) for size in stages.graph.tensors[name].shape), dtype=object)
    for at, symbol in places.items():
        found[at] = step.new[symbol.name]
    return found


def _check(name: str, found: Reread) -> Check:
    wrong = len(found.faults)
    note = "; ".join(found.faults[:MOST_NAMED]) or f"{found.held} of {found.count} hold"
    if found.unread and not wrong:
        note += f"; not evaluated: {'; '.join(found.unread[:MOST_NAMED])}"
    return Check(name, METHOD, float(wrong), RULE, not wrong, note)


def same_relations(one: str, other: str) -> bool:
    """Whether two texts of a document say the same, so that what was found of one holds of the other."""
    return [passage.text for passage in passages(one)] == [passage.text for passage in passages(other)]
