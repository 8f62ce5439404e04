"""A few hundred damaged inputs for everything that reads, and a look at whether the fuzzer would find something."""

import importlib.util
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from symbackprop.errors import InputError

SPEC = importlib.util.spec_from_file_location("symbackprop_fuzz", Path(__file__).with_name("fuzz.py"))
fuzz = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(fuzz)

INPUTS = {"derive": 6, "arrays": 15}


@pytest.fixture(autouse=True)
def stopped():
    before = signal.signal(signal.SIGVTALRM, fuzz.stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", fuzz.readers())
def test_readers_answer(name):
    rng = random.Random(7)
    start, read = fuzz.seeds(), fuzz.readers()[name]
    others = [content for group in start.values() for content in group]
    for _ in range(INPUTS.get(name, 40)):
        content = fuzz.damaged(rng.choice(start[name]), others, rng)
        assert fuzz.fault(read, content, 10.0) == "", content


@pytest.mark.parametrize("name", fuzz.readers())
def test_what_the_readers_start_from_is_right(name):
    for content in fuzz.seeds()[name]:
        if name not in ("derive", "formula", "latex", "arrays"):  # some of these need shapes and functions
            fuzz.readers()[name](content)


def test_findings_would_be_found():
    def raises(content):
        if b"x" in content:
            raise KeyError("x")

    def hangs(content):
        end = time.process_time() + 10
        while time.process_time() < end:
            pass

    def silent(content):
        raise InputError(code="SB001")

    assert fuzz.fault(raises, b"abc", 1) == ""
    assert fuzz.fault(raises, b"abxc", 1).startswith("KeyError at test_fuzz.py")
    assert fuzz.fault(hangs, b"", 0.05).startswith("Slow")
    assert fuzz.fault(silent, b"", 1) == "an error without a message"
    long = b"abc" * 10 + b"x" + b"abc" * 10
    assert fuzz.shortened(raises, long, 1, fuzz.fault(raises, long, 1), 5) == b"x"


def test_what_may_not_be_done_is_noticed(tmp_path):
    with pytest.raises(fuzz.Forbidden):
        fuzz.watched("os.system", ("touch ran",))
    fuzz.WATCH["reading"] = True
    try:
        with pytest.raises(fuzz.Forbidden):
            fuzz.watched("open", ("ran", "w", 0))
        fuzz.watched("open", ("net.toml", "r", 0))
    finally:
        fuzz.WATCH["reading"] = False
    fuzz.watched("open", ("ran", "w", 0))
    assert "os.system" in fuzz.FORBIDDEN and sys.addaudithook
