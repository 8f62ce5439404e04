"""LaTeX → trees: what we print is read back with its value, textbooks' spellings are read, and nothing gets out."""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.display import (
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    Paint,
    Power,
    Product,
    Range,
    Reference,
    Relation,
    Row,
    Sum,
    Symbol,
    Transpose,
    evaluate,
    integer,
    latex,
    text,
)
from symbackprop.display.diagram import Drawing, Node, Note
from symbackprop.display.evaluate import Evaluator, agree
from symbackprop.display.mathml import mathml
from symbackprop.display.svg import svg
from symbackprop.display.tree import walk
from symbackprop.errors import LanguageError, SymbackpropError, TooLargeError
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.notation import STANDARD, Sign, notation
from symbackprop.reading import TensorNames, read_formula, read_relation
from symbackprop.reading.cursor import Cursor
from symbackprop.reading.drawings import drawn
from symbackprop.reading.mathml import latex_of
from symbackprop.reading.pages import read_page
from symbackprop.reading.spelling import atoms, plain
from symbackprop.reading.tokens import MOST_CHARACTERS, tokens

VALUES = {"a": Q(3, 7), "b": Q(-2, 5), "c": Q(5, 3), "v": [Q(1, 2), Q(-3), Q(4, 9)], "z1": [Q(2), Q(1, 3), Q(7)]}
K = Symbol(Sign("k"), key="#k")
LEAVES = st.one_of(
    st.sampled_from([Symbol(Sign(name), key=name) for name in "abc"]),
    st.integers(0, 99).map(integer),
    st.sampled_from(["0.10", "2.5", "3.5e-05", "0.593269992"]).map(Number),
    st.sampled_from([Symbol(Sign("v"), (integer(n),), key="v") for n in (1, 2, 3)]),
    st.sampled_from([Symbol(Sign("z", layer="1"), (integer(n),), key="z1") for n in (1, 2, 3)]),
)


@st.composite
def trees(draw, depth=3):
    if not depth or draw(st.integers(0, 3)) == 0:
        return draw(LEAVES)

    def inner():
        return draw(trees(depth - 1))

    sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
    builders = (
        lambda: Minus(inner()),
        lambda: Sum((inner(), inner())),
        lambda: Sum((inner(), Minus(inner()), inner())),
        lambda: Product((inner(), inner(), inner()), draw(st.sampled_from(["", "cdot", "times", "odot"]))),
        lambda: Product((inner(), inner())),
        lambda: Power(inner(), integer(draw(st.sampled_from([2, 3])))),
        lambda: Fraction(inner(), draw(st.sampled_from([integer(3), Symbol(Sign("c"), key="c")])), draw(st.booleans())),
        lambda: Apply("tanh", (inner(),)),
        lambda: Apply("abs", (inner(),)),
        lambda: Apply("max", (inner(), inner())),
        lambda: BigSum(Product((draw(LEAVES), Symbol(Sign("v"), (K,), key="v"))), (Range(K, integer(3), shown=True),)),
        lambda: Bracket(Compare((inner(), inner()), (sign,))),
        lambda: Cases(((inner(), Compare((inner(), inner()), (sign,))), (inner(), None))),
        lambda: Paint("error", inner()),
        lambda: Brace(inner(), Reference("eq:one"), "slope"),
        lambda: Boxed(inner()),
    )
    return builders[draw(st.integers(0, len(builders) - 1))]()


@given(trees())
def test_what_is_printed_is_read_back_with_its_value(tree):
    printed = latex(tree)
    again = read_formula(printed, most=100_000)
    values = {**VALUES, "#k": 1}
    wanted, found = Evaluator(VALUES)(tree), Evaluator(values)(again)
    assert agree(wanted, found, True), f"{printed}: {text(tree)} was read as {text(again)}"


