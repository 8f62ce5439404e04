"""A stranger's file runs nothing, writes nothing and hangs nothing: exit code 2 or 3, and a message that says where."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from symbackprop.cli import main
from symbackprop.errors import SymbackpropError
from symbackprop.facade import derive
from symbackprop.language import parse_equations, parse_formula
from symbackprop.network import load

# Sentinels: each writes a file if it is run.
PAYLOADS = [
    "__import__('os').system('touch ran')",
    "exp(\"__import__('os').system('touch ran')\")",
    "open('ran', 'w')",
    "(lambda: open('ran', 'w'))()",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "().__class__.__mro__[1].__subclasses__()",
    "z.__class__",
    "exp(z).func.__globals__",
    "getattr(z, 'args')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'exec')",
    "globals()",
    "f'{open(1)}'",
    "'%s' % open('ran', 'w')",
    "z if open('ran', 'w') else z",
    "(y := open('ran', 'w'))",
    "{**open('ran', 'w')}",
    "exp(*[open('ran', 'w')])",
    "exp(z, evaluate=open('ran', 'w'))",
    "await z",
    "yield z",
    "z; open('ran', 'w')",
    "Symbol('z')",
    "sympify('z')",
    "lambdify(z, z)",
    "z @ open",
    "`touch ran`",
    "\\input{/etc/passwd}",
    "__builtins__",
    "_",
    "__z",
    "lambda",
    "z" * 32,
    "ｚ.real",
    "1j * z",
    "True * z",
    "None",
    "...",
    "b'z'",
    "0x10 * z",
    "1e999 * z",
    "1e-999 * z",
    "9" * 31,
    "z ** 1e9",
    "2 ** 2 ** 2 ** 2 ** 2 ** 2",
    "((((z ** 9) ** 9) ** 9) ** 9)",
    "exp(exp(exp(exp(100)))) * z",
    "(" * 61 + "z" + ")" * 61,
    "-" * 1990 + "z",
    "+".join(["z"] * 600),
    "z" + " " * 2001,
    "max(" + ",".join(["z"] * 9) + ")",
    "max(" * 20 + "z" + ", 1, 2, 3, 4)" * 20,
    "abs(" * 30 + "z" + ")" * 30,
    "log(0) * z",
    "sqrt(-1) * z",
    "1 / 0",
    "0 ** -1",
    "zoo",
    "nan",
    "oo",
    "I * z",
]


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, and nothing may be there afterwards that it did not write itself."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "ran").exists(), "a stranger's text was run"


def refused(arguments, capsys):
    before = snapshot()
    start = time.process_time()
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert time.process_time() - start < 20
    printed = capsys.readouterr()
    assert end.value.code in (2, 3), printed.err
    assert re.match(r"error\[SB0\d\d\]: \S", printed.err), printed.err
    assert printed.out == ""
    assert snapshot() == before, "something was written"
    return printed.err


def snapshot():
    return {str(path): path.lstat().st_mtime_ns for path in Path().rglob("*")}


def toml(text):
    return "'''" + text + "'''" if "'''" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: text[:30])
def test_formulas(payload, capsys):
    Path("net.toml").write_text(
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 2, activation = "mine" }]\n'
        f"[activations]\nmine = {toml(payload)}\n",
        encoding="utf-8",
    )
    printed = refused(["derive", "net.toml", "-o", "out"], capsys)
    assert "net.toml:5:" in printed, "the message does not say where"


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: text[:30])
def test_equations(payload, capsys):
    Path("net.toml").write_text(
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "mine" }]\n[layer_types.mine]\n'
        f'parameters = {{ w = ["n"] }}\nequations = {toml("y[j] = w[j] * (" + payload + ")")}\n',
        encoding="utf-8",
    )
    refused(["derive", "net.toml", "-o", "out"], capsys)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda text: text[:30])
def test_the_language_itself(payload):
    for read in (parse_formula, lambda text: parse_equations(f"y[j] = {text}"), parse_equations):
        try:
            read(payload)
        except SymbackpropError as error:
            assert error.mistakes[0].code in ("SB010", "SB011", "SB013", "SB020")
        else:
            # A name that nothing has is refused when it is bound, and blanks around a formula are no part of it.
            assert re.fullmatch(r"[A-Za-z]+|I \* z|z +", payload)


@pytest.mark.parametrize(
    "name",
    [
        "__import__",
        "lambda",
        "w 1",
        "w;import os",
        "w\\input{x}",
        "",
        "1w",
        "w" * 32,
        "ｗ",
        "ω",
        "w\n",
        "w'",
        "w-1",
        "_w",
        "w.a",
    ],
)
@pytest.mark.parametrize("where", ["input", "element", "layer", "activation", "option", "size", "target"])
def test_names(name, where, capsys):
    table = {"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}
    match where:
        case "input":
            table["inputs"] = {name: 2}
        case "element":
            table["layers"][0]["names"] = {"bias": [name, "b2"]}
        case "layer":
            table["layers"][0]["name"] = name or " "
        case "activation":
            table["activations"] = {name: "z"}
        case "option":
            table["layer_types"] = {"own": {"equations": "y[j] = x[j]", "options": {name: 1}}}
        case "size":
            table["layers"][0]["units"] = name
        case "target":
            table["loss"] = {"type": "mse", "target": name or " "}
    with pytest.raises(SymbackpropError):
        load(table)


@pytest.mark.parametrize("name", ["../escape", "/etc/cron.d/x", "a/b", "..", "a\\b", "con.txt", "-rf", "a" * 62])
def test_the_name_of_a_network_leads_nowhere(name, capsys):
    Path("net.toml").write_text(f"name = '{name}'\ninputs = 2\nloss = 'mse'\n[[layers]]\ntype = 'dense'\nunits = 2\n")
    refused(["derive", "net.toml"], capsys)


# Words that mean something in a language that is emitted, or that an emitted file uses itself.
WORDS = [
    "np",
    "loss",
    "params",
    "math",
    "self",
    "int",
    "double",
    "void",
    "var",
    "this",
    "function",
    "E",
    "t",
    "x",
    "N",
    "s",
    "sum",
    "print",
    "type",
    "len",
    "main",
    "forward",
    "update",
    "dW1",
    "z1",
    "a1",
    "delta1",
    "W1",
    "b1",
    "auto",
    "restrict",
    "true",
    "NaN",
    "Infinity",
    "undefined",
    "window",
    "I",
    "S",
    "Q",
    "beta",
    "gamma",
    "lambda_",
    "h",
    "J",
    "X",
    "grads",
    "exp",
]


@pytest.mark.parametrize("words", [WORDS[start : start + 8] for start in range(0, len(WORDS), 8)], ids="-".join)
def test_names_that_other_languages_use(words, monkeypatch):
    weights = [words[:4], words[4:]]
    table = {
        "inputs": 4,
        "loss": "half_squared_error",
        "layers": [
            {
                "type": "dense",
                "units": 2,
                "activation": "tanh",
                "weights": [[0.1, 0.2, 0.3, 0.4]] * 2,
                "names": {"weights": weights},
            }
        ],
        "sample": {"x": [1, 2, 3, 4], "t": [0.5, 1]},
    }
    try:
        d = derive(table)
        report = d.write("out", ("python", "expressions", "javascript", "c"))
    except SymbackpropError:
        return  # it may refuse, but not emit something wrong
    assert report.passed, str(report)
    done = subprocess.run([sys.executable, "out/gradients.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    compile(Path("out/expressions.py").read_text(encoding="utf-8"), "expressions.py", "exec")
    for command in (["cc", "-fsyntax-only", "out/network.c"], ["node", "--check", "out/network.js"]):
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


FILES = {
    "empty.toml": b"",
    "nul.toml": b"inputs = 2\0\n",
    "latin.toml": b'title = "\xe9"\n',
    "utf16.toml": "inputs = 2".encode("utf-16"),
    "bomb.yaml": b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n",
    "merge.yaml": b"a: &a {x: 1}\nb: {<<: *a}\n",
    "tag.yaml": b"inputs: !!python/object/apply:os.system ['touch ran']\n",
    "tag2.yaml": b"inputs: !!python/name:os.system\n",
    "new.yaml": b"inputs: !<tag:yaml.org,2002:python/object/new:subprocess.Popen> [[touch, ran]]\n",
    "documents.yaml": b"inputs: 2\n---\ninputs: 3\n",
    "deep.yaml": b"[" * 10_000,
    "deep.json": b"[" * 100_000 + b"]" * 100_000,
    "deep.toml": b"a = " + b"[" * 50_000 + b"]" * 50_000,
    "dots.toml": b"a" + b".a" * 100_000 + b" = 1\n",
    "header.toml": b"[a" + b".a" * 100_000 + b"]\n",
    "large.toml": b"# " + b"x" * 2**20,
    "integer.toml": b"inputs = " + b"9" * 100_000 + b"\n",
    "integer.json": b'{"inputs": ' + b"9" * 100_000 + b"}",
    "integer.yaml": b"inputs: " + b"9" * 100_000 + b"\n",
    "float.toml": b"inputs = 1e" + b"9" * 1000 + b"\n",
    "digits.json": b'{"inputs": 0.' + b"3" * 100_000 + b"}",
    "nan.toml": b'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 1, bias = nan }]\n',
    "inf.yaml": b"{inputs: 2, loss: mse, layers: [{type: dense, units: 1, bias: .inf}]}\n",
    "nan.json": b'{"inputs": NaN}',
    "twice.toml": b"inputs = 2\ninputs = 3\n",
    "twice.yaml": b"inputs: 2\ninputs: 3\n",
    "twice.json": b'{"inputs": 2, "inputs": 3}',
    "list.json": b"[1, 2]",
    "dunder.json": b'{"__class__": {"__reduce__": 1}, "inputs": 2}',
    "surrogate.json": b'{"title": "\\ud800", "inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}',
    "surrogate_key.json": b'{"\\ud800": 1, "inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}',
    "control.json": b'{"title": "\\u001b[31m", "inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}',
    "turned.json": b'{"title": "\\u202e", "inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 2}]}',
    "huge.toml": b'inputs = 1000000000\nloss = "mse"\nlayers = [{ type = "dense", units = 1000000000 }]\n',
    "larger.toml": b'inputs = 10000000000\nloss = "mse"\nlayers = [{ type = "dense", units = 2 }]\n',
    "mistakes.toml": b'inputs = 2\nloss = "mse"\n' + b'[[layers]]\ntype = "dens"\n' * 20_000,
    "keys.json": b"{" + b",".join(b'"%d": 1' % n for n in range(60_000)) + b"}",
    "layers.json": b'{"inputs": 2, "loss": "mse", "layers": ['
    + b",".join([b'{"type": "dense", "units": 2}'] * 2001)
    + b"]}",
    "model.pt": b"\x80\x04\x95",
    "model.pkl": b"cos\nsystem\n(S'touch ran'\ntR.",
    "model.h5": b"\x89HDF",
    "net.txt": b"inputs = 2",
}


@pytest.mark.parametrize("name", FILES)
def test_files(name, capsys):
    Path(name).write_bytes(FILES[name])
    printed = refused(["derive", name, "-o", "out"], capsys)
    assert len(printed) < 60_000
    assert name.partition(".")[0] in printed or "huge" in name


def test_line_ends_and_a_mark_at_the_start_are_no_matter():
    text = 'inputs = 2\nloss = "mse"\n\n[[layers]]\ntype = "dense"\nunits = 1\n'
    for name, content in (("crlf.toml", text.replace("\n", "\r\n")), ("bom.toml", "\ufeff" + text)):
        Path(name).write_bytes(content.encode())
        assert load(name) == load({"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 1}]})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are needed")
@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "link to a device", "loop", "broken link"])
def test_what_is_no_ordinary_file(kind, capsys):
    path = Path("net.toml")
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path)
        case "broken link":
            path.symlink_to("nowhere")
    refused(["derive", "/dev/zero" if kind == "device" else "net.toml", "-o", "out"], capsys)


def _npz(path, **arrays):
    np.savez(path, **arrays)


def _objects():
    np.savez("w.npz", W1=np.array([Trap()], dtype=object))


class Trap:
    def __reduce__(self):
        return (open, ("ran", "w"))


def _bomb():
    with zipfile.ZipFile("w.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (12500000,), }"
        archive.writestr("W1.npy", header.ljust(127) + b"\n" + bytes(100_000_000))


@pytest.mark.parametrize(
    "make",
    [
        _objects,
        _bomb,
        lambda: _npz("w.npz", W1=[["a"]]),
        lambda: _npz("w.npz", W1=[[np.nan, 1]]),
        lambda: _npz("w.npz", W1=[[1j, 1]]),
        lambda: _npz("w.npz", W1=[[1, 2, 3]]),
        lambda: Path("w.npz").write_bytes(b"PK\x03\x04"),
        lambda: Path("w.npz").write_bytes(b"cos\nsystem\n(S'touch ran'\ntR."),
        lambda: Path("w.npz").mkdir(),
        lambda: os.mkfifo("w.npz"),
    ],
)
def test_files_of_weights(make, capsys):
    make()
    Path("net.toml").write_text(
        'inputs = 2\nloss = "mse"\nlayers = [{ type = "dense", units = 1 }]\nparameters = { file = "w.npz" }\n'
    )
    refused(["derive", "net.toml", "-o", "out"], capsys)


@pytest.mark.parametrize(
    "file", ["w.pt", "w.pkl", "w.npy", "w.joblib", "../w.pth", "w.npz\0.txt", "/dev/zero", "http://x/w.npz"]
)
@pytest.mark.parametrize("section", ["parameters", "data"])
def test_other_files_of_weights_and_data(file, section):
    table = {"inputs": 2, "loss": "mse", "layers": [{"type": "dense", "units": 1}], section: {"file": file}}
    if section == "data":
        table["data"] |= {"x": ["a", "b"], "t": ["c"]}
    with pytest.raises(SymbackpropError):
        load(table)


@pytest.mark.parametrize(
    "line",
    [
        "2 -> __import__('os').system('touch ran'), loss=mse",
        "2 -> 2 `touch ran`, loss=mse",
        "$(touch ran) -> 2, loss=mse",
        "2 -> 2, loss=mse, name=../x",
        "2 -> 2, loss=mse, learning_rate=1e999999999",
        "2 -> " * 500 + "2",
        "9" * 5000 + " -> 2, loss=mse",
        "-> ->",
        "2 → 2 sigmoid\x1b[31m, loss=mse",
        "2 -> 2, loss=mse\n[training]",
        "\0 -> 2",
        "9999999999999999999999999 -> 2, loss=mse",
    ],
)
def test_lines(line, capsys):
    printed = refused(["derive", line, "-o", "out"], capsys)
    assert "\x1b[31m" not in printed and "\0" not in printed


def test_a_message_steers_no_terminal(capsys):
    Path("net.toml").write_text('"a\\u001b[31m\\u202e\\u0007" = 1\ninputs = 2\n', encoding="utf-8")
    printed = refused(["derive", "net.toml"], capsys)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed)
