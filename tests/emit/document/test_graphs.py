"""Any graph is told layer by layer, and where it has numbers every relation of its document is true."""

from dataclasses import replace

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.display import check, latex
from symbackprop.emit.document import Choices, compose
from symbackprop.emit.document.blocks import Display, Facts, Figure, Grid, Heading, Mention, Paragraph, Table
from symbackprop.emit.document.inline import prose
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import stages
from symbackprop.emit.document.typeset import typeset
from symbackprop.material import material

GATED = {
    "parameters": {"W": ["units", "n"], "V": ["units", "n"]},
    "equations": "g[j] = sigmoid(sum(V[j, i] * x[i], i))\ny[j] = g[j] * sum(W[j, i] * x[i], i)",
}


def numbers(*shape, start=1):
    """Nested lists of unlike numbers."""
    if not shape:
        return ((start * 37) % 19 - 9) / 10 or 0.35
    return [numbers(*shape[1:], start=start * 7 + n) for n in range(shape[0])]


def dense(units, inputs, **more):
    return {"type": "dense", "units": units, "weights": numbers(units, inputs, start=3), "bias": numbers(units), **more}


NETWORKS = {
    "gates": {
        "inputs": 2,
        "layers": [{"type": "gated", "units": 2, "W": numbers(2, 2), "V": numbers(2, 2, start=2)}, dense(1, 2)],
        "loss": "mse",
        "layer_types": {"gated": GATED},
        "sample": {"x": [0.5, -0.25], "t": [1]},
    },
    "recurrence": {
        "inputs": {"x": {"shape": [3, 1]}},
        "layers": [
            {
                "type": "simple_rnn",
                "units": 2,
                "weights": numbers(2, 1),
                "recurrent_weights": numbers(2, 2),
                "bias": numbers(2),
            },
            {"type": "last"},
            dense(1, 2),
        ],
        "loss": "mse",
        "sample": {"x": [[0.5], [-0.25], [0.75]], "t": [1]},
    },
    "convolution": {
        "inputs": {"x": {"shape": [6, 1]}},
        "layers": [
            {"type": "conv1d", "filters": 1, "kernel_size": 3, "weights": numbers(1, 3, 1), "bias": [0.1]},
            {"type": "max_pooling1d", "pool_size": 2},
        ],
        "loss": "half_squared_error",
        "sample": {"x": [[0.5], [-0.25], [0.75], [0.1], [-0.6], [0.3]], "t": [[1], [0]]},
    },
    "samples": {
        "inputs": 2,
        "layers": [{"type": "batch_normalization", "gamma": [1.5, 0.5], "beta": [0.1, 0.2]}, dense(1, 2)],
        "loss": "mse",
        "sample": {"x": [[0.5, -0.25], [0.1, 0.7], [-0.3, 0.2]], "t": [[1], [0], [1]]},
    },
}


@pytest.fixture
def network():
    return lambda name: sb.Network.model_validate({"name": name.replace(" ", "_"), **NETWORKS[name]})


def blocks(document, kind):
    every = [*document.opening, *(block for section in document.sections for block in section.blocks)]
    return [block for block in every if isinstance(block, kind)]


def mentions(document):
    for table in blocks(document, Table):
        for group in table.groups:
            yield from (piece.label for row in group for cell in row for piece in cell if isinstance(piece, Mention))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_relation_is_true(name, network, material_of):
    given = material_of(network(name))
    values = Sheet(given).values
    held = 0
    for relation in compose(given).relations:
        found = check(relation, values)
        assert not found.faults, latex(relation)
        held += found.held
    assert held >= 10


def test_every_layer_has_a_section_from_the_last_to_the_first(composed):
    titles = [section.title for section in composed("cnn").sections]
    assert titles[2:6] == [
        "Backward pass: layer 4: dense layer with softmax",
        "Backward pass: layer 3: flattening",
        "Backward pass: layer 2: maximum of windows",
        "Backward pass: layer 1: convolution in two dimensions with relu",
    ]


def test_the_chain_rule_stands_before_its_result(composed):
    (relation,) = [one for one in composed("attention").relations if r"\pd{E}{w\lay{q}_{ji}}" in latex(one.lhs)]
    assert [prose((row.reason,)) for row in relation.rows] == [r"chain rule", r"local derivatives"]
    assert r"\fX{\pd{z\lay{q}_{s\tau j}}{w\lay{q}_{ji}}}" in latex(relation.rows[0].tree)


