"""Derivation and emitted code → a report of what was checked against numbers from the forward pass alone."""

from symbackprop.verify.report import Check, Report
from symbackprop.verify.verification import verify

__all__ = ["Check", "Report", "verify"]
