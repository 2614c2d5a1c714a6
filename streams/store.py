"""The fenced store on Redis or Valkey: one function call a commit, one hash tag a partition.

What is stored, and the three functions that write it, stand in ``store.lua``. The invariant: a partition's
customers, outbox and position are those of one commit, whatever died in between; a paused former owner
cannot write, since every call carries the token of its claim.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from typing import Final, cast

import msgspec
import redis.asyncio
from redis.exceptions import ReadOnlyError, RedisError

from schemas.mistakes import Mistake
from schemas.partition import LAYOUT, PartitionState
from schemas.position import Position
from streams.outbox import pack_item, unpack_item
from streams.ports import Claimed, Commit, Kept, OutboxItem, Outcome, Standing, StoreUnavailable

SOCKET_TIMEOUT_S: Final = 10.0
"""Longest wait for an answer: well below the group's session timeout, so that a stuck store is noticed first."""

SEEN_DAYS: Final = 4
"""Arrival days whose hashes are kept: the open day and the three before, so that three closes may lie between."""

_encode_state = msgspec.json.Encoder().encode
_decode_state = msgspec.json.Decoder(PartitionState).decode


class UnknownLayout(Mistake):
    """State at rest was written by another version of Tierline; ``tierline rebuild`` makes it anew."""

    def __init__(self, layout: int) -> None:
        super().__init__(
            f"the store holds state of layout {layout}, this version reads {LAYOUT} and {LAYOUT - 1}: "
            "stop the workers and run `tierline rebuild --namespace NEW`"
        )


def decode_state(data: bytes) -> PartitionState:
    """Read a stored partition state, of this layout or the one before; ``UnknownLayout`` if another version wrote it."""
    layout = msgspec.json.decode(data, type=dict[str, object]).get("layout")
    if layout not in (LAYOUT, LAYOUT - 1):
        raise UnknownLayout(cast("int", layout))
    state = _decode_state(data)
    state.layout = LAYOUT  # what is written from now on, the version before cannot read
    return state


