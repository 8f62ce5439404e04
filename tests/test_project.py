"""The promises that hold for the whole tree rather than for one module, each read off the sources."""

from __future__ import annotations

import ast
import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbackprop.catalog import rows
from symbackprop.version import __version__

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "symbackprop"
MODULES = sorted(PACKAGE.rglob("*.py"))
PYTHON = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
TEMPLATES = [path for path in sorted((ROOT / "templates").rglob("*")) if path.is_file()]

HEAVY = {"jinja2", "numpy", "pydantic", "scipy", "sympy", "yaml"}

# Modules without a twin, and why.
WITHOUT_TWIN = {
    "symbackprop/__init__.py": "the door; tested here and, name by name, by the tests of the facade",
    "symbackprop/__main__.py": "two lines; tested here",
    "symbackprop/version.py": "one constant; tested here",
}

# The one place that may run text, and why: it runs a module that symbackprop has just emitted, never a user's words.
MAY_RUN_TEXT = {("symbackprop/pipeline.py", "compile"), ("symbackprop/pipeline.py", "exec")}
RUNS_TEXT = {"__import__", "compile", "eval", "exec"}
READS_TEXT = {"S", "lambdify", "parse_expr", "parse_latex", "parse_mathematica", "sympify"}
RUNS_PICKLES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}

DIFFERENTIATES = {"Derivative", "derive_by_array", "diff", "differentiate_finite", "fdiff", "idiff"}
# Their `diff` is a difference of numbers.
NUMERICAL = {"np", "numpy", "mp", "mpmath"}


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The name that each call calls, and the name that stands before its dot, if any."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield node.func.attr, owner.id if isinstance(owner, ast.Name) else "(an expression)"


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The module and the name of each import; an imported module has no name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def text_readers(tree: ast.AST) -> set[str]:
    """What a module calls or imports that turns text, or a file's bytes, into running code or SymPy objects."""
    found = {name for name, owner in calls(tree) if name in RUNS_TEXT and owner in {"", "builtins"}}
    found |= {name for name, _ in calls(tree) if name in READS_TEXT}
    found |= {name for _, name in imported(tree) if name in READS_TEXT}
    found |= {module for module, _ in imported(tree) if module.split(".")[0] in RUNS_PICKLES}
    keywords = (node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "allow_pickle")
    return found | {"allow_pickle" for node in keywords if ast.unparse(node.value) != "False"}


def differentiators(tree: ast.AST) -> set[str]:
    """The names of SymPy's ways to differentiate that a module calls."""
    return {name for name, owner in calls(tree) if name in DIFFERENTIATES and owner not in NUMERICAL}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without those of its docstring and its decorators."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


def project_files() -> list[Path]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_importing_the_package_loads_nothing_heavy() -> None:
    result = run(f"import sys, symbackprop; print(sorted({HEAVY} & set(sys.modules)))")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    result = run(
        "import runpy, sys\n"
        "sys.argv = ['symbackprop', '--help']\n"
        "try:\n"
        "    runpy.run_module('symbackprop', run_name='__main__')\n"
        "finally:\n"
        f"    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)\n"
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.strip() == "[]"
    assert "derive" in result.stdout


def test_doctests_share_the_modules_of_the_tests() -> None:
    files = ["symbackprop/lower/exponentials.py", "tests/lower/test_logarithms.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout


def test_the_version_is_written_once() -> None:
    import symbackprop

    assert symbackprop.__version__ == __version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" in project["dynamic"]
    literal = re.compile(rf"['\"]{re.escape(__version__)}['\"]")
    assert [path.name for path in MODULES if literal.search(path.read_text(encoding="utf-8"))] == ["version.py"]


@pytest.mark.parametrize("name", PYTHON)
def test_every_module_has_its_twin(name: str) -> None:
    module = Path(name).relative_to("symbackprop")
    if name in WITHOUT_TWIN:
        return
    if module.name == "__init__.py":
        defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(PYTHON[name]))
        twins = [
            module.parent.parent / f"test_{module.parent.name}.py",
            module.parent / f"test_{module.parent.name}.py",
        ]
        twins = twins if defines else []
    else:
        # A module inside a package may be tested through what the package offers.
        packages = [folder for folder in module.parents if folder.name]
        twins = [module.parent / f"test_{module.name}", *(p.parent / f"test_{p.name}.py" for p in packages)]
    present = [ROOT / "tests" / twin for twin in twins if (ROOT / "tests" / twin).is_file()]
    assert present or not twins, f"expected {' or '.join(f'tests/{twin}' for twin in twins)}"
    for path in present:
        tests = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Assert)]
        assert tests, f"{path.name} asserts nothing"


def test_every_module_without_a_twin_exists() -> None:
    assert set(WITHOUT_TWIN) <= set(PYTHON)


