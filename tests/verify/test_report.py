import json

from symbackprop.verify.report import Check, Report, merged

GOOD = Check("W1", "complex step", 2.3e-17, "1e-9 |g|", True)
BAD = Check("b12", "differences", 3.21e-4, "1e-9 |g|", False, "at the worked sample, b12[0]: emitted 1, differences 2")


def test_a_table_is_aligned() -> None:
    lines = str(Report("net", (GOOD, BAD))).splitlines()
    assert [line.index("1e-9 |g|") for line in lines[1:]] == [lines[0].index("threshold")] * 2
    assert "FAILED" in lines[2]
    assert lines[2].endswith("differences 2")


def test_a_summary_is_one_line_and_names_the_first_failure() -> None:
    failed = Report("net", (GOOD, BAD), ("the worked sample",)).summary()
    assert failed.startswith("net: 1 of 2 checks failed; b12 differs from differences by 3.2e-04")
    fine = Report("net", (GOOD, GOOD), ("here", "there")).summary()
    assert fine == "net: all 2 checks passed, at here and there"
    assert "\n" not in failed + fine


def test_passed_is_about_every_check() -> None:
    assert Report("net", (GOOD,)).passed
    assert not Report("net", (GOOD, BAD)).passed
    assert Report("net", (GOOD, BAD)).failures == (BAD,)


def test_json_holds_no_measured_residual_unless_one_failed() -> None:
    other = Check("W1", "complex step", 9.9e-17, "1e-9 |g|", True, "decided by 50 digits")
    assert Report("net", (GOOD,)).to_json() == Report("net", (other,)).to_json()
    entry = json.loads(Report("net", (BAD,), ("a",), 2, 5).to_json())
    assert entry["passed"] is False
    assert (entry["seed"], entry["redrawn"], entry["points"]) == (5, 2, ["a"])
    assert entry["checks"][0]["difference"] == "3.210e-04"
    assert "b12[0]" in entry["checks"][0]["note"]


def test_points_merge_into_the_worst() -> None:
    larger = Check("W1", "complex step", 5e-17, "1e-9 |g|", True, "decided by 50 digits")
    failed = Check("W1", "complex step", 1e-20, "1e-9 |g|", False, "there")
    assert merged([GOOD, larger, BAD]) == (larger, BAD)
    (one,) = merged([larger, failed, GOOD])
    assert one == failed


def shown(report: Report, width: int = 80) -> str:
    from rich.console import Console

    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(report.table())
    return console.export_text()


def test_the_terminals_table_has_the_same_rows() -> None:
    text = shown(Report("[net]", (GOOD, BAD)))
    assert "[net]: 1 of 2 checks failed" in text
    assert "complex step, within 1e-9 |g|" in text
    assert "W1   2.3e-17  ok" in text
    assert "b12  3.2e-04  FAILED  at the worked sample, b12[0]: emitted 1" in text


def test_the_terminals_table_takes_one_line_a_check_in_80_columns() -> None:
    method, threshold = "differences (scipy) of the emitted loss", "10 x claimed error + 1e-9 |g|"
    checks = tuple(Check(name, method, 1e-12, threshold, True) for name in ("W1", "b1", "lstm_Wf"))
    rows = shown(Report("net", checks)).splitlines()
    assert len(rows) == 2 + len(checks)
    assert f"{method}, within {threshold}" in rows[1]