class RedisStore:
    """A ``Store`` on one Redis or Valkey (7.0 or later), or a cluster behind one address."""

    def __init__(self, url: str, namespace: str = "", journal: str = "") -> None:
        """``journal`` names the journal (its topic prefix): the keys that open it belong to no namespace."""
        self._redis = redis.asyncio.Redis.from_url(
            url, socket_timeout=SOCKET_TIMEOUT_S, socket_connect_timeout=SOCKET_TIMEOUT_S
        )
        self._namespace = namespace
        self._journal = journal

    async def open(self) -> None:
        """Load the functions and check that the store never evicts; ``StoreRefused`` if it might."""
        code = resources.files("streams").joinpath("store.lua").read_text()
        async with self._translated():
            await self._redis.function_load(code, replace=True)
            policy = (await self._redis.config_get("maxmemory-policy"))["maxmemory-policy"]
        if policy != "noeviction":
            raise StoreRefused(str(policy))

    async def close(self) -> None:
        """Free the connections."""
        await self._redis.aclose()

    async def claim(self, partition: int, token: str) -> Claimed:
        async with self._translated():
            found = await self._call("tierline_claim_v1", [self._key(partition, "meta")], [token])
            state, commit_no, relayed, journal_offset = cast("list[bytes | None]", found)
            decoded = decode_state(state) if state else None
            policy = cast("bytes | None", await self._redis.get(self._key(partition, "policy")))
            days = _seen_days(decoded)
            keys = [self._key(partition, f"seen:{day}") for day in days]
            values = cast("list[bytes | None]", await self._redis.mget(keys)) if keys else []
            erased = cast("set[bytes]", await self._redis.smembers(self._key(partition, "erased")))
        return Claimed(
            state=decoded,
            commit_no=int(commit_no or 0),
            relayed=Position.parse(relayed.decode()) if relayed else None,
            journal_offset=int(journal_offset or 0),
            policy=policy,
            seen={day: value for day, value in zip(days, values, strict=True) if value},
            erased=frozenset(customer.decode() for customer in erased),
        )

    async def commit(self, partition: int, commit: Commit) -> Outcome:
        seen_day, seen = commit.seen or (0, b"")
        prefix = self._key(partition, "")
        keys = [prefix + name for name in ("meta", "ids", "outbox", "policy", f"seen:{seen_day}", "erased")]
        keys.append(self._keys_key(partition))
        keys += [f"{prefix}seen:{day}" for day in commit.forget_days]
        keys += [f"{prefix}c:{erasure.customer_id or ''}" for erasure in commit.erased]
        keys += [f"{prefix}c:{customer_id}" for customer_id, _ in commit.customers]
        values: list[str | bytes | int] = [
            commit.token,
            commit.commit_no,
            str(commit.from_position),
            str(commit.state.position),
            _encode_state(commit.state),
            pack_item(commit.outbox) if commit.outbox else b"",
            commit.policy or b"",
            seen,
            len(commit.new_ids),
            len(commit.forget_days),
            len(commit.keys),
            len(commit.erased),
            *commit.new_ids,
        ]
        for customer, key in commit.keys.items():
            values += [customer, key]
        for erasure in commit.erased:
            values += [erasure.customer, erasure.customer_id or ""]
        values += [value for _, value in commit.customers]
        async with self._translated():
            return Outcome((await self._call("tierline_commit_v1", keys, values)).decode())

    async def standing(self, partition: int) -> Standing:
        async with self._translated():
            found = await self._redis.hmget(self._key(partition, "meta"), ["token", "commit_no"])
            waiting = await self._redis.llen(self._key(partition, "outbox"))
        token, commit_no = cast("list[bytes | None]", found)
        return Standing(token.decode() if token else None, int(commit_no or 0), waiting)

    async def kept(self, partition: int) -> Kept | None:
        async with self._translated():
            found = await self._redis.hmget(self._key(partition, "meta"), ["state", "relayed"])
        state, relayed = cast("list[bytes | None]", found)
        return Kept(decode_state(state), Position.parse(relayed.decode()) if relayed else None) if state else None

    async def customers(self, partition: int, ids: Sequence[str]) -> list[bytes | None]:
        if not ids:
            return []
        prefix = self._key(partition, "c:")
        async with self._translated():
            return cast("list[bytes | None]", await self._redis.mget([prefix + customer for customer in ids]))

    async def ids(self, partition: int, first: int, count: int) -> list[str]:
        async with self._translated():
            key = self._key(partition, "ids")
            found = cast("list[bytes]", await self._redis.lrange(key, first, first + count - 1))
        return [customer_id.decode() for customer_id in found]

    async def keys(self, partition: int, customers: Sequence[str]) -> list[bytes | None]:
        if not customers:
            return []
        async with self._translated():
            found = await self._redis.hmget(self._keys_key(partition), list(customers))
        return cast("list[bytes | None]", found)

    async def outbox(self, partition: int, count: int) -> list[OutboxItem]:
        async with self._translated():
            items = cast("list[bytes]", await self._redis.lrange(self._key(partition, "outbox"), 0, count - 1))
        return [unpack_item(item) for item in items]

    async def trim(self, partition: int, token: str, relayed: Position, journal_offset: int | None) -> Outcome:
        keys = [self._key(partition, "meta"), self._key(partition, "outbox")]
        values = [token, str(relayed), "" if journal_offset is None else str(journal_offset)]
        async with self._translated():
            return Outcome((await self._call("tierline_trim_v1", keys, values)).decode())

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands, without claiming it; None if it was never committed."""
        async with self._translated():
            meta = self._key(partition, "meta")
            found = await self._redis.hmget(meta, ["state", "commit_no", "relayed", "journal_offset"])
            state, commit_no, relayed, journal_offset = cast("list[bytes | None]", found)
            policy = cast("bytes | None", await self._redis.get(self._key(partition, "policy")))
        if not state:
            return None
        position = Position.parse(relayed.decode()) if relayed else None
        return Claimed(decode_state(state), int(commit_no or 0), position, int(journal_offset or 0), policy, {})

    async def _call(self, function: str, keys: Sequence[str], values: Sequence[object]) -> bytes:
        return cast("bytes", await self._redis.fcall(function, len(keys), *keys, *values))

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """The driver's errors as the port's: after any of them the outcome is unknown.

        A server that became a replica keeps its clients; all go, since another of them might read there what is old by now.
        """
        try:
            yield
        except (RedisError, OSError, TimeoutError) as error:
            if isinstance(error, ReadOnlyError):
                await self._redis.connection_pool.disconnect()
            msg = f"the store did not answer: {type(error).__name__}: {error}"
            raise StoreUnavailable(msg) from error

    def _key(self, partition: int, name: str) -> str:
        return f"{self._namespace}{{p{partition}}}:{name}"

    def _keys_key(self, partition: int) -> str:
        return f"journal-keys:{self._journal}{{p{partition}}}"


class StoreRefused(Mistake):
    """The store might evict what it holds, which would lose customers silently."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"the store's maxmemory-policy is {policy!r}, expected 'noeviction': "
            "an evicted customer would be lost; set `maxmemory-policy noeviction` in its configuration"
        )


def _seen_days(state: PartitionState | None) -> list[int]:
    if state is None or state.open_day is None:
        return []
    return [state.open_day - back for back in reversed(range(SEEN_DAYS))]
