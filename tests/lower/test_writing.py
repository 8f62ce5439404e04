"""Where steps go while they are written."""

from symbackprop.expressions import Index
from symbackprop.lower.writing import Writing
from symbackprop.program.nest import For, Store
from symbackprop.program.scalar import ZERO, Element, Name, Number

I, J = Index("i", 3), Index("j_2", 4)


def test_loops_hold_what_is_written_meanwhile():
    writing = Writing()
    with writing.over((I, J), {}) as here:
        writing.steps.append(Store(Element("x", (here[I], here[J])), ZERO))
    (outer,) = writing.steps
    assert isinstance(outer, For) and outer.index == I
    (inner,) = outer.body
    assert inner.index == Index("j", 4) and inner.body[0].target == Element("x", (Number(I), Number(Index("j", 4))))
    assert writing.open == []


def test_an_index_inside_another_of_its_name_gets_a_name_of_its_own():
    writing = Writing()
    with writing.over((I,), {}), writing.over((Index("i", 5),), {}):
        assert writing.open == ["i", "i1"]
    assert writing.fresh(Index("W_axis0", 2)).name == "i"


def test_blocks_and_variables():
    writing = Writing()
    first = writing.local("sum", ZERO)
    with writing.block() as body:
        second = writing.local("sum", ZERO)
    assert first != second == Name("sum2")
    assert len(writing.steps) == 1 and len(body) == 1


def test_no_index_is_called_as_a_size_is():
    assert Writing({"k", "k1"}).fresh(Index("k", 3)).name == "k2"
