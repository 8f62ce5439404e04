"""What takes too long is refused, however it hangs, and what does not is left alone."""

import signal
import threading
import time

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
