"""An emitted file is checked again: as it was written, edited, and edited together with its own check."""

import re

import pytest

from symbackprop.errors import InputError, TooLargeError
from symbackprop.facade import derive
from symbackprop.verify.module_file import verify_file


@pytest.fixture(scope="module")
def text():
    return derive("mazur").stages.module_text(["a check"])


def written(folder, text):
    path = folder / "gradients.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_as_it_was_written(tmp_path, text):
    report = verify_file(written(tmp_path, text))
    assert report.passed, str(report)
    assert report.network == "mazur"
    assert {check.subject for check in report.checks} == {"certificate", "W1", "b1", "W2", "b2", "its own check"}


def test_an_edit_of_no_consequence_is_an_edit(tmp_path, text):
    report = verify_file(written(tmp_path, text + "\n# mine\n"))
    assert [check.subject for check in report.failures] == ["certificate"]
    assert "edited" in report.failures[0].note


def test_a_wrong_gradient_is_named_even_if_the_files_own_check_is_gone(tmp_path, text):
    changed = re.sub(r"(    dW2 = .*)", r"\1 * 1.001", text, count=1)
    changed = changed.replace("def main() -> int:", "def main() -> int:\n    return 0\n", 1)
    assert changed != text
    report = verify_file(written(tmp_path, changed))
    assert {check.subject for check in report.failures} == {"certificate", "W2"}


def test_what_is_no_emitted_module(tmp_path):
    with pytest.raises(InputError, match=r"SB002.*no certificate"):
        verify_file(written(tmp_path, "print(1)"))
    with pytest.raises(InputError, match=r"SB001.*cannot be read"):
        verify_file(tmp_path / "none.py")


def test_what_never_ends_is_ended(tmp_path, text):
    with pytest.raises(TooLargeError, match="did not finish"):
        verify_file(written(tmp_path, text + "\nwhile True: pass\n"), seconds=5)


def test_what_fails_when_run_says_so(tmp_path, text):
    with pytest.raises(InputError, match=r"SB080.*fails when it is run"):
        verify_file(written(tmp_path, text + "\nraise ValueError('no')\n"))
