import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.network.toml_spans import toml_spans


def values(text):
    return {path: text[slice(*span.value)] for path, span in toml_spans(text)}


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ('a = "x # y" # z', ("a",), '"x # y"'),
        ('a = "say \\"hi\\""', ("a",), '"say \\"hi\\""'),
        ('a = """\nb = 1\n"quoted" """\nc = 2', ("c",), "2"),
        ('a = """x"""""\nc = 2', ("a",), '"""x"""""'),
        ("a = '''\n[b]\n'''\nc = 2", ("c",), "2"),
        ("a.b . c = 3", ("a", "b", "c"), "3"),
        ('"a b"."c.d" = 3', ("a b", "c.d"), "3"),
        ("a = [1, # one\n 2,\n]", ("a", 1), "2"),
        ("a = { b = [1, { c = 2 }] }", ("a", "b", 1, "c"), "2"),
        ("[a.b]\nc = 1.5 # x", ("a", "b", "c"), "1.5"),
        ("[[a]]\nb=1\n[[a]]\nb=2", ("a", 1, "b"), "2"),
        ("[[a]]\n[a.c]\nd=1\n[[a]]\n[a.c]\nd=2", ("a", 1, "c", "d"), "2"),
        ("[[a]]\n[[a.b]]\nc=1\n[[a.b]]\nc=2", ("a", 0, "b", 1, "c"), "2"),
        ("[ a ]\n  b  =  true  ", ("a", "b"), "true"),
        ("a = 1979-05-27 07:32:00", ("a",), "1979-05-27 07:32:00"),
        ("a = []\nb = {}", ("b",), "{}"),
    ],
)
def test_places(text, path, value):
    tomllib.loads(text)
    assert values(text)[path] == value


def test_what_is_no_toml_ends_the_scan():
    scan = toml_spans("a = 1\n= 2")
    assert next(scan)[0] == ("a",)
    with pytest.raises(ValueError, match="expected a key"):
        next(scan)


KEYS = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
SCALARS = st.one_of(st.integers(), st.booleans(), st.text(st.characters(codec="ascii", min_codepoint=32), max_size=8))
TABLES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def written(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\x7f", " ") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + "}"
    return str(value)


def paths(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from paths(item, (*path, key))


@given(st.dictionaries(KEYS, TABLES, min_size=1, max_size=4))
def test_every_value_that_tomllib_reads_is_found_where_it_stands(table):
    text = "".join(f"{key} = {written(value)}  # comment\n" for key, value in table.items())
    read = tomllib.loads(text)
    found = values(text)
    assert found.keys() == dict(paths(read)).keys()
    for path, value in paths(read):
        assert tomllib.loads(f"v = {found[path]}")["v"] == value
