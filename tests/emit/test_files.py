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


def test_a_failure_before_the_first_rename_changes_nothing(tmp_path, monkeypatch):
    files.write_folder(tmp_path, {"x.txt": "old", "y.txt": "old"}, {})
    written = []

    def full(handle):
        written.append(handle)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        files.write_folder(tmp_path, {"x.txt": "new", "y.txt": "new"}, {})
    assert {path.name for path in tmp_path.iterdir()} == {"x.txt", "y.txt", files.RECORD}
    assert (tmp_path / "x.txt").read_text() == (tmp_path / "y.txt").read_text() == "old"
    assert files.is_whole(tmp_path)


def test_the_record_comes_last(tmp_path, monkeypatch):
    order = []
    replace = files.os.replace
    monkeypatch.setattr(files.os, "replace", lambda old, new: (order.append(new.name), replace(old, new)))
    files.write_folder(tmp_path, {"x.txt": "1", "y.txt": "2"}, {})
    assert order == ["x.txt", "y.txt", files.RECORD]


def test_an_interruption_between_two_renames_is_recognised_and_mended(tmp_path, monkeypatch):
    files.write_folder(tmp_path, {"x.txt": "old", "y.txt": "old"}, {})
    replace = files.os.replace

    def interrupted(old, new):
        if new.name == "y.txt":
            raise KeyboardInterrupt
        replace(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.write_folder(tmp_path, {"x.txt": "new", "y.txt": "new"}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [files.RECORD, "x.txt", "y.txt"]
    assert list(files.faults(tmp_path)) == ["x.txt: it was changed, or belongs to another run"]
    files.write_folder(tmp_path, {"x.txt": "new", "y.txt": "new"}, {})
    assert files.is_whole(tmp_path)


def test_files_of_the_same_network_stay_in_the_record(tmp_path):
    record = {"network_sha256": "a", "version": "1"}
    files.write_folder(tmp_path, {"x.txt": "1"}, record)
    files.write_folder(tmp_path, {"y.txt": "2"}, record)
    assert files.recorded(tmp_path)["files"].keys() == {"x.txt", "y.txt"}
    files.write_folder(tmp_path, {"y.txt": "2"}, {**record, "network_sha256": "b"})
    assert files.recorded(tmp_path)["files"].keys() == {"y.txt"}
    assert list(files.faults(tmp_path, {"x.txt": "x", "y.txt": "y"})) == ["x.txt: it belongs to another run"]


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    left = tmp_path / ".x.txt.4194999-1.new"
    left.write_text("half")
    running = tmp_path / f".x.txt.{files.os.getpid()}-1.new"
    running.write_text("of a run that goes on")
    assert list(files.faults(tmp_path))[-1] == f"{left.name}: what an interrupted run has left"
    files.write_folder(tmp_path, {"x.txt": "1"}, {})
    assert not left.exists() and running.exists()


def test_links_are_replaced_and_not_followed(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "x.txt").symlink_to(tmp_path / "mine.txt")
    files.write_folder(folder, {"x.txt": "1"}, {})
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (folder / "x.txt").read_text() == "1" and not (folder / "x.txt").is_symlink()


def test_a_folder_in_the_place_of_a_file_changes_nothing(tmp_path):
    files.write_folder(tmp_path, {"x.txt": "old"}, {})
    (tmp_path / "y.txt").mkdir()
    with pytest.raises(InputError, match=r"y\.txt is a folder"):
        files.write_folder(tmp_path, {"x.txt": "new", "y.txt": "new"}, {})
    assert (tmp_path / "x.txt").read_text() == "old"
