"""Each kind of bad record on a real broker: set aside with its reason, mended in a file, put back and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer

from deploy.topics import create_topics
from tests.real.commands import tierline
from tests.real.verdict import read_all
from tests.real.workers import Site

STAMP_MS = 1_735_783_200_000
"""2025-01-02 10:00 in Shanghai."""
GOOD = {
    "transaction_id": "t1",
    "customer_id": "c1",
    "account_id": "a1",
    "booked_at": "2025-01-02T10:00:00+08:00",
    "amount": 100,
    "currency": "CNY",
    "product": "deposit",
    "kind": "transfer",
    "channel": "online",
    "initiator": "customer",
}
FAR = "2031-01-01T00:00:00+08:00"


def _without(name: str) -> bytes:
    return json.dumps({key: value for key, value in GOOD.items() if key != name}).encode()


def _with(**changed: object) -> bytes:
    return json.dumps({**GOOD, **changed}).encode()


class Bad(NamedTuple):
    """A bad record, a word of its reason, and what a person puts in place of what is wrong (all: the whole value)."""

    what: str
    value: bytes | None
    word: str
    mended: dict[str, Any]
    key: bytes = b"c1"


BAD = (
    Bad("not JSON", b"{nope", "JSON", GOOD),
    Bad("a wrong type", _with(amount="12"), "amount", {}),
    Bad("a missing field", _without("currency"), "currency", {"currency": "CNY"}),
    Bad("no value", None, "value", GOOD),
    Bad("an unknown word", _with(product="crypto"), "product", {"product": "deposit"}),
    Bad("too large an amount", _with(amount=10**15 + 1), "amount", {}),
    Bad("another key", _with(), "c2", {}, key=b"c2"),
    Bad("a far future", _with(booked_at=FAR), "2031", {"booked_at": GOOD["booked_at"]}),
    Bad("an unknown currency", _with(currency="ZZZ"), "ZZZ", {"currency": "CNY"}),
    Bad("five megabytes", _with(category="x" * 5_000_000), "byte", {"category": "x"}),
)


@pytest.fixture
async def site(broker: str, store: str, topic_prefix: str, namespace: str, tmp_path: Path) -> Site:
    await create_topics(broker, topic_prefix, 1)
    return Site(broker, store, topic_prefix, namespace, tmp_path)


async def _put_all(site: Site) -> None:
    """The bad records, facts of the customer, and a good record of 200,000.00."""
    async with AIOKafkaProducer(bootstrap_servers=site.broker, max_request_size=9_000_000) as producer:
        for bad in BAD:
            await producer.send_and_wait(f"{site.prefix}transactions", bad.value, key=bad.key, timestamp_ms=STAMP_MS)
        facts = b'{"customer_id": "c1", "kind": "personal"}'
        await producer.send_and_wait(f"{site.prefix}customers", facts, key=b"c1", timestamp_ms=STAMP_MS)
        good = _with(amount=20_000_000)
        await producer.send_and_wait(f"{site.prefix}transactions", good, key=b"c1", timestamp_ms=STAMP_MS)


def _mended(number: int, line: dict[str, Any]) -> dict[str, Any]:
    """A line of `dead-letters list --json` as a person corrects it: a booking of its own, of 2 to the ``number`` in all."""
    standing = line["value"] if isinstance(line["value"], dict) else {}
    own = {"transaction_id": f"m{number}", "amount": 100 * 2**number}
    return {**line, "key": "c1", "value": {**standing, **BAD[number].mended, **own}}


async def test_each_kind_of_bad_record_is_a_dead_letter_with_a_reason_and_counts_once_it_is_mended_and_put_back(
    site: Site, tmp_path: Path
) -> None:
    await _put_all(site)
    await site.drain()
    letters = await read_all(site.broker, f"{site.prefix}dead-letters", 0)
    assert len(letters) == len(BAD)
    for bad, letter in zip(BAD, letters, strict=True):
        headers = dict(letter.headers)
        assert bad.word in headers["tierline-error-reason"].decode(), bad.what
        assert headers["tierline-error-stage"] == b"decode", bad.what
        assert (letter.key, letter.value) == (bad.key, bad.value), bad.what
    changes = await read_all(site.broker, f"{site.prefix}tier-changes", 0)
    assert [json.loads(change.value)["to"] for change in changes] == ["gold"], "the stream goes on"

    lines = (await tierline(site, "dead-letters", "list", "--json")).lines
    assert [line["offset"] for line in lines] == list(range(len(BAD)))
    file = tmp_path / "letters.jsonl"
    file.write_text("\n".join(json.dumps(_mended(number, line)) for number, line in enumerate(lines)))
    replayed = await tierline(site, "dead-letters", "replay", "--from-file", str(file))
    assert (replayed.code, replayed.out) == (0, f"put back {len(BAD)} records\n"), replayed.err
    await site.drain()

    (told,) = (await tierline(site, "explain", "--json", "c1")).lines
    every = 2 ** len(BAD) - 1
    assert told["measures"]["aum"] == 200_000 + every, f"missing or counted twice: {told['measures']['aum']:b}"
    assert told["measures"]["txn_count_7d"] == 1 + len(BAD)
    assert told["as_of"] == "2025-01-02", "a record that goes back keeps its time"
    assert f"0 waiting, {len(BAD)} put back" in (await tierline(site, "dead-letters", "list")).out
