"""Import of trade documents: a folder in, facts and named exceptions out.

`read_folder` is the one entry. Adding a format is one file in this package and one row in `formats.FORMATS`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from gateway.adapters.documents.formats import MAX_FILE_BYTES, read_bytes
from gateway.adapters.documents.kept import Kept
from gateway.adapters.documents.result import FileRead, FileStatus, ImportResult
from gateway.domain.trade import Source
from gateway.domain.trade_rules import Finding

__all__ = [
    "KEPT",
    "FileRead",
    "FileStatus",
    "ImportResult",
    "read_bytes",
    "read_content",
    "read_file",
    "read_folder",
]

KEPT = Kept()
"""What this process read last."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def read_folder(path: Path) -> ImportResult:
    """Every file below `path`, each ending as used, exception or unsupported.

    Files are read in order of their names, so the result does not depend on the file system. Links are not
    followed: a link, pipe or device is an exception.

    Raises:
        NotADirectoryError: `path` is not a folder.
    """
    if not path.is_dir():
        raise NotADirectoryError(f"{path} is not a folder")
    names = []
    for folder, folders, files in os.walk(path, followlinks=False):
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        names += [(Path(folder) / name).relative_to(path).as_posix() for name in [*files, *links]]
    return ImportResult(tuple(read_file(path / name, name) for name in sorted(names)))


def read_file(path: Path, name: str) -> FileRead:
    """One file under the name its findings and documents carry; never raises for what the file holds.

    A name with bytes that are no UTF-8, or with control characters, is carried with those written as escapes.
    """
    name = _writable(name)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode):
                return _unread(name, "FILE-UNREADABLE", "it is not an ordinary file")
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return _unread(name, "FILE-UNREADABLE", f"it cannot be opened: {error.strerror}")
    if len(data) > MAX_FILE_BYTES:
        found = f"{status.st_size} bytes"
        return _unread(name, "FILE-SIZE", "it is too large", f"at most {MAX_FILE_BYTES} bytes", found)
    return read_content(data, name)


def read_content(data: bytes, name: str) -> FileRead:
    """A file's bytes under the name its findings carry; what was read a moment ago is not read again."""
    sha256 = hashlib.sha256(data).hexdigest()
    return KEPT.get(name, sha256) or KEPT.put(read_bytes(data, Source(name, sha256)))


def _writable(name: str) -> str:
    """A file's name as it can be sent, stored and printed, different for different files."""
    told = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", told)


def _unread(name: str, rule: str, message: str, expected: str = "", found: str = "") -> FileRead:
    finding = Finding(name, "", "", rule, "", message, expected, found)
    return FileRead(name, "", FileStatus.EXCEPTION, (), (finding,))
