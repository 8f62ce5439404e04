"""The same network gives the same bytes: no hash seed, language, time zone, folder or terminal changes one."""

import os
import subprocess
import sys

import pytest

from symbackprop.emitters import EMITTERS

FORMATS = ",".join(name for name, emitter in EMITTERS.items() if not emitter.file.endswith(".pdf"))
SETTINGS = (
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC", "COLUMNS": "40"},
    {
        "PYTHONHASHSEED": "2",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Asia/Kathmandu",
        "COLUMNS": "200",
        "SOURCE_DATE_EPOCH": "1",
    },
)
# Rows of a file of one's own, with several losses, options, names and samples: dictionaries and sets everywhere.
OWN = """\
title = "own"
inputs = { x = ["i1", "i2"], u = 2 }
loss = [{ type = "half_squared_error", weight = 2 }, { type = "mae", output = "first", target = "u" }]
layers = [
  { type = "dense", name = "first", inputs = ["x"], units = 2, activation = "bent", regularizer = "l2" },
  { type = "mix", inputs = ["first", "u"], units = 2 },
]
[activations]
bent = "z * sigmoid(1.7 * z) + max(z, 0, 2 * z)"
[layer_types.mix]
inputs = { x = ["n"], u = ["m"] }
parameters = { A = ["units", "n"], B = ["units", "m"], c = ["units"] }
equations = '''
g[j] = tanh(sum(A[j, i] * x[i], i) + c[j])
y[j] = g[j] * sum(B[j, k] * u[k], k)
'''
"""


def written(network, folder, settings):
    """The files of one run in a process of its own."""
    folder.mkdir()
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    command = [sys.executable, "-m", "symbackprop", "derive", network, "--to", FORMATS, "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.mark.parametrize("network", ["xor", "own.toml"])
def test_the_same_bytes(network, tmp_path):
    first, second = (written(network, tmp_path / name, settings) for name, settings in zip("ab", SETTINGS, strict=True))
    assert first.keys() == second.keys() > {"gradients.py", "derivation.tex", "derivation.html", "verification.json"}
    assert {name for name in first if first[name] != second[name]} == set()
    for name, content in first.items():
        assert str(tmp_path).encode() not in content, f"{name} says where it was made"


def test_messages_are_the_same_too(tmp_path):
    (tmp_path / "own.toml").write_text(
        OWN.replace("tanh", "tahn").replace("units = 2 }", "units = 0 }"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "symbackprop", "derive", "own.toml"]
    said = [
        subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings},
            capture_output=True,
            check=False,
        ).stderr
        for settings in SETTINGS
    ]
    assert said[0] == said[1] and said[0].startswith(b"error[SB")
