import zipfile

import numpy as np
import pytest

from symbackprop.errors import InputError, ShapeError, UnknownNameError
from symbackprop.network import load
from symbackprop.network.data import read_arrays, read_columns, read_samples


def network(tmp_path, file, inputs=2, units=1, x=("a", "b"), t=("c",), **fields):
    data = {"file": file, "x": list(x), "t": list(t)}
    layers = [{"type": "dense", "units": units, **fields.pop("layer", {})}]
    return load({"inputs": inputs, "loss": "mse", "layers": layers, "data": data, **fields}, base=tmp_path)


@pytest.mark.parametrize(
    "text", ["a,b,c\n1,2,3\n4,5e-1,6\n", "\ufeffa; b;c\r\n1;2;3\r\n\r\n4;0.5;6", 'a\tb\t"c"\n1\t2\t3\n4\t0.5\t6']
)
def test_csv(text, tmp_path):
    (tmp_path / "d.csv").write_bytes(text.encode())
    x, t = network(tmp_path, "d.csv").read_data()
    np.testing.assert_array_equal(x["x"], [[1, 2], [4, 0.5]])
    np.testing.assert_array_equal(t["t"], [[3], [6]])


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a,b,c\n1,2,3\n4,five,6\n", "'five' in column 'b' is no finite number", 3),
        ("a,b,c\n1,2\n", "'' in column 'c' is no finite number", 2),
        ("a,b,c\n1,nan,3\n", "'nan' in column 'b' is no finite number", 2),
        ("a,b,c\n1,1e999,3\n", "'1e999' in column 'b' is no finite number", 2),
        ("a,b,d\n1,2,3\n", "d.csv has no column 'c'", 0),
        ("a,b,c\n", "d.csv has a header but no rows", 0),
        ("", "d.csv has no column 'a'", 0),
    ],
)
def test_csv_that_is_refused(text, message, line, tmp_path):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read_columns(tmp_path / "d.csv", ["a", "b", "c"])
    (mistake,) = caught.value.mistakes
    assert (mistake.message, mistake.line) == (message, line)


def test_csv_that_is_no_text(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(InputError, match=r"cannot read d\.csv as CSV"):
        read_columns(tmp_path / "d.csv", ["a"])


def test_columns_go_to_several_inputs_in_order(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,c,d\n1,2,3,4\n5,6,7,8\n")
    net = network(tmp_path, "d.csv", inputs={"u": 1, "v": 2}, x=("a", "b", "c"), t=("d",), layer={"inputs": ["v"]})
    x, _ = net.read_data()
    assert {name: array.tolist() for name, array in x.items()} == {"u": [[1], [5]], "v": [[2, 3], [6, 7]]}


def test_columns_fill_a_shape_and_a_symbolic_size(tmp_path):
    (tmp_path / "d.csv").write_text("a,b,c,d\n1,2,3,4\n")
    assert network(tmp_path, "d.csv", inputs={"shape": [1, 2]}).read_data()[0]["x"].shape == (1, 1, 2)
    assert network(tmp_path, "d.csv", inputs="n").read_data()[0]["x"].shape == (1, 2)
    with pytest.raises(ShapeError, match=r"inputs have 3 elements, but \[data\] names 2"):
        network(tmp_path, "d.csv", inputs=3).read_data()


def test_npz(tmp_path):
    np.savez(tmp_path / "d.npz", images=np.ones((4, 2, 3), dtype=np.uint8), labels=np.eye(4))
    net = network(tmp_path, "d.npz", inputs={"shape": [2, 3]}, units=4, x=["images"], t=["labels"], targets="one_hot")
    x, t = read_samples(net)
    assert (x["x"].dtype, x["x"].shape, t["t"].shape) == (np.float64, (4, 2, 3), (4, 4))


@pytest.mark.parametrize(
    ("arrays", "targets", "error", "message"),
    [
        ({"a": np.ones((3, 4)), "c": np.eye(3)}, "any", ShapeError, "needs shape 2 per sample, got 4"),
        ({"a": np.ones((4, 2)), "c": np.eye(3)}, "any", ShapeError, "different numbers of samples"),
        ({"a": np.ones((3, 2)), "d": np.eye(3)}, "any", UnknownNameError, "has no array 'c'"),
        ({"a": np.ones((3, 2)), "c": np.full((3, 2), 0.5)}, "one_hot", InputError, "are not one-hot"),
        ({"a": np.ones((3, 2)), "c": np.ones((3, 2))}, "distribution", InputError, "do not sum to 1"),
        ({"a": np.ones((3, 2)) * np.nan, "c": np.eye(3)}, "any", InputError, "not finite"),
        ({"a": np.array([["x"]]), "c": np.eye(3)}, "any", InputError, "does not hold real numbers"),
        ({"a": np.ones((3, 2)) * 1j, "c": np.eye(3)}, "any", InputError, "does not hold real numbers"),
    ],
)
def test_npz_that_is_refused(arrays, targets, error, message, tmp_path):
    np.savez(tmp_path / "d.npz", **arrays)
    net = network(tmp_path, "d.npz", x=["a"], units=3, targets=targets)
    with pytest.raises(error, match=message):
        net.read_data()


def test_objects_in_an_npz_are_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return ((tmp_path / "executed").touch, ())

    np.savez(tmp_path / "d.npz", a=np.array([Trap()], dtype=object))
    with pytest.raises(InputError, match=r"cannot read d\.npz") as caught:
        read_arrays(tmp_path / "d.npz")
    assert "Python objects" in caught.value.mistakes[0].help
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_npz(content, tmp_path):
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read d\.npz"):
        read_arrays(tmp_path / "d.npz")


def test_archives_that_unpack_to_very_much_are_refused(tmp_path, monkeypatch):
    np.savez(tmp_path / "d.npz", a=np.zeros(1000))
    monkeypatch.setattr("symbackprop.network.data._LARGEST_ARCHIVE", 500)
    with pytest.raises(InputError, match=r"1 arrays that unpack to"):
        read_arrays(tmp_path / "d.npz")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (12500000,), }"
        archive.writestr("a.npy", header.ljust(127) + b"\n" + bytes(100_000_000))
    assert (tmp_path / "d.npz").stat().st_size < 200_000
    with pytest.raises(InputError, match="times its size") as caught:
        read_arrays(tmp_path / "d.npz")
    assert caught.value.mistakes[0].code == "SB003"


def test_an_array_that_says_it_is_larger_than_it_is_takes_no_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }"
        archive.writestr("a.npy", header.ljust(127) + b"\n" + bytes(8))
    with pytest.raises(InputError, match="cannot read"):
        read_arrays(tmp_path / "d.npz")


