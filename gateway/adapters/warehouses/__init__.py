"""What warehouses send: a keeper's file in, its events as facts and named exceptions out.

`read_feed` is the one entry. Adding a format is one file in this package and one row in `reading.FORMATS`.
"""

from __future__ import annotations

from gateway.adapters.warehouses.reading import FORMATS, read_feed

__all__ = ["FORMATS", "read_feed"]
