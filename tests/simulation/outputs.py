"""Outputs are those of a clean replay, in order, none twice; dead letters those of what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from schemas.journal import FactsRejected, InteractionRejected, RecordSkipped
from streams.sealing import hash_of
from streams.testing.logs import Cluster, MemoryRecord
from tests.simulation.evidence import Evidence, erasures
from tests.simulation.history import TOLD, entries_of

Content = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


def outputs_problems(evidence: Evidence, replayed: Cluster, number: int) -> Iterator[str]:
    erased = {entry.customer for entry in erasures(evidence.cluster, number)}
    for topic in ("tier-changes", "alerts"):
        # A replay knows of erased customers from the start that nothing is to be known of them.
        here = [content for content in _contents(evidence.cluster, topic, number) if _key_hash(content) not in erased]
        clean = _contents(replayed, topic, number)
        ids = [dict(headers)["ce_id"] for _, _, headers in here]
        if len(set(ids)) != len(ids):
            yield f"{topic}[{number}]: {len(ids) - len(set(ids))} ids come twice"
        yield from _difference(f"{topic}[{number}]", here, clean)
    here = [_content(record) for record in evidence.cluster.log("journal", number).committed()]
    again = [_content(record) for record in replayed.log("journal", number).committed()][len(here) :]
    yield from _difference(f"journal[{number}]", here, again)
    yield from _dead_letters(evidence, replayed, number)


def _dead_letters(evidence: Evidence, replayed: Cluster, number: int) -> Iterator[str]:
    """Letters of unreadable records are the clean replay's; those that the journal tells of match its entries."""
    letters = [_content(record) for record in evidence.cluster.log("dead-letters", number).committed()]
    clean = [_content(record) for record in replayed.log("dead-letters", number).committed()]
    yield from _difference(
        f"dead-letters[{number}]",
        [letter for letter in letters if not _journalled(letter)],
        [letter for letter in clean if not _journalled(letter)],
    )
    told = [_where(letter) for letter in letters if _journalled(letter)]
    expected = [
        ("transactions", entry.after)
        if isinstance(entry.payload, RecordSkipped)
        else ("customers" if isinstance(entry.payload, FactsRejected) else "interactions", entry.payload.source_offset)
        for entry in entries_of(evidence.cluster, number)
        if isinstance(entry.payload, FactsRejected | InteractionRejected | RecordSkipped)
    ]
    if told != expected:
        yield f"dead-letters[{number}]: of {told}, but the journal tells of {expected}"
    unreadable = {_where(letter)[1] for letter in letters if not _journalled(letter)}
    visible = {record.offset for record in evidence.cluster.log("transactions", number).committed()}
    missing = {offset for partition, offset in evidence.bad if partition == number and offset in visible} - unreadable
    if missing:
        yield f"dead-letters[{number}]: none for unreadable records at {sorted(missing)}"


def _contents(cluster: Cluster, topic: str, number: int) -> list[Content]:
    return [_content(record) for record in cluster.log(topic, number).committed()]


def _key_hash(content: Content) -> str:
    return hash_of((content[0] or b"").decode())


def _content(record: MemoryRecord) -> Content:
    return record.key, record.value, tuple(record.headers)


def _where(letter: Content) -> tuple[str, int]:
    headers = dict(letter[2])
    return headers["tierline-error-topic"].decode(), int(headers["tierline-error-offset"])


def _journalled(letter: Content) -> bool:
    headers = dict(letter[2])
    return headers["tierline-error-stage"] == b"apply" or headers["tierline-error-topic"].decode() in TOLD


def _difference(name: str, here: list[Any], clean: list[Any]) -> Iterator[str]:
    for index, (one, other) in enumerate(zip_longest(here, clean)):
        if one != other:
            yield f"{name}: {len(here)} outputs, clean replay {len(clean)}; number {index} is {one}, clean replay {other}"
            return
