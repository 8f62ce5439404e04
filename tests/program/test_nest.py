"""Records of loop nests."""

from symbackprop.expressions import Index
from symbackprop.program.nest import Declare, For, Group, If, Nest, Store, steps_within, values_within
from symbackprop.program.scalar import ONE, ZERO, Element, Name, Number, Op

I = Index("i", 3)
TOTAL = Declare("total", ZERO, varies=True)
STORE = Store(Name("total"), Element("x", (Number(I),)), add=True)
CHOICE = If(Op("gt", (Name("total"), ONE)), (STORE,))
LOOP = For(I, (CHOICE,))


def test_everything_inside_is_visited():
    group = Group("E", (TOTAL, LOOP))
    assert list(steps_within([group])) == [group, TOTAL, LOOP, CHOICE, STORE]
    assert list(values_within([group])) == [ZERO, CHOICE.condition, STORE.target, STORE.value]


def test_shape():
    nest = Nest((), (), {"x": (I,), "E": ()}, "E", {}, (), ("x",), {})
    assert nest.shape("x") == (3,) and nest.shape("E") == ()
