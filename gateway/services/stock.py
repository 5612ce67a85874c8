"""A keeper's word: files are taken in once, events count once; stock is shown with what does not agree."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.domain.calendar import day_of, iso
from gateway.domain.stock import Difference, Event
from gateway.domain.stock_comparison import compare
from gateway.domain.stock_feeds import FeedTerms, Heartbeat, RefusedFeed, differences_of_feed, heartbeat
from gateway.domain.stock_fold import Held, Position, Stock, differences_of, fold
from gateway.domain.stock_settled import repeats, settle
from gateway.domain.trade import plain
from gateway.domain.trade_rules import Effect, Finding
from gateway.ports.receipts import Receipts
from gateway.ports.stock import Feed, FeedRead, Signature, StockBook
from gateway.problems import Problem
from gateway.services.trade import describe_finding


def take_in(
    book: StockBook, read: FeedRead, content: bytes, now: int, signature: Signature | None = None
) -> dict[str, Any]:
    """Keep a keeper's file and its events; the same content again changes nothing and has the first answer, and the
    message that it came in is kept with its signature.

    `now`: when it came, seconds since 1970. What is refused of a file is kept with it and named; events told otherwise
    than before are named as well. Raises Problem(MESSAGE-REUSED) when a message's id came before with another content.
    """
    book.wait_for_turn()
    sent = None if signature is None else book.feed_of_message(read.keeper, signature.message)
    if sent is not None and sent.sha256 != read.sha256:
        raise Problem("MESSAGE-REUSED", "this message id came before with another content", status=409)
    before = book.feed(read.keeper, read.sha256)
    if before is not None:
        if signature is not None and sent is None:
            book.add_message(before, read.file, now, signature)
        kept: dict[str, Any] = json.loads(before.answer)
        return kept
    read = read.received(now)
    answer = _answer(read, _told_before(book, read))
    said_at = None if read.said is None else int(read.said.timestamp())
    feed = Feed(
        read.keeper, read.sha256, read.file, read.form, read.status, said_at, now,
        json.dumps(answer, ensure_ascii=False), "" if signature is None else signature.message,
    )  # fmt: skip
    book.add(feed, content, read.events, signature)
    return answer


def _told_before(book: StockBook, read: FeedRead) -> Sequence[Event]:
    """Events told before that these are, take back or are told in the place of: by their names, and by their moments,
    as the same may be known by another name."""
    names = {event.name for event in read.events}
    names |= {name for event in read.events if event.error for name in event.error.corrected_by}
    moments = {event.at for event in read.events}
    return [*book.named(read.keeper, sorted(names)), *book.of_moments(read.keeper, sorted(moments))]


def _answer(read: FeedRead, before: Sequence[Event]) -> dict[str, Any]:
    known = repeats(read.events, before)
    told = settle([*before, *read.events]).differences - settle(before).differences
    notes = [*_with(read.findings, Effect.NOTE), *_known_otherwise(read, known)]
    return {
        "keeper": read.keeper,
        "file": read.file,
        "sha256": read.sha256,
        "form": read.form,
        "status": str(read.status),
        "said_at": None if read.said is None else instant(int(read.said.timestamp())),
        "used": len(read.events) - len(known),
        "repeated": len(known),
        "exceptions": [describe_finding(each) for each in _with(read.findings, Effect.REFUSE)],
        "notes": [describe_finding(each) for each in notes],
        "differences": [describe_difference(each) for each in sorted(told)],
    }


def _known_otherwise(read: FeedRead, known: Mapping[int, str]) -> Iterator[Finding]:
    """Events that count once, though told with a number here and without one there."""
    for place, name in known.items():
        event = read.events[place]
        if event.name != name:
            message = f"the same was told as {name}: it counts once, as one of the two has no number"
            yield Finding(
                read.file,
                event.id,
                event.position,
                "EVENT-REPEATED",
                read.fields.event,
                message,
                found=event.name,
            )


def _with(findings: Sequence[Finding], effect: Effect) -> Iterator[Finding]:
    return (each for each in findings if each.effect is effect)


def describe_difference(difference: Difference) -> dict[str, Any]:
    """A difference as people read it: which rule, where, both values."""
    return {
        "rule": difference.rule,
        "keeper": difference.keeper,
        "lot": difference.lot,
        "place": difference.place,
        "unit": difference.unit,
        "subject": difference.subject,
        "expected": difference.expected,
        "found": difference.found,
        "message": difference.message,
    }


@dataclass(frozen=True, slots=True)
class Word:
    """What keepers told, as of a day: stock, what does not agree, how old each keeper's word is, and the files of each
    that were not used whole and are not put right."""

    stock: Stock
    differences: tuple[Difference, ...]
    heartbeats: Mapping[int, Heartbeat]
    refused: Mapping[int, Sequence[RefusedFeed]]


def word_of(
    book: StockBook,
    day: int,
    terms: FeedTerms,
    rhythms: Mapping[int, int],
    receipts: Receipts | None = None,
    keeper: int | None = None,
    *,
    until: int | None = None,
) -> Word:
    """What one keeper told, or all did. `rhythms`: days from word to word, of keepers with whom another than the rule's
    was agreed. With `receipts` stock is compared with what they stand for. `until`: as it stood before that moment
    (seconds since 1970)."""
    stock = fold(book.events(keeper), None if until is None else datetime.fromtimestamp(until, UTC))
    last = book.last_words(until)
    refused: dict[int, list[RefusedFeed]] = defaultdict(list)
    for feed in book.refused(keeper, until):
        refused[feed.keeper].append(feed)
    known = {place.keeper for place in stock.positions} | last.keys() | refused.keys()
    issuing = set(receipts.keepers()) if receipts is not None else set()
    known |= issuing
    keepers = sorted(who for who in known if keeper in (None, who))
    found = [
        *differences_of(stock),
        *(each for files in refused.values() for feed in files for each in differences_of_feed(feed)),
    ]
    if receipts is not None:
        # Who issues no receipts stores goods that none stands for, and nothing is wrong with them.
        asked = [who for who in keepers if who in issuing]
        found += [each for who in asked for each in compare(who, stock, receipts.lots(who))]
    beats = {
        who: heartbeat(day_of(last[who]) if who in last else None, day, terms, rhythms.get(who))
        for who in keepers
    }
    return Word(stock, tuple(sorted(set(found))), beats, refused)


def describe_stock(word: Word) -> Iterator[dict[str, Any]]:
    """Each position that is told of, with what does not agree about its lot."""
    by_lot: dict[tuple[int, str], list[Difference]] = defaultdict(list)
    for each in word.differences:
        by_lot[each.keeper, each.lot].append(each)
    for position, held in word.stock.positions.items():
        here = [each for each in by_lot[position.keeper, position.lot] if each.place in ("", position.place)]
        yield _position(position, held, word.heartbeats[position.keeper]) | {
            "differences": [describe_difference(each) for each in here]
        }


def _position(position: Position, held: Held, beat: Heartbeat) -> dict[str, Any]:
    return {
        "keeper": position.keeper,
        "place": position.place,
        "lot": position.lot,
        "unit": position.unit,
        "quantity": plain(held.quantity),
        "sound": plain(held.sound),
        "book": plain(held.book),
        "counted": None if held.counted is None else plain(held.counted),
        "received": plain(held.received),
        "shipped": plain(held.shipped),
        "contested": held.contested,
        "last_event": held.last_event.isoformat(),
        "last_count": None if held.last_count is None else held.last_count.isoformat(),
        "word": describe_heartbeat(beat),
    }


def describe_heartbeat(beat: Heartbeat) -> dict[str, Any]:
    """How a keeper's word stands (GI-55-feed)."""
    return {
        "state": beat.state,
        "last_day": None if beat.last_day is None else iso(beat.last_day),
        "late_days": beat.late_days,
        "drawable_percent": beat.percent,
    }


