"""The C file compiles without a warning, checks itself, moves parameters as the module does, keeps its names apart."""

import ctypes
import subprocess

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import OPTIMIZERS
from symbackprop.emit.c import c_name
from symbackprop.emit.certificate import body_hash
from symbackprop.native import FLAGS, compiled
from symbackprop.targets import c_text

STRICT = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"]
needs_c = pytest.mark.needs("cc")


def build(folder, text, *flags):
    (folder / "network.c").write_text(text, encoding="utf-8")
    command = ["cc", *STRICT, *flags, "-o", str(folder / "program"), str(folder / "network.c"), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return subprocess.run([str(folder / "program")], capture_output=True, text=True, timeout=120, check=False)


@needs_c
@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("name", ["mazur", "xor", "lstm", "cnn"])
def test_it_checks_itself(name, real, tmp_path):
    upper = c_name(name).upper()
    sizes = [f"-D{upper}_N=3", f"-D{upper}_T=4"] if name == "lstm" else []
    done = build(tmp_path, c_text(sb.derive(name).stages), f"-D{upper}_MAIN", f"-D{upper}_REAL={real}", *sizes)
    assert done.returncode == 0 and "agrees" in done.stdout, done.stdout


@needs_c
def test_its_check_finds_a_wrong_gradient(tmp_path):
    text = c_text(sb.derive("mazur").stages)
    wrong = text.replace("dw5 = delta2_1 * a1_1", "dw5 = delta2_1 * a1_2 + 1")
    assert wrong != text
    done = build(tmp_path, wrong, "-DMAZUR_MAIN")
    assert done.returncode == 1 and "WRONG dE/dW2 at 0" in done.stdout


@needs_c
def test_a_slope_of_whole_numbers_is_divided_with_its_fraction(tmp_path):
    slope = "where(z > 0, min(z, 2 - z), min(z, 2 - z) / 10)"
    net = sb.Network(2, sb.Dense(3, "bent"), loss="mse", name="bent", activations={"bent": slope})
    text = c_text(sb.derive(net).stages)
    assert "? 1 : -1) / (real)10" in text
    done = build(tmp_path, text, "-DBENT_MAIN", "-DBENT_N=5")
    assert done.returncode == 0 and "agrees" in done.stdout, done.stdout


@needs_c
@pytest.mark.parametrize("loss", ["sum(W**2)", "sum(x * W)", "sum(maximum(W, b)) + sum(minimum(x, 1))"])
def test_arguments_and_functions_that_are_not_used_are_no_cause_of_warnings(loss, tmp_path):
    text = c_text(sb.derive({"shapes": {"W": [3], "b": [3], "x": [3]}, "equations": f"E = {loss}",
                             "wrt": ["W", "b"]}).stages)  # fmt: skip
    done = build(tmp_path, text, "-DFUNCTION_MAIN")
    assert done.returncode == 0, done.stdout


@needs_c
def test_other_sizes_are_chosen_at_compilation(tmp_path):
    done = build(tmp_path, c_text(sb.derive("xor").stages), "-DXOR_MAIN", "-DXOR_N=7")
    assert done.returncode == 0 and "agrees" in done.stdout, done.stdout


@needs_c
def test_two_networks_in_one_program(tmp_path):
    for name in ("mazur", "line"):
        (tmp_path / f"{name}.c").write_text(c_text(sb.derive(name).stages), encoding="utf-8")
    (tmp_path / "main.c").write_text(
        "#define MAZUR_DECLARATIONS\n#define LINE_DECLARATIONS\n"
        '#include "mazur.c"\n#include "line.c"\n#include <stdio.h>\n'
        "int main(void) { static mazur_work w; static line_work v;\n"
        'printf("%.9f %.3f", mazur_loss(&mazur_start, &mazur_sample, &w), line_loss(&line_start, &line_sample, &v));\n'
        "return 0; }\n"
    )
    sources = [str(tmp_path / f"{name}.c") for name in ("main", "mazur", "line")]
    subprocess.run(["cc", *STRICT, "-o", str(tmp_path / "two"), *sources, "-lm"], check=True, timeout=60)
    out = subprocess.run([str(tmp_path / "two")], capture_output=True, text=True, check=True, timeout=60).stdout
    assert out.startswith("0.298371109 ")


@needs_c
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_update_is_that_of_the_module(optimizer, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    net = sb.Network(2, sb.Dense(2, "tanh"), loss="mse", name="moved", training={"optimizer": optimizer})
    d = sb.derive(net)
    text = c_text(d.stages) + "\nsize_t moved_size(void) { return sizeof(moved_state); }\n"
    library = ctypes.CDLL(str(compiled(text, [*FLAGS, "-O1"])))
    library.moved_size.restype = ctypes.c_size_t
    rng = np.random.default_rng(3)
    params = {"W1": rng.standard_normal((2, 2)), "b1": rng.standard_normal(2)}
    values = np.concatenate([params["W1"].ravel(), params["b1"]])
    memory = np.zeros(library.moved_size(), dtype=np.uint8)
    settings = ctypes.addressof(ctypes.c_double.in_dll(library, "moved_default_settings"))
    library.moved_begin(ctypes.c_void_p(memory.ctypes.data))
    module, state = d.compile(), {}
    for _ in range(3):
        grads = {"W1": rng.standard_normal((2, 2)), "b1": rng.standard_normal(2)}
        slopes = np.concatenate([grads["W1"].ravel(), grads["b1"]])
        addresses = [values.ctypes.data, slopes.ctypes.data, memory.ctypes.data, settings]
        library.moved_update(*map(ctypes.c_void_p, addresses))
        params = module.update(params, grads, state)
        assert values == pytest.approx(np.concatenate([params["W1"].ravel(), params["b1"]]), rel=1e-12)


@needs_c
def test_names_that_c_has_for_something_else(tmp_path):
    names = {"weights": [["int", "real"]], "bias": ["y1"]}
    net = sb.Network(
        {"double": {"shape": [2]}}, {"type": "dense", "units": 1, "names": names}, loss="mse", name="short"
    )
    done = build(tmp_path, c_text(sb.derive(net).stages), "-DNETWORK_SHORT_MAIN")
    assert done.returncode == 0, done.stdout


def test_nothing_is_allocated_and_the_head_is_a_certificate():
    for name in ("mazur", "mnist"):
        text = c_text(sb.derive(name).stages, ["complex step: 1e-9"])
        assert "alloc" not in text.split("*/", 1)[1]
        assert "// check: complex step: 1e-9\n" in text
        stated, body = text.split("// body sha256: ")[1].split("\n", 1)
        assert stated == body_hash(body)


def test_no_number_of_double_precision_slips_into_float_code():
    text = c_text(sb.derive(sb.Network(2, sb.Dense(2, "gelu"), loss="mse")).stages)
    assert "(real)0.7071067811865476" in text or "(real)" in text
    lines = [line for line in text.splitlines() if "=" in line and "." in line and "(real)" not in line]
    assert not [line for line in lines if line.strip().startswith(("const real", "work->", "grads->"))], lines


@pytest.mark.parametrize("name", ["mazur", "mnist"])
def test_golden(golden, name):
    golden(f"c/{name}.c", c_text(sb.derive(name).stages))
