"""Identities of parties: kept when they are told, shown when the ledger has their commitment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from gateway.db.engine import insert_new
from gateway.db.own import identities
from gateway.db.tables import parties
from gateway.problems import Problem
from gateway.services.identities import commitment


def keep_identity(connection: Connection, identity: Mapping[str, Any]) -> dict[str, Any]:
    """Keep who a party is; the same again changes nothing.

    Raises Problem(IDENTITY-DIFFERS) when the party was admitted under another commitment.
    """
    party, hashed = identity["party"], commitment(identity)
    admitted = connection.execute(select(parties.c.identity).where(parties.c.party == party))
    on_ledger = admitted.scalar_one_or_none()
    if on_ledger is not None and bytes(on_ledger) != hashed:
        raise Problem(
            "IDENTITY-DIFFERS",
            "the party was admitted under the hash of another identity",
            status=409,
            expected="0x" + bytes(on_ledger).hex(),
            found="0x" + hashed.hex(),
        )
    row = {
        "commitment": hashed, "party": party, "name": identity["name"],
        "identifiers": json.dumps(identity["identifiers"], ensure_ascii=False),
        "salt": bytes.fromhex(str(identity["salt"]).removeprefix("0x")),
    }  # fmt: skip
    insert_new(connection, identities, row)
    return {"party": party, "commitment": "0x" + hashed.hex(), "admitted": on_ledger is not None}
