"""The checkers are checked: errors are planted by the hundreds, at every stage, and each must be caught and named.

What is planted: every step of a derivation, with a sign, a dropped term or factor, 0.1 %, swapped indices; every line
of an emitted backward pass, with a sign, a transpose, a dropped operand, another comparison, the slope of a maximum at
the last of equals or at all, a skipped time step; one wrong element of every adjoint; every digit, sign, index and
reference of a document and of a page. The checkers are those that run in production. `pytest -s` prints the counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import sympy as sp

from symbackprop.emitters import EMITTERS, Findings
from symbackprop.expressions import Index, Read, Total, indices_of
from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading.drawings import drawn
from symbackprop.reading.pages import read_page
from symbackprop.reading.tables import read_latex
from symbackprop.verify import Report
from symbackprop.verify.emitted import Emitted
from symbackprop.verify.gradients import gradient_checks, shape_checks, tie_checks
from symbackprop.verify.points import random_point
from symbackprop.verify.steps import prove_steps
from symbackprop.verify.tabulated import tabulated
from symbackprop.verify.truth import Truth

RELU = "3 -> 3 relu -> 3 softmax, loss=categorical_crossentropy"
RECURRENT = {
    "name": "recurrent",
    "inputs": {"shape": [3, 2]},
    "layers": [{"type": "simple_rnn", "units": 2}, {"type": "last"}, {"type": "dense", "units": 1}],
    "loss": "mse",
}
POOLED = {
    "name": "pooled",
    "inputs": {"shape": [4, 2]},
    "layers": [{"type": "dense", "units": 3}, {"type": "max_pooling1d", "pool_size": 2}, {"type": "flatten2d"},
               {"type": "dense", "units": 2}],
    "loss": "mse",
}  # fmt: skip
MAXOUT = {
    "name": "maxout",
    "inputs": 3,
    "layers": [{"type": "maxout", "units": 2, "pieces": 3}, {"type": "dense", "units": 2}],
    "loss": "mse",
}
NETWORKS = {"mazur": "mazur", "relu": RELU, "recurrent": RECURRENT, "pooled": POOLED, "maxout": MAXOUT}
COUNTS: dict[str, list[int]] = {}


@pytest.fixture(scope="module", autouse=True)
def totals():
    yield
    planted, caught = (sum(pair[n] for pair in COUNTS.values()) for n in (0, 1))
    for name, pair in COUNTS.items():
        print(f"\n{name}: planted {pair[0]}, caught {pair[1]}", end="")
    print(f"\nplanted: {planted}, caught: {caught}")


def counted(name: str, survivors: list[str], planted: int) -> None:
    """Every planted error must have been caught; the counts are printed at the end."""
    have = COUNTS.setdefault(name, [0, 0])
    have[0] += planted
    have[1] += planted - len(survivors)
    assert planted, "nothing was planted"
    assert not survivors, "\n".join(survivors)


def without_one_factor(expr: sp.Expr) -> sp.Expr:
    factors = [one for one in expr.as_ordered_factors() if not one.is_number]
    return expr / factors[-1] if len(factors) > 1 else -expr


def without_one_term(expr: sp.Expr) -> sp.Expr:
    return sp.Add(*expr.as_ordered_terms()[:-1]) if expr.is_Add else expr + 1


def with_swapped_indices(expr: sp.Expr) -> sp.Expr:
    """The first read of two indices of one size transposed; elsewhere a moved index."""
    for read in sorted(expr.atoms(Read), key=str):
        pair = [one for one in read.indices if isinstance(one, Index)]
        if len(pair) == 2 == len(read.indices) and pair[0].size == pair[1].size:
            return expr.xreplace({read: Read(read.tensor, pair[1], pair[0])})
    for read in sorted(expr.atoms(Read), key=str):
        for place, index in enumerate(read.indices):
            if isinstance(index, Index) and (index.size.is_Symbol or index.size > 1):
                moved = (*read.indices[:place], index - 1, *read.indices[place + 1 :])
                return expr.xreplace({read: Read(read.tensor, *moved)})
    return -expr


REWRITES = {
    "a sign": lambda expr: -expr,
    "0.1 %": lambda expr: expr * sp.Rational(1001, 1000),
    "a dropped factor": without_one_factor,
    "a dropped term": without_one_term,
    "a swapped index": with_swapped_indices,
}


@pytest.fixture(scope="module")
def stages():
    return {name: derive(network).stages for name, network in {**NETWORKS, "lstm": "lstm", "vae": "vae"}.items()}


@pytest.mark.parametrize("network", ["mazur", "relu", "recurrent", "lstm"])
@pytest.mark.parametrize("kind", REWRITES)
def test_steps(stages, network, kind):
    derivation = stages[network].derivation
    assert prove_steps(derivation).failures == ()
    wrong = {
        name: tuple(replace(step, after=REWRITES[kind](step.after)) for step in steps)
        for name, steps in derivation.steps.items()
    }
    # The values of adjoints come from their equations, so that each planted error stands for itself.
    proof = prove_steps(replace(derivation, steps=wrong))
    caught = {(failure.equation, failure.rule) for failure in proof.failures}
    planted = [(name, step) for name, steps in wrong.items() for step in steps]
    survivors = [
        f"{name}, {step.rule}: {step.after}"
        for name, step in planted
        if (name, step.rule) not in caught and step.after != 0
    ]
    assert all(failure.network == derivation.graph.name for failure in proof.failures)
    counted(f"steps, {kind}", survivors, len(planted))


class Lines(ast.NodeTransformer):
    """Makes the change number `wanted` in the backward part of a function."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.what = wanted, 0, ""

    def turn(self, what: str, node: ast.AST, other: ast.AST) -> ast.AST:
        self.count += 1
        if self.count - 1 != self.wanted:
            return node
        self.what = f"{what}: {ast.unparse(node)} -> {ast.unparse(other)}"
        return other

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.targets[0], ast.Name | ast.Subscript) and not ast.unparse(node.value).startswith("np.empty"):
            value = node.value
            node.value = self.turn("0.1 %", value, ast.BinOp(value, ast.Mult(), ast.Constant(1.001)))
            if node.value is value:
                node.value = self.turn("sign", value, ast.UnaryOp(ast.USub(), value))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            return self.turn("operator", node, ast.BinOp(node.left, other, node.right))
        if isinstance(node.op, ast.Mult) and not isinstance(node.left, ast.Constant):
            return self.turn("dropped factor", node, node.left)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return self.turn("transpose", node, node.value) if node.attr == "T" else node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ops[0], ast.Gt):
            return self.turn("tie", node, ast.Compare(node.left, [ast.GtE()], node.comparators))
        found = [call for call in ast.walk(node.comparators[0]) if ast.unparse(call).startswith("np.argmax(")]
        if isinstance(node.ops[0], ast.Eq) and found:
            array, axis = ast.unparse(found[-1].args[0]), ast.unparse(found[-1].keywords[0].value)
            largest = f"(np.take({array}, p, {axis}) == np.max({array}, {axis}))"
            place = ast.unparse(node.comparators[0]).replace(ast.unparse(found[-1]), largest)
            every = (
                f"np.any([({ast.unparse(node.left)} == p) & {place} for p in range(np.shape({array})[{axis}])], axis=0)"
            )
            return self.turn("tie of a maximum to all", node, ast.parse(every, mode="eval").body)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) != "np.argmax":
            return node
        array, axis = ast.unparse(node.args[0]), ast.unparse(node.keywords[0].value)
        last = f"np.shape({array})[{axis}] - 1 - np.argmax(np.flip({array}, {axis}), axis={axis})"
        return self.turn("tie of a maximum to the last", node, ast.parse(last, mode="eval").body)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.iter).startswith("reversed(range(T"):
            skipping = ast.parse("reversed(range(1, T))", mode="eval").body
            return self.turn("skipped step", node, ast.For(node.target, skipping, node.body, node.orelse))
        return node


