"""Judging a gradient that somebody wrote: what is right, what is wrong and by how much, and what may be handed in."""

import json
import re

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.checking.candidates import from_file, from_object
from symbackprop.checking.claims import Claim, written
from symbackprop.checking.judge import judge_of
from symbackprop.errors import InputError

WRONG = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def grad(params, x, t, lr=0.5):
    h = sigmoid(params["W1"] @ x + params["b1"])
    o = sigmoid(params["W2"] @ h + params["b2"])
    delta = (o - t) * o * (1 - o)
    dW2 = np.outer(delta, h)
    W2 = params["W2"] - lr * dW2
    return {"W2": dW2, "W1": np.outer((W2.T @ delta) * h * (1 - h), x)}
"""


@pytest.fixture(scope="module")
def mazur():
    return judge_of(sb.derive("mazur"))


@pytest.fixture(scope="module")
def batch():
    return judge_of(sb.derive("3 -> 4 sigmoid -> 2 softmax, loss=categorical_crossentropy"))


def judged(judge, name, candidate):
    return judge(from_object(name, candidate, judge.subjects))


def test_right_in_every_form(mazur):
    d = sb.derive("mazur")
    assert sb.check(d, "W1", lambda delta1, x: delta1[:, None] * x).right
    assert sb.check(d, "w5", lambda a2, t, a1: ((a2 - t) * a2 * (1 - a2))[0] * a1[0]).right
    assert sb.check(d, "delta2", lambda a2, t: (a2 - t) * a2 * (1 - a2)).right
    assert sb.check(d, lambda params, x, t: d.compile().loss_and_grad(params, x, t)).right
    assert sb.check(d, {"dW1": lambda delta1, x: delta1[:, None] * x, "db2": lambda delta2: delta2.sum()}).right


def test_a_verdict_is_false_and_prints_what_is_wrong(mazur):
    verdict = judged(mazur, "b2", lambda delta2: -delta2.sum())
    assert not verdict
    assert "the sign is wrong: this is -dE/db2" in repr(verdict)
    assert "db2 = np.sum(delta2)" in repr(verdict)


def test_another_form_of_the_right_formula_is_right(batch):
    assert judged(batch, "W1", lambda delta1, x: np.einsum("sj,si->ji", delta1, x)).right
    assert judged(batch, "W1", lambda a1, da1, x: np.sum((da1 * (a1 - a1 * a1))[:, :, None] * x[:, None], 0)).right


def test_a_tenth_of_a_percent_is_wrong(mazur):
    assert not judged(mazur, "W1", lambda delta1, x: 1.001 * np.outer(delta1, x)).right


def test_a_column_in_place_of_a_vector_is_right_with_a_remark(batch):
    verdict = judged(batch, "b1", lambda delta1: delta1.sum(0)[:, None])
    assert verdict.right
    assert "axes of length 1" in verdict.findings[0].remark


def test_single_precision_and_differences_are_right_with_a_remark(mazur):
    single = judged(mazur, "W1", lambda delta1, x: np.outer(delta1, x).astype(np.float32))
    assert single.right and "single precision" in single.findings[0].remark

    def differences(params, x, t):
        loss, step = sb.derive("mazur").compile().loss, 1e-3
        up, down = ({**params, "b2": params["b2"] + sign * step} for sign in (1, -1))
        return {"b2": (loss(up, x, t) - loss(down, x, t)) / (2 * step)}

    verdict = judged(mazur, "", differences)
    assert verdict.right and "six digits" in verdict.findings[0].remark


def test_what_is_right_under_an_assumption_says_so(batch):
    verdict = judged(batch, "delta2", lambda a2, t: (a2 - t) / len(t))
    assert verdict.right
    assert verdict.findings[0].remark == "right where the targets of a sample sum to 1"


def test_either_slope_at_a_kink_is_right():
    net = {"inputs": 2, "loss": "half_squared_error", "sample": {"x": [1, 1], "t": [2]}}
    net["layers"] = [{"type": "dense", "units": 1, "activation": "relu", "weights": [[1, -1]], "bias": False}]
    judge = judge_of(sb.derive(net))
    assert judge.case.probes[0].at_kink
    for slope in (0.0, 0.5, 1.0):
        verdict = judged(judge, "W1", lambda z1, a1, t, x, s=slope: np.outer((a1 - t) * np.heaviside(z1, s), x))
        assert verdict.right, verdict
    assert "kink" in verdict.findings[0].remark
    # The same for numbers: the gradient is 0 on one side and (a - t) x on the other.
    for number, right in (("0.0", True), ("-2.0", True), ("-1.0", False)):
        assert judged(judge, "W1", [[number, number]]).right is right
    assert not judged(judge, "W1", lambda a1, t, x: np.outer(a1 - t, x)).right


def test_right_for_the_number_of_samples_only():
    table = {"inputs": 1, "layers": [{"type": "dense", "units": 1}], "loss": "mse"}
    table["sample"] = {"x": [[1.0], [2.0]], "t": [[0.5], [1.0]]}
    judge = judge_of(sb.derive(table))
    layer = table["layers"][0] | {"weights": [[0.3]], "bias": [0.1]}
    judge = judge_of(sb.derive({**table, "layers": [layer]}))
    assert judged(judge, "b1", lambda z1, t: (z1 - t).sum(0)).right
    assert "number of samples" in judged(judge, "b1", lambda z1, t: (z1 - t).sum(0)).findings[0].remark
    assert judged(judge, "b1", lambda z1, t: 2 * (z1 - t).mean(0)).findings[0].remark == ""


def test_numbers_are_right_to_the_digits_given(mazur):
    assert judged(mazur, "w5", 0.0822).right
    assert judged(mazur, "w5", "0.082167041").right
    assert not judged(mazur, "w5", "0.082167042").right
    assert not judged(mazur, "w5", 0.0823).right
    assert judged(
        mazur, "", {"w5": "0.08217", "dE/dw1": "0.000438568", "W2": [[0.0822, 0.0827], [-0.0226, -0.0227]]}
    ).right


def test_a_number_with_a_mistake_is_diagnosed(mazur):
    (finding,) = judged(mazur, "w5", "-0.082167041").findings
    assert [diagnosis.mistake for diagnosis in finding.diagnoses] == ["sign"]
    (finding,) = judged(mazur, "w5", "0.082667628").findings
    assert finding.because == "this is dE/dw6, not dE/dw5"
    # Two digits are no ground for a diagnosis.
    (finding,) = judged(mazur, "w5", "-0.08").findings
    assert finding.diagnoses == ()
    assert finding.because == "too few digits to tell which mistake it is"
    (finding,) = judged(mazur, "w1", "0.036350306").findings
    assert finding.because == "this is dE/da1[0], not dE/dw1"


def test_numbers_need_a_worked_sample(batch):
    with pytest.raises(InputError, match="no worked sample"):
        judged(batch, "b1", [0.0, 0.0, 0.0, 0.0])


def test_digits_are_read_off_what_was_written():
    assert written("0.0822", "w").allowance == pytest.approx(5e-5)
    assert written("1.5e-3", "w").allowance == pytest.approx(5e-5)
    assert written([["1.0", 2]], "w").value.shape == (1, 2)
    assert written(3, "w").allowance == 0
    with pytest.raises(InputError, match="no number"):
        written("about 3", "w")
    with pytest.raises(InputError, match="finite"):
        written("nan", "w")


def test_nan_never_agrees():
    assert not Claim(np.array([np.nan])).agrees(np.array([1.0]))
    assert not Claim(np.array([1.0, np.inf])).agrees(np.array([1.0, 2.0]))


def test_the_first_departure_is_told(mazur):
    def grad(params, x, t, z1, a1, z2):
        a2 = np.tanh(z2)
        return {"z1": z1, "a1": a1, "a2": a2, "b2": ((a2 - t) * (1 - a2**2)).sum()}

    verdict = judged(mazur, "", grad)
    assert [finding.outcome for finding in verdict.findings] == ["right", "right", "wrong", "wrong"]
    assert verdict.first == "a2"


def test_what_the_network_does_not_have_is_not_judged(mazur):
    verdict = judged(mazur, "", lambda: {"b2": np.array(0.0), "q": np.array(1.0)})
    assert verdict.unknown == ("q",)
    with pytest.raises(InputError, match="no gradient"):
        judged(mazur, "", lambda: {"q": np.array(1.0)})


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (lambda params, q: 0, "argument q"),
        (lambda x: x @ np.ones(7), "raised ValueError"),
        (lambda x: "many", "no array of numbers"),
    ],
)
def test_a_candidate_that_cannot_be_called_is_bad_input(mazur, candidate, message):
    with pytest.raises(InputError, match=message):
        judged(mazur, "W1", candidate)


def test_the_classic_mistake_in_a_file(call, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    code, out, _ = call("check", "mazur", "wrong.py")
    assert code == 1
    assert "dE/dw1 uses w5..w8 after their update" in " ".join(out.split())
    (tmp_path / "right.py").write_text(WRONG.replace("lr=0.5", "lr=0.0"))
    assert call("check", "mazur", "right.py")[0] == 0


def test_the_classic_mistake_at_another_learning_rate(call, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG.replace("lr=0.5", "rate=0.01").replace("lr *", "rate *"))
    code, out, _ = call("check", "mazur", "wrong.py", "--json")
    assert code == 1
    (diagnosis,) = json.loads(out)["findings"][1]["diagnoses"]
    assert diagnosis["sentence"] == "dE/dw1 uses w5..w8 after their update (learning rate 0.01)"


def test_numbers_on_the_command_line_and_in_files(call, tmp_path):
    assert call("check", "mazur", "w5=0.082167041", "w1=0.00043857")[0] == 0
    assert call("check", "mazur", "w5=0.0831")[0] == 1
    (tmp_path / "n.json").write_text('{"w5": 0.0822, "w6": 0.0827}')
    (tmp_path / "n.toml").write_text("w5 = 0.0822\nW2 = [[0.082, 0.083], [-0.023, -0.023]]\n")
    np.savez(tmp_path / "n.npz", w5=0.08216704056423077)
    (tmp_path / "n.py").write_text("dw5 = 0.08216704056423077\n")
    for name in ("n.json", "n.toml", "n.npz", "n.py"):
        assert call("check", "mazur", name)[0] == 0, name


def test_a_mistake_in_one_element_is_told(mazur):
    (finding,) = judged(mazur, "W2", [["0.082167041", "0.082667628"], ["0.022602540", "-0.022740242"]]).findings
    assert finding.because == "the sign is wrong: this is -dE/dw7"
    assert (finding.departure.wrong, finding.departure.count) == (1, 4)

    def two_signs(delta2, a1):
        gradient = np.outer(delta2, a1)
        return gradient * [[1, -1], [1, -1]]

    assert judged(mazur, "W2", two_signs).findings[0].because == "in w6, w8: the sign is wrong: this is -dE/dw6"


def test_a_folder_is_judged_file_by_file(call, tmp_path):
    (tmp_path / "all").mkdir()
    for name in ("one", "two"):
        (tmp_path / "all" / f"{name}.py").write_text("def db2(delta2):\n    return delta2.sum()\n")
    code, out, _ = call("check", "mazur", "all", "--json")
    assert code == 0
    assert [row["candidate"] for row in json.loads(out)] == ["one.py", "two.py"]


def test_a_class_full_of_files_is_a_row_each(call, tmp_path):
    (tmp_path / "a.py").write_text(WRONG)
    (tmp_path / "b.py").write_text("def dW1(delta1, x):\n    return delta1[:, None] * x\n")
    (tmp_path / "c.py").write_text("def dW1(delta1, x):\n    return delta1 @ nothing\n")
    code, out, _ = call("check", "mazur", "a.py", "b.py", "c.py", "--json")
    assert code == 2
    rows = json.loads(out)
    assert [row.get("right") for row in rows] == [False, True, None]
    assert "NameError" in rows[2]["error"] and "line 2" in rows[2]["error"]
    code, out, _ = call("check", "mazur", "a.py", "b.py")
    assert code == 1 and "b.py" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", "line 1"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError"),
        ("import sys\nsys.exit(3)\n", "ends the program"),
        ("import os\nos._exit(9)\n", "ended the process"),
        ("x = 1\n", "no function for a gradient"),
        ("def dW1(x):\n    while True: pass\n", "did not finish"),
        ("def grad(params, x, t):\n    return 7\n", "returned int"),
    ],
)
def test_a_file_that_cannot_be_run_says_why(call, tmp_path, text, message):
    (tmp_path / "f.py").write_text(text)
    code, _, err = call("check", "mazur", "f.py", "--time-limit", "4")
    assert code == 2
    assert message in err


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (r"w5=\frac{1}{w_5 - w_5}", "SB013.*divides by 0"),
        (r"w5=\log(0-2)", "SB013.*no real value"),
        (r"W2=\delta^{(2)}_j a^{(1)}_k", "SB012.*no value for '#k'"),
        (r"\frac{a}{b}=\frac{1}{2}", "SB080.*is no gradient"),
    ],
)
def test_formulas_in_latex_without_a_value(call, formula, message):
    code, _, err = call("check", "mazur", formula)
    assert code == 2
    assert re.search(message, err), err


def test_other_files_are_refused(tmp_path, mazur):
    with pytest.raises(InputError, match="no kind of file"):
        (tmp_path / "f.pkl").write_bytes(b"")
        from_file(tmp_path / "f.pkl", mazur.subjects)
    with pytest.raises(InputError, match="no file"):
        from_file(tmp_path / "f.json", mazur.subjects)
    (tmp_path / "f.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        from_file(tmp_path / "f.json", mazur.subjects)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("W2", "np.outer(delta2, a1)"),
        ("W2", "outer((a2 - t) * a2 * (1 - a2), a1)"),
        ("W2", "s = a2 * (1 - a2); np.outer((a2 - t) * s, a1)"),
        ("W2", "dW2[j, i] = delta2[j] * a1[i]"),
        ("w5", "delta2[0] * a1[0]"),
        ("b1", "sum((W2.T @ delta2) * a1 * (1 - a1))"),
        ("W2", r"\delta^{(2)}_j a^{(1)}_i"),
        ("W2", r"$\frac{\partial E}{\partial w_{kh}} = \delta^{(2)}_k a^{(1)}_h$"),
        ("w5", r"(a^{(2)}_1 - t_1) a^{(2)}_1 (1 - a^{(2)}_1) a^{(1)}_1"),
        ("delta1", r"\sum_k \delta^{(2)}_k w^{(2)}_{kj} a^{(1)}_j (1 - a^{(1)}_j)"),
    ],
)
def test_a_formula_as_text_is_right(mazur, name, text):
    verdict = judged(mazur, name, text)
    assert verdict.right, verdict
    assert not judged(mazur, "b2", "2 * sum(delta2)").right


@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("W1", "np.outer((W2 @ delta2) * a1 * (1 - a1), x)", "W2 is transposed inside the formula of da1"),
        ("W1", r"\sum_k \delta^{(2)}_k w^{(2)}_{kj} a^{(1)}_j x_i", "in delta1, the factor 1 - a1[j] is left out"),
        ("b2", "sum(delta1)", "this is dE/db1, not dE/db2"),
    ],
)
def test_a_formula_as_text_is_diagnosed(mazur, name, text, because):
    assert judged(mazur, name, text).findings[0].because == because


@pytest.mark.parametrize(
    "text", ["np.outer(delta2, nothing)", "(((", r"\delta^{(7)}_j", "__import__('os')", "a2[j] * t[j]"]
)
def test_a_text_that_is_no_formula_is_bad_input(mazur, text):
    with pytest.raises(InputError):
        judged(mazur, "b2", text)


def test_formulas_on_the_command_line(call):
    assert call("check", "mazur", "W2=np.outer(delta2, a1)", "dW1[j,i]=delta1[j]*x[i]")[0] == 0
    assert call("check", "mazur", r"\frac{\partial E}{\partial w_5} = \delta^{(2)}_1 a^{(1)}_1")[0] == 0
    assert call("check", "mazur", r"\frac{\partial E}{\partial w_5} = \delta^{(2)}_1 a^{(1)}_2")[0] == 1
    assert call("check", "mazur", r"x_1 + 1 = 2")[0] == 2
    assert call("check", "mazur", "W2=delta2[0]", "w5=0.1")[0] == 2


def test_what_is_written_for_one_sample_is_right_for_one(batch):
    verdict = judged(batch, "W1", lambda delta1, x: np.multiply.outer(delta1, x).reshape(4, 3))
    assert verdict.right
    assert "one sample" in verdict.findings[0].remark
    assert not judged(batch, "W1", lambda delta1, x: -np.multiply.outer(delta1, x).reshape(4, 3)).right


def test_the_formula_of_the_place_where_it_went_wrong_is_told():
    verdict = sb.check(sb.derive("mazur"), "W1", "np.outer((W2 @ delta2) * a1 * (1 - a1), x)")
    assert [code for _, code in verdict.findings[0].formulas] == ["dW1 = np.outer(delta1, x)", "da1 = delta2 @ W2"]


def test_a_loss_without_layers_is_judged():
    d = sb.derive({"shapes": {"Q": [3, 3], "x": 3, "c": 3}, "equations": "h = x @ Q @ x / 2 + c @ x", "wrt": ["x"]})
    assert sb.check(d, "x", "(Q + Q.T) @ x / 2 + c").right
    assert "wrong sign" in sb.check(d, "x", "(Q + Q.T) @ x / 2 - c").findings[0].because
    symmetric = sb.check(d, "x", "Q @ x + c")
    assert symmetric.right
    assert symmetric.findings[0].remark == "right where Q is symmetric"
    assert not sb.check(d, "x", "Q @ x").right


@pytest.mark.parametrize("name", ["logistic_regression", "xor", "lstm", "attention", "autoencoder", "transformer"])
def test_the_emitted_code_of_a_bundled_network_is_right(name):
    d = sb.derive(name)
    module = d.compile()
    judge = judge_of(d)
    scope = {"module": module}
    given = [t.name for t in (*judge.case.graph.with_role("input", "constant"), *judge.case.graph.with_role("target"))]
    arguments = ", ".join(["params", *given])
    exec(f"def grad({arguments}): return module.loss_and_grad({arguments})", scope)
    verdict = judged(judge, "", scope["grad"])
    # One of them is 0 by an identity: a bias of keys does nothing, and code returns rounding for its gradient.
    assert verdict.right, verdict
    assert len(verdict.findings) == len(module.PARAMETERS)


def test_no_assumption_rescues_what_is_wrong_at_the_sample(mazur):
    # Squared targets are right where targets are 0 or 1, but those of the sample are 0.01 and 0.99.
    verdict = judged(mazur, "delta2", "(a2 - t**2) * a2 * (1 - a2)")
    assert not verdict.right


def test_a_search_that_is_cut_short_says_so(mazur, monkeypatch):
    monkeypatch.setattr("symbackprop.checking.judge.SECONDS", 0.0)
    (finding,) = judged(mazur, "b2", lambda delta2: -delta2.sum()).findings
    assert finding.diagnoses == ()
    assert finding.because == "no usual mistake was recognised within 0 seconds"


def test_a_file_nested_without_end_is_bad_input(call, tmp_path):
    (tmp_path / "n.json").write_text('{"w5": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert call("check", "mazur", "n.json")[0] == 2


@pytest.mark.parametrize(("name", "help"), [("W5", "did you mean 'w5'"), ("foo", "of single elements: x1, x2, w1")])
def test_an_unknown_element_is_told_of_the_known_ones(call, name, help):
    code, _, printed = call("check", "mazur", f"{name}=0.1")
    assert code == 2 and help in printed


def test_a_decimal_comma_is_named_and_mended(mazur, tmp_path):
    with pytest.raises(InputError, match="w5 is 0,082167 with a decimal comma") as caught:
        from_object("w5", "0,082167", mazur.subjects)
    assert caught.value.mistakes[0].help == "write 0.082167"
    path = tmp_path / "mine.json"
    path.write_text('{"w5": "-8,2e-2"}')
    with pytest.raises(InputError, match=r"write -8\.2e-2"):
        mazur(from_file(path, mazur.subjects))
    path.write_text('{"w5": 0,082167}')
    with pytest.raises(InputError, match=r"0\.0822, not 0,0822"):
        from_file(path, mazur.subjects)
    path.write_text('{"w5": 0.082167')
    with pytest.raises(InputError) as caught:
        from_file(path, mazur.subjects)
    assert not caught.value.mistakes[0].help


def test_names_of_other_notations_are_translated(mazur):
    def hint(name):
        with pytest.raises(InputError) as caught:
            from_object(name, "0.1", mazur.subjects)
        return caught.value.mistakes[0].help

    assert hint("out_o1").startswith("did you mean 'a2_1'?")
    assert hint("net_h2").startswith("did you mean 'z1_2'?")
    assert hint("dE_dout_{h1}").startswith("did you mean 'a1_1'?")
    assert hint("delta_o1").startswith("did you mean 'z2_1'?")
    assert hint("out_o3") == "out_o has here: a2_1, a2_2"


@pytest.mark.parametrize(
    ("name", "text", "remark"),
    [
        ("w5", "0.08216", "to the digits shown, but cut off, not rounded: 7e-06 from 0.0821670406"),
        ("w5", "8.216e-2", "cut off"),
        ("W2", "[[0.08216, 0.08266], [-0.0226, -0.0227]]", "4e-05 from -0.0227402422"),
        ("w5", "0.0821", "cut off"),
        ("w5", "0.08217", ""),
    ],
)
def test_digits_that_were_cut_off_are_right_and_said_to_be(mazur, name, text, remark):
    verdict = judged(mazur, name, text)
    assert verdict.right
    assert remark in verdict.findings[0].remark and bool(remark) == bool(verdict.findings[0].remark)


@pytest.mark.parametrize("text", ["0.0823", "0.08218", "0.081", "0.0", "-0.08216", "0.0", "0"])
def test_other_digits_are_not_taken_for_cut_off(mazur, text):
    assert not judged(mazur, "w5", text).right


def test_a_single_digit_cut_off_is_no_evidence(mazur):
    # b1's gradient is 0.00877...: 0.008 would be any number from 0.008 to 0.009.
    assert not judged(mazur, "b1", "0.008").right


def test_values_of_the_forward_pass_may_be_cut_off(mazur, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"a1": [0.59326, 0.59688]}')
    assert "cut off" in mazur(from_file(path, mazur.subjects)).findings[0].remark
