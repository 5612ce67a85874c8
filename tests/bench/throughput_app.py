"""The gateway's own application with one more route, which does nothing but one SELECT: the measure of reads."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from sqlalchemy import select

from gateway.app import create_app
from gateway.bootstrap import open_gateway
from gateway.db.tables import titles
from gateway.routers.common import Reading
from gateway.settings import Settings


def main() -> int:
    """`python -m tests.bench.throughput_app PORT`, configured like the gateway."""
    app = create_app(open_gateway(Settings()))

    @app.get("/empty/{title}")
    def empty(title: int, unit: Reading) -> dict[str, Any]:
        row = unit.connection.execute(select(titles.c.holder).where(titles.c.title == title)).one_or_none()
        return {"holder": None if row is None else row.holder}

    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
