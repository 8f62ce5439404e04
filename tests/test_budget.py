"""What takes too long is refused, however it hangs, and what does not is left alone."""

import re
import signal
import threading
import time
from pathlib import Path

import pytest

from symbackprop.budget import PATIENCE, limited, within
from symbackprop.errors import TooSlowError


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return "done"


def test_what_ends_in_time_is_left_alone():
    before = signal.getsignal(signal.SIGPROF)
    with within(5, "counting"):
        assert busy(0.01) == "done"
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0
    assert signal.getsignal(signal.SIGPROF) == before


def test_what_takes_too_long_is_refused():
    with (
        pytest.raises(TooSlowError, match=r"SB041.*counting takes more than 0\.05 s") as caught,
        within(0.05, "counting"),
    ):
        busy(5)
    assert caught.value.exit_code == 3
    assert PATIENCE in caught.value.mistakes[0].help
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0


def test_the_inner_limit_speaks_for_itself_and_the_outer_goes_on():
    with within(0.3, "all of it"):
        with pytest.raises(TooSlowError, match="a part"), within(0.05, "a part"):
            busy(5)
        with pytest.raises(TooSlowError, match="all of it"):
            busy(5)


def test_a_refusal_that_is_swallowed_comes_again():
    with pytest.raises(TooSlowError), within(0.05, "counting"):
        for _ in range(2):
            try:
                busy(5)
            except TooSlowError:
                busy(5)


def test_sleep_is_no_work():
    with within(0.05, "sleeping"):
        time.sleep(0.2)


@pytest.mark.parametrize(("patience", "refused"), [("0", False), ("100", False), ("0.1", True), ("nonsense", False)])
def test_patience(monkeypatch, patience, refused):
    monkeypatch.setenv(PATIENCE, patience)
    try:
        with within(0.5, "counting"):
            busy(0.2)
    except TooSlowError:
        assert refused
    else:
        assert not refused


def test_other_threads_are_not_watched():
    found = []
    thread = threading.Thread(target=lambda: found.append(limited(0.01, "counting")(busy)(0.05)))
    thread.start()
    thread.join()
    assert found == ["done"]


def bare(names, formula):
    shapes = "\n".join(f"{name} = []" for name in names)
    return f'name = "grown"\nloss = "E"\nwrt = {list(names)}\nequations = "E = {formula}"\n[shapes]\n{shapes}\n'


def nested(count, inner):
    """`where` inside of `where`, at the place that `inner` says."""
    formula = "w"
    for number in range(count):
        formula = inner.format(formula, number)
    return bare(["w"], formula)


FACTORS = [f"w{number}" for number in range(1, 61)]
GROWN = {
    "factors": (bare(FACTORS, " * ".join(FACTORS)), "python"),
    "branches": (nested(30, "where(w > {1}, {0} * {1}, {1} - w)"), "latex"),
    "layers": ('inputs = 3\nloss = "mse"\n' + '[[layers]]\ntype = "dense"\nunits = 3\n' * 200, "python"),
}


@pytest.mark.parametrize("name", GROWN)
def test_what_is_long_is_derived_whole(name, call):
    text, formats = GROWN[name]
    Path("grown.toml").write_text(text)
    code, out, err = call("derive", "grown.toml", "--to", formats)
    assert code == 0, err
    counts = re.findall(r"([\d,]+) of ([\d,]+)", out)
    assert counts and all(held == count for held, count in counts)


def test_what_grows_beyond_all_patience_is_refused_and_writes_nothing(call, monkeypatch):
    # A condition that asks for another is a sum over all ways to answer both.
    Path("grown.toml").write_text(nested(30, "where({0} > {1}, w, {1})"))
    monkeypatch.setenv(PATIENCE, "0.03")
    code, _, err = call("derive", "grown.toml")
    assert code == 3
    assert "error[SB041]" in err and PATIENCE in err
    assert not Path("output").exists()


def test_every_stage_has_a_limit(monkeypatch):
    import symbackprop as sb
    from symbackprop import pipeline

    def endless(*arguments, **options):
        busy(30)

    monkeypatch.setenv(PATIENCE, "0.001")
    for stage, function in (
        ("graph", "forward"),
        ("derivation", "backward"),
        ("program", "lower"),
        ("scalars", "unroll"),
    ):
        d = sb.derive("xor")
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, function, endless)
            with pytest.raises(TooSlowError, match="takes more than"):
                getattr(d.stages, stage)
