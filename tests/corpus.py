"""Random networks → their documents, typeset by every TeX engine there is and rendered by KaTeX: nothing may complain.

    python tests/corpus.py [--networks 40] [--seed 0] [--katex] [--bundled]

It prints a line for each network, and the exit code is 1 if anything was found. `--katex` installs KaTeX with npm in a
temporary folder; `--bundled` takes the bundled networks instead of random ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import symbackprop as sb
from symbackprop.emit.document import document
from symbackprop.material import material
from symbackprop.network import bundled
from symbackprop.tex import compiled, engines

ACTIVATIONS = ("sigmoid", "tanh", "relu", "gelu", "softplus", "leaky_relu", "silu", "mine")
ELEMENTWISE = ("mse", "half_squared_error", "mae", "huber", "log_cosh")
LONG = "averyveryverylongnameoflayer"
GATED = {
    "parameters": {"W": ["units", "n"], "V": ["units", "n"], "b": ["units"]},
    "equations": "g[j] = sigmoid(sum(V[j, i] * x[i], i))\ny[j] = g[j] * (sum(W[j, i] * x[i], i) + b[j])",
}
# What KaTeX cannot define as TeX does: colours by name, and the box of a result.
KATEX = r"""
const katex = require(process.argv[2]);
const named = (c) => `\\textcolor{${c}}{#1}`;
const macros = {"\\pd": "\\frac{\\partial #1}{\\partial #2}", "\\lay": "^{(#1)}", "\\vect": "\\bm{#1}",
  "\\mat": "\\mathbf{#1}", "\\T": "^{\\top}", "\\why": "\\text{\\small #1}", "\\result": "\\boxed{#1}",
  "\\fE": named("red"), "\\fS": named("blue"), "\\fX": named("green"), "\\fD": named("purple")};