def test_a_recurrence_adds_what_comes_from_the_next_step(composed):
    document = composed("lstm")
    (relation,) = [one for one in document.relations if latex(one.lhs) == r"\fE{\pd{E}{c\lay{\mathrm{lstm}}_{\tau j}}}"]
    first = latex(relation.rows[0].tree)
    assert r"\pd{E}{c\lay{\mathrm{lstm}}_{\tau + 1,j}}" in first
    assert r"\pd{E}{h\lay{\mathrm{lstm}}_{\tau j}}" in first
    text = "".join(prose(block.text) for block in blocks(document, Paragraph))
    assert "backwards in time" in text
    assert r"outside of a tensor's range is 0, here $h\lay{\mathrm{lstm}}_{\tau - 1,k}$" in text


def test_pictures_go_with_recurrences_and_windows(composed):
    assert [one.label for one in blocks(composed("lstm"), Figure)] == ["fig:network", "fig:unrolled"]
    assert [one.label for one in blocks(composed("cnn"), Figure)] == ["fig:network", "fig:windows"]


def test_layers_that_are_alike_are_told_once(composed):
    gated = {"type": "gated", "units": 3}
    few, many = (
        sb.Network(3, *[gated] * count, sb.Dense(1), loss="mse", layer_types={"gated": GATED}) for count in (4, 9)
    )
    titles = [prose(block.text) for block in blocks(composed(many), Heading)]
    assert "Layers 1 to 9: gated" in titles
    assert len(composed(many).relations) == len(composed(few).relations)


def test_numbers_follow_formulas(network, composed):
    text = " ".join(latex(one) for one in composed(network("gates")).relations)
    assert r"\begin{bmatrix}" in text


def test_what_is_mentioned_is_there(composed):
    for name in ("transformer", "vae"):
        document = composed(name)
        shown = [b for b in (*blocks(document, Display), *blocks(document, Grid))]
        labels = {row.label for block in shown for relation in block.relations for row in relation.rows}
        wanted = set(mentions(document))
        assert len(wanted) > 5
        assert wanted <= labels


def test_local_derivatives_are_written_at_the_place_where_they_are_not_0(composed):
    lines = {latex(one.lhs): latex(one.rows[0].tree) for one in composed("attention").relations}
    assert lines[r"\fS{\pd{y\lay{4}_{\tau j}}{p\lay{4}_{\tau i}}}"] == r"\fS{z\lay{v}_{ij}}"


@pytest.mark.parametrize(("steps", "before"), [(1, 0), (2, 5)])
def test_a_sequence_of_one_step_has_no_derivative_by_the_step_before(steps, before, composed):
    network = {
        "inputs": {"x": {"shape": [steps, 2]}},
        "layers": [{"type": "lstm", "units": 2}, {"type": "last"}, {"type": "dense", "units": 1}],
        "loss": "mse",
    }
    sides = [latex(one.lhs) for one in composed(network).relations]
    assert sum(side.startswith(r"\fS{\pd{") and r"\tau - 1" in side for side in sides) == before


@pytest.mark.parametrize("detail", ["brief", "standard", "full"])
def test_parameters_of_no_layer_have_their_gradients_derived_and_in_the_table(detail, program, composed):
    document = composed(program, choices=Choices(detail=detail))
    found = {latex(one.lhs): one.rows for one in document.relations}
    (row,) = found[r"\pd{E}{w_{i}}"]
    assert r"\sum_{j} \fE{\pd{E}{r_{j}}}\,x_{ji} + w_{i} \lambda" in latex(row.tree)
    assert prose((row.reason,)) == ("" if detail == "brief" else "chain rule")
    assert r"\pd{E}{b}" in found
    (table,) = [block for block in blocks(document, Table) if block.label == "tab:parameters"]
    assert [prose(row[0]) for group in table.groups for row in group] == ["$w_{i}$", "$b$"]
    assert list(mentions(document)) == ["eq:dw", "eq:db"]


def test_a_parameter_that_is_chosen_is_told_alone(program, composed):
    document = composed(program, choices=Choices(only=("b",)))
    told = [latex(one.lhs) for one in document.relations]
    assert r"\pd{E}{b}" in told
    assert r"\pd{E}{w_{i}}" not in told
    assert list(mentions(document)) == ["eq:db"]


def test_a_function_has_its_gradients_derived(report):
    def score(q, K, v):
        return np.sum(np.tanh(K @ q) * v)

    document = compose(material(sb.derive(score, q="d", K=("m", "d"), v="m", wrt=["q", "K", "v"]).stages, report))
    told = {latex(one.lhs) for one in document.relations}
    assert {r"\pd{E}{q_{i}}", r"\pd{E}{k_{ij}}", r"\pd{E}{v_{i}}"} <= told


