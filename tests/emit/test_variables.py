"""Names that a language has for something else, and statements that some variables need."""

from symbackprop.emit.variables import drawn_kind, escaped, inlined, needed_lets
from symbackprop.graph import Fact, Tensor
from symbackprop.program.algebra import add, mul
from symbackprop.program.scalar import Let, Name


def test_names_stay_apart():
    found = escaped(["new", "new_", "new__", "w"], {"new"})
    assert found == {"new": "new___"}


def test_letters_beyond_ascii_are_spelt():
    found = escaped(["λ", "u3bb", "w"], ())
    assert found == {"λ": "u3bb_"}
    assert all(name.isascii() for name in found.values())


def test_only_what_is_needed_is_kept():
    a = Name("a")
    lets = [Let("u", add(a, a)), Let("v", mul(a, a)), Let("w", add(Name("u"), a))]
    assert [let.name for let in needed_lets(lets, ["w"])] == ["u", "w"]


def test_what_is_read_once_is_put_where_it_is_read():
    a, b = Name("a"), Name("b")
    lets = [Let("u", add(a, b), "z"), Let("v", mul(Name("u"), a)), Let("w", mul(Name("v"), Name("v")))]
    assert inlined(lets, ["w"]) == (Let("v", mul(add(a, b), a)), Let("w", mul(Name("v"), Name("v"))))
    assert inlined(lets, ["u", "w"])[0].name == "u"


def test_what_a_check_draws():
    one = Tensor("t", "target", facts=(Fact("one_hot"),))
    assert [drawn_kind(Tensor("x", "input")), drawn_kind(one)] == ["any", "one"]
    assert drawn_kind(Tensor("x", "input", facts=(Fact("integer"),))) == "whole"
