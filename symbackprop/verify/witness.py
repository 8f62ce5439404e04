"""A graph with a worked sample → its gradient found from the forward pass alone, to print beside the derived one."""

from __future__ import annotations

import numpy as np

from symbackprop.graph import Graph
from symbackprop.verify.differences import EACH_PARAMETER, coordinates_of, high_precision
from symbackprop.verify.fields import Array
from symbackprop.verify.points import worked_point

METHOD = "the central difference of E in arithmetic of 110 digits"


def witness(graph: Graph) -> dict[str, Array] | None:
    """The derivative of the loss by every parameter at the worked sample, by central differences.

    Args:
        graph: The forward pass.

    Returns:
        Parameter → array of its shape; `None` without a worked sample, or for too many parameters.
    """
    point = worked_point(graph)
    if point is None:
        return None
    coordinates = coordinates_of([tensor.name for tensor in graph.parameters], point.values)
    if coordinates.count > EACH_PARAMETER:
        return None
    slopes = high_precision(graph, point.values, coordinates, np.eye(coordinates.count), point.sizes)
    return coordinates.tensors(slopes)
