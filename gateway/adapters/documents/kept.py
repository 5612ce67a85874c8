"""Files that were read a moment ago: the same bytes under the same name are not read twice."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from gateway.adapters.documents.result import FileRead

MAX_LINES = 200_000
"""Lines of documents that are kept; what was longest unused goes first. A line takes about two kilobytes."""


class Kept:
    """A bounded memory of files by name and SHA-256, for many threads."""

    def __init__(self, max_lines: int = MAX_LINES) -> None:
        self._max_lines = max_lines
        self._files: OrderedDict[tuple[str, str], FileRead] = OrderedDict()
        self._lines = 0
        self._lock = Lock()

    def get(self, name: str, sha256: str) -> FileRead | None:
        """The file, when it is kept."""
        with self._lock:
            found = self._files.get((name, sha256))
            if found is not None:
                self._files.move_to_end((name, sha256))
            return found

    def put(self, read: FileRead) -> FileRead:
        """Keep a file, and answer it."""
        with self._lock:
            known = self._files.pop((read.file, read.sha256), None)
            self._lines += _weight(read) - (_weight(known) if known else 0)
            self._files[read.file, read.sha256] = read
            while self._lines > self._max_lines and len(self._files) > 1:
                self._lines -= _weight(self._files.popitem(last=False)[1])
        return read


def _weight(read: FileRead) -> int:
    return 1 + sum(len(document.lines) for document in (*read.documents, *read.refused))
