"""What an import returns: every file once, every document that may be used, every exception by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.trade import TradeDocument
from gateway.domain.trade_rules import Finding


class FileStatus(StrEnum):
    """How a file ended. A file with several documents is `exception` as soon as one of them is refused;
    the others are used all the same."""

    USED = "used"
    EXCEPTION = "exception"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file: its name inside the folder (posix), the SHA-256 of its bytes (hex, empty when they could not
    be read), how it ended, the documents used, those read but refused, and the exceptions it left."""

    file: str
    sha256: str
    status: FileStatus
    documents: tuple[TradeDocument, ...]
    exceptions: tuple[Finding, ...]
    refused: tuple[TradeDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A folder read: files in order of their names."""

    files: tuple[FileRead, ...]

    @property
    def documents(self) -> tuple[TradeDocument, ...]:
        """Every document that may be used, in order of file names."""
        return tuple(document for file in self.files for document in file.documents)

    @property
    def refused(self) -> tuple[TradeDocument, ...]:
        """Documents that were read but refused: not used, yet the match must know what they speak about."""
        return tuple(document for file in self.files for document in file.refused)

    @property
    def exceptions(self) -> tuple[Finding, ...]:
        """Every exception, in order of file names."""
        return tuple(finding for file in self.files for finding in file.exceptions)
