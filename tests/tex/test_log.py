"""Everything that a document must not have is found in a log, also where TeX has broken the line."""

import pytest

from symbackprop.tex import Complaints, complaints


@pytest.mark.parametrize(
    ("log", "field", "found"),
    [
        ("Overfull \\hbox (12.5pt too wide) in paragraph", "overfull", ("12.5pt in an hbox in paragraph",)),
        ("Overfull \\vbox (3.0pt too high) has occurred", "overfull", ("3.0pt in an vbox has occurred",)),
        ("LaTeX Warning: Reference `eq:a' on page 1 undefined on input line 5.", "undefined", ("eq:a",)),
        ("LaTeX Warning: Label `eq:a' multiply defined.", "twice", ("eq:a",)),
        ("Missing character: There is no ½ in font cmr10!", "missing", ("There is no ½ in font cmr10!",)),
        ("./derivation.tex:7: Undefined control sequence.", "errors", ("Undefined control sequence.",)),
        ("! Missing $ inserted.", "errors", ("Missing $ inserted.",)),
    ],
)  # fmt: skip
def test_a_complaint_is_found(log, field, found):
    assert getattr(complaints(f"This is pdfTeX\n{log}\n"), field) == found
    assert complaints(log)


def test_a_broken_line_is_read_as_one():
    line = "LaTeX Warning: Reference `eq:a-long-name-that-does-not-fit-a-line-of-the-log-file' on page 1 undefined."
    assert len(line) > 79
    assert complaints(f"{line[:79]}\n{line[79:]}\n").undefined == (
        "eq:a-long-name-that-does-not-fit-a-line-of-the-log-file",
    )


def test_another_run_is_asked_for():
    assert complaints("LaTeX Warning: Label(s) may have changed. Rerun to get cross-references right.").unstable


def test_a_clean_log_has_no_complaints():
    log = "This is pdfTeX, Version 3.14\n(./derivation.aux)\nUnderfull \\hbox (badness 10000)\nOutput written."
    assert complaints(log) == Complaints()
    assert not complaints(log)
