"""Turns `python -m symbackprop` into the command line."""

from __future__ import annotations

from symbackprop.cli import main

if __name__ == "__main__":
    main()