def describe_telling(event: Event, part: int) -> dict[str, Any]:
    """The first telling of an event, which is its part of this number; none of an event that tells nothing of goods."""
    telling = event.tellings[0] if event.tellings else None
    sensor = None if telling is None else telling.sensor
    return {
        "event": event.name,
        "part": part,
        "kind": "" if telling is None else str(telling.kind),
        "at": event.at.isoformat(),
        "recorded": None if event.recorded is None else event.recorded.astimezone(UTC).isoformat(),
        "place": "" if telling is None else telling.place,
        "origin": "" if telling is None else telling.origin,
        "container": "" if telling is None else telling.container,
        "lot": "" if telling is None else telling.goods,
        "item": "" if telling is None else telling.item,
        "thing": "" if telling is None else telling.thing,
        "quantity": None if telling is None or telling.quantity is None else plain(telling.quantity),
        "unit": "" if telling is None else telling.unit,
        "step": event.step,
        "disposition": event.disposition,
        "documents": [{"kind": kind, "number": number} for kind, number in event.documents],
        "sensor": None if sensor is None else {
            "type": sensor.type, "value": plain(sensor.value), "unit": sensor.unit, "least": plain(sensor.least),
            "most": plain(sensor.most), "exception": sensor.exception, "text": sensor.text,
        },
        "taken_back": event.error is not None,
        "reason": "" if event.error is None else event.error.reason,
        "corrected_by": [] if event.error is None else list(event.error.corrected_by),
        "feed": event.sha256,
        "position": event.position,
    }  # fmt: skip


def instant(seconds: int | None) -> str | None:
    """A time in seconds since 1970 as RFC 3339."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
