"""Advance widths of Latin Modern at 11 pt, in thousandths of the font size, and TeX's spacing between kinds of atoms.

The numbers are facts of the font's metric files; letters stand in alphabetical order.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

SIZE = 10.95
# A subscript is set in the 8-point font and its own subscripts in the 6-point one; both are wider for their size.
SCALES = (1.0, 1.0, 0.77, 0.67)

_LETTERS = ascii_lowercase + ascii_uppercase


def _table(widths: str) -> dict[str, int]:
    return dict(zip(_LETTERS, map(int, widths.split()), strict=True))


ITALIC = _table(
    "529 429 433 520 466 490 477 576 345 412 521 298 878 600 485 503 446 451 469 361 572 485 716 572 490 465 "
    "750 759 715 828 738 643 786 831 440 555 849 681 970 803 763 642 791 759 613 584 683 583 944 828 581 683"
)
# What a superscript is moved to the right so as not to touch a slanted letter.
CORRECTION = {
    "f": 108, "g": 36, "j": 57, "k": 31, "l": 20, "q": 36, "r": 28, "v": 36, "w": 27, "y": 36, "z": 44, "B": 50,
    "C": 72, "D": 28, "E": 58, "F": 139, "H": 81, "I": 78, "J": 96, "K": 72, "M": 109, "N": 109, "O": 28, "P": 139,
    "S": 58, "T": 139, "U": 109, "V": 222, "W": 139, "X": 78, "Y": 222, "Z": 72,
}  # fmt: skip
UPRIGHT = _table(
    "500 556 444 556 444 306 500 556 278 306 528 278 833 556 500 556 528 392 394 389 556 528 722 528 528 444 "
    "750 708 722 764 681 653 785 750 361 514 778 625 917 750 778 681 778 736 556 722 750 750 1028 750 750 611"
) | {" ": 333, "-": 333, ",": 278, ".": 278, "(": 389, ")": 389, ":": 278, "'": 278, "/": 500, "_": 500}
BOLD = _table(
    "559 639 511 639 527 351 575 639 319 351 607 319 958 639 575 639 607 474 454 447 639 607 831 607 607 511 "
    "869 818 831 882 756 724 904 900 436 594 901 692 1092 900 864 786 864 862 639 800 885 869 1189 869 869 703"
)
BOLD_ITALIC = _table(
    "633 521 513 610 554 568 545 668 405 471 604 348 1032 713 585 601 542 529 531 415 681 567 831 659 590 555 "
    "869 866 817 938 810 689 887 982 511 631 971 756 1142 950 837 723 869 872 693 637 800 678 1093 947 675 773"
)
GREEK = {
    "alpha": 640, "beta": 566, "gamma": 518, "delta": 444, "varepsilon": 466, "epsilon": 406, "zeta": 438, "eta": 497,
    "theta": 469, "iota": 354, "kappa": 576, "lambda": 583, "mu": 603, "nu": 494, "xi": 438, "pi": 570, "rho": 517,
    "sigma": 571, "tau": 437, "upsilon": 540, "varphi": 654, "phi": 596, "chi": 626, "psi": 651, "omega": 622,
    "Gamma": 625, "Delta": 833, "Theta": 778, "Lambda": 694, "Xi": 667, "Pi": 750, "Sigma": 722, "Phi": 722,
    "Psi": 778, "Omega": 722, "partial": 531, "top": 778, "ell": 417, "infty": 1000,
}  # fmt: skip

ORDINARY, OPERATOR, BINARY, RELATION, OPENING, CLOSING, PUNCTUATION, INNER, GAP = range(9)
_THIN, _MEDIUM, _THICK = 167, 222, 278

SYMBOLS: dict[str, tuple[int, int]] = {
    "+": (778, BINARY), "-": (778, BINARY), "*": (500, BINARY), "times": (778, BINARY), "cdot": (278, BINARY),
    "odot": (778, BINARY), "=": (778, RELATION), "approx": (778, RELATION), "<": (778, RELATION),
    ">": (778, RELATION), "le": (778, RELATION), "ge": (778, RELATION), "ne": (778, RELATION),
    "leftarrow": (1000, RELATION), "to": (1000, RELATION), "(": (389, OPENING), "[": (278, OPENING),
    ")": (389, CLOSING), "]": (278, CLOSING), "lvert": (278, OPENING), "rvert": (278, CLOSING),
    ",": (278, PUNCTUATION), ".": (278, ORDINARY), "/": (500, ORDINARY), "'": (275, ORDINARY),
    "quad": (1000, GAP), "qquad": (2000, GAP), "\\,": (167, GAP), "\\;": (278, GAP), "\\!": (-167, GAP),
    "\\ ": (333, GAP), "~": (333, GAP), "displaystyle": (0, GAP),
}  # fmt: skip
# Taller parentheses and brackets come from a font that does not grow with the text.
DELIMITERS = {"big": 419, "Big": 545, "bigg": 672, "Bigg": 723}

# Rows: the kind on the left; columns: the kind on the right, in the order of the kinds above.
_SPACES = {
    ORDINARY: (0, _THIN, _MEDIUM, _THICK, 0, 0, 0, _THIN),
    OPERATOR: (_THIN, _THIN, 0, _THICK, 0, 0, 0, _THIN),
    BINARY: (_MEDIUM, _MEDIUM, 0, 0, _MEDIUM, 0, 0, _MEDIUM),
    RELATION: (_THICK, _THICK, 0, 0, _THICK, 0, 0, _THICK),
    OPENING: (0, 0, 0, 0, 0, 0, 0, 0),
    CLOSING: (0, _THIN, _MEDIUM, _THICK, 0, 0, 0, _THIN),
    PUNCTUATION: (_THIN, _THIN, 0, _THIN, _THIN, _THIN, _THIN, _THIN),
    INNER: (_THIN, _THIN, _MEDIUM, _THICK, _THIN, 0, _THIN, _THIN),
}


def space(left: int, right: int, style: int) -> int:
    """What TeX puts between two neighbouring atoms; in subscripts only beside operators such as log."""
    gap = _SPACES[left][right]
    if style >= 2 and not (gap == _THIN and OPERATOR in (left, right) and INNER not in (left, right)):
        return 0
    return gap
