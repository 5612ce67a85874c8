"""The audit at the end of the story sees what it says it looks for."""

from __future__ import annotations

import secrets

from gateway.demo.audit import legible


def test_a_name_in_calldata_is_read_and_a_hash_is_not() -> None:
    noise = secrets.token_bytes(100_000)
    said = noise + "京畿轨道装备集团有限公司".encode() + noise + b"SP26-000301" + noise
    texts = ["SP26-000301", "SP26-000302", "京畿轨道装备集团有限公司", "申浦精密部件有限公司"]
    assert legible(texts, said) == ("SP26-000301", "京畿轨道装备集团有限公司")
    assert legible(texts, noise) == ()
