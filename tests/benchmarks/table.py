"""One command prints the table of ratios: `python -m tests.benchmarks.table`, `--frameworks` for PyTorch and JAX too.

Each ratio is the median over the rounds of what a round's times are to one another. Times are processor time, so that
what else a busy machine does is not counted; with frameworks, which may compute on threads of their own, that of all
threads.
"""

from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.pop("OPENBLAS_CORETYPE", None)

import argparse  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from statistics import median  # noqa: E402
from time import process_time, thread_time  # noqa: E402

import numpy as np  # noqa: E402

from tests.benchmarks.nets import Case, cases  # noqa: E402
from tests.benchmarks.rivals import rivals  # noqa: E402
from tests.benchmarks.timing import alternating, ratio  # noqa: E402

HEAD = ("network", "type", "ours", "/ hand", "/ BLAS", "/ forward", "readable / ours")


def row(case: Case, frameworks: bool, budget: float, clock: Callable[[], float]) -> list[str]:
    """The ratios of one network."""
    calls = {"ours": case.ours, "forward": case.forward, "hand": case.hand, "blas": case.blas}
    calls |= {"readable": case.readable} if case.readable else {}
    others = rivals(case) if frameworks else {}
    times = alternating(calls | others, budget, clock=clock)
    marks = (1.05, *case.marks)
    shown = [f"{median(times['ours']) * 1e6:.0f} us"]
    for below, mark in zip(("hand", "blas", "forward"), marks, strict=True):
        found = ratio(times, "ours", below)
        shown.append(f"{found:.2f}" + ("" if found <= mark else f" (> {mark:g})"))
    shown.append(f"{ratio(times, 'readable', 'ours'):.1f}" if case.readable else "")
    return [*shown, *(f"{ratio(times, name, 'ours'):.2f}" for name in others)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frameworks", action="store_true", help="time PyTorch and JAX too, where they are installed")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for each row")
    options = parser.parse_args()
    # A mark that is missed is shown behind the ratio.
    clock = process_time if options.frameworks else thread_time
    measured = partial(row, frameworks=options.frameworks, budget=options.budget, clock=clock)
    head = [*HEAD, *(["torch / ours", "jax / ours"] if options.frameworks else [])]
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for dtype in (np.float32, np.float64):
        for case in cases(dtype):
            print(f"| {' | '.join([case.name, dtype.__name__, *measured(case)])} |", flush=True)


if __name__ == "__main__":
    main()
