"""The scalar form against Mazur's published numbers, against differences of its own forward pass, and its refusals."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

import symbackprop as sb
from symbackprop.backward import backward
from symbackprop.catalog import OPTIMIZERS
from symbackprop.errors import ShapeError, TooLargeError, UnknownNameError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where
from symbackprop.forward import forward
from symbackprop.graph import Equation, Graph, Tensor
from symbackprop.network import Dense, Network, load
from symbackprop.simplify import simplify
from symbackprop.unroll import chain, closed_form, gradients, numbers, unroll, update_rule, values, work

MAZUR = Network(
    2,
    Dense(
        2,
        "sigmoid",
        weights=[[0.15, 0.20], [0.25, 0.30]],
        bias=0.35,
        names={"weights": [["w1", "w2"], ["w3", "w4"]], "bias": "b1"},
    ),
    Dense(
        2,
        "sigmoid",
        weights=[[0.40, 0.45], [0.50, 0.55]],
        bias=0.60,
        names={"weights": [["w5", "w6"], ["w7", "w8"]], "bias": "b2"},
    ),
    loss="half_squared_error",
    sample={"x": [0.05, 0.10], "t": [0.01, 0.99]},
)


def derived(network):
    return simplify(backward(forward(network)))


@pytest.fixture(scope="module")
def mazur():
    return unroll(derived(MAZUR))


def test_equations_bear_the_users_names(mazur):
    rhs = {equation.symbol.name: str(equation.rhs) for equation in (*mazur.forward, *mazur.adjoints)}
    assert rhs["z1_2"] == "b1 + w3*x1 + w4*x2"
    assert rhs["a1_1"] == "1/(1 + exp(-z1_1))"
    assert rhs["dw5"] == "a1_1*delta2_1"
    assert rhs["db2"] == "delta2_1 + delta2_2"


def test_values_are_the_published_ones(mazur):
    found = values(mazur)
    published = {"E": "0.298371109", "dw5": "0.082167041", "dw1": "0.000438568", "dw8": "-0.022740242"}
    assert {name: f"{float(found[name]):.9f}" for name in published} == published


def test_arithmetic_that_stays_exact_is_kept_exact(mazur):
    found = numbers(mazur)
    assert str(found["z1_1"]) == "151/400"
    assert isinstance(found["a1_1"], mpmath.mpf)


@pytest.mark.parametrize(
    ("activations", "loss", "reduction"),
    [
        (("sigmoid", "sigmoid"), "half_squared_error", "sum"),
        (("tanh", "softmax"), "categorical_crossentropy", "mean"),
        (("relu", "sigmoid"), "binary_crossentropy", "mean"),
        (("linear", "softmax"), "mse", "mean"),
    ],
)
def test_gradients_are_those_of_the_forward_equations(activations, loss, reduction):
    """Every gradient against the central difference of the scalar forward pass in 60 digits."""
    network = Network(
        2,
        Dense(3, activations[0], weights=[[0.3, -0.2], [0.7, 0.5], [-0.4, 0.9]], bias=[0.1, -0.3, 0.2]),
        Dense(2, activations[1], weights=[[0.2, 0.6, -0.5], [0.8, -0.1, 0.4]], bias=-0.25),
        loss={"type": loss, "reduction": reduction},
        sample={"x": [[1.5, -0.7], [0.4, 2.1], [-1.2, 0.6]], "t": [[0.2, 0.8], [1, 0], [0.5, 0.5]]},
    )
    scalars = unroll(derived(network))
    found = values(scalars, digits=60)
    step = mpmath.mpf(10) ** -20
    for tensor, nested in gradients(scalars, found).items():
        if tensor[0] not in "Wb":
            continue
        for at, symbol in scalars.elements[tensor].items():
            gradient = nested
            for position in at:
                gradient = gradient[position]
            with mpmath.workdps(60):
                sides = [loss_at(scalars, found, symbol, sign * step) for sign in (1, -1)]
                assert mpmath.almosteq((sides[0] - sides[1]) / (2 * step), gradient, 1e-25, 1e-25), symbol


def loss_at(scalars, found, symbol, step):
    table = {sp.Symbol(name): value for name, value in found.items()}
    table[symbol] += step
    for equation in scalars.forward:
        value = sp.lambdify(list(equation.rhs.free_symbols), equation.rhs, "mpmath")
        table[equation.symbol] = value(*(table[one] for one in equation.rhs.free_symbols))
    return table[scalars.loss]


def test_closed_form_holds_weights_inputs_and_targets_only(mazur):
    closed = closed_form(mazur, "w1")
    names = {symbol.name for symbol in closed.free_symbols}
    assert names == {"x1", "x2", "t1", "t2", "b1", "b2", *(f"w{n}" for n in range(1, 9))}
    point = {sp.Symbol(name): value for name, value in values(mazur).items() if name in names}
    assert abs(float(closed.subs(point)) - 0.00043856773447434674) < 1e-15


def test_closed_form_of_a_neuron(mazur):
    assert closed_form(mazur, "z2_1").free_symbols >= {sp.Symbol("t1"), sp.Symbol("w6")}


def test_closed_form_over_budget_is_refused_with_its_estimate(mazur):
    with pytest.raises(TooLargeError, match=r"SB040.* 180 operations; the limit is 100"):
        closed_form(mazur, "w1", budget=100)


def test_estimate_of_a_closed_form_is_near_its_count(mazur):
    with pytest.raises(TooLargeError) as refused:
        closed_form(mazur, "w1", budget=1)
    estimate = int(str(refused.value).split("about ")[1].split()[0])
    assert 0.5 < estimate / closed_form(mazur, "w1").count_ops() < 2


def test_chain_of_one_path_is_one_product(mazur):
    assert str(chain(mazur, "w5")) == "Derivative(E, a2_1)*Derivative(a2_1, z2_1)*Derivative(z2_1, w5)"


def test_chain_stops_where_ways_part(mazur):
    assert str(chain(mazur, "w1")) == "Derivative(E, a1_1)*Derivative(a1_1, z1_1)*Derivative(z1_1, w1)"


def test_chain_of_a_shared_bias_is_a_sum(mazur):
    assert isinstance(chain(mazur, "b2"), sp.Add)
    assert len(chain(mazur, "b2").args) == 2


def test_chain_has_the_value_of_the_gradient(mazur):
    found = values(mazur)
    for name in ("w1", "w6", "b1", "b2", "z2_2", "a1_2"):
        table = {
            derivative: partial_value(mazur, derivative, found)
            for derivative in chain(mazur, name).atoms(sp.Derivative)
        }
        assert abs(chain(mazur, name).xreplace(table) - found[mazur.gradient(name).name]) < 1e-14


def partial_value(scalars, derivative, found):
    after, (before, _) = derivative.args
    if after == scalars.loss:
        return sp.Float(found[scalars.gradient(before.name).name])
    table = {sp.Symbol(name): sp.Float(value) for name, value in found.items()}
    return scalars.partials[after, before].xreplace(table)


def test_partials_leave_out_what_is_zero(mazur):
    assert mazur.partials[sp.Symbol("z2_1"), sp.Symbol("a1_2")] == sp.Symbol("w6")
    assert (sp.Symbol("z2_1"), sp.Symbol("w7")) not in mazur.partials


def test_samples_are_numbered():
    network = Network(1, Dense(1, "tanh", bias=False), loss="mse", sample={"x": [[1], [2]], "t": [[0], [1]]})
    scalars = unroll(derived(network))
    assert [equation.symbol.name for equation in scalars.forward[:2]] == ["z1_s1_1", "z1_s2_1"]
    assert {"x_s1_1", "t_s2_1", "W1_11"} <= set(scalars.symbols)


def test_without_data_the_form_is_that_of_one_sample():
    scalars = unroll(derived(Network(2, Dense(1, "tanh"), loss="mse")))
    assert str(scalars.forward[0]) == "z1_1 = W1_11*x1 + W1_12*x2 + b1_1"


def test_a_users_name_is_kept_where_a_made_one_collides():
    network = Network(1, Dense(1, "tanh", names={"weights": [["z1_1"]]}), loss="mse", sample={"x": [1], "t": [1]})
    scalars = unroll(derived(network))
    assert scalars.elements["W1"][0, 0].name == "z1_1"
    assert scalars.elements["z1"][(0,)].name == "z1_1_"


def test_large_networks_are_refused_before_anything_is_computed():
    with pytest.raises(TooLargeError, match=r"102,\d\d\d equations"):
        unroll(derived(Network(784, Dense(128, "relu"), Dense(10, "softmax"), loss="categorical_crossentropy")))


def test_symbolic_sizes_are_refused():
    with pytest.raises(UnsupportedError, match="size h is a symbol"):
        unroll(derived(Network(2, Dense("h", "tanh"), Dense(1), loss="mse")))


def test_unknown_scalars_are_named(mazur):
    with pytest.raises(UnknownNameError, match="unknown scalar 'w55'"):
        closed_form(mazur, "w55")
    with pytest.raises(UnknownNameError, match="no derivative by 'x1'"):
        closed_form(mazur, "x1")


def test_missing_numbers_are_named():
    scalars = unroll(derived(Network(2, Dense(1), loss="mse", sample={"x": [1, 2], "t": [1]})))
    with pytest.raises(ShapeError, match="W1 has no numbers"):
        values(scalars)
    found = values(scalars, {"W1": [[3, 4]], "b1": [0.5]})
    assert found["z1_1"] == mpmath.mpf("11.5")


def test_largest_element_and_its_place():
    """max and argmax over an index become Max and a branch that names the first of the largest."""
    i, k = Index("i", 3), Index("k", 3)
    peak = Equation("m", (), Peak(Read("x", i), i))
    slope = Equation("E", (), Total(Delta(ArgPeak(Read("x", i), i), k) * Read("x", k) * k, k))
    graph = Graph("peak", {n: Tensor(n, "hidden", ix) for n, ix in (("x", (i,)), ("m", ()), ("E", ()))}, (peak, slope))
    scalars = unroll(backward(graph, []))
    found = values(scalars, {"x": [2, 5, 5]})
    assert (found["m"], found["E"]) == (5, 5)


def test_places_outside_a_range_are_zero():
    i = Index("i", 3)
    equation = Equation(
        "E", (), Total(Read("x", i + 1) * Where(sp.Gt(Read("x", i), 2), sp.Integer(1), sp.Integer(0)), i)
    )
    graph = Graph("shift", {n: Tensor(n, "hidden", ix) for n, ix in (("x", (i,)), ("E", ()))}, (equation,))
    assert values(unroll(backward(graph, [])), {"x": [3, 4, 5]})["E"] == 9


def worked(network, order="simultaneous"):
    derivation = derived(network)
    row = OPTIMIZERS[network.training.optimizer.type]
    rule = update_rule(row.equations, network.training.optimizer.options)
    return work(derivation, unroll(derivation), rule, order)


def test_one_step_gives_mazurs_new_weights_and_loss():
    step = worked(load("mazur"))
    published = "0.149780716 0.199561432 0.249751144 0.299502287 0.358916480 0.408666186 0.511301270 0.561370121"
    assert [f"{float(step.new[f'w{n}']):.9f}" for n in range(1, 9)] == published.split()
    assert step.new["b1"] == Fraction("0.35")
    assert f"{float(step.loss):.9f}" == "0.291027774"


def test_other_conventions_give_the_losses_that_other_texts_print():
    found = {variant.kind: f"{float(variant.loss):.9f}" for variant in worked(load("mazur")).variants}
    assert found["sequential"] == "0.291027924"
    assert found["all"] == "0.285750887"
    assert found["own biases"] == "0.280471447"
    assert worked(load("mazur"), "sequential").variants[0].kind == "simultaneous"


def test_samples_added_instead_of_averaged_are_a_larger_step():
    network = load("xor")
    kinds = [variant.kind for variant in worked(network).variants]
    assert "summed" in kinds and "averaged" not in kinds
    assert "averaged" in [variant.kind for variant in worked(load("line")).variants]


def test_one_parameter_is_swept():
    losses = {float(value): float(numbers["E"]) for value, numbers in worked(load("line")).sweep}
    assert (losses[2.0], losses[3.0], losses[4.0]) == (0.0, 5.0, 20.0)


def test_maxima_over_windows_are_refused_before_they_are_written_out():
    """Each branch of a maximum is a comparison of every value with every other: few equations, but long ones."""
    with pytest.raises(TooLargeError, match="terms"):
        unroll(simplify(backward(forward(load("cnn")))))


def test_where_the_largest_stands_is_a_condition_on_values_alone():
    i, k = Index("i", 12), Index("k", 12)
    graph = Graph(
        "peak",
        {"x": Tensor("x", "parameter", (k,)), "E": Tensor("E", "loss")},
        (Equation("E", (), Peak(Read("x", i), i)),),
    )
    scalars = unroll(simplify(backward(graph)))
    slope = next(one.rhs for one in scalars.adjoints if one.symbol.name == "dx3")
    ((one, condition), (zero, _)) = slope.args
    assert (one, zero) == (1, 0)
    assert len(condition.args) == 11
    assert not condition.has(sp.Piecewise)


def largest_of_branches(w):
    return np.max(np.abs(w)) ** 2 + np.min(np.maximum(w, w / 10))


def entry_at_the_largest_of_branches(w):
    return w[np.argmax(np.where(w > 0, w, -2 * w))] ** 2


@pytest.mark.parametrize("function", [largest_of_branches, entry_at_the_largest_of_branches])
def test_comparisons_of_branches_are_not_written_out_for_every_choice_among_them(function):
    # 2 to the power of 10 branches for each of ten entries would take minutes, and are refused.
    d = sb.derive(function, w=10)
    assert d.stages.scalars is not None and d.verify().passed
