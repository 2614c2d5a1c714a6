from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agents.dead_letters import REPLAYED_OFFSET, Letter, letters_of
from agents.replay import CHUNK, home_in, replay
from streams.kafka_replay import PutBack
from streams.testing.broker import MemoryBroker
from streams.testing.logs import Cluster, MemoryRecord
from streams.testing.store import MemoryStore, StoreServer

THEN_MS = 1_735_800_000_000
LATER_MS = THEN_MS + 86_400_000


class Written:
    """Keeps what is put back, transaction by transaction."""

    def __init__(self) -> None:
        self.transactions: list[Sequence[PutBack]] = []

    async def put_back(self, records: Sequence[PutBack]) -> None:
        self.transactions.append(records)


def a_letter(offset: int = 0, source: int = 0) -> Letter:
    return Letter(
        id=f"1:{offset}",
        at_ms=LATER_MS,
        stage="decode",
        reason="amount is wrong",
        topic="transactions",
        partition=1,
        offset=source,
        key=b"c-1",
        value=b"{}",
        headers=(("trace", b"x"), ("tierline-error-stage", b"decode")),
    )


async def put_back(letters: Sequence[Letter], originals: Sequence[Letter] | None = None) -> Written:
    cluster = Cluster(partitions=3)
    cluster.log("transactions", 1).append(b"c-1", b"{}", THEN_MS)
    server = StoreServer()
    server.at(2).customers["c-2"] = b"packed"
    written = Written()
    told: list[int] = []
    known = {letter.id: letter for letter in originals or letters}
    await replay(MemoryBroker(cluster), written, home_in(MemoryStore(server), 3), letters, known, told.append)
    assert told[-1] == len(letters)
    return written


async def test_a_record_goes_back_to_its_partition_with_its_own_time_and_headers() -> None:
    ((record, _),) = (await put_back([a_letter()])).transactions
    assert (record.topic, record.partition, record.key, record.value) == ("transactions", 1, b"c-1", b"{}")
    assert record.timestamp_ms == THEN_MS
    assert list(record.headers) == [("trace", b"x")]


async def test_its_mark_stands_in_the_same_transaction_and_names_the_letter() -> None:
    ((_, mark),) = (await put_back([a_letter(offset=7)])).transactions
    assert (mark.topic, mark.partition, mark.value) == ("dead-letters", 1, None)
    assert (REPLAYED_OFFSET, b"7") in mark.headers
    letter = MemoryRecord(7, LATER_MS, b"c-1", b"{}", a_letter().headers)
    stands = MemoryRecord(8, LATER_MS, mark.key, mark.value, tuple(mark.headers))
    assert [found.replayed for found in letters_of(1, [letter, stands])] == [True]


async def test_a_record_that_retention_removed_gets_the_time_at_which_it_was_set_aside() -> None:
    ((record, _),) = (await put_back([a_letter(source=99)])).transactions
    assert record.timestamp_ms == LATER_MS


async def test_a_mended_key_goes_where_its_customer_lives_or_where_the_key_leads() -> None:
    letter = a_letter()
    for key, partition in ((b"c-2", 2), (b"c-3", None)):
        mended = msgspec.structs.replace(letter, key=key)
        ((record, mark),) = (await put_back([mended], [letter])).transactions
        assert (record.key, record.partition) == (key, partition)
        assert mark.partition == 1


async def test_many_letters_go_in_transactions_of_bounded_size() -> None:
    letters = [a_letter(offset) for offset in range(CHUNK + 1)]
    written = await put_back(letters)
    assert [len(records) for records in written.transactions] == [2 * CHUNK, 2]
