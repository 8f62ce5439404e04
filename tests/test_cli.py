"""The command line: what it prints where, and its exit codes."""

import json
import os
import subprocess
import sys

import click
import pytest

from symbackprop.cli import main


def test_derive_writes_into_output(call, tmp_path):
    code, out, _ = call("derive", "line")
    assert code == 0
    assert (tmp_path / "output" / "line" / "gradients.py").is_file()
    assert "gradients certified" in out


def test_derive_writes_only_what_is_asked_for(call, tmp_path):
    code, _, _ = call("derive", "line", "--to", "python", "-o", "here")
    assert code == 0
    assert {path.name for path in (tmp_path / "here").iterdir()} == {"gradients.py", "verification.json"}


def test_an_emitted_module_checks_itself(call, tmp_path):
    call("derive", "mazur", "--to", "python", "-o", "m")
    path = tmp_path / "m" / "gradients.py"
    assert subprocess.run([sys.executable, path], capture_output=True, check=False).returncode == 0
    text = path.read_text()
    assert "dW2 = np.outer(delta2, a1)" in text
    path.write_text(text.replace("dW2 = np.outer(delta2, a1)", "dW2 = 1.001 * np.outer(delta2, a1)"))
    edited = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert edited.returncode == 1
    assert "dE/dW2" in edited.stdout + edited.stderr


def test_train_prints_the_error_before_and_after(call):
    code, out, _ = call("train", "mazur", "--steps", "1")
    assert code == 0
    assert "E 0.298371109 -> 0.291027774" in out


def test_train_as_json(call):
    _, out, _ = call("train", "mazur", "--steps", "1", "--update", "sequential", "--json")
    assert json.loads(out)["loss"]["last"] == pytest.approx(0.291027924, abs=5e-10)


def test_show_counts_parameters(call):
    code, out, _ = call("show", "mnist", "--json")
    assert code == 0
    assert json.loads(out)["parameter_count"] == 101_770


def test_cost_does_not_grow_with_width(call):
    nodes = {
        json.loads(call("show", f"{n} -> {n} sigmoid -> {n} sigmoid, loss=mse", "--json")[1])["expression_nodes"]
        for n in (3, 3000)
    }
    assert len(nodes) == 1


def test_verify_prints_a_table(call):
    code, out, _ = call("verify", "line")
    assert code == 0
    assert "complex step" in out


def test_examples_are_listed(call):
    _, out, _ = call("examples")
    assert {"mazur", "line", "xor", "mnist"} <= {line.split()[0] for line in out.splitlines()}