def test_thousands_of_arrays_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for number in range(10_001):
            archive.writestr(f"a{number}.npy", b"")
    with pytest.raises(InputError, match="10,001 arrays"):
        read_arrays(tmp_path / "d.npz")


def test_a_huge_table_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "d.csv").open("wb") as file:
        file.write(b"a,b\n")
        file.truncate(2**28 + 1)  # a hole in the file: it takes no room
    with pytest.raises(InputError, match="larger than 256 MiB"):
        read_columns(tmp_path / "d.csv", ("a",))


def test_a_member_that_is_no_array_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("a", "text")
    with pytest.raises(InputError, match="does not hold real numbers"):
        read_arrays(tmp_path / "d.npz")


@pytest.mark.parametrize("file", ["d.pkl", "d.npy", "d.txt", "../passwd", "d"])
def test_other_kinds_of_data_are_refused_by_name(file, tmp_path):
    (tmp_path / "d.pkl").touch()
    with pytest.raises(InputError, match=r"it must be \.csv or \.npz"):
        network(tmp_path, file)


def test_a_file_that_is_not_there_names_what_is_near(tmp_path):
    (tmp_path / "iris.csv").touch()
    with pytest.raises(InputError) as caught:
        network(tmp_path, "irsi.csv")
    assert caught.value.mistakes[0].help == "did you mean 'iris.csv'?"


def weights(tmp_path, arrays, **layer):
    np.savez(tmp_path / "w.npz", **arrays)
    table = {
        "inputs": 2,
        "loss": "mse",
        "layers": [{"type": "dense", "units": 2, **layer}, {"type": "dense", "units": 1}],
    }
    return load({**table, "parameters": {"file": "w.npz"}}, base=tmp_path)


def test_weights_come_from_a_file(tmp_path):
    net = weights(tmp_path, {"W1": np.eye(2), "b1": np.float64(0.5), "W2": np.ones((1, 2), dtype=np.float32)})
    np.testing.assert_array_equal(net.layers[0].values["weights"], np.eye(2))
    assert net.layers[0].values["bias"].shape == ()
    assert net.layers[1].values.keys() == {"weights"}
    assert "weights" not in net.as_table()["layers"][0]
    assert load(net.as_table(), base=tmp_path) == net


@pytest.mark.parametrize(
    ("arrays", "layer", "message"),
    [
        ({"W1": np.ones((3, 2))}, {}, "layer 1 needs weights of shape 2 x 2"),
        ({"W3": np.ones((3, 2))}, {}, "has 'W3', which the network does not have"),
        ({"b1": np.ones(2)}, {"bias": 0.5}, "bias of layer 1 are given twice"),
        ({"W1": np.full((2, 2), np.inf)}, {}, "not finite"),
    ],
)
def test_weights_that_do_not_fit(arrays, layer, message, tmp_path):
    with pytest.raises(InputError, match=message):
        weights(tmp_path, arrays, **layer)
