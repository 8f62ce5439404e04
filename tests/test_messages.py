"""Every code has a row, every row's example does what it says, and every place that raises has a code."""

import ast
import re
import shlex
from pathlib import Path

import pytest

import symbackprop as sb
from symbackprop import errors
from symbackprop.cli import main
from symbackprop.errors import SymbackpropError
from symbackprop.messages import CODES, explained, is_code
from symbackprop.network import problems

PACKAGE = Path(__file__).parents[1] / "symbackprop"
CLASSES = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
CONSTANTS = {name: value for name, value in vars(problems).items() if isinstance(value, str) and is_code(value)}


def outcome(example, capsys):
    """The exit code of an example, and what it printed on stderr."""
    if example.startswith(">>> "):
        try:
            eval(example[4:], {"sb": sb})
        except SymbackpropError as error:
            return error.exit_code, str(error)
        return 0, ""
    if not example.startswith("$ "):
        Path("net.toml").write_text(example, encoding="utf-8")
        example = "$ symbackprop derive net.toml -o out"
    for line in example.splitlines():
        if appended := re.fullmatch(r"\$ echo '(.*)' >> (.*)", line):
            Path(appended[2]).write_text(Path(appended[2]).read_text(encoding="utf-8") + appended[1], encoding="utf-8")
            continue
        with pytest.raises(SystemExit) as end:
            main(shlex.split(line)[2:])
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize("row", [row for row in CODES.values() if row.failing], ids=lambda row: row.code)
def test_examples_fail_and_are_mended(row, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, printed = outcome(row.failing, capsys)
    expected = 3 if row.code == "SB040" else 1 if row.code == "SB070" else 2
    assert code == expected, printed
    assert set(re.findall(r"error\[(SB\d+)\]", printed)) == {row.code}
    for path in tmp_path.iterdir():
        assert path.name in {"net.toml", "m"}, "a mistake wrote something"


@pytest.mark.parametrize("row", [row for row in CODES.values() if row.failing], ids=lambda row: row.code)
def test_mended_examples_pass(row, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, printed = outcome(row.mended, capsys)
    assert code == 0, printed


def test_a_row_says_everything():
    for code, row in CODES.items():
        assert is_code(code)
        assert row.title and row.meaning.endswith(".") and row.remedy.endswith("."), code
        assert (bool(row.failing) == bool(row.mended) and row.failing != row.mended) or code in (
            "SB006",
            "SB041",
            "SB090",
        ), code
    assert list(CODES) == sorted(CODES)


def test_a_row_is_printed_whole():
    text = explained("sb030")
    assert text.startswith("SB030: shapes do not fit")
    assert CODES["SB030"].mended.splitlines()[-1] in text
    with pytest.raises(errors.UnknownNameError):
        explained("SB999")


def sites(tree):
    """Each call that makes an error or a mistake: the codes that it may have, and its line."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ("Problem", "Mistake", "_error") and node.args:
            yield [node.args[0]], node.lineno
        elif name in CLASSES:
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            if "mistakes" not in keywords and None not in keywords:
                yield [keywords.get("code", ast.Constant(CLASSES[name].default_code))], node.lineno
            elif "code" in keywords:
                yield [keywords["code"]], node.lineno


def codes_of(node):
    if isinstance(node, ast.IfExp):
        return codes_of(node.body) + codes_of(node.orelse)
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.Name):
        return [CONSTANTS.get(node.id, node.id)]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in CLASSES:
        return [getattr(CLASSES[node.value.id], node.attr)]
    return []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_place_that_raises_has_a_code_of_the_table(path):
    if path.name == "errors.py":
        return
    for nodes, line in sites(ast.parse(path.read_text(encoding="utf-8"))):
        found = [code for node in nodes for code in codes_of(node)]
        unknown = {code for code in found if (is_code(str(code)) and code not in CODES) or code == "SB000"}
        assert not unknown, f"line {line}: {unknown} is not in the table"


def test_every_code_of_the_package_is_a_row_and_every_row_is_used():
    used = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "messages":
            used |= set(re.findall(r'"(SB0\d\d)"', path.read_text(encoding="utf-8")))
    assert used - {"SB000"} - set(CODES) == set()
    assert set(CODES) - used == set()
