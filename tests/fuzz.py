"""Throws damaged text at everything that reads a stranger's input, for as long as one likes.

    python tests/fuzz.py --seconds 3600 [--reader toml,yaml,json,line,formula,derive,csv,npz,latex,arrays] [--seed 1]

A reader may answer, or raise one of our errors; anything else is a finding: another exception, more than two seconds
(ten for a whole derivation), a program started, a file written, a connection opened. Findings are printed with the
input that makes them, made as short as it goes. The exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from symbackprop.errors import SymbackpropError
from symbackprop.facade import derive
from symbackprop.language import parse_equations, parse_formula
from symbackprop.network import load, template
from symbackprop.network.data import read_arrays, read_columns
from symbackprop.reading import read_formula, read_relation

FOLDER = Path(tempfile.mkdtemp(prefix="symbackprop-fuzz-"))
READING, DERIVING = 2.0, 10.0
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "ctypes.dlopen")
WORDS = [
    b"[",
    b"]",
    b"{",
    b"}",
    b"(",
    b")",
    b"[[",
    b"]]",
    b'"',
    b"'",
    b'"""',
    b"=",
    b":",
    b",",
    b".",
    b"#",
    b"\n",
    b"\r",
    b"\t",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"&a",
    b"*a",
    b"!!python/object/apply:os.system",
    b"<<",
    b"---",
    b"-",
    b"+",
    b"*",
    b"**",
    b"/",
    b"//",
    b"%",
    b"<",
    b">",
    b"==",
    b"0",
    b"1",
    b"9" * 40,
    b"1e999",
    b"nan",
    b"inf",
    b".inf",
    b"true",
    b"null",
    b"x",
    b"z",
    b"n",
    b"i",
    b"j",
    b"t",
    b"N",
    b"E",
    b"sum",
    b"max",
    b"where",
    b"exp",
    b"log",
    b"sqrt",
    b"dense",
    b"relu",
    b"lstm",
    b"conv2d",
    b"attention",
    b"softmax",
    b"mse",
    b"layers",
    b"inputs",
    b"loss",
    b"weights",
    b"bias",
    b"units",
    b"type",
    b"names",
    b"sample",
    b"training",
    b"__import__",
    b"lambda",
    b"eval",
    b"\\input{/etc/passwd}",
    b"->",
    "→".encode(),
    "σ".encode(),
    b"\\frac",
    b"\\sum_{",
    b"^",
    b"_",
    b"&",
    b"\\\\",
]
FORMULAS = [
    "z * sigmoid(1.7 * z)",
    "where(z > 0, z, exp(z) - 1)",
    "log(1 + exp(z))",
    "max(z, 0, z / 2)",
    "erf(z / sqrt(2))",
    "z[j] = sum(W[j, i] * x[i], i) + b[j]",
    "y[j] = exp(x[j]) / sum(exp(x[k]), k)",
    "h[t, j] = tanh(x[t, j] + h[t - 1, j])",
    "y[p, q, o] = sum(W[a, b, i, o] * x[2 * p + a, q + b, i], a, b, i)",
    "y[j] = x[token[j]]",
    "y[i] = x[i // 2, i % 2]",
    "y[j] = (x[j] - mean(x[i], i)) / sqrt(mean(x[i]**2, i) + 1e-5)",
]
LATEX = [
    r"\delta^{(1)}_{1} = a_{1}(1 - a_{1})",
    r"\sum_{j=1}^{2} \frac{1}{2}(t_j - a_j)^2",
    r"\begin{cases} 1 & z > 0 \end{cases}",
]
FUNCTIONS = [
    "z = W @ x + b\nE = sum((t - tanh(z))**2) / 2",
    "z = softmax(X @ V.T, axis=-1)\nE = -mean(log(z[:, 0]))",
    "z = einsum('ij,kj->ik', X, W)",
    "z = where(W > 0, W, 0.1 * W).reshape(2, 6).sum(axis=0)",
    "z = concatenate([x, b])[::2]",
    "z = (X - X.mean(axis=0)) / sqrt(X.var(axis=0) + 1e-5)",
]


class Forbidden(BaseException):
    """Something was run, written or connected to."""


class Slow(BaseException):
    """A reader took too long."""


