"""Elements of arrays are counted through, and no index hides an array."""

import symbackprop as sb
from symbackprop.emit.javascript_loops import FlatWriter, LoopPasses
from symbackprop.expressions import Index
from symbackprop.lower.loops import loop_nests
from symbackprop.program.nest import For, steps_within
from symbackprop.program.scalar import Element, Name, Number


def passes(network):
    stages = sb.derive(network).stages
    return LoopPasses(stages.derivation, loop_nests(stages.program))


def test_elements_are_counted_through():
    found = passes("2 -> 3, loss=mse")
    j, i = Index("j", 3), Index("i", 2)
    writer = FlatWriter(found.nest, {})
    assert writer.code(Element("W1", (Number(j), Number(i)))) == "W1[2 * j + i]"
    assert writer.code(Element("E", ())) == "E[0]"
    assert writer.code(Element("W1", (Name("place1"), Number(i)))) == "W1[2 * place1 + i]"


def test_no_index_and_no_size_hides_an_array():
    found = passes("attention")
    arrays = {found.name(array) for array in found.nest.arrays}
    loops = {step.index.name for step in steps_within(found.steps) if isinstance(step, For)}
    assert not {found.names.get(f"#{name}", name) for name in loops} & arrays
    assert not set(found.sizes.values()) & arrays
    assert "t" in arrays and found.names["#t"] == "t_"


def test_every_array_of_the_equations_is_returned():
    names = [name for name, _ in passes("lstm").values()]
    assert {"lstm_h", "a3", "E", "dW3"} <= set(names) and not any("_part" in name for name in names)
