"""Runs that are interrupted at any moment leave each file old or new, never half, and say what they did."""

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from symbackprop.emit.files import RECORD, faults, is_whole
from symbackprop.facade import derive

FORMATS = ("python", "expressions")
NAMES = ("gradients.py", "expressions.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def command(folder):
    return [sys.executable, "-m", "symbackprop", "derive", "xor", "--to", ",".join(FORMATS), "-o", str(folder)]


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    derive("xor").write(folder, FORMATS)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of another network."""
    derive("line").write(tmp_path, FORMATS)
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals(folder, new, number):
    old = {name: (folder / name).read_text(encoding="utf-8") for name in (*NAMES, RECORD)}
    for delay in (0.02, 0.5, 1.0, 1.5):
        running = subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
        time.sleep(delay)
        running.send_signal(number)
        running.communicate(timeout=60)
        # Python itself answers signals that come before the first line of ours.
        assert running.returncode in {0, 1, 130, 128 + number, -number}
        for name, text in old.items():
            assert (folder / name).read_text(encoding="utf-8") in {text, new[name]}
        if number != signal.SIGKILL:
            assert {path.name for path in folder.iterdir()} == {*NAMES, RECORD}
    subprocess.run(command(folder), capture_output=True, env=ENVIRONMENT, check=True)
    assert is_whole(folder) and {path.name for path in folder.iterdir()} == {*NAMES, RECORD}


def test_an_interruption_is_said_and_has_its_exit_code(monkeypatch, folder, capsys):
    from symbackprop import pipeline
    from symbackprop.cli import main

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "verify", interrupted)
    with pytest.raises(SystemExit) as end:
        main(["derive", "xor", "-o", str(folder)])
    assert end.value.code == 130
    assert "interrupted" in capsys.readouterr().err
    assert is_whole(folder)


def test_a_full_disk(folder):
    """A limit on the size of files is what a full disk is like: the first bytes are written, the rest are not."""
    old = {path.name: path.read_bytes() for path in folder.iterdir()}

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))

    done = subprocess.run(
        command(folder), capture_output=True, text=True, env=ENVIRONMENT, preexec_fn=limited, check=False
    )
    assert done.returncode == 2
    assert "error[SB004]: cannot write to" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == old


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser writes everywhere")
def test_a_folder_that_may_only_be_read(folder):
    folder.chmod(0o500)
    done = subprocess.run(command(folder), capture_output=True, text=True, env=ENVIRONMENT, check=False)
    folder.chmod(0o700)
    assert (done.returncode, "error[SB004]" in done.stderr) == (2, True)
    assert is_whole(folder)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a file system that nobody can write to is needed")
def test_a_file_system_that_cannot_be_written_to(capsys):
    from symbackprop.cli import main

    with pytest.raises(SystemExit) as end:
        main(["derive", "line", "-o", "/proc/self/net"])
    assert end.value.code == 2
    assert "error[SB004]: cannot write to" in capsys.readouterr().err


def test_a_mixed_folder_is_said_to_be_one(folder, new):
    (folder / "gradients.py").write_text(new["gradients.py"], encoding="utf-8")
    assert list(faults(folder)) == ["gradients.py: it was changed, or belongs to another run"]
