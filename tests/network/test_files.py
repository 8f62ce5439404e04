from decimal import Decimal

import pytest

from symbackprop.errors import InputError
from symbackprop.network.files import LARGEST_FILE, decoded, parse, read_bytes

KINDS = ("TOML", "YAML", "JSON")


def refusal(text, kind):
    with pytest.raises(InputError) as caught:
        parse(text, kind, "net")
    (mistake,) = caught.value.mistakes
    return mistake


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("TOML", 'a = 0.10\nb = 1e-3\nc = 7\nd = [true, "no"]\n[e]\nf = -0.0'),
        ("YAML", "a: 0.10\nb: 1e-3\nc: 7\nd: [true, no]\ne: {f: -0.0}"),
        ("JSON", '{"a": 0.10, "b": 1e-3, "c": 7, "d": [true, "no"], "e": {"f": -0.0}}'),
    ],
)
def test_three_formats_say_the_same_and_keep_digits(kind, text):
    table = parse(text, kind, "net")
    assert table == {"a": Decimal("0.1"), "b": Decimal("0.001"), "c": 7, "d": [True, "no"], "e": {"f": Decimal(0)}}
    assert [str(table["a"]), str(table["e"]["f"])] == ["0.10", "-0.0"]


def test_yaml_is_read_by_the_core_schema():
    table = parse("a: yes\nb: 010\nc: 1_000\nd: 2001-01-01\ne: 1:30\n'null': ~", "YAML", "net")
    assert table == {"a": "yes", "b": 10, "c": "1_000", "d": "2001-01-01", "e": "1:30", "null": None}


@pytest.mark.parametrize(
    ("kind", "text", "line", "column"),
    [
        ("TOML", "a = 1\nb = \n", 2, 5),
        ("TOML", 'a = "x', 1, 7),
        ("TOML", "a = [1,\n", 1, 8),
        ("TOML", "a = 1 b = 2", 1, 7),
        ("YAML", "a: 1\nb: [1", 2, 6),
        ("YAML", "a: b: c", 1, 5),
        ("YAML", "a:\n\t- 1", 2, 1),
        ("JSON", '{"a": 1,\n "b" 2}', 2, 6),
        ("JSON", "{'a': 1}", 1, 2),
        ("JSON", '{"a": 1,}', 1, 8),
    ],
)
def test_a_syntax_error_has_its_place(kind, text, line, column):
    mistake = refusal(text, kind)
    assert (mistake.code, mistake.line) == ("SB002", line)
    assert abs(mistake.column - column) <= 1
    assert mistake.message.startswith(f"not valid {kind}")


@pytest.mark.parametrize(
    ("kind", "text", "line", "column"),
    [
        ("TOML", "a = 1\nbias = 2\nbias = 3", 3, 1),
        ("TOML", "a = { b = 1, b = 2 }", 1, 14),
        ("TOML", "[a]\nb = 1\n[c]\n[a]\n", 4, 1),
        ("YAML", "a: 1\nc:\n  b: 2\n  b: 3", 4, 3),
        ("JSON", '{"c": {"b": 1, "b": 2}}', 1, 16),
    ],
)
def test_a_key_written_twice_is_refused_where_it_is_written_again(kind, text, line, column):
    mistake = refusal(text, kind)
    assert (mistake.code, mistake.line, mistake.column) == ("SB023", line, column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [1]\nb: *x", "aliases and anchors"),
        ("a: *x", "aliases and anchors"),
        ("a: !!python/object/apply:os.system ['id']", "tags"),
        ("a: !!float 1", "tags"),
        ("!own {a: 1}", "tags"),
        ("a: 1\n---\nb: 2", "one YAML document"),
    ],
)
def test_what_yaml_can_do_and_a_network_needs_not(text, message):
    mistake = refusal(text, "YAML")
    assert mistake.code == "SB003"
    assert message in mistake.message
    assert mistake.line


def test_a_merge_key_is_a_key_like_any():
    assert parse("<<: {a: 1}", "YAML", "net") == {"<<": {"a": 1}}


MANY = 2**18


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("TOML", "a = " + "[" * MANY),
        ("TOML", "a = " + "{b=" * MANY),
        ("TOML", "a." * MANY + "a = 1"),
        ("TOML", "[" + "a . " * MANY + "a]"),
        ("TOML", "x = {" + "a." * MANY + "a = 1}"),
        ("TOML", "a" * MANY),
        ("TOML", 'a = """' + "\\\\" * MANY),
        ("TOML", "a = " + "9" * MANY),
        ("YAML", "[" * MANY),
        ("YAML", "- " * MANY),
        ("YAML", "? " * MANY),
        ("YAML", "{a: " * MANY),
        ("YAML", "a: " + "9" * MANY),
        ("JSON", "[" * MANY),
        ("JSON", '{"a":' * MANY),
    ],
)
def test_hostile_texts_are_refused_and_take_no_time(kind, text):
    with pytest.raises(InputError):
        parse(text, kind, "net")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("TOML", "a = inf\nb = nan"),
        ("YAML", "a: .inf\nb: .NaN"),
        ("YAML", "a: +.INF\nb: .nan"),
        ("JSON", '{"a": Infinity, "b": NaN}'),
    ],
)
def test_numbers_that_are_none_reach_the_checks_that_know_their_path(kind, text):
    table = parse(text, kind, "net")
    assert not table["a"].is_finite()
    assert table["b"].is_nan()


def test_exponents_beyond_decimal_do_not_escape():
    for kind, text in (("TOML", "a = 1e99999999999999999999"), ("YAML", "a: 1e99999999999999999999")):
        assert not parse(text, kind, "net")["a"].is_finite()
    assert not parse('{"a": ' + "9" * 5000 + "}", "JSON", "net")["a"].is_finite()


@pytest.mark.parametrize(
    ("kind", "text"), [("YAML", ""), ("YAML", "[1]"), ("YAML", "word"), ("JSON", "[]"), ("JSON", "3")]
)
def test_a_network_is_a_table(kind, text):
    assert "is a table of keys" in refusal(text, kind).message


@pytest.mark.parametrize("kind", KINDS)
def test_control_characters_do_not_reach_the_terminal(kind):
    text = {"TOML": 'a = "\x1b[31m"', "YAML": 'a: "\x1b[31m"', "JSON": '{"a": "\x1b[31m"}'}[kind]
    assert "\x1b" not in str(refusal(text, kind))


def test_text_is_utf8_with_or_without_a_mark():
    assert decoded(b"\xef\xbb\xbfa = 1\r\n", "net") == "a = 1\n"
    with pytest.raises(InputError, match="byte 6 is not UTF-8"):
        decoded(b"a = '\xff'", "net")


def test_files_are_limited(tmp_path):
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        decoded(read_bytes(path), "large.toml")
    with pytest.raises(InputError, match="is not a file"):
        read_bytes(tmp_path)
