"""Files are old or new at any moment, and a folder of mixed runs is recognised."""

import pytest

from symbackprop.emit import files
from symbackprop.errors import InputError


def test_a_folder_is_whole_after_writing(tmp_path):
    files.write_folder(tmp_path / "a", {"x.txt": "one"}, {"passed": True})
    assert files.is_whole(tmp_path / "a")


def test_a_mixed_folder_is_recognised(tmp_path):
    files.write_folder(tmp_path, {"x.txt": "one", "y.txt": "two"}, {})
    (tmp_path / "x.txt").write_text("other")
    assert not files.is_whole(tmp_path)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    files.write_file(path, "old")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_file(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["x.txt"]


def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        files.write_folder(tmp_path / "file", {"x.txt": ""}, {})
