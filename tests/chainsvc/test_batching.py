"""Batches carry the bytes an ABI encoder would make, and never turn an order round."""

from __future__ import annotations

from dataclasses import replace

from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chainsvc.codec import Decoder, Function
from chainsvc.submitter.batching import Entry, Limits, calldata, group, skipped

DYNAMIC = "(uint64,bytes,uint8[])"
STATIC = "(uint64,uint8[2])"


def function_of(kind: str) -> Function:
    inputs = (f"{kind}[]",)
    return Function("verb", b"\1\2\3\4", inputs, ("items",), Decoder(inputs), Decoder(["uint8[]"]))


dynamic_items = st.tuples(
    st.integers(0, 2**64 - 1), st.binary(max_size=80), st.lists(st.integers(0, 255), max_size=4).map(tuple)
)
static_items = st.tuples(st.integers(0, 2**64 - 1), st.tuples(st.integers(0, 255), st.integers(0, 255)))


@given(st.lists(dynamic_items, max_size=6))
def test_dynamic_items_are_joined_as_an_encoder_would(items: list[tuple[object, ...]]) -> None:
    joined = calldata(function_of(DYNAMIC), [encode([DYNAMIC], [item]) for item in items])
    assert joined == b"\1\2\3\4" + encode([f"{DYNAMIC}[]"], [items])


@given(st.lists(static_items, max_size=6))
def test_static_items_are_joined_as_an_encoder_would(items: list[tuple[object, ...]]) -> None:
    joined = calldata(function_of(STATIC), [encode([STATIC], [item]) for item in items])
    assert joined == b"\1\2\3\4" + encode([f"{STATIC}[]"], [items])


entries = st.lists(
    st.builds(
        Entry,
        id=st.just(0),
        contract=st.sampled_from(["Ledger", "Credit"]),
        function=st.sampled_from(["split", "assign"]),
        order_key=st.none() | st.sampled_from(["a", "b", "c"]),
        item=st.integers(1, 9).map(lambda words: b"\0" * 32 * words),
        reverts=st.integers(0, 3),
    ),
    max_size=40,
).map(lambda found: [replace(entry, id=number) for number, entry in enumerate(found)])


@given(entries, st.integers(1, 4), st.integers(1, 8))
def test_groups_keep_order_bounds_and_let_the_oldest_go(found: list[Entry], room: int, most: int) -> None:
    limits = Limits(max_items=most, max_calldata=1_500)
    groups = group(found, limits, room)
    assert len(groups) <= room
    placed: dict[str, tuple[int, int]] = {}
    for place, part in enumerate(groups):
        assert {(entry.contract, entry.function) for entry in part.entries} == {
            (part.contract, part.function)
        }
        assert len(part.entries) <= most
        assert len(part.entries) == 1 or sum(32 + len(entry.item) for entry in part.entries) <= 1_500
        assert [entry.id for entry in part.entries] == sorted(entry.id for entry in part.entries)
        for entry in part.entries:
            if entry.order_key is not None:
                assert placed.setdefault(entry.order_key, (place, entry.id))[0] == place
    taken = {entry.id for part in groups for entry in part.entries}
    # Nothing with an order key goes while an earlier one with that key stays behind.
    for key in ("a", "b", "c"):
        of_key = [entry.id in taken for entry in found if entry.order_key == key]
        assert of_key == sorted(of_key, reverse=True)
    assert not found or found[0].id in taken


def test_skipped_rows_unpack() -> None:
    assert skipped([(0 << 8) | 3, (300 << 8) | 255]) == {0: 3, 300: 255}