for (const r of "ESXD") macros["\\ub" + r] = `{\\underbrace{\\f${r}{#1}}_{\\f${r}{#2}}}`;
const found = [];
for (const formula of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try { katex.renderToString(formula, {displayMode: true, throwOnError: true, strict: "error", macros: {...macros}}); }
  catch (error) { found.push(`${error.message} in ${formula.slice(0, 200)}`); }
}
console.log(JSON.stringify(found));
"""


def networks(count: int, seed: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Descriptions of networks of every kind, in turn, of random shapes and numbers."""
    draw = random.Random(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield f"{kind.__name__}_{number}", kind(draw)


def worked(draw: random.Random) -> dict[str, Any]:
    """A small dense net with numbers, one of them huge or tiny at times."""
    sizes = [draw.randint(1, 4) for _ in range(draw.randint(2, 4))]
    scale = draw.choice([1, 1, 1, 1e-6, 1e4])
    layers = [
        {
            "type": "dense", "units": units, "activation": draw.choice(ACTIVATIONS),
            "weights": [[_number(draw, scale) for _ in range(inputs)] for _ in range(units)],
            "bias": draw.choice([False, _number(draw, 1), [_number(draw, 1) for _ in range(units)]]),
        }
        for inputs, units in pairwise(sizes)
    ]  # fmt: skip
    rows = draw.choice([1, 1, 3, 15])
    return _described(
        sizes[0], layers, draw.choice(ELEMENTWISE),
        sample={
            "x": [[_number(draw, 1) for _ in range(sizes[0])] for _ in range(rows)],
            "t": [[_number(draw, 1) for _ in range(sizes[-1])] for _ in range(rows)],
        },
        training={"optimizer": {"type": draw.choice(["sgd", "adam", "rmsprop", "adagrad"]), "learning_rate": 0.1}},
    )  # fmt: skip


def classifier(draw: random.Random) -> dict[str, Any]:
    """A wide one in symbols, which ends in a softmax."""
    layers = [{"type": "dense", "units": draw.choice([20, 128, 1000, "h"]), "activation": draw.choice(ACTIVATIONS)}]
    layers += [{"type": "dense", "units": draw.randint(2, 12), "activation": "softmax"}]
    return _described(draw.choice([784, 30, "n"]), layers, "categorical_crossentropy", targets="one_hot")


def deep(draw: random.Random) -> dict[str, Any]:
    """Many layers."""
    layers = [{"type": "dense", "units": 8, "activation": "tanh"} for _ in range(draw.randint(5, 30))]
    return _described(8, layers, "mse")


def named(draw: random.Random) -> dict[str, Any]:
    """Long names of layers, and of the network."""
    layers = [
        {"type": "dense", "name": f"{LONG}_{n}", "units": draw.randint(2, 9), "activation": draw.choice(ACTIVATIONS)}
        for n in range(draw.randint(2, 4))
    ]
    return {
        **_described(5, layers, "mse"),
        "title": "A network with & a % title_that is #long, " + "very " * 12 + "long",
    }


def convolution(draw: random.Random) -> dict[str, Any]:
    """Windows in one or two dimensions."""
    if draw.random() < 0.5:
        layers: list[dict[str, Any]] = [
            {"type": "conv1d", "filters": draw.randint(1, 3), "kernel_size": 3, "activation": draw.choice(ACTIVATIONS)},
            {"type": draw.choice(["max_pooling1d", "average_pooling1d"]), "pool_size": 2},
            {"type": draw.choice(["global_max_pooling1d", "global_average_pooling1d"])},
        ]
        return _described({"x": {"shape": [draw.choice([6, 8]), 2]}}, layers, "mse")
    padding = draw.choice(["valid", "same"])
    layers = [
        {"type": "conv2d", "filters": 2, "kernel_size": 3, "padding": padding, "activation": "relu"},
        {"type": draw.choice(["max_pooling2d", "average_pooling2d"]), "pool_size": 2},
        {"type": "flatten"},
        {"type": "dense", "units": 3},
    ]
    return _described({"x": {"shape": [8, 8, 1]}}, layers, draw.choice(ELEMENTWISE))


def recurrent(draw: random.Random) -> dict[str, Any]:
    """Through time."""
    layers: list[dict[str, Any]] = [{"type": draw.choice(["simple_rnn", "lstm", "gru"]), "units": 3}]
    layers += [{"type": "last"}] if draw.random() < 0.7 else []
    layers += [{"type": "dense", "units": 2, "activation": "sigmoid"}]
    return _described({"x": {"shape": [draw.choice(["T", 4]), 2]}}, layers, "binary_crossentropy")


def attention(draw: random.Random) -> dict[str, Any]:
    """Attention, behind and before other layers."""
    layers: list[dict[str, Any]] = [
        {"type": "layer_normalization", "name": "norm"},
        {"type": "multi_head_attention", "num_heads": 2, "key_dim": 2, "name": "mix"}
        if draw.random() < 0.5
        else {"type": "transformer_block", "num_heads": 2, "key_dim": 3, "hidden": 5, "causal": True},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ]
    return _described({"x": {"shape": [draw.choice(["T", 5]), 4]}}, layers, "categorical_crossentropy")


def own(draw: random.Random) -> dict[str, Any]:
    """A user's own layers between others, side by side and added."""
    layers: list[dict[str, Any]] = [
        {"type": "gated", "units": 4, "name": "left", "inputs": "x"},
        {"type": "dense", "units": 4, "name": "right", "activation": "mine", "inputs": "x"},
        {"type": "add", "inputs": ["left", "right"]},
        {"type": draw.choice(["batch_normalization", "layer_normalization", "rms_normalization"])},
        {"type": "dense", "units": 2},
    ]
    return _described({"x": 3}, layers, draw.choice(ELEMENTWISE))


KINDS = (worked, classifier, worked, convolution, recurrent, worked, attention, own, named, deep)


def _number(draw: random.Random, scale: float) -> float:
    return float(f"{draw.uniform(-1, 1) * scale:.{draw.randint(1, 6)}g}")


def _described(inputs: Any, layers: list[dict[str, Any]], loss: str, **more: Any) -> dict[str, Any]:
    own_types = {"layer_types": {"gated": GATED}} if any(one["type"] == "gated" for one in layers) else {}
    return {
        "inputs": inputs, "layers": layers, "loss": loss, "activations": {"mine": "z * sigmoid(1.7 * z)"},
        **own_types, **more,
    }  # fmt: skip


def source(network: Any) -> str:
    """The LaTeX of a network's document; what verification found stands for itself and is left out."""
    stages = sb.derive(network).stages
    return document(material(stages, _report()))


def _report() -> Any:
    if not _REPORTS:
        _REPORTS.append(sb.derive("line").verify())
    return _REPORTS[0]


_REPORTS: list[Any] = []


def formulas(text: str) -> list[str]:
    """Every formula of a document as KaTeX takes it: without labels, with numbers for references."""
    body = text.partition(r"\begin{document}")[2]
    body = re.sub(r"\\begin\{(sbp)?(code|longcode|verbatim)\}.*?\\end\{\1?\2\}", "", body, flags=re.S)
    body = re.sub(r"\\begin\{tikzpicture\}.*?\\end\{tikzpicture\}", "", body, flags=re.S)
    displays = re.findall(r"\\begin\{(align\*?)\}(.*?)\\end\{\1\}", body, re.S)
    found = [rf"\begin{{align*}}{inner}\end{{align*}}" for _, inner in displays]
    rest = re.sub(r"\\begin\{(align\*?)\}.*?\\end\{\1\}", "", body, flags=re.S)
    found += re.findall(r"(?<!\\)\$([^$]+)\$", rest)
    return [re.sub(r"\\eqref\{[^}]*\}", "(1)", re.sub(r"\s*\\label\{[^}]*\}", "", one)) for one in found]


def katex_faults(katex: Path, texts: list[str]) -> list[str]:
    """What KaTeX's strict mode refuses in some formulas."""
    node = shutil.which("node")
    assert node is not None
    with tempfile.TemporaryDirectory() as place:
        script = Path(place) / "render.js"
        script.write_text(KATEX, encoding="utf-8")
        done = subprocess.run(
            [node, str(script), str(katex)],
            input=json.dumps(texts),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    return list(json.loads(done.stdout))


def installed_katex(folder: Path) -> Path:
    """KaTeX, installed with npm in a folder."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed for --katex")
    subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "katex"], cwd=folder, capture_output=True, check=True, timeout=300
    )
    return folder / "node_modules" / "katex"


def run(described: Iterator[tuple[str, Any]], katex: Path | None) -> int:
    """Check the documents of some networks; the number of those that something is found in."""
    faulty = 0
    for name, description in described:
        network = (
            description if isinstance(description, str) else sb.Network.model_validate({"name": name, **description})
        )
        text = source(network)
        lines = []
        for engine in engines():
            done = compiled(text, engine)
            lines += [f"{engine.name}: {done.found}"] if done.found or not done.pdf else []
        lines += [f"KaTeX: {fault}" for fault in (katex_faults(katex, formulas(text)) if katex else [])]
        faulty += bool(lines)
        print(f"{name}: {'clean' if not lines else ''}", *lines, sep="\n  " if lines else "", flush=True)
    return faulty


def main() -> None:
    """Run the check from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--katex", action="store_true")
    parser.add_argument("--bundled", action="store_true")
    options = parser.parse_args()
    described = ((name, name) for name in bundled()) if options.bundled else networks(options.networks, options.seed)
    with tempfile.TemporaryDirectory() as place:
        katex = installed_katex(Path(place)) if options.katex else None
        faulty = run(iter(described), katex)
    print(f"engines: {', '.join(engine.name for engine in engines())}; with complaints: {faulty}")
    sys.exit(bool(faulty))


if __name__ == "__main__":
    main()
