"""Arrays of intervals as matrices."""

import numpy as np
import pytest

from symbackprop.display.choosing import NoValueError
from symbackprop.display.intervals import number
from symbackprop.verify.entries import element, filled, rows, total


def test_arrays_of_up_to_two_axes_are_matrices():
    array = np.asarray(np.frompyfunc(number, 1, 1)(np.arange(6).reshape(2, 3)), dtype=object)
    assert len(rows(array)) == 2
    assert [len(rows(array[0])), len(rows(array[0])[0])] == [3, 1]
    assert total(list(array[1])).middle == 12
    assert filled(number(7), array)[1][2].middle == 7
    with pytest.raises(NoValueError, match="three axes"):
        rows(array.reshape(1, 2, 3))
    with pytest.raises(NoValueError, match="number of indices"):
        element(array, (0,))