def test_new_writes_a_network_that_loads(call, tmp_path):
    code, _, err = call("new", "mine.toml")
    assert code == 0
    assert "mine.toml" in err
    assert call("show", "mine.toml")[0] == 0
    assert call("new", "mine.toml")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("derive", "nosuch"), 2, "there is no network 'nosuch'"),
        (("derive", "nosuch.toml"), 2, "there is no file 'nosuch.toml'"),
        (("show", "/nosuch/nosuch"), 2, "there is no file '/nosuch/nosuch'"),
        (("doctor", "/nosuch"), 2, "there is no file '/nosuch'"),
        (("derive", "line", "--only", "w99"), 2, "there is no parameter 'w99'"),
        (("derive", "line", "--to", "python", "--only", "w99"), 2, "there is no parameter 'w99'"),
        (("derive", "line", "--form", "foo", "--detail", "bar"), 2, "unknown form 'foo'"),
        (("derive", "line", "--form", "foo", "--detail", "bar"), 2, "unknown detail 'bar'"),
        (("derive", "line", "--to", "pfd"), 2, "unknown format"),
        (("derive", "2 -> 2 sigmiod, loss=mse"), 2, "did you mean 'sigmoid'"),
        (("train", "mnist"), 2, "no samples"),
        (("derive",), 2, "Missing argument"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_bad_input_exits_with_2_and_writes_nothing(call, tmp_path, arguments, code, message):
    got, out, err = call(*arguments)
    assert got == code
    assert message in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_standard_input(call, monkeypatch):
    import io

    text = 'inputs = 1\nloss = "mse"\n[[layers]]\ntype = "dense"\nunits = 1\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert call("show", "-")[0] == 0


def test_our_own_bug_exits_with_70(call, monkeypatch):
    def broken(*arguments, **keywords):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("symbackprop.facade.derive", broken)
    code, _, err = call("show", "mazur")
    assert code == 70
    assert "please report" in err


NET = (
    'inputs = 2\nloss = {loss}\n[[layers]]\ntype = "{type}"\nunits = 2\n'
    '[losses]\nmy = "{my}"\n[layer_types.own]\n{own}\n'
)
GOOD = 'parameters = { W = ["units", "n"] }\\nequations = "y[j] = sum(W[j, i] * x[i], i)"'.replace("\\n", "\n")


@pytest.mark.parametrize(
    ("own", "my", "message"),
    [
        ("", "E = (t[j] - y[j])**2", "neither summed nor on the left"),
        ("", "E[j] = (t[j] - y[j])**2", "one number for a sample"),
        ("", "E = 3", "does not read the prediction"),
        ("", "E = sum((t[i] - y[j])**2, j)", "neither summed nor on the left"),
        ('equations = "y[j] = W[j, i] * x[i]"', "", "neither summed nor on the left"),
        ('equations = "y = sum(W[j, i] * x[i], i)"', "", "neither summed nor on the left"),
        ('equations = "y[j] = sum(W[j, i] * x[5], i)"', "", "is outside"),
        ('equations = "W[j] = sum(W[j, i] * x[i], i)"', "", "given twice"),
        ('equations = "y[j] = sum(W[j] * x[i], i)"', "", "has 2 axes"),
    ],
)
def test_mistakes_in_formulas_are_bad_input(call, tmp_path, own, my, message):
    layer = f'parameters = {{ W = ["units", "n"] }}\n{own}' if own else GOOD
    loss = '"my"' if my else '"mse"'
    my = my or "E = sum((t[j] - y[j])**2, j)"
    path = tmp_path / "net.toml"
    path.write_text(NET.format(loss=loss, type="own" if own else "dense", my=my, own=layer))
    code, _, err = call("show", str(path))
    assert code == 2, err
    assert message in err


def test_formats_may_be_named_one_by_one(call, tmp_path):
    code, _, _ = call("derive", "line", "--to", "c", "--to", "javascript,floats", "-o", str(tmp_path / "new"))
    assert code == 0
    assert {path.suffix for path in (tmp_path / "new").iterdir()} >= {".c", ".js", ".py"}


def test_a_style_without_the_module_that_has_it_is_refused(call, tmp_path):
    code, _, err = call("derive", "line", "--to", "c", "--style", "fast", "-o", str(tmp_path / "new"))
    assert code == 2
    assert "--style fast is of the Python module, which is not among --to c" in err
    assert not (tmp_path / "new").exists()


def test_a_network_too_large_to_check_is_refused(call, tmp_path):
    code, _, err = call("derive", "1000000000 -> 1000000000, loss=mse", "-o", "large")
    assert code == 3
    assert "sizes" in err
    assert not (tmp_path / "large").exists()


def test_a_size_cannot_be_called_like_the_number_of_samples(call):
    code, _, err = call("show", "N -> 2, loss=mse")
    assert code == 2
    assert "counts the samples" in err


def test_messages_have_colour_on_a_terminal_only_and_obey_no_color(monkeypatch):
    from symbackprop.cli import messages

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert messages.colourful()
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not messages.colourful()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert not messages.colourful()


def test_colours_change_nothing_but_colours():
    from symbackprop.cli.messages import styled
    from symbackprop.errors import Mistake

    text = str(Mistake("SB020", "unknown 'sigmiod'", "did you mean 'sigmoid'?", "f.toml", 7, 3, 4, "a sigmiod"))
    assert click.unstyle(styled(text)) == text
    assert styled(text).count("\x1b[31m") >= 2


def test_usage_is_a_message_with_a_code(capsys):
    for arguments, found in ((["derve"], "derive"), (["derive", "mazur", "--outpt", "m"], "--output"), (["show"], "")):
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
        printed = capsys.readouterr().err
        assert printed.startswith("error[SB005]: ") and found in printed


def test_a_terminal_without_symbols_ends_no_run(tmp_path):
    command = [sys.executable, "-m", "symbackprop", "show", "mazur"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert b"\\u2202" in done.stdout or b"\\u03a3" in done.stdout


def test_our_own_bug_says_what_to_report_and_keeps_what_was_finished(tmp_path, monkeypatch, capsys):
    from symbackprop import emitters

    def broken(stages, found):
        raise ZeroDivisionError

    table = {**emitters.EMITTERS, "expressions": emitters.Emitter("expressions.py", broken)}
    monkeypatch.setattr(emitters, "EMITTERS", table)
    with pytest.raises(SystemExit) as end:
        main(["derive", "xor", "--to", "python,expressions", "-o", str(tmp_path / "m")])
    assert end.value.code == 70
    assert "error[SB090]" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == ["gradients.py", "verification.json"]


def test_nothing_asked_is_help(capsys):
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("Usage: symbackprop") and "\n  derive " in printed.out and not printed.err


@pytest.mark.parametrize("names", [("w5,w1",), ("w5", "w1"), ("w5, w1",), ("w5 w1",)])
def test_names_to_explain_are_taken_with_commas_and_with_blanks(call, names):
    code, out, _ = call("explain", "mazur", *names)
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("mazur:")] == ["mazur: ∂E/∂w5", "mazur: ∂E/∂w1"]


@pytest.mark.parametrize("options", [("--only", "w5,b2"), ("--only", "w5 b2"), ("--only", "w5", "--only", "b2")])
def test_only_the_chosen_gradients_are_listed_and_the_others_counted(call, options):
    code, out, _ = call("derive", "mazur", "--to", "python", *options)
    assert code == 0
    assert "∂E/∂w5 = δ₁⁽²⁾·a₁⁽¹⁾" in out and "∂E/∂b2" in out
    assert "W1" not in out
    assert "8 others" in out
