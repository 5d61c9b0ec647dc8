"""Downloads for users: checksummed, resumed after a cut connection, and either whole or absent."""

import hashlib
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from counterpoint.base.errors import InputError, StorageError
from counterpoint.base.files import write_text

Progress = Callable[[str, int, int | None], None]
"""Called with file name, bytes so far and bytes in all (None: unknown)."""

_CHUNK = 1 << 18
_ATTEMPTS = 4


@dataclass(frozen=True, kw_only=True)
class Source:
    """One public file.

    Attributes:
        url: Where it is (http or https).
        sha256: Its checksum. None means that we never saw the file: the checksum of the first download is then
            recorded beside it and every later use is checked against that (trust on first use). This notices a
            file that changes later, not one that was wrong from the start.
        size: Bytes, None if unknown.
        name: What it is called here; default: the end of the URL.
    """

    url: str
    sha256: str | None
    size: int | None
    name: str = ""

    @property
    def file(self) -> str:
        """The file name."""
        return self.name or urllib.parse.urlsplit(self.url).path.rsplit("/", 1)[-1]


class _Cut(Exception):
    """The connection ended before the file did; trying again continues it."""


def download(source: Source, folder: Path, *, progress: Progress | None = None, timeout: float = 30.0) -> Path:
    """Bring one file into ``folder``, unless it is there already and has the right checksum.

    A cut connection is resumed by a Range request, up to three times in one call; with a known checksum what
    has arrived is also kept for the next call.

    Args:
        source: What to fetch.
        folder: Where to put it; made if needed.
        progress: Told about every chunk.
        timeout: Seconds without an answer before the connection counts as cut.

    Raises:
        InputError: The server refuses, the connection stays cut, or size or checksum differ (the file is removed).
        StorageError: The file cannot be written.
    """
    target = folder / source.file
    if target.exists():
        verify(source, target)
        return target
    if urllib.parse.urlsplit(source.url).scheme not in ("http", "https"):
        raise InputError(f"only http and https are downloaded, not {source.url}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    # Without a checksum nothing would notice that two halves belong to different versions of the file.
    part = folder / (f"{source.file}.part" if source.sha256 else f"{source.file}.{os.getpid()}.part")
    try:
        _fetch(source, part, progress, timeout)
        _accept(source, part, target)
    finally:
        if source.sha256 is None:
            part.unlink(missing_ok=True)
    return target


def verify(source: Source, path: Path) -> None:
    """Check a file that is already here.

    Raises:
        InputError: Its checksum is neither the source's nor, without one there, the recorded one.
    """
    sidecar = _sidecar(path)
    expected = source.sha256 or (sidecar.read_text(encoding="utf-8").strip() if sidecar.exists() else None)
    found = _digest(path)
    if expected is None:
        write_text(sidecar, found + "\n")
    elif found != expected:
        raise InputError(f"{path} is damaged or was changed (sha256 {found}, expected {expected}): delete it")


def _fetch(source: Source, part: Path, progress: Progress | None, timeout: float) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            _fetch_once(source, part, progress, timeout)
            return
        except _Cut as cut:
            if attempt == _ATTEMPTS - 1:
                kept = "what arrived is kept for the next try" if source.sha256 else "nothing is kept"
                raise InputError(
                    f"cannot download {source.url}: {cut}; {kept}. You may also place the file at "
                    f"{part.with_name(source.file)} yourself"
                ) from cut


def _fetch_once(source: Source, part: Path, progress: Progress | None, timeout: float) -> None:
    have = part.stat().st_size if part.exists() else 0
    if source.size is not None and have >= source.size:
        have = 0  # longer than it can be, or complete but never accepted: begin again
    request = urllib.request.Request(source.url, headers={"User-Agent": "counterpoint", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            if answer.status != 206:
                have = 0  # the server sends the whole file again
            _receive(answer, source, part, have, progress)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            part.unlink(missing_ok=True)
            raise _Cut("the partial file does not fit the server's") from error
        if error.code >= 500:
            raise _Cut(f"the server answered {error.code}") from error
        raise InputError(f"cannot download {source.url}: the server answered {error.code} {error.reason}") from error
    except StorageError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(str(getattr(error, "reason", None) or error or type(error).__name__)) from error


def _receive(
    answer: http.client.HTTPResponse, source: Source, part: Path, have: int, progress: Progress | None
) -> None:
    length = answer.headers.get("Content-Length")
    total = source.size if length is None else have + int(length)
    with _opened(part, "ab" if have else "wb") as handle:
        while chunk := answer.read(_CHUNK):
            _write(handle, chunk, part)
            have += len(chunk)
            if source.size is not None and have > source.size:
                raise _refused(part, f"{source.url} is longer than the {source.size:,} bytes expected")
            if progress is not None:
                progress(source.file, have, total)
    if total is not None and have < total:
        raise _Cut(f"the connection ended after {have:,} of {total:,} bytes")


def _accept(source: Source, part: Path, target: Path) -> None:
    size, found = part.stat().st_size, _digest(part)
    if source.size is not None and size != source.size:
        raise _refused(part, f"{source.url} has {size:,} bytes, expected {source.size:,}")
    if source.sha256 is not None and found != source.sha256:
        raise _refused(part, f"{source.url} has the sha256 {found}, expected {source.sha256}")
    try:
        with open(part, "rb") as handle:
            os.fsync(handle.fileno())
        if source.sha256 is None:
            # First, so that a file without a record is never taken for one that was checked.
            write_text(_sidecar(target), found + "\n")
        os.replace(part, target)
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}") from error


def _refused(part: Path, reason: str) -> InputError:
    part.unlink(missing_ok=True)
    return InputError(f"{reason}; the download was removed")


def _opened(part: Path, mode: Literal["ab", "wb"]) -> BinaryIO:
    try:
        return open(part, mode)
    except OSError as error:
        raise StorageError(f"cannot write {part}: {error.strerror or error}") from error


def _write(handle: BinaryIO, chunk: bytes, part: Path) -> None:
    # Guarded apart from the reading: a full disk is not a cut connection.
    try:
        handle.write(chunk)
        handle.flush()
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"cannot write {part}: {error.strerror or error}; it was removed") from error


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _digest(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