@pytest.mark.parametrize("name", PYTHON)
def test_a_module_opens_with_a_sentence_and_ends_within_300_lines(name: str) -> None:
    assert (ast.get_docstring(PYTHON[name]) or "").split("\n\n")[0].rstrip().endswith((".", ":")), "no opening sentence"
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", PYTHON)
def test_functions_end_within_40_lines(name: str) -> None:
    functions = [node for node in ast.walk(PYTHON[name]) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert {node.name: length(node) for node in functions if length(node) > 40} == {}


def test_length_counts_neither_docstring_nor_decorators() -> None:
    (function,) = ast.parse('@f\ndef g():\n    """One.\n\n    Two.\n    """\n    x = 1\n    return x').body
    assert length(function) == 3


def test_one_module_differentiates() -> None:
    found = {name: differentiators(tree) for name, tree in PYTHON.items() if differentiators(tree)}
    # The chain rule that a user asks for is a product of derivatives that are written down, never carried out.
    written = {"symbackprop/unroll/closed.py": {"Derivative"}}
    assert {name: names for name, names in found.items() if names != written.get(name)}.keys() == {
        "symbackprop/calculus.py"
    }


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("e.diff(x)", {"diff"}),
        ("sp.diff(e, x)", {"diff"}),
        ("f(x).diff(x)", {"diff"}),
        ("Derivative(e, x).doit()", {"Derivative"}),
        ("np.diff(values)", set()),
        ("difflib.unified_diff(a, b)", set()),
    ],
)
def test_the_search_for_differentiation_finds_it(code: str, found: set[str]) -> None:
    assert differentiators(ast.parse(code)) == found


def test_no_row_of_the_catalogue_can_hold_a_derivative() -> None:
    records = [
        record for record in vars(rows).values() if isinstance(record, type) and dataclasses.is_dataclass(record)
    ]
    assert {"Activation", "Layer", "Loss", "Optimizer"} <= {record.__name__ for record in records}
    banned = re.compile(r"grad|deriv|slope|backward|adjoint|jacobian|vjp", re.IGNORECASE)
    fields = {f"{record.__name__}.{field.name}" for record in records for field in dataclasses.fields(record)}
    assert {field for field in fields if banned.search(field)} == set()


def test_no_module_turns_text_into_code() -> None:
    found = {(name, reader) for name, tree in PYTHON.items() for reader in text_readers(tree)}
    assert found - MAY_RUN_TEXT == set()
    assert {name for name, _ in found} >= {name for name, _ in MAY_RUN_TEXT}, "an exception that nothing needs"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("eval(text)", {"eval"}),
        ("sp.sympify(text)", {"sympify"}),
        ("from sympy import lambdify as f", {"lambdify"}),
        ("S('1/2')", {"S"}),
        ("import pickle", {"pickle"}),
        ("np.load(path, allow_pickle=True)", {"allow_pickle"}),
        ("np.load(path, allow_pickle=False)", set()),
        ("re.compile(pattern)", set()),
        ("sp.S.One", set()),
    ],
)
def test_the_search_for_evaluators_finds_them(code: str, found: set[str]) -> None:
    assert text_readers(ast.parse(code)) == found


def test_nothing_calls_sympys_simplify() -> None:
    named = {name for name, tree in PYTHON.items() if {("simplify", "sp"), ("simplify", "sympy")} & set(calls(tree))}
    taken = {name for name, tree in PYTHON.items() if ("sympy", "simplify") in imported(tree)}
    assert named | taken == set()


def test_no_template_evaluates_text() -> None:
    evaluators = re.compile(r"(?<![.\w])(eval|exec|lambdify|parse_expr|sympify)\s*\(|\b(?:builtins|window)\.eval\b")
    assert TEMPLATES
    assert [path.name for path in TEMPLATES if evaluators.search(path.read_text(encoding="utf-8"))] == []


def test_no_template_is_a_python_file() -> None:
    # An editable install refuses to map a Python file to another folder.
    assert [path.name for path in TEMPLATES if path.suffix == ".py"] == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout can tell its own files from caches")
def test_no_file_names_a_path_of_somebodys_machine() -> None:
    machine = re.compile(rb"(?<![\w.~])/(?:" + b"|".join([b"home", b"root", b"tmp", b"Users", b"work"]) + rb")/\w")
    files = project_files()
    assert ROOT / "pyproject.toml" in files
    found = {path.relative_to(ROOT).as_posix(): machine.search(path.read_bytes()) for path in files}
    assert {name: hit.group() for name, hit in found.items() if hit} == {}


@pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="a source distribution carries no CI")
def test_ci_runs_the_commands_of_the_readme() -> None:
    script, readme = (
        (ROOT / ".ci" / "run").read_text(encoding="utf-8"),
        (ROOT / "README.md").read_text(encoding="utf-8"),
    )
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    blocks = set(re.findall(r"<!-- ci: (\w+) -->\n```sh\n.+?\n```", readme, re.DOTALL))
    assert blocks == set(re.findall(r"\breadme (\w+)", script)) == {"install", "use", "test"}
