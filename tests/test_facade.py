"""The Python interface, as its users call it."""

import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.errors import InputError, TooLargeError, UnknownNameError
from symbackprop.verify.points import random_point


@pytest.fixture(scope="module")
def mazur():
    return sb.derive(sb.load("mazur"))


POINT = {"w1": 0.15, "w2": 0.20, "w3": 0.25, "w4": 0.30, "w5": 0.40, "w6": 0.45, "w7": 0.50, "w8": 0.55}
POINT |= {"b1": 0.35, "b2": 0.60, "x1": 0.05, "x2": 0.10, "t1": 0.01, "t2": 0.99}


@pytest.mark.parametrize(
    ("weight", "gradient"),
    [("w1", 0.000438568), ("w5", 0.082167041), ("w6", 0.082667628), ("w7", -0.022602540), ("w8", -0.022740242)],
)
def test_closed_forms_have_the_published_values(mazur, weight, gradient):
    form = mazur[weight].closed_form()
    assert {symbol.name for symbol in form.free_symbols} <= POINT.keys()
    assert float(form.evalf(subs={sp.Symbol(name): value for name, value in POINT.items()})) == pytest.approx(
        gradient, abs=5e-10
    )


def test_closed_form_of_a_matrix_has_its_shape(mazur):
    forms = mazur["W2"].closed_form()
    assert forms.shape == (2, 2)
    assert forms[0, 0] == mazur["w5"].closed_form()


def test_chain_rule_of_an_output_weight(mazur):
    product = mazur["w5"].chain
    assert str(product) == "Derivative(E, a2_1)*Derivative(a2_1, z2_1)*Derivative(z2_1, w5)"


def test_index_form_is_in_plain_sympy(mazur):
    equation = mazur["db2"].indexed
    j = sp.Symbol("j", integer=True)
    assert equation == sp.Eq(sp.Symbol("db2"), sp.Sum(sp.IndexedBase("delta2")[j], (j, 0, 1)))


def test_a_gradient_is_found_under_each_of_its_names(mazur):
    assert mazur["z2"].indexed == mazur["delta2"].indexed
    assert mazur["W2"].indexed == mazur["dW2"].indexed


def test_matrix_form_and_code(mazur):
    assert mazur["W2"].code == "np.outer(delta2, a1)"
    assert mazur["W2"].matrix == r"\pd{E}{\mat{W}\lay{2}} = \vect{\delta}\lay{2} \bigl(\vect{a}\lay{1}\bigr)\T"


def test_unknown_names_name_the_nearest(mazur):
    with pytest.raises(UnknownNameError, match="did you mean 'w8'"):
        mazur["w88"]


def test_the_chain_rule_is_for_one_element(mazur):
    with pytest.raises(InputError, match="has 4 elements"):
        _ = mazur["W1"].chain


def test_compiled_gradient_agrees_with_the_closed_forms(mazur):
    module = mazur.compile()
    loss, gradients = module.loss_and_grad(module.parameters(), np.array([0.05, 0.10]), np.array([0.01, 0.99]))
    assert loss == pytest.approx(0.298371109, abs=5e-10)
    assert gradients["W2"][0, 0] == pytest.approx(0.082167041, abs=5e-10)
    assert set(gradients) == {"W1", "b1", "W2", "b2"}


@pytest.mark.parametrize("network", ["mazur", lambda w: np.sum(w**2)])
def test_wrt_of_nothing_is_refused(network):
    with pytest.raises(InputError, match="there is nothing to derive for: wrt is empty"):
        sb.derive(network, wrt=[], **({"w": 3} if callable(network) else {}))


def test_wrt_restricts_and_extends():
    d = sb.derive("mazur", wrt=["W2", "x"])
    assert d["x"].code == "delta1 @ W1"
    with pytest.raises(UnknownNameError):
        d["W1"]


@pytest.mark.parametrize(
    ("net", "wrt"), [("mazur", ["W2", "x"]), ("3 -> 4 relu -> 2, loss=mse", ["x", "t"]), ("lstm", ["x", "W3"])]
)
def test_code_takes_what_it_is_derived_by_as_parameters(net, wrt, tmp_path):
    d = sb.derive(net, wrt=wrt)
    for style in ("readable", "fast"):
        assert set(d.compile(style).PARAMETERS) == set(wrt)
    small = ["floats", "c", "javascript"] if net != "lstm" else ["array_api"]
    report = d.write(tmp_path, ["python", "html", "latex", *small])
    assert report.passed and report.gradients.count
    whole = sb.derive(net).compile()
    point = random_point(d.stages.graph, np.random.default_rng(0)).values
    data = [t.name for t in (*d.stages.graph.with_role("input", "constant"), *d.stages.graph.with_role("target"))]
    _, grads = d.compile().loss_and_grad({name: point[name] for name in wrt}, *(point[name] for name in data))
    _, every = whole.loss_and_grad({name: point[name] for name in whole.PARAMETERS}, point["x"], point["t"])
    assert set(grads) == set(wrt)
    for name in set(wrt) & set(every):
        assert grads[name] == pytest.approx(every[name])


def test_nothing_is_derived_by_whole_numbers():
    with pytest.raises(InputError, match="tokens holds whole numbers"):
        sb.derive("transformer", wrt=["tokens"]).verify()


def test_verification_passes_and_prints_a_table(mazur):
    report = mazur.verify()
    assert report.passed
    assert "complex step on the graph" in str(report)


def test_a_planted_error_in_the_code_is_found_and_named(mazur):
    d = sb.derive("mazur")
    module = d.compile()
    honest = module.loss_and_grad

    def wrong(params, x, t):
        loss, gradients = honest(params, x, t)
        return loss, gradients | {"W1": gradients["W1"] * 1.001}

    module.loss_and_grad = wrong
    report = d.verify()
    assert not report.passed
    assert {check.subject for check in report.failures} == {"W1"}


def test_too_large_is_refused_before_the_work():
    with pytest.raises(TooLargeError, match="scalar form would have"):
        sb.derive("mnist")["W1"].closed_form()


def test_a_network_built_in_python():
    net = sb.Network(3, sb.Dense(4, "tanh"), sb.Dense(2, "softmax"), loss="categorical_crossentropy")
    d = sb.derive(net)
    assert list(d) == ["W1", "b1", "W2", "b2"]
    assert d.verify().passed


def test_one_name_is_as_good_as_a_list_of_it(tmp_path):
    d = sb.derive("mazur", wrt="W1")
    assert set(d.compile().PARAMETERS) == {"W1"}
    d.write(tmp_path, "python", only="w1")
    assert {path.name for path in tmp_path.iterdir()} == {"gradients.py", "verification.json"}
    assert sb.derive("mazur").hvp("W1").code == sb.derive("mazur").hvp(["W1"]).code
    assert sb.derive(lambda W, k: W[k], W=3, k=(), integers="k").compile().PARAMETERS == {"W": (3,)}


def test_code_without_parameters_is_written_in_every_form(tmp_path):
    """What is derived by is computed: no parameter is given, and data says what the arrays are of."""
    d = sb.derive("mazur", wrt="z1")
    assert d.write(tmp_path, ["expressions", "array_api", "floats"]).passed
    text = (tmp_path / "gradients_array_api.py").read_text(encoding="utf-8")
    assert "params.values()" not in text
