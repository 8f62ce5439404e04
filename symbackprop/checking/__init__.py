"""A gradient that somebody wrote → whether it is right, and if not, which mistake of the usual ones it is.

A diagnosis is a mutation of the derivation: the mistake is made on purpose, in the equations, and the gradient that
comes of it is compared with the one that was handed in. No wrong formula is written down anywhere either.

`judge` holds `check`, `candidates` what may be handed in, `mistakes` the table of mistakes.
"""