def test_equations_of_no_layer_are_no_terms_of_a_sum(program, composed):
    def told(network):
        return " ".join(prose(block.text) for block in blocks(composed(network), Paragraph))

    titles = [section.title for section in composed(program).sections]
    assert "Backward pass" in titles
    assert "Backward pass: the terms of the error" not in titles
    assert "the last is the number that is differentiated" in told(program)
    assert "terms" not in told(program)
    assert "The error has several terms" in told("vae")


@pytest.mark.parametrize("language", ["de", "fr", "zh"])
def test_equations_of_no_layer_are_told_in_every_language(language, program, composed):
    document = composed(program, choices=Choices(language=language))
    text = " ".join(prose(block.text) for block in blocks(document, Paragraph))
    assert "line" not in text
    assert "Backward pass" not in [section.title for section in document.sections]


def test_what_failed_is_not_called_checked(program, material_of, report):
    assert compose(material_of(program)).subtitle.endswith("derived and checked")
    failed = replace(report, checks=(replace(report.checks[0], passed=False), *report.checks[1:]))
    given = material(sb.derive(program).stages, failed)
    assert compose(given).subtitle.endswith(": every gradient derived")
    for language, failing, fine in (("en", "Check failed", "Checked"), ("de", "Prüfung gescheitert", "Geprüft")):
        told = material(sb.derive(program).stages, failed, choices=Choices(language=language))
        (facts,) = blocks(compose(told), Facts)
        words = [prose(name) for name, _ in facts.below]
        assert failing in words and fine not in words


def test_equations_of_no_layer_have_numbers_but_no_sample(composed):
    program = {"shapes": {"A": (2, 2), "x": 2}, "equations": "E = x @ A @ x", "wrt": ["x"]}
    program |= {"values": {"A": [[1, 2], [3, 4]], "x": [0.5, -1]}}
    told = [prose(block.text) for block in blocks(composed(program), Paragraph)]
    assert "With the numbers that are given:" in told
    assert not [text for text in told if "sample" in text]


def test_the_gradient_by_an_input_stands_behind_the_layers(report):
    """Weights that nothing is derived by are data, and a bias among them is a bias all the same."""
    document = compose(material(sb.derive("mazur", wrt=["W2", "x"]).stages, report))
    titles = [section.title for section in document.sections]
    assert [title.partition(":")[0] for title in titles[2:5]] == ["Backward pass"] * 3
    assert titles[4] == "Backward pass: what is given"
    told = " ".join(prose(block.text) for block in blocks(document, Paragraph))
    assert "adds its bias" in told and "no bias" not in told


def test_a_gate_behind_a_dense_layer_is_a_layer_of_its_own(tmp_path):
    # It makes half as many numbers as it takes: as an activation it had a drawing, and a formula, of as many.
    layers = [{"type": "dense", "units": 2, "bias": False}, {"type": "swiglu"}, {"type": "dense", "units": 1}]
    d = sb.derive({"name": "gate", "inputs": 1, "layers": layers, "loss": "mse"})
    assert d.write(tmp_path, ["latex", "html"]).passed
    assert stages(d.stages.derivation) == ()
    assert stages(sb.derive("1 -> 2 softmax, loss=mse").stages.derivation)


@pytest.mark.parametrize("loss", ["mse", "sqrt(sum((t[s, j] - y[s, j])**2, s, j))"])
def test_what_mixes_samples_shows_them_under_every_letter_and_is_read_back(tmp_path, loss):
    """Statistics over samples, behind a layer with an activation; a loss that no sample has by itself."""
    normal = [{"type": "dense", "units": 3, "activation": "tanh"}, {"type": "batch_normalization"}]
    layers = [*(normal if loss == "mse" else []), {"type": "dense", "units": 1}]
    losses = {} if loss == "mse" else {"own": loss}
    d = sb.derive({"name": "n", "inputs": 2, "layers": layers, "loss": next(iter(losses), "mse"), "losses": losses})
    report = d.write(tmp_path, formats=("latex", "html"))
    assert report.passed, report.summary()
    text = (tmp_path / "derivation.tex").read_text(encoding="utf-8")
    if loss == "mse":
        assert r"\frac{2}{N} \sum_{s} \bigl(\mu\lay{2}_{j} - a\lay{1}_{sj}\bigr)" in text
    else:
        assert r"\sqrt{\sum_{i,k} \bigl(t_{ik} - z\lay{1}_{ik}\bigr)^{2}}" in text


def matrix_section(document):
    return next(section for section in document.sections if section.label == "sec:matrix")


def said(section):
    return " ".join(prose(block.text) for block in section.blocks if isinstance(block, Paragraph))


def test_the_matrix_form_is_called_whole_where_it_is(composed, program):
    whole = said(matrix_section(composed(program)))
    assert "the whole pass is:" in whole
    assert "Left out" not in whole
    assert r"$\vect{1}$ is a column of ones." in whole


