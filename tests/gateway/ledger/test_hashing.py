"""What parties sign is what any EIP-712 wallet computes, for every act there is."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account._utils.encode_typed_data.encoding_and_hashing import hash_struct
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.ledger import acts
from gateway.adapters.ledger.hashing import UnsupportedField, encode_type, struct_hasher

ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
DOMAINS = st.builds(acts.Domain, st.integers(1, 2**64), ADDRESSES)


def values(types: Any, kind: str) -> st.SearchStrategy[Any]:
    """Any value of a field, its bounds included."""
    if kind.endswith("[]"):
        return st.lists(values(types, kind[:-2]), max_size=4)
    if kind in types:
        return st.fixed_dictionaries({field["name"]: values(types, field["type"]) for field in types[kind]})
    if kind == "address":
        return ADDRESSES
    if kind == "bool":
        return st.booleans()
    if kind == "bytes32":
        return st.binary(min_size=32, max_size=32)
    largest = 2 ** int(kind.removeprefix("uint")) - 1
    return st.one_of(st.sampled_from([0, 1, largest]), st.integers(0, largest))


@pytest.mark.parametrize("act", sorted(acts.act_types()))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_digest_is_the_one_every_wallet_computes(act: str, data: st.DataObject) -> None:
    types = acts.act_types()[act]
    domain, message = data.draw(DOMAINS), data.draw(values(types, act))
    wallet = encode_typed_data(full_message=acts.typed_data(domain, act, message))
    assert acts.digest(domain, act, message) == keccak(b"\x19" + wallet.version + wallet.header + wallet.body)


@pytest.mark.parametrize(
    ("act", "struct"),
    [(act, struct) for act, types in sorted(acts.act_types().items()) for struct in types if struct != act],
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_structs_inside_acts_hash_as_every_wallet_does(act: str, struct: str, data: st.DataObject) -> None:
    types = acts.act_types()[act]
    message = data.draw(values(types, struct))
    assert acts.struct_hash(act, struct, message) == hash_struct(struct, dict(types), message)


def test_the_order_of_a_messages_fields_does_not_matter() -> None:
    domain = acts.Domain(1, "0x" + "11" * 20)
    message = {"title": 1, "sequence": 2, "to": 3, "expiresAt": 4, "evidence": bytes(32)}
    backwards = dict(reversed(message.items()))
    assert acts.digest(domain, "Assign", message) == acts.digest(domain, "Assign", backwards)


@pytest.mark.parametrize("value", [-1, 2**64, "1", b"1", None, 1.0])
def test_a_value_that_does_not_fit_has_no_digest(value: object) -> None:
    message = {"title": value, "sequence": 2, "to": 3, "expiresAt": 4, "evidence": bytes(32)}
    with pytest.raises(EncodingError):
        acts.digest(acts.Domain(1, "0x" + "11" * 20), "Assign", message)


def test_a_message_without_one_of_its_fields_has_no_digest() -> None:
    with pytest.raises(KeyError):
        acts.digest(acts.Domain(1, "0x" + "11" * 20), "Assign", {"title": 1})


@pytest.mark.parametrize("kind", ["bytes", "string", "uint8[][]"])
def test_a_kind_of_field_that_no_act_has_is_refused_when_it_appears(kind: str) -> None:
    with pytest.raises(UnsupportedField):
        struct_hasher({"New": [{"name": "field", "type": kind}]}, "New")


def test_a_type_names_the_structs_it_is_made_of_and_no_others() -> None:
    types = {
        "Order": [{"name": "lines", "type": "Line[]"}, {"name": "buyer", "type": "Buyer"}],
        "Buyer": [{"name": "number", "type": "uint32"}],
        "Line": [{"name": "quantity", "type": "uint48"}],
    }
    assert encode_type(types, "Order") == (
        "Order(Line[] lines,Buyer buyer)Buyer(uint32 number)Line(uint48 quantity)"
    )
    assert encode_type(types, "Line") == "Line(uint48 quantity)"


@settings(max_examples=50, deadline=None)
@given(
    key=st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big")),
    digest=st.binary(min_size=32, max_size=32),
)
def test_a_signature_leads_back_to_its_key(key: bytes, digest: bytes) -> None:
    account = Account.from_key(key)
    r, vs = acts.sign(key, digest)
    signed = account.unsafe_sign_hash(digest)
    assert (r, int.from_bytes(vs, "big")) == (
        signed.r.to_bytes(32, "big"),
        signed.s | (signed.v - 27) << 255,
    )
    assert acts.recover(digest, r + vs) == account.address.lower()


@pytest.mark.parametrize(
    "signature", [bytes(64), b"\xff" * 64, b"\x01" * 32 + bytes(32), bytes(32) + b"\x01" * 32]
)
def test_bytes_that_are_no_signature_lead_to_nobody(signature: bytes) -> None:
    assert acts.recover(b"\x07" * 32, signature) is None
