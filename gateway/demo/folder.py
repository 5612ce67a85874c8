"""The folder of documents that a story is told on: its files, and the days on which its documents were written."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from gateway.adapters.documents import read_folder
from gateway.demo.scenario import Scenario


def file_names(folder: Path) -> list[str]:
    """Every file below a folder, as the import names it, in order."""
    found = []
    for place, folders, files in os.walk(folder, followlinks=False):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in [*files, *links]]
    return sorted(found)


def first_day(folder: Path) -> date | None:
    """The day on which the oldest document in the folder was written."""
    return min((document.issued for document in read_folder(folder).documents), default=None)


def as_of(scenario: Scenario, folder: Path) -> date:
    """The scenario's date, or the latest issue date in the folder."""
    if scenario.as_of is not None:
        return scenario.as_of
    read = read_folder(folder).documents
    issued = [document.issued for document in read if scenario.takes(document.source.file)]
    return max(issued, default=date(2026, 1, 5))