@pytest.mark.parametrize("network", ["mnist", "autoencoder"])
def test_a_chain_of_dense_layers_is_whole_in_matrices(composed, network):
    told = matrix_section(composed(network))
    assert "the whole pass is:" in said(told)
    forward = next(block for block in told.blocks if isinstance(block, Display))
    assert latex(forward.relations[-1].rows[0].tree).endswith(r"\vect{1}")


def test_what_has_no_form_in_matrices_is_named(composed):
    told = said(matrix_section(composed("vae")))
    assert "the pass is:" in told
    left_out = told.partition("Left out for want of a form in matrices: ")[2]
    assert all(
        name in left_out for name in (r"\mat{y}\lay{\mathrm{drawn}}", r"E\lay{2}", r"\mat{\delta}\lay{\mathrm{code}}")
    )


def test_many_without_a_form_in_matrices_are_counted(composed):
    assert "Left out for want of a form in matrices: 29 equations." in said(matrix_section(composed("lstm")))


def test_long_names_without_a_form_in_matrices_are_counted(composed):
    name = "averyveryverylongnameoflayer"
    layers = [{"type": "dense", "units": 2, "activation": "silu", "name": f"{name}_{place}"} for place in (1, 2, 3)]
    told = said(matrix_section(composed({"name": "long", "inputs": 5, "layers": layers, "loss": "mse"})))
    assert "Left out for want of a form in matrices: 3 equations." in told


def test_numbers_that_a_page_has_no_room_for_are_named(composed):
    kernels = {"weights": numbers(2, 2, 1), "bias": numbers(2)}
    layers = [{"type": "conv1d", "filters": 2, "kernel_size": 2, **kernels}, {"type": "flatten2d"}, dense(1, 6)]
    x = {"x": {"shape": [4, 1]}}
    network = {"name": "line", "inputs": x, "layers": layers, "loss": "mse", "sample": {"x": numbers(4, 1), "t": [1]}}
    one = composed(network)
    many = composed({**network, "sample": {"x": numbers(3, 4, 1), "t": numbers(3, 1)}})
    told = [" ".join(map(said, document.sections)) for document in (one, many)]
    assert [r"Numbers not printed: $\mat{x}$." in text for text in told] == [False, True]
    assert all(r"Numbers not printed: $\mat{W}\lay{1}$" in text for text in told)
    source = typeset(many)
    assert "No numbers are printed of tensors with more than two axes, 8 rows or 6 columns;" in source
    assert "No numbers are printed" not in typeset(composed(NETWORKS["gates"]))


def test_a_number_that_every_sample_shares_is_no_sample(composed):
    equations = "E = mean((X @ w - t)**2) + lam * sum(w**2)"
    shapes = {"X": ["N", 2], "t": "N", "w": 2, "lam": []}
    values = {"X": numbers(3, 2), "t": numbers(3), "w": numbers(2), "lam": 0.5}
    network = {"name": "ridge", "shapes": shapes, "wrt": ["w"], "equations": equations, "values": values}
    assert r"\lambda" in typeset(composed(network))


@pytest.mark.parametrize(
    ("loss", "lead"),
    [
        ("huber", ""),
        ("mse", "The squared distance to the target, averaged over the samples, and what the parameters cost:"),
        (
            [{"type": "mse", "output": "a"}, {"type": "mae", "output": "a", "weight": 0.5}],
            "The error has several terms",
        ),
    ],
)
def test_the_error_is_said_to_have_terms_where_it_has(composed, loss, lead):
    layers = [{"type": "batch_normalization"}, {"type": "dense", "units": 1, "regularizer": "l2", "name": "a"}]
    document = composed({"name": "n", "inputs": 2, "layers": layers, "loss": loss})
    told = said(next(section for section in document.sections if section.label == "sec:forward"))
    assert lead in told
    assert ("several terms" in told) == ("several terms" in lead)
    titles = [section.title for section in document.sections]
    assert ("Backward pass: the terms of the error" in titles) == ("several terms" in lead)


def test_what_a_loop_reads_beyond_its_ends_is_said_to_be_0(report):
    def returns(r):
        g, loss = 0.0, 0.0
        for t in reversed(range(12)):
            g = r[t] + 0.9 * g
            loss = loss + g**2
        return loss

    def sloped(x):
        return ((x[1:] - x[:-1]) ** 2).sum()

    def text(function, **shapes):
        document = compose(material(sb.derive(function, **shapes).stages, report))
        return " ".join(prose(block.text) for block in blocks(document, Paragraph))

    assert "outside of a tensor" in text(returns, r=12)
    assert "outside of a tensor" not in text(sloped, x=12)
