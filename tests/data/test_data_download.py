import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.base.errors import InputError, StorageError
from counterpoint.data import Access, Source, download
from counterpoint.data.sets.place import fetched

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; the tests set how badly it behaves."""

    content = CONTENT
    cut_after: int | None = None  # bytes sent of every answer before the connection is closed
    ranges = True
    failures = 0  # answers 503 so many times first

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def source(
        self, *, sha256: str | None = SHA256, size: int | None = len(CONTENT), path: str = "/d/file.bin"
    ) -> Source:
        return Source(url=f"http://127.0.0.1:{self.server_port}{path}", sha256=sha256, size=size)


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if self.server.failures:
            self.server.failures -= 1
            self.send_error(503)
            return
        if self.path != "/d/file.bin":
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if start > len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def _files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_download_reports_progress_and_is_not_repeated(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    path = download(server.source(), tmp_path / "new", progress=lambda *event: seen.append(event))
    assert path.read_bytes() == CONTENT
    assert _files(tmp_path / "new") == ["file.bin"]
    assert seen[-1] == ("file.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert len(seen) > 2
    download(server.source(), tmp_path / "new")
    assert server.asked == [None]


def test_a_cut_connection_is_resumed_with_a_range(server: Server, tmp_path: Path) -> None:
    server.cut_after = 400_000
    assert download(server.source(), tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=400000-", "bytes=800000-"]


def test_what_arrived_is_kept_for_the_next_call(server: Server, tmp_path: Path) -> None:
    server.cut_after = 100_000
    with pytest.raises(InputError, match=r"the connection ended after 400,000 of 1,024,000 bytes.*kept for the next"):
        download(server.source(), tmp_path)
    assert _files(tmp_path) == ["file.bin.part"]
    server.cut_after = None
    assert download(server.source(), tmp_path).read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=400000-"


def test_a_server_without_ranges_starts_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(b"x" * 1000)
    server.ranges = False
    assert download(server.source(), tmp_path).read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_source_starts_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(b"x" * (len(CONTENT) + 5))
    assert download(server.source(), tmp_path).read_bytes() == CONTENT
    (tmp_path / "file.bin").unlink()
    (tmp_path / "file.bin.part").write_bytes(b"x" * (len(CONTENT) + 5))
    assert download(server.source(size=None), tmp_path).read_bytes() == CONTENT  # the server answers 416


def test_a_wrong_checksum_is_refused_and_removed(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(InputError, match=f"expected {SHA256}; the download was removed"):
        download(server.source(), tmp_path)
    assert _files(tmp_path) == []


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1])
def test_a_wrong_size_is_refused_and_removed(server: Server, tmp_path: Path, size: int) -> None:
    with pytest.raises(InputError, match=r"longer than|expected"):
        download(server.source(size=size, sha256=None), tmp_path)
    assert _files(tmp_path) == []


def test_server_errors_are_retried_and_missing_files_are_not(server: Server, tmp_path: Path) -> None:
    server.failures = 2
    assert download(server.source(), tmp_path).read_bytes() == CONTENT
    with pytest.raises(InputError, match="answered 404"):
        download(server.source(path="/other"), tmp_path)
    assert len(server.asked) == 4
    server.failures = 9
    with pytest.raises(InputError, match=r"answered 503.*place the file at"):
        download(server.source(), tmp_path / "again")


def test_a_server_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot download http://127\.0\.0\.1:9/"):
        download(Source(url="http://127.0.0.1:9/f", sha256=None, size=None), tmp_path)
    assert _files(tmp_path) == []


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/f"])
def test_only_the_web_is_downloaded(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="only http and https"):
        download(Source(url=url, sha256=None, size=None), tmp_path)


def test_a_full_disk_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left on device"):
        download(server.source(), tmp_path)
    assert _files(tmp_path) == []
    (tmp_path / "blocked").write_text("a file")
    with pytest.raises(StorageError, match="cannot make the folder"):
        download(server.source(), tmp_path / "blocked" / "inside")


def test_trust_on_first_use_notices_later_changes(server: Server, tmp_path: Path) -> None:
    source = server.source(sha256=None, size=None)
    path = download(source, tmp_path)
    assert (tmp_path / "file.bin.sha256").read_text().strip() == SHA256
    download(source, tmp_path)
    path.write_bytes(b"changed")
    with pytest.raises(InputError, match="is damaged or was changed"):
        download(source, tmp_path)


def test_a_damaged_file_in_the_cache_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT[:100])
    with pytest.raises(InputError, match="is damaged or was changed"):
        download(server.source(), tmp_path)


def test_nothing_is_fetched_unasked(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERPOINT_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"'some' is not on this machine.*download=True, about 1\.0 MB"):
        fetched("some", [server.source()], Access())
    assert server.asked == []
    folder = fetched("some", [server.source()], Access(download=True))
    assert (folder / "file.bin").read_bytes() == CONTENT
    assert fetched("some", [server.source()], Access()) == folder
    (folder / "file.bin").write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        fetched("some", [server.source()], Access())