def watched(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what no reader may do."""
    if event in FORBIDDEN:
        raise Forbidden(f"{event} {arguments!r}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+") and WATCH["reading"]:
        raise Forbidden(f"open {arguments!r}")


def stop(number: int, frame: object) -> None:
    """Answer the timer."""
    raise Slow("stopped")


WATCH = {"reading": False}


def seeds() -> dict[str, list[bytes]]:
    """What each reader starts from."""
    toml = [entry.read_bytes() for entry in files("symbackprop").joinpath("examples").iterdir()]
    formulas = [formula.encode() for formula in FORMULAS]
    archive = io.BytesIO()
    import numpy as np

    np.savez(archive, W1=np.ones((2, 2)), b1=np.zeros(2))
    return {
        "toml": [*toml, template("net.toml").encode()],
        "yaml": [template("net.yaml").encode()],
        "json": [template("net.json").encode()],
        "line": [b"2 -> 3 tanh -> 1 sigmoid, loss=mse", b"784 -> 128 relu -> 10 softmax, loss=cross_entropy, name=a"],
        "formula": formulas,
        "derive": formulas,
        "csv": [b"a,b,c\n1,2,3\n4,5,6\n", b"a;b;c\n1;2;3\n"],
        "npz": [archive.getvalue()],
        "latex": [text.encode() for text in LATEX],
        "arrays": [text.encode() for text in FUNCTIONS],
    }


def _file(suffix: str) -> Callable[[bytes], object]:
    def read(content: bytes) -> object:
        WATCH["reading"] = False
        path = FOLDER / f"net{suffix}"
        path.write_bytes(content)
        WATCH["reading"] = True
        return load(path)

    return read


def _formula(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return parse_equations(text) if "=" in text else parse_formula(text)


def _derive(content: bytes) -> object:
    """A layer or an activation of this formula, derived: what is read may not make a later stage fail otherwise."""
    text = content.decode("utf-8", "replace")
    table: dict[str, object] = {"inputs": {"shape": [3, 2]}, "loss": "mse"}
    if "=" in text:
        kind = {"equations": text, "parameters": {"W": ["n", "n"], "b": ["n"]}, "inputs": {"x": ["m", "n"]}}
        table |= {"layers": [{"type": "own"}], "layer_types": {"own": kind}}
    else:
        dense = {"type": "dense", "units": 2, "activation": "own"}
        table |= {"layers": [dense], "activations": {"own": text}}
    return derive(table).stages.derivation


def _line(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return load(text if "->" in text else f"{text} ->")


def _latex(content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    return read_relation(text) if "=" in text else read_formula(text)


def _arrays(content: bytes) -> object:
    """Array notation, up to its equations in indices."""
    text = content.decode("utf-8", "replace")
    shapes = {"W": [3, 4], "V": [4, 4], "b": [3], "x": [4], "X": [5, 4], "t": [3], "s": []}
    made = derive({"shapes": shapes, "equations": text if "E =" in text else f"{text}\nE = sum(z**2)"})
    return made.stages.graph


def _data(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def reader(content: bytes) -> object:
        WATCH["reading"] = False
        path = FOLDER / f"data{suffix}"
        path.write_bytes(content)
        WATCH["reading"] = True
        return read(path)

    return reader


def readers() -> dict[str, Callable[[bytes], object]]:
    """Everything that reads what a stranger wrote."""
    found: dict[str, Callable[[bytes], object]] = {
        "toml": _file(".toml"),
        "yaml": _file(".yaml"),
        "json": _file(".json"),
        "line": _line,
        "formula": _formula,
        "derive": _derive,
        "csv": _data(".csv", lambda path: read_columns(path, ("a", "c"))),
        "npz": _data(".npz", read_arrays),
        "latex": _latex,
        "arrays": _arrays,
    }
    return found


def damaged(content: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A text with one to five small damages, now and then a piece of it many times over."""
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        at, length = rng.randrange(len(content) + 1), rng.choice((0, 0, 1, 1, 2, 5, 20))
        piece = content[at : at + rng.randrange(40)]
        put = rng.choice(
            (
                rng.choice(WORDS),
                rng.choice(WORDS),
                b"",
                bytes([rng.randrange(256)]),
                piece,
                rng.choice(others)[: rng.randrange(60)],
                (piece or b"(") * rng.choice((2, 50, 1000)),
                rng.choice(WORDS) * rng.choice((2, 50, 1000)),
            )
        )
        content = content[:at] + put + content[at + length :]
    return content[: 2**21]


def fault(read: Callable[[bytes], object], content: bytes, limit: float) -> str:
    """What is wrong with how a reader answers; empty if nothing is."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 4 * limit)
    WATCH["reading"] = True
    try:
        read(content)
    except SymbackpropError as error:
        if not error.mistakes or not all(mistake.message for mistake in error.mistakes):
            return "an error without a message"
    except (Exception, Forbidden, Slow) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:200]}"
    finally:
        WATCH["reading"] = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    taken = time.process_time() - start
    return f"slow: {taken:.1f} s" if taken > limit else ""


def shortened(read: Callable[[bytes], object], content: bytes, limit: float, same: str, seconds: float = 20) -> bytes:
    """A shorter input with the same fault."""
    end = time.monotonic() + seconds
    size = max(len(content) // 2, 1)
    while size and time.monotonic() < end:
        at = 0
        while at < len(content) and time.monotonic() < end:
            less = content[:at] + content[at + size :]
            if fault(read, less, limit).split(":")[0] == same.split(":")[0]:
                content = less
            else:
                at += size
        size //= 2
    return content


def found(names: list[str], seconds: float, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Yield each new finding: the reader, what is wrong, and the input."""
    rng = random.Random(seed)
    start, known = seeds(), readers()
    end, seen, count = time.monotonic() + seconds, set(), 0
    while time.monotonic() < end:
        name = rng.choice(names)
        content = damaged(rng.choice(start[name]), [one for group in start.values() for one in group], rng)
        limit = DERIVING if name == "derive" else READING
        count += 1
        wrong = fault(known[name], content, limit)
        key = (name, wrong.split(": ")[0])
        if wrong and key not in seen:
            seen.add(key)
            yield name, wrong, shortened(known[name], content, limit, wrong)
    print(f"{count:,} inputs", file=sys.stderr)


def main() -> None:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--reader", default=",".join(readers()))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    signal.signal(signal.SIGVTALRM, stop)
    resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
    sys.addaudithook(watched)
    findings = 0
    for name, wrong, content in found(arguments.reader.split(","), arguments.seconds, arguments.seed):
        findings += 1
        print(f"{name}: {wrong}\n    {content[:2000]!r}", flush=True)
    print(f"{findings} findings", file=sys.stderr)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
