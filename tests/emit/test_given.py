"""What an emitted module is given is looked at first: nothing is spread, nor refused in words of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import symbackprop as sb


def without(name):
    return lambda p, x, t: ({key: value for key, value in p.items() if key != name}, x, t)


def with_b1(value):
    return lambda p, x, t: ({**p, "b1": value}, x, t)


MISTAKES = {
    "a sample without its axis": (
        lambda p, x, t: (p, x[0], t[0]),
        r"x has the shape \(3,\), but should have \(N, 3\)$",
    ),
    "too few inputs": (lambda p, x, t: (p, x[:, :2], t), r"x has the shape \(5, 2\), but should have \(N, 3\)$"),
    "one target for all samples": (
        lambda p, x, t: (p, x, t[:1]),
        r"t has the shape \(1, 2\), but should have \(N, 2\) with N = 5",
    ),
    "one target for all outputs": (
        lambda p, x, t: (p, x, t[:, :1]),
        r"t has the shape \(5, 1\), but should have \(N, 2\) with N = 5",
    ),
    "targets in a row": (
        lambda p, x, t: (p, x, t[:, 0]),
        r"t has the shape \(5,\), but should have \(N, 2\) with N = 5",
    ),
    "one bias for all units": (with_b1(np.zeros(1)), r"b1 has the shape \(1,\), but should have \(4,\)"),
    "a parameter is missing": (without("b1"), "b1 is missing: the parameters are W1, b1, W2, b2"),
    "no samples": (lambda p, x, t: (p, x[:0], t[:0]), r"x is empty: its shape is \(0, 3\)"),
}
WORDS = (lambda p, x, t: (p, np.full((5, 3), "1"), t), "x is an array of <U1, not of real numbers")


@pytest.fixture(scope="module")
def derived():
    return sb.derive("3 -> 4 tanh -> 2, loss=mse")


@pytest.fixture(scope="module", params=["readable", "fast"])
def module(request, derived):
    return derived.compile(request.param)


def point(module):
    rng = np.random.default_rng(0)
    return module.initialize(0), rng.standard_normal((5, 3)), rng.standard_normal((5, 2))


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("function", ["loss", "loss_and_grad", "train", "sequential_step"])
def test_a_mistake_is_named(module, function, name):
    change, message = MISTAKES[name]
    with pytest.raises(ValueError, match=message):
        getattr(module, function)(*change(*point(module)))


def test_words_are_no_numbers(module):
    change, message = WORDS
    with pytest.raises(ValueError, match=message):
        module.loss_and_grad(*change(*point(module)))


def test_lists_are_as_good_as_arrays(module):
    params, x, t = point(module)
    lists = {name: value.tolist() for name, value in params.items()}
    loss, grads = module.loss_and_grad(lists, x.tolist(), t.tolist())
    expected, same = module.loss_and_grad(params, x, t)
    assert loss == expected
    for name, value in same.items():
        np.testing.assert_array_equal(grads[name], value)
    assert module.forward(lists, x.tolist())[0].shape == (5, 2)


def test_forward_looks_at_what_it_is_given(module):
    params, x, _ = point(module)
    with pytest.raises(ValueError, match=r"x has the shape \(5, 2\)"):
        module.forward(params, x[:, :2])


def test_what_else_is_among_the_parameters_is_kept(module):
    params, x, t = point(module)
    _, moved = module.sequential_step({**params, "mine": 3}, x, t)
    assert moved["mine"] == 3


def test_a_vector_of_another_length(module):
    vector = module.pack(module.initialize(0))
    with pytest.raises(ValueError, match=r"the vector has the shape \(25,\), but the parameters have 26 numbers"):
        module.unpack(vector[:-1])
    with pytest.raises(ValueError, match=r"the vector has the shape \(27,\), but the parameters have 26 numbers"):
        module.unpack(np.append(vector, 0.0))
    with pytest.raises(ValueError, match="W2 is missing"):
        module.pack({name: value for name, value in module.initialize(0).items() if name != "W2"})


@pytest.mark.parametrize("size", [0, -2])
def test_a_batch_has_samples(module, size):
    with pytest.raises(ValueError, match=f"batch_size is a positive whole number or None, not {size}"):
        module.train(*point(module), batch_size=size)


def test_a_gradient_has_the_shape_of_what_it_moves(module):
    params, x, t = point(module)
    _, grads = module.loss_and_grad(params, x, t)
    with pytest.raises(ValueError, match=r"b1 has the shape \(4,\), but its gradient \(1,\)"):
        module.update(params, {**grads, "b1": np.zeros(1)})


def test_a_sum_over_no_samples_is_0():
    network = sb.Network(3, sb.Dense(2), loss={"type": "mse", "reduction": "sum"})
    module = sb.derive(network).compile()
    loss, grads = module.loss_and_grad(module.initialize(0), np.zeros((0, 3)), np.zeros((0, 2)))
    assert loss == 0
    assert not grads["W1"].any()


def test_sizes_of_a_parameter_are_held_against_the_data():
    program = {"name": "line", "shapes": {"w": ["d"], "x": ["n", "d"], "t": ["n"]}, "wrt": ["w"],
               "equations": "E = sum((x @ w - t)**2)"}  # fmt: skip
    module = sb.derive(program).compile()
    with pytest.raises(ValueError, match=r"x has the shape \(5, 3\), but should have \(n, d\) with d = 2"):
        module.loss_and_grad({"w": np.zeros(2)}, np.zeros((5, 3)), np.zeros(5))


@pytest.mark.parametrize("size", [0, -1, 2.5, "a"])
def test_a_workspace_is_for_some_samples(derived, size):
    with pytest.raises(ValueError, match="N is a positive whole number, not"):
        derived.compile("fast").Workspace(size)


def test_a_workspace_computes_with_floating_point_numbers(derived):
    with pytest.raises(ValueError, match="a workspace computes with floating-point numbers, not with int64"):
        derived.compile("fast").Workspace(5, np.int64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("b1"), "b1 is missing"),
        (with_b1(np.zeros(1)), r"b1 has the shape \(1,\), but this workspace is for \(4,\)"),
        (with_b1([0.0] * 4), "b1 is of type list, but a workspace is given arrays"),
        (lambda p, x, t: (p, x.tolist(), t), "x is of type list, but a workspace is given arrays"),
    ],
)
def test_a_workspace_is_given_arrays_that_fit(derived, change, message):
    module = derived.compile("fast")
    with pytest.raises(ValueError, match=message):
        module.Workspace(5).loss_and_grad(*change(*point(module)))


def test_whole_numbers_are_computed_with_as_floating_point_numbers():
    program = {"name": "square", "shapes": {"w": [2], "x": [2], "t": [2]}, "wrt": ["w"],
               "equations": "E = sum(w**-2 * (x - t)**2)"}  # fmt: skip
    derived = sb.derive(program)
    x, t = np.array([1, 200], np.uint8), np.array([16, 180], np.uint8)
    for style in ("readable", "fast"):
        module = derived.compile(style)
        loss, grads = module.loss_and_grad({"w": [1, 2]}, x, t)
        assert loss == 15**2 + 100 and grads["w"].tolist() == [-450, -100]
        assert module.loss({"w": np.ones(2, np.float32)}, x > 9, t) == 16**2 + 179**2
        assert module.loss_and_grad({"w": np.ones(2, np.float32)}, x, t)[1]["w"].dtype == np.float32


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ma.array(np.ones((5, 3)), mask=np.eye(5, 3)), "x has masked entries"),
        (np.ones((5, 3), complex), "x is an array of complex128, not of real numbers"),
        (np.ones((5, 3), object), "x is an array of object, not of real numbers"),
    ],
)
def test_what_is_no_real_number_is_named(module, value, message):
    params, _, t = point(module)
    with pytest.raises(ValueError, match=message):
        module.loss_and_grad(params, value, t)


def test_complex_numbers_are_refused_where_numbers_are_computed_one_by_one():
    module = sb.derive("mazur").compile("fast")
    given = {"W1": np.ones((2, 2), complex), "b1": 0, "W2": np.ones((2, 2)), "b2": 0}
    with pytest.raises(ValueError, match="W1 is an array of complex128"):
        module.loss(given, [1, 2], [0, 1])
    given["W1"] = [[1, 2], [3, 4]]
    assert module.loss_and_grad(given, [1, 2], [0, 1])[1]["W1"].dtype == float


@pytest.fixture(scope="module")
def embedded():
    def loss(E, W, t, y):
        return np.mean((E[t] @ W - y) ** 2)

    return sb.derive(loss, E=("V", 3), W=(3, 2), t="N", y=("N", 2), integers="t", wrt=["E", "W"])


def tokens():
    rng = np.random.default_rng(0)
    return {"E": rng.standard_normal((5, 3)), "W": rng.standard_normal((3, 2))}, rng.standard_normal((3, 2))


WRONG_TOKENS = {"5": [0, 1, 5], "-1": [0, -1, 1], "0.5": [0, 0.5, 1], "nan": [0, float("nan"), 1]}


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("wrong", WRONG_TOKENS)
def test_a_category_that_there_is_not_is_named(embedded, style, wrong):
    params, y = tokens()
    module = embedded.compile(style)
    for function in (module.loss, module.loss_and_grad, module.train):
        with pytest.raises(ValueError, match=f"t holds {wrong}, but should hold whole numbers from 0 to 4"):
            function(params, WRONG_TOKENS[wrong], y)


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_categories_in_any_type_of_numbers(embedded, style):
    params, y = tokens()
    module = embedded.compile(style)
    expected = module.loss(params, np.array([1, 0, 1]), y)
    for given in ([1.0, 0.0, 1.0], np.array([1, 0, 1], np.uint8), [True, False, True]):
        assert module.loss(params, given, y) == expected


@pytest.mark.parametrize("style", ["readable", "fast"])
@pytest.mark.parametrize("label", [-1, 4, 2.5, np.ma.array(1, mask=True)])
def test_a_label_that_there_is_not(style, label):
    def loss(W, x, t):
        return np.log(np.sum(np.exp(W @ x))) - (W @ x)[t]

    module = sb.derive(loss, W=(4, 3), x=3, t=(), integers="t", wrt="W").compile(style)
    for function in (module.loss, module.loss_and_grad):
        with pytest.raises(ValueError, match=r"t (holds|has masked)"):
            function({"W": np.ones((4, 3))}, np.ones(3), label)


def test_numbers_that_a_branch_gives_a_meaning_may_be_any():
    def loss(w, t):
        return np.sum(np.where(t >= 0, w[t] ** 2, 3))

    module = sb.derive(loss, w=4, t=2, integers="t", wrt="w").compile()
    assert module.loss({"w": np.arange(4.0)}, [2, -1]) == 7


def test_a_workspace_is_given_categories_that_there_are(embedded):
    params, y = tokens()
    work = embedded.compile("fast").Workspace(3, 5)
    with pytest.raises(ValueError, match="t holds -1, but should hold whole numbers from 0 to 4"):
        work.loss(params, np.array([0, -1, 1]), y)
    with pytest.raises(ValueError, match="t is float64, but a workspace is given categories as integers"):
        work.loss(params, np.array([0.0, 1, 1]), y)
    with pytest.raises(ValueError, match=r"t has the shape \(2,\), but this workspace is for \(3,\)"):
        work.loss(params, np.array([0, 1]), y)


def test_a_workspace_does_not_take_its_own_gradients_as_parameters(derived):
    module = derived.compile("fast")
    params, x, t = point(module)
    work = module.Workspace(5)
    _, grads = work.loss_and_grad(params, x, t)
    with pytest.raises(ValueError, match="W1 is a gradient of this workspace, which the next call writes over"):
        work.loss_and_grad(grads, x, t)
    with pytest.raises(ValueError, match="b2 is a gradient of this workspace"):
        work.loss({**params, "b2": grads["b2"]}, x, t)


def test_a_workspace_in_the_byte_order_of_another_machine(derived):
    module = derived.compile("fast")
    given = point(module)
    assert module.Workspace(5, ">f8").loss(*given) == module.loss(*given)
    with pytest.raises(ValueError, match="floating-point numbers, not with complex128"):
        module.Workspace(5, complex)


def test_an_update_takes_lists_and_names_what_is_missing(module):
    params, x, t = point(module)
    _, grads = module.loss_and_grad(params, x, t)
    expected = module.update(params, grads)
    lists = [{name: value.tolist() for name, value in some.items()} for some in (params, grads)]
    for name, value in module.update(*lists).items():
        np.testing.assert_array_equal(value, expected[name])
    whole = {name: np.ones(value.shape, int) for name, value in params.items()}
    assert module.update(whole, grads)["W1"].dtype == float
    with pytest.raises(ValueError, match="b1 is missing among the gradients"):
        module.update(params, {name: value for name, value in grads.items() if name != "b1"})
    with pytest.raises(ValueError, match="b1 is missing among the parameters"):
        module.update({name: value for name, value in params.items() if name != "b1"}, grads)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("steps", -1, "steps is a non-negative whole number or None, not -1"),
        ("steps", 2.5, "steps is a non-negative whole number or None, not 2.5"),
        ("epochs", -1, "epochs is a non-negative whole number, not -1"),
        ("batch_size", 2.5, "batch_size is a positive whole number or None, not 2.5"),
    ],
)
def test_training_counts_in_whole_numbers(module, name, value, message):
    with pytest.raises(ValueError, match=message):
        module.train(*point(module), **{name: value})


def test_a_vector_that_is_none(module):
    with pytest.raises(ValueError, match=r"the vector has the shape \(26, 1\), but the parameters have 26 numbers"):
        module.unpack(np.zeros((26, 1)))
    with pytest.raises(ValueError, match="the vector is an array of <U1, not of real numbers"):
        module.unpack(["a"] * 26)
