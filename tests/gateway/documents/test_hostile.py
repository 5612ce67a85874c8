"""Files of strangers: each ends with a named rule, quickly, and touches neither network nor other files."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.documents import FileStatus, read_bytes, read_folder
from gateway.adapters.documents.formats import MAX_FILE_BYTES
from tests.gateway.documents.trade_builder import chain, source
from tests.gateway.documents.ubl_writer import to_csv, to_ubl

INVOICE = to_ubl(chain()[4])
BODY = INVOICE.partition(b"?>\n")[2]
DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>\n"
LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))


def with_dtd(subset: bytes, reference: bytes = b"INV-1") -> bytes:
    return DECLARATION + b"<!DOCTYPE Invoice " + subset + b">" + BODY.replace(b"INV-1", reference, 1)


HOSTILE = {
    "external-entity.xml": (with_dtd(b'[<!ENTITY x SYSTEM "file:///etc/hostname">]', b"&x;"), "XML-DTD"),
    "external-network.xml": (with_dtd(b'[<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]', b"&x;"), "XML-DTD"),
    "parameter-entity.xml": (with_dtd(b'[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]'), "XML-DTD"),
    "billion-laughs.xml": (with_dtd(b'[<!ENTITY l0 "ha">' + LAUGHS + b"]", b"&l9;"), "XML-DTD"),
    "attribute-laughs.xml": (
        with_dtd(b'[<!ENTITY l0 "ha">' + LAUGHS + b"]").replace(b"<cac:Party>", b'<cac:Party a="&l9;">'),
        "XML-DTD",
    ),
    "quadratic.xml": (with_dtd(b'[<!ENTITY a "' + b"a" * 50_000 + b'">]', b"&a;" * 2_000), "XML-DTD"),
    "external-subset.xml": (with_dtd(b'SYSTEM "http://127.0.0.1:9/invoice.dtd"'), "XML-DTD"),
    "dtd-after-comment.xml": (
        DECLARATION + b"<!-- " + b"x" * 100_000 + b" --><!DOCTYPE Invoice>" + BODY,
        "XML-DTD",
    ),
    "dtd-utf16.xml": (
        with_dtd(b'[<!ENTITY x "y">]').decode().replace("'UTF-8'", "'UTF-16'").encode("utf-16"),
        "XML-DTD",
    ),
    "undefined-entity.xml": (INVOICE.replace(b"INV-1", b"&unknown;"), "XML-MALFORMED"),
    "truncated.xml": (INVOICE[: len(INVOICE) // 2], "XML-MALFORMED"),
    "two-roots.xml": (INVOICE + BODY, "XML-MALFORMED"),
    "nul.xml": (INVOICE.replace(b"INV-1", b"INV\x00-1"), "XML-MALFORMED"),
    "not-utf8.xml": (INVOICE.decode().encode("gb18030"), "TEXT-ENCODING"),
    "unknown-encoding.xml": (INVOICE.replace(b"UTF-8", b"KLINGON-8"), "TEXT-ENCODING"),
    "deep.xml": (DECLARATION + b"<a>" * 100_000 + b"</a>" * 100_000, "XML-LIMIT"),
    "long-text.xml": (INVOICE.replace(b"INV-1", b"9" * 11_000_000), "XML-LIMIT"),
    "empty.xml": (b"", "FILE-EMPTY"),
    "blank.csv": (b" \r\n\r\n", "FILE-EMPTY"),
    "gbk.csv": (to_csv(chain()).decode().encode("gb18030"), "TEXT-ENCODING"),
    "quotes.csv": (to_csv(chain()) + b'order,"PO', "CSV-ROW"),
}
UNSUPPORTED = {
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "notes.txt": "只是一段文字".encode(),
    "table.csv": b"date,amount\n2026-01-01,5\n",
    "data.json": b'{"kind": "order", "number": "1"}',
    "page.html": b"<html><body>order</body></html>",
    "catalogue.xml": b'<Catalogue xmlns="urn:oasis:names:specification:ubl:schema:xsd:Catalogue-2"/>',
    "ubl1.xml": b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-1.0"/>',
    "no-namespace.xml": b"<Invoice/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_exception_by_name_and_at_once(name: str) -> None:
    data, rule = HOSTILE[name]
    started = time.perf_counter()
    result = read_bytes(data, source(name))
    assert time.perf_counter() - started < 5
    assert result.status is FileStatus.EXCEPTION
    assert not result.documents
    assert rule in [e.rule for e in result.exceptions]
    assert "hostname" not in repr(result.documents)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_no_trade_document_is_unsupported(name: str) -> None:
    result = read_bytes(UNSUPPORTED[name], source(name))
    assert result.status is FileStatus.UNSUPPORTED
    assert [e.rule for e in result.exceptions] == ["FORMAT-UNSUPPORTED"]


def test_a_word_about_document_types_inside_text_is_no_document_type() -> None:
    note = b"<cbc:Note><![CDATA[<!DOCTYPE html>]]></cbc:Note>"
    data = INVOICE.replace(b"<cbc:DocumentCurrencyCode>", note + b"<cbc:DocumentCurrencyCode>")
    assert read_bytes(data, source("cdata.xml")).status is FileStatus.USED


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "invoice.pdf").write_bytes(INVOICE)
    (tmp_path / "orders.xml").write_bytes(to_csv(chain()[:1]))
    assert [f.status for f in read_folder(tmp_path).files] == [FileStatus.USED] * 2


def test_every_entry_of_a_folder_ends_once(tmp_path: Path) -> None:
    inner = tmp_path / "b" / "c"
    inner.mkdir(parents=True)
    (inner / "invoice.xml").write_bytes(INVOICE)
    for name, (data, _) in HOSTILE.items():
        (tmp_path / "b" / name).write_bytes(data)
    (tmp_path / "a.txt").write_bytes(b"text")
    (tmp_path / "link.xml").symlink_to("/etc/hostname")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge.xml").open("wb") as huge:
        huge.truncate(MAX_FILE_BYTES + 1)
    result = read_folder(tmp_path)
    ends = {f.file: f.status for f in result.files}
    assert len(ends) == len(result.files) == len(HOSTILE) + 6
    assert ends["b/c/invoice.xml"] is FileStatus.USED
    assert ends["a.txt"] is FileStatus.UNSUPPORTED
    rules = {e.file: e.rule for e in result.exceptions}
    assert [rules[n] for n in ("link.xml", "loop", "pipe")] == ["FILE-UNREADABLE"] * 3
    assert rules["huge.xml"] == "FILE-SIZE"
    assert [d.number for d in result.documents] == ["INV-1"]


def test_names_that_are_no_text_are_written_with_escapes_and_read_all_the_same(tmp_path: Path) -> None:
    for number, name in enumerate((b"\xff\xfe.xml", b"line\nbreak.xml", "名字　１.xml".encode())):
        (tmp_path / os.fsdecode(name)).write_bytes(INVOICE.replace(b"INV-1", b"INV-%d" % number))
    result = read_folder(tmp_path)
    assert [f.file for f in result.files] == ["line\\x0abreak.xml", "名字　１.xml", "\\xff\\xfe.xml"]
    assert {f.status for f in result.files} == {FileStatus.USED}
    assert all(d.source.file.encode() for d in result.documents)


def test_what_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        read_folder(tmp_path / "missing")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    assert read_bytes(data, source("x")).status in FileStatus


@settings(max_examples=250, deadline=None)
@given(st.sampled_from([to_ubl(d) for d in chain()] + [to_csv(chain())]), st.data())
def test_no_damage_to_a_document_raises(document: bytes, draw: st.DataObject) -> None:
    """Cut, doubled or replaced anywhere, a document is read or refused, never an error of ours."""
    start = draw.draw(st.integers(0, len(document)))
    end = draw.draw(st.integers(start, min(len(document), start + 60)))
    middle = draw.draw(
        st.sampled_from(
            [b"", b"0", b"-", b"\xff", b"NaN", b"&amp;", b"<", b",", b"\n", document[start:end] * 2]
        )
    )
    result = read_bytes(document[:start] + middle + document[end:], source("x"))
    assert result.status in FileStatus
    assert all(e.message and e.file == "x" for e in result.exceptions)
