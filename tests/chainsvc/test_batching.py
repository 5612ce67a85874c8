"""Batches carry the bytes an ABI encoder would make, and never turn an order round."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chainsvc.codec import CodecError, Decoder, Function
from chainsvc.submitter.batching import Entry, Limits, calldata, group, item_encoder, skipped

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


WORDS = "((uint64,bool),(bytes32,address),uint48)"
words = st.tuples(
    st.tuples(st.integers(0, 2**64 - 1), st.booleans()),
    st.tuples(
        st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20).map(lambda b: "0x" + b.hex())
    ),
    st.integers(0, 2**48 - 1),
)


@given(words)
def test_an_item_of_words_is_encoded_as_the_library_does(value: object) -> None:
    assert item_encoder(WORDS)(value) == encode([WORDS], [value])


@pytest.mark.parametrize(
    "kind", ["(uint64,uint8[])", "(uint64,bytes)", "(uint64,(string,bool))", "(uint8[2],bool)"]
)
def test_an_item_with_lists_is_encoded_as_the_library_does(kind: str) -> None:
    values = {"uint8[]": [1, 2], "bytes": b"abc", "(string,bool)": ("x", True), "uint8[2]": [1, 2]}
    first, _, rest = kind[1:-1].partition(",")
    value = (values.get(first, 7), values.get(rest, True))
    assert item_encoder(kind)(value) == encode([kind], [value])


@pytest.mark.parametrize(
    "value", [((1, 2), 3), (1, (2,)), (1, (2, 3, 4)), (1,), (1, (2, -3)), 5, (1, (2, "3"))]
)
def test_an_item_of_another_form_is_not_encoded(value: object) -> None:
    with pytest.raises(CodecError):
        item_encoder("(uint64,(uint8,uint8))")(value)
