"""Lists come in pages that neither repeat nor skip, whatever is written between them."""

from __future__ import annotations

import pytest

from tests.gateway.http.conftest import Caller

LISTS = {
    "/parties": "parties", "/receivables": "receivables", "/titles": "titles", "/facilities": "facilities",
    "/loans": "loans", "/movements": "movements", "/payment-orders": "payments", "/documents": "documents",
    "/matches": "matches", "/proposals": "proposals", "/exceptions": "exceptions", "/bank-entries": "entries",
    "/bank-messages": "messages", "/declarations": "declarations", "/reserves": "reserves",
    "/orders": "orders",
}  # fmt: skip


@pytest.mark.parametrize(("path", "name"), LISTS.items())
def test_pages_make_the_whole(caller: Caller, path: str, name: str) -> None:
    whole = caller.get(path, limit=1000)
    assert whole["next"] is None
    for limit in (1, 3):
        assert caller.rows(path, name, limit) == whole[name]


def test_the_story_fills_pages(caller: Caller) -> None:
    assert len(caller.rows("/titles", "titles", 4)) > 10
    assert len(caller.rows("/loans", "loans", 1)) > 1
    assert len(caller.rows("/movements", "movements", 5)) > 10


def test_rows_that_come_between_pages_shift_nothing(caller: Caller) -> None:
    def upload(name: str) -> None:
        headers = {"Idempotency-Key": f"paged {name}"}
        answer = caller.http.post("/documents", params={"name": name}, content=name.encode(), headers=headers)
        assert answer.status_code == 201

    for name in ("m1.txt", "m2.txt", "m3.txt"):
        upload(name)
    before = [row["file"] for row in caller.get("/documents", limit=1000)["documents"]]
    first = caller.get("/documents", limit=2)
    upload("a-comes-first.txt")
    upload("z-comes-last.txt")
    seen = [row["file"] for row in first["documents"]]
    cursor = first["next"]
    while cursor:
        page = caller.get("/documents", limit=2, cursor=cursor)
        seen += [row["file"] for row in page["documents"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)
    assert seen[-1] == "z-comes-last.txt"


def test_filters_go_on_from_page_to_page(caller: Caller) -> None:
    titles = caller.get("/titles", limit=1000)["titles"]
    root = titles[0]["root"]
    ofit = [row["id"] for row in titles if row["root"] == root]
    assert len(ofit) > 1
    assert [row["id"] for row in caller.rows("/titles", "titles", 1, root=root)] == ofit


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "W10", "WyIvdGl0bGVzIiwiYSJd", "WyIvdGl0bGVzIiwtMV0"])
def test_a_cursor_the_list_never_gave_is_refused(caller: Caller, cursor: str) -> None:
    caller.refused(caller.http.get("/titles", params={"cursor": cursor}), 404, "CURSOR-UNKNOWN")


def test_a_cursor_of_another_list_is_refused(caller: Caller) -> None:
    cursor = caller.get("/titles", limit=1)["next"]
    caller.refused(caller.http.get("/loans", params={"cursor": cursor}), 404, "CURSOR-UNKNOWN")


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_bounds(caller: Caller, limit: str) -> None:
    caller.refused(caller.http.get("/titles", params={"limit": limit}), 422, "BODY-INVALID")