def changed_code(text: str) -> Iterator[tuple[str, str]]:
    """Every change to the backward part of `loss_and_grad`, with the module's text."""
    tree = ast.parse(text)
    place = next(n for n, one in enumerate(tree.body) if getattr(one, "name", "") == "loss_and_grad")
    body = tree.body[place].body
    start = 1 + next(
        n for n, one in enumerate(body) if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "E"
    )
    for wanted in range(10_000):
        changed = deepcopy(tree)
        lines = Lines(wanted)
        backward = changed.body[place].body
        end = next(n for n, one in enumerate(backward) if ast.unparse(one).startswith("grads ="))
        backward[start:end] = [lines.visit(one) for one in backward[start:end]]
        if not lines.what:
            return
        yield lines.what, ast.unparse(ast.fix_missing_locations(changed))


@pytest.mark.parametrize("network", NETWORKS)
def test_emitted_lines(stages, network):
    graph = stages[network].graph
    point = random_point(graph, np.random.default_rng(5))
    survivors, planted, kinds = [], 0, set[str]()
    for what, text in changed_code(stages[network].module_text()):
        module = ModuleType("planted")
        exec(compile(text, "<planted>", "exec"), module.__dict__)
        emitted = Emitted(graph, module, point)
        try:
            emitted.loss_and_gradient  # noqa: B018
        except Exception:
            continue  # it does not even run
        planted += 1
        checks = shape_checks(emitted) or gradient_checks(emitted, np.random.default_rng(0))
        if all(check.passed for check in checks):
            checks = tie_checks(emitted)
        wrong = {check.subject for check in checks if not check.passed}
        if not wrong & {tensor.name for tensor in graph.parameters}:
            survivors.append(what)
        kinds.add(what.partition(":")[0])
    assert network not in ("pooled", "maxout") or {"tie of a maximum to the last", "tie of a maximum to all"} <= kinds
    counted("emitted lines", survivors, planted)


