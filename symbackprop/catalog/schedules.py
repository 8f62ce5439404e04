"""Schedules of the learning rate, as equations in `step`, which counts updates from 1; `floor` rounds down."""

from symbackprop.catalog.rows import NOT_NEGATIVE, Option, Schedule

_INITIAL = Option("number", 0.01, help="the learning rate of the first step", interval=NOT_NEGATIVE)

SCHEDULES = {
    row.name: row
    for row in (
        Schedule(
            "constant",
            "learning_rate = initial_learning_rate",
            options={"initial_learning_rate": _INITIAL},
            source="torch.optim.lr_scheduler.ConstantLR, factor 1",
        ),
        Schedule(
            "step",
            "learning_rate = initial_learning_rate * decay_rate**floor((step - 1) / decay_steps)",
            options={
                "initial_learning_rate": _INITIAL,
                "decay_steps": Option("count", 1000, help="after how many steps it falls"),
                "decay_rate": Option("number", 0.1, help="by what it is multiplied each time", interval=NOT_NEGATIVE),
            },
            source="torch.optim.lr_scheduler.StepLR; Keras, ExponentialDecay(staircase=True)",
        ),
        Schedule(
            "exponential",
            "learning_rate = initial_learning_rate * decay_rate**((step - 1) / decay_steps)",
            options={
                "initial_learning_rate": _INITIAL,
                "decay_steps": Option("count", 1000, help="in how many steps it falls by the rate"),
                "decay_rate": Option(
                    "number", 0.1, help="by what it is multiplied in that time", interval=NOT_NEGATIVE
                ),
            },
            source="Keras, ExponentialDecay",
        ),
        Schedule(
            "cosine",
            """
            part = min(step - 1, decay_steps) / decay_steps
            height = (1 + cos(pi * part)) / 2
            learning_rate = final_learning_rate + (initial_learning_rate - final_learning_rate) * height
            """,
            options={
                "initial_learning_rate": _INITIAL,
                "decay_steps": Option("count", 1000, help="when the last learning rate is reached"),
                "final_learning_rate": Option(
                    "number", 0, help="the learning rate from then on", interval=NOT_NEGATIVE
                ),
            },
            source="Loshchilov & Hutter, SGDR, ICLR (2017), equation 5, without restarts",
        ),
    )
}
