"""Names that a language has for something else, and statements that some variables need."""

from symbackprop.emit.variables import escaped, needed_lets
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