@pytest.mark.parametrize("network", ["mazur", "recurrent", "vae"])
def test_one_element_of_an_adjoint(stages, network):
    derivation = stages[network].derivation
    truth = Truth(derivation, random_point(derivation.graph, np.random.default_rng(2), {}), {}, {})
    assert truth.doubtful() == ""
    survivors = []
    names = sorted(name for name in derivation.adjoint_of.values() if name in truth.values)
    for name in names:
        right = truth.values[name]
        truth.values[name] = right.copy()
        truth.values[name].flat[0] = right.flat[0] * 1.001 + 1e-9
        if not truth.doubtful():
            survivors.append(name)
        truth.values[name] = right
    counted("adjoints, 0.1 % of one element", survivors, len(names))


def other_digit(match: re.Match[str]) -> str:
    return match[0][:-1] + str((int(match[0][-1]) + 1) % 10)


CHANGES = {
    "a last digit": (r"(?<![\d.{a-zA-Z:-])\d+\.\d+", other_digit),
    "a sign": (r"(?<=[\w})]) \+ (?=[\\\w({])", lambda match: " - "),
    "a minus": (r"(?<=[\w})]) - (?=[\\\w({])", lambda match: " + "),
    "an index": (r"_\{([12])\}", lambda match: f"_{{{3 - int(match[1])}}}"),
    "a layer": (r"\\lay\{([12])\}", lambda match: rf"\lay{{{3 - int(match[1])}}}"),
    "a transpose": (r"\\T(?![A-Za-z])", lambda match: ""),
    "a product": (r" \\odot ", lambda match: " + "),
    "exact for rounded": (r"\\approx(?= -?\d+\.\d{9})", lambda match: "="),
    "a reference": (r"\\eqref\{eq:([^}]*)\}", lambda match: r"\eqref{eq:none}"),
}
# Why an error in a document may stay: it is none.
HARMLESS = {
    ("exact for rounded", "0.138498562 + (-0.038098237)"): "the digits that are printed add up exactly",
    ("a minus", r"w \leftarrow w - \eta"): "a rule for any weight; the step of one weight beside it is evaluated",
    ("a last digit", r"a drop of 2.46 \%"): "a percentage in words, to two decimals",
}