@pytest.mark.parametrize(
    ("formula", "meaning"),
    {
        r"\frac{\partial E}{\partial w_5}": "∂E/∂w₅",
        r"\partial E/\partial w_5": "∂E/∂w₅",
        r"\frac{\mathrm{d} E}{\mathrm{d} w}": "∂E/∂w",
        r"\nabla_{W} L": "∂L/∂W",
        r"\sigma(z_j) (1 - \sigma(z_j))": "σ(zⱼ)·(1 - σ(zⱼ))",
        r"\sigma'(z)": "σ′(z)",
        r"\sigma^{\prime}(z)": "σ′(z)",
        r"\frac12 (t - a)^2": "½·(t - a)²",
        r"1/(1 + e^{-z})": "1/(1 + exp(-z))",
        r"\delta^{(l)} = ((W^{(l+1)})^\top \delta^{(l+1)}) \odot \sigma'(z^{(l)})":
            "δ⁽ˡ⁾ = (W⁽ˡ⁺¹⁾)ᵀ·δ⁽ˡ⁺¹⁾ ⊙ σ′(z⁽ˡ⁾)",
        r"a^{[2]}_j": "aⱼ⁽²⁾",
        r"-\sum_k t_k \log p_k": "-Σₖ tₖ·log pₖ",
        r"\sum_{k=1}^{n} a_k b_k": "Σ_{k=1..n} aₖ·bₖ",
        r"\mathbf{W}^{T} \boldsymbol{\delta}": "Wᵀ·δ",
        r"\log^2(a)": "(log a)²",
        r"\max_{k} z_k": "maxₖ zₖ",
        r"\left(a + b\right) c": "(a + b)·c",
        r"\left\{ \begin{array}{ll} z & \text{if } z > 0 \\ 0 & \text{otherwise.} \end{array} \right.":
            "{z if z > 0; 0 otherwise}",
        r"|a - b| c": "|a - b|·c",
        r"101{,}770": "101770",
        r"0.050\,000\,12": "0.05000012",
        r"a \cdot -2": "a · (-2)",
        r"\underbrace{(a - t)}_{\text{error}}\, x": "(a - t)·x",
        r"a_{ij}": "aᵢⱼ",
        r"\mathbb{1}[z > 0]": "[z > 0]",
    }.items(),
)  # fmt: skip
def test_textbook_spellings(formula, meaning):
    assert text(read_formula(formula)) == meaning


@pytest.mark.parametrize(
    ("formula", "where"),
    [
        ("a + ", "at character 5, the end"),
        (r"\frac{a}{b", "never closed"),
        (r"\input{/etc/passwd}", r"at character 1 ('\\input')"),
        (r"\def\x{1}", r"at character 1 ('\\def')"),
        (r"\write18{ls}", "character 1"),
        ("a b/c d", "write parentheses"),
        ("2 3", "two numbers side by side"),
        (r"\sin a b", "how far sin reaches"),
        (r"\prod_k a_k", "is not read"),
        (r"\begin{tikzpicture}\end{tikzpicture}", "'tikzpicture' is not read"),
        (r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", "different lengths"),
        ("(a]", "expected ')'"),
        ("a)", "not understood"),
        (r"\sqrt[3]{a}", "only square roots"),
        ("$a$", "'$'"),
        ("a^b^c", "a second exponent"),
        ("__import__('os')", "'_'"),
    ],
)
def test_mistakes_say_what_and_where(formula, where):
    with pytest.raises(LanguageError) as caught:
        read_formula(formula)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    "formula",
    [
        "a" * (MOST_CHARACTERS + 1),
        "(" * 100 + "a" + ")" * 100,
        "9" * 40,
        "x^{9^{9^{9}}}",
        "((x^{64})^{64})^{64}",
        r"\tfrac{1}{" * 70 + "1" + "}" * 70,
    ],
)
def test_what_nobody_writes_is_refused(formula):
    with pytest.raises(TooLargeError):
        read_formula(formula)


PIECES = [r"\frac", "{", "}", "^", "_", "(", ")", "a", "2", r"\sum", r"\begin{cases}", r"\end{cases}", "&", r"\\", "|",
          r"\lay", r"\pd", "=", r"\text", r"\max", "'", ",", r"\T", r"\left", ".", "e", r"\operatorname",
          "[", "1e5", "%"]  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_whatever_is_handed_in_the_answer_is_a_tree_or_a_mistake(anything):
    for reading in (read_formula, read_relation):
        try:
            reading(anything)
        except SymbackpropError as error:
            assert str(error)


def test_a_relation_is_a_chain():
    relation = read_relation(r"z\lay{1}_{1} &= 0.15 \times 0.05 \notag \\ &\approx \result{0.0075} \label{eq:z}")
    assert text(relation) == "z₁⁽¹⁾ = 0.15 × 0.05 ≈ 0.0075"
    assert evaluate(relation.rows[0].tree) == Q(3, 400)


def test_a_colour_that_a_line_end_tears_inside_of_a_parenthesis():
    torn = read_relation(r"a &= 2 \fS{(b} \notag \\ &\quad {}+ \fS{c)} \notag \\ &= \fS{(a + b)} c")
    assert [text(row.tree) for row in torn.rows] == ["2·(b + c)", "(a + b)·c"]
    assert any(isinstance(node, Paint) for node in walk(torn.rows[1].tree))


