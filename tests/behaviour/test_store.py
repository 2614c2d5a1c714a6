"""What every ``Store`` promises, asked of the model and of a real server in the same words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from schemas.partition import Fingerprint, PartitionState
from schemas.position import Position
from streams.ports import Commit, Erasure, Kept, OutboxItem, Outcome, Output, Standing, Store, StoreUnavailable
from streams.store import RedisStore
from streams.testing.store import MemoryStore, StoreServer

OPEN_DAY = 20_000
MARK, OTHER = "0" * 32, "1" * 32
"""Hashes of customers."""
P = 0


def state(offset: int, *, open_day: int = OPEN_DAY) -> PartitionState:
    return PartitionState(
        position=Position(offset, 2, 1),
        open_day=open_day,
        sources={"customers": 7},
        fingerprint=Fingerprint(offset=offset, timestamp=1, crc=2),
        timezone="Asia/Shanghai",
        cutoff="00:00",
        base_currency="CNY",
        partitions=4,
    )


def commit(token: str, number: int, start: int, end: int) -> Commit:
    """Commit ``number`` of a batch from offset ``start`` to ``end``."""
    return Commit(token=token, commit_no=number, from_position=Position(start, 2, 1), state=state(end))


def item(offset: int, *values: bytes) -> OutboxItem:
    """An item whose outputs stand at successive ordinals of ``offset``."""
    outputs = [(Position(offset, 2, ordinal), Output("alerts", b"k", value)) for ordinal, value in enumerate(values, 1)]
    return OutboxItem(Position(offset, 2, len(values)), outputs)


async def everything(store: Store) -> list[object]:
    """All that a refused call could have changed."""
    claimed = await store.claim(P, "the next owner")
    ids = await store.ids(P, 0, 100)
    keys = await store.keys(P, [MARK, OTHER])
    return [claimed, ids, await store.customers(P, ids), await store.outbox(P, 100), keys]


class StoreBehaviour:
    """The promises; a subclass gives the ``fenced`` store, empty at first."""

    async def test_nobody_owns_a_partition_before_the_first_claim(self, fenced: Store) -> None:
        assert await fenced.standing(P) == Standing(None, 0, 0)

    async def test_a_partition_is_kept_as_its_last_commit_left_it_with_how_far_it_was_relayed_whoever_asks(
        self, fenced: Store
    ) -> None:
        assert await fenced.kept(P) is None
        await fenced.claim(P, "a")
        assert await fenced.kept(P) is None
        await fenced.commit(P, commit("a", 1, 0, 5))
        assert await fenced.kept(P) == Kept(state(5), None)
        await fenced.trim(P, "a", Position(5, 2, 1), None)
        await fenced.claim(P, "b")
        assert await fenced.kept(P) == Kept(state(5), Position(5, 2, 1))

    async def test_standing_tells_the_token_of_the_last_claim_the_number_of_the_last_commit_and_how_many_wait(
        self, fenced: Store
    ) -> None:
        await fenced.claim(P, "a")
        assert await fenced.standing(P) == Standing("a", 0, 0)
        await fenced.commit(P, replace(commit("a", 1, 0, 5), outbox=item(5, b"x")))
        await fenced.commit(P, replace(commit("a", 2, 5, 9), outbox=item(9, b"y")))
        await fenced.claim(P, "b")
        assert await fenced.standing(P) == Standing("b", 2, 2)
        await fenced.trim(P, "b", Position(5, 2, 1), None)
        assert await fenced.standing(P) == Standing("b", 2, 1)

    async def test_the_first_claim_finds_nothing_and_owns_the_partition(self, fenced: Store) -> None:
        claimed = await fenced.claim(P, "a")
        assert claimed.state is None
        assert (claimed.commit_no, claimed.relayed, claimed.journal_offset, claimed.policy) == (0, None, 0, None)
        assert claimed.seen == {}
        assert (await fenced.standing(P)).token == "a"

    async def test_a_claim_finds_the_state_of_the_last_commit(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        assert await fenced.commit(P, commit("a", 1, 0, 5)) is Outcome.APPLIED
        assert await fenced.commit(P, commit("a", 2, 5, 9)) is Outcome.APPLIED
        claimed = await fenced.claim(P, "b")
        assert claimed.state == state(9)
        assert claimed.commit_no == 2

    async def test_the_first_commit_may_start_at_any_position(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        assert await fenced.commit(P, commit("a", 1, 1234, 1300)) is Outcome.APPLIED

    async def test_a_claim_fences_the_former_owner(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        await fenced.commit(P, commit("a", 1, 0, 5))
        await fenced.claim(P, "b")
        assert await fenced.commit(P, commit("a", 2, 5, 9)) is Outcome.FENCED
        assert await fenced.commit(P, commit("b", 2, 5, 9)) is Outcome.APPLIED

    async def test_a_commit_without_a_claim_is_fenced(self, fenced: Store) -> None:
        assert await fenced.commit(P, commit("a", 1, 0, 5)) is Outcome.FENCED

    @pytest.mark.parametrize("number", [1, 2, 4])
    async def test_a_commit_number_that_is_not_the_next_says_rewound(self, fenced: Store, number: int) -> None:
        await fenced.claim(P, "a")
        await fenced.commit(P, commit("a", 1, 0, 5))
        await fenced.commit(P, commit("a", 2, 5, 9))
        assert await fenced.commit(P, commit("a", number, 9, 12)) is Outcome.REWOUND
        assert await fenced.commit(P, commit("a", 3, 9, 12)) is Outcome.APPLIED

    @pytest.mark.parametrize("start", [Position(4, 2, 1), Position(5, 2, 0), Position(5, 3, 1), Position(6, 0, 0)])
    async def test_a_batch_that_does_not_start_where_the_last_ended_says_rewound(
        self, fenced: Store, start: Position
    ) -> None:
        await fenced.claim(P, "a")
        await fenced.commit(P, commit("a", 1, 0, 5))
        assert await fenced.commit(P, replace(commit("a", 2, 0, 9), from_position=start)) is Outcome.REWOUND
        assert await fenced.commit(P, commit("a", 2, 5, 9)) is Outcome.APPLIED

    @pytest.mark.parametrize("token", ["a", "a stale one"])
    async def test_a_refused_commit_changes_nothing(self, fenced: Store, token: str) -> None:
        await fenced.claim(P, "a")
        first = commit("a", 1, 0, 5)
        first.customers, first.new_ids, first.seen = [("ann", b"1")], ["ann"], (OPEN_DAY, b"12345678")
        first.policy, first.outbox = b"policy", item(5, b"x")
        await fenced.commit(P, first)
        before = await everything(fenced)
        await fenced.claim(P, "a")
        refused = commit(token, 3, 5, 9)
        refused.customers, refused.new_ids, refused.seen = [("ann", b"2"), ("bob", b"2")], ["bob"], (OPEN_DAY, b"8" * 8)
        refused.policy, refused.outbox, refused.forget_days = b"other", item(9, b"y"), [OPEN_DAY]
        refused.keys, refused.erased = {MARK: b"k"}, [Erasure(OTHER, "ann")]
        assert await fenced.commit(P, refused) is not Outcome.APPLIED
        assert await everything(fenced) == before

    async def test_customers_come_back_in_the_order_asked_for_and_unknown_ones_as_none(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        first = commit("a", 1, 0, 5)
        first.customers = [("ann", b"\x00\xff|\r\n"), ("bob", b"2")]
        await fenced.commit(P, first)
        assert await fenced.customers(P, ["bob", "eve", "ann"]) == [b"2", None, b"\x00\xff|\r\n"]
        assert await fenced.customers(P, []) == []

    async def test_a_later_commit_replaces_a_customer(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, value in enumerate([b"old", b"new"], 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.customers = [("ann", value)]
            await fenced.commit(P, one)
        assert await fenced.customers(P, ["ann"]) == [b"new"]

    async def test_ids_keep_the_order_in_which_customers_were_first_seen(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, ids in enumerate([["zoe", "ann"], [], ["李雷", "bob"]], 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.new_ids = ids
            await fenced.commit(P, one)
        assert await fenced.ids(P, 0, 10) == ["zoe", "ann", "李雷", "bob"]
        assert await fenced.ids(P, 1, 2) == ["ann", "李雷"]
        assert await fenced.ids(P, 4, 10) == []

    async def test_hashes_of_a_day_are_appended(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, hashes in enumerate([b"11111111", b"2222222233333333"], 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.seen = (OPEN_DAY, hashes)
            await fenced.commit(P, one)
        assert (await fenced.claim(P, "b")).seen == {OPEN_DAY: b"111111112222222233333333"}

    async def test_hashes_of_the_open_day_and_the_three_before_are_found_until_forgotten(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, day in enumerate(range(OPEN_DAY - 3, OPEN_DAY + 1), 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.seen = (day, str(day).encode().ljust(8))
            await fenced.commit(P, one)
        assert sorted((await fenced.claim(P, "a")).seen) == list(range(OPEN_DAY - 3, OPEN_DAY + 1))
        one = commit("a", 5, 25, 30)
        one.forget_days = [OPEN_DAY - 3, OPEN_DAY - 9]
        assert await fenced.commit(P, one) is Outcome.APPLIED
        assert sorted((await fenced.claim(P, "a")).seen) == list(range(OPEN_DAY - 2, OPEN_DAY + 1))

    async def test_the_policy_stays_until_a_commit_brings_another(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, policy in enumerate([b"one", None, b"two", None], 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.policy = policy
            await fenced.commit(P, one)
            assert (await fenced.claim(P, "a")).policy == (b"one" if number < 3 else b"two")

    async def test_keys_are_found_by_hash_and_stay(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for number, keys in enumerate([{MARK: b"\x00\xff"}, {OTHER: b"2"}], 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.keys = keys
            await fenced.commit(P, one)
        assert await fenced.keys(P, [OTHER, "2" * 32, MARK]) == [b"2", None, b"\x00\xff"]
        assert await fenced.keys(P, []) == []
        assert await fenced.keys(P + 1, [MARK]) == [None]

    async def test_an_erasure_takes_record_key_and_id_and_keeps_the_place_and_the_hash(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        first = commit("a", 1, 0, 5)
        first.customers, first.new_ids = [("zoe", b"1"), ("ann", b"2"), ("bob", b"3")], ["zoe", "ann", "bob"]
        first.keys = {MARK: b"k", OTHER: b"l"}
        await fenced.commit(P, first)
        second = commit("a", 2, 5, 9)
        second.erased, second.customers, second.forget_days = [Erasure(MARK, "ann")], [("bob", b"4")], [OPEN_DAY]
        assert await fenced.commit(P, second) is Outcome.APPLIED
        assert await fenced.ids(P, 0, 10) == ["zoe", "", "bob"]
        assert await fenced.customers(P, ["zoe", "ann", "bob"]) == [b"1", None, b"4"]
        assert await fenced.keys(P, [MARK, OTHER]) == [None, b"l"]
        assert (await fenced.claim(P, "b")).erased == {MARK}

    async def test_an_erasure_comes_after_all_else_of_its_commit(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        one = commit("a", 1, 0, 5)
        one.new_ids, one.keys, one.erased = ["zoe", "ann"], {MARK: b"k"}, [Erasure(MARK, "ann"), Erasure(OTHER, None)]
        await fenced.commit(P, one)
        assert await fenced.ids(P, 0, 10) == ["zoe", ""]
        assert await fenced.keys(P, [MARK]) == [None]
        assert (await fenced.claim(P, "b")).erased == {MARK, OTHER}

    async def test_whoever_was_never_seen_can_be_erased(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        one = commit("a", 1, 0, 5)
        one.new_ids, one.erased = ["zoe"], [Erasure(MARK, "ann")]
        await fenced.commit(P, one)
        assert await fenced.ids(P, 0, 10) == ["zoe"]
        assert (await fenced.claim(P, "b")).erased == {MARK}

    async def test_the_outbox_keeps_items_and_outputs_in_the_order_written(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        full = Output("journal", None, None, (("h", b"\x00"), ("h", b"")))
        items = [item(5, b"a", b"b"), OutboxItem(Position(7, 0, 0), [(Position(6, 0, 0), full)]), item(9)]
        for number, one_item in enumerate(items, 1):
            one = commit("a", number, number * 5, number * 5 + 5)
            one.outbox = one_item
            await fenced.commit(P, one)
        assert await fenced.outbox(P, 10) == items
        assert await fenced.outbox(P, 2) == items[:2]

    async def test_trim_drops_what_is_relayed_and_keeps_a_copy_of_how_far(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        for start, end in [(0, 5), (5, 10), (10, 100)]:  # compared as numbers, not as text
            one = commit("a", 1 + start // 5, start, end)
            one.outbox = item(end, b"x")
            assert await fenced.commit(P, one) is Outcome.APPLIED
        assert await fenced.trim(P, "a", Position(10, 2, 1), 77) is Outcome.APPLIED
        assert await fenced.outbox(P, 10) == [item(100, b"x")]
        claimed = await fenced.claim(P, "b")
        assert (claimed.relayed, claimed.journal_offset) == (Position(10, 2, 1), 77)

    async def test_trim_keeps_an_item_that_is_only_partly_relayed(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        one = commit("a", 1, 0, 9)
        one.outbox = item(5, b"a", b"b", b"c")
        await fenced.commit(P, one)
        await fenced.trim(P, "a", Position(5, 2, 2), None)
        assert await fenced.outbox(P, 10) == [one.outbox]
        await fenced.trim(P, "a", Position(5, 2, 3), None)
        assert await fenced.outbox(P, 10) == []

    async def test_trim_without_a_journal_offset_leaves_the_last_one(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        await fenced.commit(P, commit("a", 1, 0, 5))
        await fenced.trim(P, "a", Position(1), 77)
        await fenced.trim(P, "a", Position(2), None)
        claimed = await fenced.claim(P, "b")
        assert (claimed.relayed, claimed.journal_offset) == (Position(2), 77)

    @pytest.mark.parametrize("relayed", [Position(5, 2, 2), Position(5, 3, 0), Position(6, 0, 0)])
    async def test_trim_past_where_the_partition_stands_says_rewound_and_changes_nothing(
        self, fenced: Store, relayed: Position
    ) -> None:
        await fenced.claim(P, "a")
        assert await fenced.trim(P, "a", Position(0), 77) is Outcome.REWOUND
        one = commit("a", 1, 0, 5)
        one.outbox = item(5, b"a")
        await fenced.commit(P, one)
        assert await fenced.trim(P, "a", relayed, 77) is Outcome.REWOUND
        assert await fenced.outbox(P, 10) == [one.outbox]
        claimed = await fenced.claim(P, "b")
        assert (claimed.relayed, claimed.journal_offset) == (None, 0)

    async def test_trim_by_a_former_owner_is_fenced_and_changes_nothing(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        one = commit("a", 1, 0, 5)
        one.outbox = item(5, b"a")
        await fenced.commit(P, one)
        before = await everything(fenced)
        assert await fenced.trim(P, "a", Position(5, 2, 1), 77) is Outcome.FENCED
        assert await everything(fenced) == before

    async def test_partitions_do_not_touch_each_other(self, fenced: Store) -> None:
        await fenced.claim(0, "a")
        await fenced.claim(1, "b")
        one = commit("a", 1, 0, 5)
        one.customers, one.new_ids, one.outbox = [("ann", b"1")], ["ann"], item(5, b"x")
        assert await fenced.commit(0, one) is Outcome.APPLIED
        assert await fenced.customers(1, ["ann"]) == [None]
        assert await fenced.ids(1, 0, 10) == []
        assert await fenced.outbox(1, 10) == []
        assert (await fenced.standing(1)).token == "b"

    async def test_a_commit_of_ten_thousand_new_customers_is_taken_whole(self, fenced: Store) -> None:
        await fenced.claim(P, "a")
        ids = [f"customer {n}" for n in range(10_000)]
        one = commit("a", 1, 0, 5)
        one.new_ids, one.customers = ids, [(customer_id, customer_id.encode()) for customer_id in ids]
        assert await fenced.commit(P, one) is Outcome.APPLIED
        assert await fenced.ids(P, 0, 20_000) == ids
        assert await fenced.customers(P, ids[-2:]) == [b"customer 9998", b"customer 9999"]


class TestMemoryStore(StoreBehaviour):
    @pytest.fixture
    async def fenced(self) -> Store:
        return MemoryStore(StoreServer())


class TestRedisStore(StoreBehaviour):
    @pytest.fixture
    async def fenced(self, store: str, namespace: str) -> AsyncIterator[Store]:
        redis = RedisStore(store, namespace, namespace)
        await redis.open()
        yield redis
        await redis.close()

    async def test_no_connection_to_a_server_that_became_a_replica_is_kept(
        self, store: str, fenced: RedisStore
    ) -> None:
        await fenced.claim(P, "a")
        async with Redis.from_url(store) as server:
            before = await clients(server)
            await server.replicaof("127.0.0.1", 1)  # nobody is there: it keeps what it has
            try:
                with pytest.raises(StoreUnavailable, match="ReadOnlyError"):
                    await fenced.commit(P, commit("a", 1, 0, 5))
                assert await clients(server) == before - 1
            finally:
                await server.replicaof("NO", "ONE")
        assert await fenced.commit(P, commit("a", 1, 0, 5)) is Outcome.APPLIED


async def clients(server: Redis) -> int:
    """Connections that the server has."""
    return int((await server.info("clients"))["connected_clients"])