def changed_texts(source: str, kind: str) -> Iterator[tuple[str, str, int]]:
    """The document with one change, where the change can be seen: not in code, drawings' geometry or the preamble."""
    pattern, change = CHANGES[kind]
    start = source.index(r"\begin{document}")
    hidden = [match.span() for match in re.finditer(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", source, re.DOTALL)]
    hidden += [
        match.span()
        for match in re.finditer(r"\\(?:draw|fill|label|ref|hspace|vspace|begin\{tabular\})[^$\n]*?[{\[(;]", source)
    ]
    for match in re.finditer(pattern, source):
        line = source[source.rfind("\n", 0, match.start()) + 1 : source.find("\n", match.end())]
        drawn = re.search(r"\\(?:draw|fill|node|sbpcaption|begin(?!.(?:b|small)matrix))|minipage|mbox", line)
        if match.start() < start or any(a <= match.start() < b for a, b in hidden) or drawn:
            continue
        yield line, source[: match.start()] + change(match) + source[match.end() :], match.start()


@pytest.fixture(scope="module")
def reader(stages):
    return reader_of(stages["mazur"])


@pytest.fixture(scope="module")
def documents(stages, reader):
    """The document and the page of a network, which hold as they are."""
    found = {name: EMITTERS[name].make(stages["mazur"], Findings(Report("mazur", ()))) for name in ("latex", "html")}
    for text in found.values():
        whole = reader.document(text)
        assert whole.held == whole.count
    return found


@pytest.mark.parametrize("kind", CHANGES)
def test_documents(reader, documents, kind):
    source = documents["latex"]
    known = read_latex(source)
    before = {(one.text, one.kind) for one in known.passages}
    survivors, planted = [], 0
    for line, text, _ in changed_texts(source, kind):
        readable = read_latex(text)
        if readable == known or any(kind == of and part in line for of, part in HARMLESS):
            continue  # a sign that is named in words says nothing that could be wrong
        planted += 1
        if readable.unknown:
            continue
        fresh = [one for one in readable.passages if (one.text, one.kind) not in before]
        verdicts = [verdict for one in fresh for verdict in reader.verdicts(one)]
        if not any(verdict.outcome in ("fault", "unread") for verdict in verdicts):
            verdicts = [verdict for _, verdict in tabulated(reader, readable)]
        if not any(verdict.outcome in ("fault", "unread") for verdict in verdicts):
            survivors.append(line)
    counted(f"document, {kind}", survivors, planted)


DEEP = "2 -> " + "2 tanh -> " * 10 + "1, loss=mse"
# In each of these a sign is read that another notation does not have: a letter for the layer, with its number, in front
# of the indices; a sign that leaves the layer open; a square where a bare number above is a layer.
SPOKEN = [
    ("lstm", "mazur", "i_{h1,"),
    (DEEP, "mazur", "_{h10"),
    ("mnist", "mazur", r"\mathrm{out}_{j} ="),
    ("xor", "nielsen", "(a_{j})^{2}"),
    ("xor", "matrix", "(a_{j})^{2}"),
]
CHANGES_OF_TEXT = {
    "a sign": (r"\+", lambda match: "-"),
    "a minus": (r"(?<=[\w})] )-", lambda match: "+"),
    "an index": (r"_\{j\}", lambda match: "_{k}"),
    "a division": (r"/", lambda match: " "),
    "a digit": (r"\d", lambda match: str((int(match[0]) + 1) % 10)),
}


@pytest.mark.parametrize(("network", "notation", "part"), SPOKEN)
def test_relations_of_a_notation(network, notation, part):
    """Each digit and each sign of every relation that has a sign of the notation's own."""
    stages = derive(network, notation=notation).stages
    reader, source = reader_of(stages), EMITTERS["latex"].make(stages, Findings(Report(network, ())))
    reader.document(source)
    survivors, planted = [], 0
    for passage in read_latex(source).passages:
        if part not in passage.text or r"\leftarrow" in passage.text:
            continue
        assert {verdict.outcome for verdict in reader.verdicts(passage)} <= {"held"}
        for pattern, change in CHANGES_OF_TEXT.values():
            for match in re.finditer(pattern, passage.text):
                text = passage.text[: match.start()] + change(match) + passage.text[match.end() :]
                planted += 1
                verdicts = reader.verdicts(replace(passage, text=text))
                if all(verdict.outcome == "held" for verdict in verdicts):
                    survivors.append(text)
    counted(f"{network} in the notation {notation}", survivors, planted)


def test_digits_of_a_page(reader, documents):
    """The last digit of every tenth number of the page."""
    source = documents["html"]
    start, end = source.index("<main"), source.index("<pre")
    places = [one for one in re.finditer(r"<mn>\d+\.\d{4,}</mn>", source) if start < one.start() < end][::10]
    before = {(one.text, one.kind) for one in read_page(source).passages}
    survivors = []
    for place in places:
        digit = place.end() - len("</mn>") - 1
        text = source[:digit] + str((int(source[digit]) + 1) % 10) + source[digit + 1 :]
        readable = read_page(text)
        fresh = [one for one in readable.passages if (one.text, one.kind) not in before]
        verdicts = [verdict for one in fresh for verdict in reader.verdicts(one)]
        verdicts += [verdict for _, verdict in tabulated(reader, readable)]
        if not any(verdict.outcome == "fault" for verdict in verdicts):
            survivors.append(source[place.start() - 200 : place.end()])
    counted("page, a last digit", survivors, len(places))


def test_digits_of_a_drawing(reader, documents):
    """Every digit that is seen in the drawings of the page, of numbers and of the signs whose values they are."""
    source = documents["html"]
    before = list(drawn(source))
    survivors, planted = [], 0
    for text in re.finditer(r'<text class="(?:name|value|note)".*?</text>', source):
        for digit in re.finditer(r"\d(?=[^<>]*<)(?!;)", text[0]):
            at = text.start() + digit.start()
            changed = source[:at] + str((int(source[at]) + 1) % 10) + source[at + 1 :]
            fresh = [one for one, old in zip(drawn(changed), before, strict=True) if one != old]
            if not fresh:
                continue  # a sign that stands beside no number
            planted += 1
            if all(verdict.outcome == "held" for one in fresh for verdict in reader.verdicts(one)):
                survivors.append(text[0])
    counted("drawings of a page, a digit", survivors, planted)


def test_a_sum_over_one_index_too_few(stages):
    derivation = stages["mazur"].derivation
    (equation,) = [one for one in derivation.adjoints if one.tensor == "delta1"]
    (total,) = equation.rhs.atoms(Total)
    assert indices_of(total)
    wrong = replace(equation, rhs=equation.rhs.xreplace({total: total.body.xreplace({total.bound[0]: sp.Integer(0)})}))
    adjoints = tuple(wrong if one.tensor == "delta1" else one for one in derivation.adjoints)
    truth = Truth(
        replace(derivation, adjoints=adjoints), random_point(derivation.graph, np.random.default_rng(2)), {}, {}
    )
    counted("adjoints, a sum that is none", [] if truth.doubtful() else ["delta1"], 1)