def test_a_matrix_keeps_its_rows():
    tree = read_relation(r"A = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}").rows[0].tree
    assert tree == Matrix(((Number("1"), Number("2")), (Number("3"), Number("4"))))


def test_conditions():
    tree = read_formula(r"[a > 0 \text{ and } \text{not }(b < 1)]")
    assert isinstance(tree, Bracket)
    assert isinstance(tree.condition, Logic)
    assert Evaluator({"a": 1, "b": 2})(tree).middle == 1


def test_transposes():
    assert isinstance(read_formula(r"\mat{W}\lay{2}\T"), Transpose)
    assert isinstance(read_formula(r"x^T"), Power)
    assert read_formula(r"\mat{W}\lay{2}^{-\mathsf{T}}") == Transpose(read_formula(r"\mat{W}\lay{2}^{-1}"))


N, I, J = Index("s", 3), Index("i", 2), Index("j", 2)
TENSORS = {
    tensor.name: tensor
    for tensor in (
        Tensor("x", "input", (N, I)),
        Tensor("W1", "parameter", (J, I), layer=1, names=(("w1", "w2"), ("w3", "w4"))),
        Tensor("z1", "hidden", (N, J), layer=1),
        Tensor("lstm_Wf", "parameter", (J, I), layer=2),
        Tensor("E", "loss"),
        Tensor("delta1", "adjoint", (N, J), layer=1),
        Tensor("dW1", "adjoint", (J, I), layer=1),
    )
}
ADJOINTS = {"z1": "delta1", "W1": "dW1"}


@pytest.mark.parametrize(
    ("formula", "key", "place"),
    [
        ("w_3", "W1", (2, 1)),
        (r"w\lay{1}_{12}", "W1", (1, 2)),
        (r"w\lay{\mathrm{lstm}}_{f,21}", "lstm_Wf", (2, 1)),
        (r"z\lay{1}_{32}", "z1", (3, 2)),
        (r"z\lay{1}_{2}", "z1", (2, 2)),  # the sample that is meant
        (r"\delta^{(1)}_{1,2}", "delta1", (1, 2)),
        (r"\mat{W}\lay{1}", "W1", ()),
        (r"\mat{\delta}\lay{1}", "delta1", ()),
    ],
)
def test_signs_of_a_network(formula, key, place):
    tree = read_formula(formula, TensorNames(TENSORS, STANDARD, ADJOINTS, sample=2))
    assert isinstance(tree, Symbol)
    assert (tree.key, tuple(one.value for one in tree.place)) == (key, place)


def test_e_may_be_a_name():
    i = Index("i", 3)
    tensors = {"e1": Tensor("e1", "hidden", (i,)), "q": Tensor("q", "hidden", (i,))}
    names = TensorNames(tensors)
    assert read_formula(r"e^{(1)}_{2}", names).key == "e1"
    assert read_formula("e^{(q_1)}", names).name == "exp"
    assert read_formula("e", TensorNames({})).key == "e"


def test_a_layer_that_is_not_printed():
    names = TensorNames(TENSORS, STANDARD, ADJOINTS, layer=1)
    assert {read_formula(one, names).key for one in (r"z_j", r"z\lay{l}_{j}", r"z\lay{1}_j")} == {"z1"}
    with pytest.raises(SymbackpropError, match="unknown"):
        read_formula(r"z_j", TensorNames(TENSORS, STANDARD, ADJOINTS))


def test_mazurs_names():
    names = TensorNames(TENSORS, notation("mazur"), ADJOINTS, sample=1)
    assert read_formula(r"\mathrm{net}_{h1}", names).key == "z1"
    assert read_formula("w_{4}", names).place == (integer(2), integer(2))
    open_layer = TensorNames(TENSORS, notation("mazur"), ADJOINTS, sample=1, layer=1)
    assert read_formula(r"\mathrm{net}_{j}", open_layer).key == "z1"


def test_a_letter_for_the_layer_is_no_index_and_its_number_is_read_to_its_end():
    deep = {
        tensor.name: tensor
        for tensor in (
            Tensor("x", "input", (Index("t", 5), I)),
            Tensor("lstm_i", "hidden", (Index("t", 5), J), layer=1),
            *(Tensor(f"a{layer}", "hidden", (J,), layer=layer) for layer in range(2, 13)),
        )
    }
    names = TensorNames(deep, notation("mazur"))
    assert read_formula(r"i_{h1,\tau j}", names).key == "lstm_i"
    assert read_formula(r"i_{\tau i}", names).key == "x"
    assert [read_formula(rf"\mathrm{{out}}_{{{at}}}", names).key for at in ("h2,1", "h11,1", "o1")] == [
        "a2",
        "a11",
        "a12",
    ]


