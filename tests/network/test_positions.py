import pytest

import symbackprop as sb
from symbackprop.errors import InputError, Mistake
from symbackprop.network.positions import Place, mistakes, place_of, placed, repeated, spans
from symbackprop.network.problems import Problem

TOML = """\
inputs = 2   # two
[[layers]]
type = "dense"
weights = [
  [0.15, 0.20],
  [0.25, "x"],
]
[training]
optimizer = { type = "sgd" }
"""
YAML = """\
inputs: 2
layers:
  - type: dense
    weights:
      - [0.15, 0.20]
      - [0.25, "x"]
training:
  optimizer: {type: sgd}
"""
JSON = """\
{"inputs": 2,
 "layers": [{
   "type": "dense",
   "weights": [[0.15, 0.20],
               [0.25, "x"]]}],
 "training": {"optimizer": {"type": "sgd"}}}
"""


@pytest.mark.parametrize(("kind", "text"), [("TOML", TOML), ("YAML", YAML), ("JSON", JSON)])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("inputs",), "2"),
        (("layers", 0, "type"), "dense"),
        (("layers", 0, "weights", 1, 1), "x"),
        (("layers", 0, "weights", 0), "[0.15, 0.20]"),
        (("training", "optimizer", "type"), "sgd"),
    ],
)
def test_values_are_found_in_all_formats(kind, text, path, value):
    first, last = spans(text, kind).first[path].value
    assert text[first:last].strip('"') == value
    key = spans(text, kind).first[path].key
    if isinstance(path[-1], str):
        assert text[key[0] : key[1]].strip('"') == path[-1]


def test_a_missing_key_is_shown_at_the_table_it_is_missing_from():
    (mistake,) = mistakes((Problem("SB021", ("layers", 0, "units"), "m", at="key"),), TOML, "TOML", "net.toml")
    assert (mistake.line, mistake.column, mistake.length) == (2, 1, len("[[layers]]"))


def test_a_place_stretches_to_the_end_of_its_first_line():
    (mistake,) = mistakes((Problem("SB030", ("layers", 0, "weights"), "m"),), TOML, "TOML", "net.toml")
    assert (mistake.line, mistake.column, mistake.length, mistake.text) == (4, 11, 1, "weights = [")


def test_mistakes_come_in_the_order_of_the_text_and_unplaced_ones_last():
    problems = tuple(
        Problem("SB022", path, str(path)) for path in ((), ("training",), ("layers", 0, "type"), ("inputs",))
    )
    found = mistakes(problems, TOML, "TOML", "net.toml")
    assert [mistake.line for mistake in found] == [1, 3, 8, 0]
    assert {mistake.source for mistake in found} == {"net.toml"}


def test_repeated_keys():
    assert repeated("a = 1\n[b]\nc = 1\nc = 2", "TOML") == ("c", Place(4, 1, 1))
    assert repeated('{"a": 1, "a": 2}', "JSON") == ("a", Place(1, 10, 3))
    assert repeated("a = 1", "TOML") is None


def test_place_of_counts_from_one():
    assert place_of("ab\ncde\n", (4, 6)) == Place(2, 2, 2)


def test_excerpts_are_short_and_clean():
    mistake = placed(Mistake("SB000", "m"), "a\t\x1b[31m\u202e\u009b = 1" + " " * 500 + "x", Place(1, 1, 900))
    assert mistake.text.rstrip() == "a  [31m   = 1"
    assert mistake.length == len(mistake.text) <= 160
    assert placed(Mistake("SB000", "m"), "a" * 1000, Place(1, 700)).text == ""


BROKEN = """shapes = { r = "n" }
equations = \"\"\"
s = 2 * r  # twice
E = sum((s   # first
  * r +      # second
  %s)
\"\"\"
"""


@pytest.mark.parametrize(
    ("last", "place", "message"),
    [
        ("sigmiod(r))", (6, 3), "unknown function 'sigmiod'"),
        ("r", (4, 8), "'(' was never closed"),
        ("r) * r", (4, 1), "the loss E has shape (n,), but a loss is one number"),
    ],
)
def test_statements_of_several_lines_are_found(last, place, message, tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(BROKEN % last if last != "r) * r" else (BROKEN % last).replace("sum(", "("))
    with pytest.raises(InputError) as caught:
        sb.derive(path).compile()
    (mistake,) = caught.value.mistakes
    assert message in mistake.message
    assert (mistake.source, mistake.line, mistake.column) == (str(path), *place)
