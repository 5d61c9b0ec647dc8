"""Atomic files and folders: old or new, never half, whatever happens in between."""

import json
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from counterpoint.base.errors import InputError, StorageError
from counterpoint.base.files import atomic_path, read_json, write_json, write_text
from counterpoint.base.folders import atomic_folder, remove_folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def through(way: Callable, path: Path, work: Callable[[Path], None]) -> None:
    """Do the work in the block of ``atomic_path`` or ``atomic_folder``."""
    with way(path) as temporary:
        work(temporary)


def failing(error: BaseException, name: str = "") -> Callable[[Path], None]:
    """Work that writes something and then fails."""

    def work(temporary: Path) -> None:
        (temporary / name).write_text("new")
        raise error

    return work


def filling_the_disk(path: Path) -> None:
    path.symlink_to("/dev/full")
    path.write_text("x" * 100_000)


def in_child(work: Callable[[], None], *, kill_after: float | None = None) -> int:
    """Run in a forked process, killed after so many seconds; its exit code."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_file_appears_whole(tmp_path) -> None:
    path = tmp_path / "deep" / "er" / "file"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == path.parent  # the same disk, so that renaming is one step
        assert not path.exists()
    assert path.read_text() == "new"
    write_text(path, "ünïcode \u2028")
    assert path.read_bytes() == "ünïcode \u2028".encode()
    assert names(path.parent) == ["file"]


def test_an_error_in_the_block_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    for error in (ZeroDivisionError(), KeyboardInterrupt(), StorageError("no room")):
        with pytest.raises(type(error)):
            through(atomic_path, path, failing(error))
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(StorageError, match=r"cannot write .*/file: No such file"), atomic_path(path):
        pass
    assert path.read_text() == "old"


def test_a_full_disk_is_one_error_and_keeps_the_old_file(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(StorageError, match=r"cannot write .*/file: No space left on device"):
        through(atomic_path, path, filling_the_disk)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_quota_met_while_writing_keeps_the_old_file(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot write .*/file: File too large"):
            write_text(path, "x" * 1001)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_place_that_cannot_be_written_is_one_error(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*/file/inside: "):
        write_json(tmp_path / "file" / "inside", 1)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*/folder: Is a directory"):
        write_json(tmp_path / "folder", 1)
    assert names(tmp_path) == ["file", "folder"]


def test_killed_at_any_moment_the_file_is_old_or_new(tmp_path) -> None:
    path = tmp_path / "file"
    texts = {letter * 200_000 for letter in "ab"}

    def forever() -> None:
        while True:
            for text in sorted(texts):
                write_text(path, text)

    write_text(path, "a" * 200_000)
    for number in range(12):
        assert in_child(forever, kill_after=0.01 + number * 0.003) == -signal.SIGKILL
        assert path.read_text() in texts


def test_the_bytes_reach_the_disk_before_the_name(tmp_path, monkeypatch) -> None:
    done = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("fsync"))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), replace(a, b)))
    write_text(tmp_path / "file", "new")
    assert done == ["fsync", "rename"]


def test_two_processes_do_not_share_a_temporary_file(tmp_path) -> None:
    path = tmp_path / "file"
    with atomic_path(path) as mine:
        mine.write_text("mine")

        def other() -> None:
            write_text(path, "theirs")
            os._exit(0)

        assert in_child(other) == 0
        assert path.read_text() == "theirs"
        assert mine.read_text() == "mine"
    assert path.read_text() == "mine"


def test_json_is_readable_and_comes_back(tmp_path) -> None:
    value = {"ü": [1, 2.5, None, True], "nested": {"a": "\n"}}
    write_json(tmp_path / "file", value)
    assert read_json(tmp_path / "file") == value
    assert "ü" in (tmp_path / "file").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "file").read_bytes()) == value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file: .*/file"),
        (b"", "/file is not readable JSON"),
        (b'{"a": 1', "/file is not readable JSON"),
        (b"\xff\xfe", "/file is not readable JSON"),
        (b"\x00\x00", "/file is not readable JSON"),
    ],
)
def test_json_that_cannot_be_read_is_named(tmp_path, content, message) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "file")


def test_json_that_is_a_folder_is_named(tmp_path) -> None:
    with pytest.raises(InputError, match=f"cannot read {tmp_path}: Is a directory"):
        read_json(tmp_path)


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path) -> None:
    path = tmp_path / "folder"
    for text in ("one", "two"):
        with atomic_folder(path) as temporary:
            (temporary / text).write_text(text)
            assert text not in (names(path) if path.exists() else [])
        assert names(path) == [text]
    assert names(tmp_path) == ["folder"]


def test_an_error_leaves_the_old_folder(tmp_path) -> None:
    path = tmp_path / "folder"
    with atomic_folder(path) as temporary:
        (temporary / "old").write_text("old")
    with pytest.raises(ZeroDivisionError):
        through(atomic_folder, path, failing(ZeroDivisionError(), "new"))
    with pytest.raises(StorageError, match=r"cannot write .*/folder: No space left on device"):
        through(atomic_folder, path, lambda temporary: filling_the_disk(temporary / "new"))
    assert names(path) == ["old"]
    assert names(tmp_path) == ["folder"]


def test_killed_at_any_moment_a_folder_is_whole_or_absent(tmp_path) -> None:
    path = tmp_path / "folder"

    def forever() -> None:
        while True:
            with atomic_folder(path) as temporary:
                for name in "abc":
                    (temporary / name).write_text(name * 50_000)

    seen = 0
    for number in range(12):
        assert in_child(forever, kill_after=0.01 + number * 0.004) == -signal.SIGKILL
        if path.exists():
            seen += 1
            assert {file.name: file.read_text() for file in path.iterdir()} == {name: name * 50_000 for name in "abc"}
    assert seen
    with atomic_folder(path) as temporary:
        (temporary / "last").write_text("x")
    assert names(path) == ["last"]
    assert not (tmp_path / ".folder.part").exists()


def test_a_folder_is_removed_in_one_step(tmp_path) -> None:
    path = tmp_path / "folder"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "file").write_text("x")
    remove_folder(path)
    assert names(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        remove_folder(path)