def test_subscripts_fall_apart():
    (part,) = (tokens(r"\mathrm{f}\tau 12"),)
    assert [plain(one) for one in atoms(part)] == ["f", "tau", "1", "2"]


def test_a_cursor_says_where_it_is():
    cursor = Cursor(tokens("a + b"), "a + b")
    cursor.next()
    assert str(cursor.error("wrong")).startswith("error[SB010]: in 'a + b', at character 3 ('+'): wrong")


@pytest.mark.parametrize(
    ("math", "meaning"),
    [
        (
            "<math><mfrac><mrow><mi>∂</mi><mi>E</mi></mrow><mrow><mi>∂</mi><mi>w</mi></mrow></mfrac></math>",
            r"\pd{E}{w}",
        ),
        ("<math><msup><mi>𝐖</mi><mi>⊤</mi></msup></math>", r"\mat{W}^{\top}"),
        ("<math><mrow><mo>|</mo><mi>a</mi><mo>|</mo></mrow></math>", r"\lvert a \rvert"),
        ("<math><mi>σ</mi><mo>&#x2061;</mo><mrow><mo>(</mo><mi>z</mi><mo>)</mo></mrow></math>", r"\sigma ( z )"),
        ('<math><mi>a</mi><mrow class="result"><mo form="prefix">−</mo><mi>b</mi></mrow></math>', r"a \result{- b}"),
        ('<math><mrow class="slope"><mo form="infix">−</mo><mi>a</mi></mrow></math>', r"- \fS{a}"),
    ],
)
def test_mathml(math, meaning):
    assert latex_of(math) == meaning


@pytest.mark.parametrize("math", ["<math><mi>a</math>", "<math><script>1</script></math>", "<!DOCTYPE a><math></math>"])
def test_what_is_no_formula_in_mathml(math):
    with pytest.raises(LanguageError):
        latex_of(math)


@given(trees())
def test_what_is_printed_as_mathml_is_read_back_with_its_value(tree):
    printed = mathml(tree)
    again = read_formula(latex_of(printed), most=100_000)
    assert agree(Evaluator(VALUES)(tree), Evaluator({**VALUES, "#k": 1})(again), True), f"{printed}: {text(again)}"


@pytest.mark.parametrize(
    ("tree", "meaning"),
    [
        (Symbol(STANDARD.sign("a1", 1, 2, 1), (integer(2),)), "a^{(1)}_{2}"),
        (Symbol(notation("mazur").sign("z1", 1, 2, 1), (integer(1),)), r"\mathrm{net}_{h1}"),
        (Symbol(Sign("lambda")), r"\lambda "),
        (Number("-1.5e-7"), r"-1.5\times 10^{-7}"),
    ],
)
def test_what_is_drawn_is_read_back(tree, meaning):
    note = svg(Drawing(notes=(Note(0, 0, Relation(tree, (Row("=", Number("0.5")),))),)))
    (found,) = drawn(note)
    assert found.text == f"{meaning} = 0.5"
    (found,) = drawn(svg(Drawing(nodes=(Node(0, 0, "hidden", tree, Number("0.25")),))))
    assert found.text == rf"{meaning} \approx 0.25"


def test_what_is_no_relation_in_a_drawing():
    box = Node(0, 0, "input", lines=(Symbol(Sign("x")), Number("3")), width=2, height=1)
    assert list(drawn(svg(Drawing(nodes=(box, Node(0, 1, "dots")), notes=(Note(0, 0, "one"),))))) == []
    with pytest.raises(LanguageError):
        list(drawn('<svg><g class="node hidden"><text class="name"></g></svg>'))


def test_a_page_says_what_its_lines_say():
    page = """<!doctype html><p>With <math><mi>a</mi><mo>=</mo><mn>1</mn></math>:</p>
    <div class="relations"><div class="line first"><div class="lhs"><math><mi>z</mi></math></div>
    <div class="body"><math><mo>=</mo><mn>2</mn></math></div></div>
    <div class="line"><div class="body"><math><mo>=</mo><mn>3</mn></math></div></div></div>
    <table><tr><th><math><mi>s</mi></math></th><th><math><mi>x</mi></math></th></tr><tr><td>1</td>
    <td><math><mn>5</mn></math></td></tr></table><script><math><mi>q</mi></math></script>"""
    found = read_page(page)
    assert [one.text for one in found.passages] == ["a = 1", "z = 2 = 3"]
    assert found.tables[0][0].text == r"x \approx 5"
