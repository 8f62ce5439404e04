"""The version, written here and nowhere else: the build, the command line and emitted files read it.

A module of its own, since asking the installed package's metadata costs 20 ms and fails in a bare checkout.
"""

from __future__ import annotations

__version__ = "0.1.0"
