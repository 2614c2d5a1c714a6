"""Overriding a level: checked against what is active in the store, then told like any fact of the customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from agents.policy.compile import compile_policies
from agents.policy.mistakes import did_you_mean
from agents.replay import home_in
from schemas.facts import CustomerFacts, OverrideFacts
from schemas.journal import PolicyActivated
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from streams.calendar import date_of
from streams.kafka_replay import PutBack
from streams.outputs import CUSTOMERS
from streams.ports import Claimed, Store
from streams.rows import Vocabulary

SOURCE: Final = "override"
"""The source under which overrides are told."""

_decode_policy = msgspec.json.Decoder(PolicyActivated).decode
_encode = msgspec.json.Encoder().encode


class PeekedStore(Store, Protocol):
    """What is asked before an override is told."""

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands; None if it was never committed."""
        ...


async def override_record(store: PeekedStore, partitions: int, customer_id: str, override: OverrideFacts) -> PutBack:
    """The record of ``customers`` that tells ``override``; ``Mistake`` if it could have no effect."""
    partition = await home_in(store, partitions)(customer_id)
    if partition is None:
        msg = f"customer {customer_id!r} is not known: is the id right, and are TIERLINE_STORE and TIERLINE_NAMESPACE?"
        raise Mistake(msg)
    claimed = await store.peek(partition)
    if claimed is None or claimed.state is None or not claimed.policy:
        msg = f"no policies are active yet in partition {partition}, where {customer_id!r} lives: run a worker first"
        raise Mistake(msg)
    _check_place(override, _decode_policy(claimed.policy))
    if override.level is not None:
        _check_until(override, claimed.state)
    facts = CustomerFacts(customer_id=customer_id, source=SOURCE, override=override)
    return PutBack(topic=CUSTOMERS, partition=partition, key=customer_id.encode(), value=_encode(facts))


def _check_place(override: OverrideFacts, policy: PolicyActivated) -> None:
    schemes = {compiled.tiers.name: compiled.tiers for compiled in compile_policies(policy.files, Vocabulary()).schemes}
    scheme = schemes.get(override.scheme)
    if scheme is None:
        raise Mistake(_unknown("scheme", override.scheme, schemes))
    if override.level is not None and override.level not in scheme.positions:
        raise Mistake(_unknown(f"level of {override.scheme}", override.level, scheme.positions))


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    hint = did_you_mean(name, known)
    return f"{name!r} is no {what}; expected one of {', '.join(known)}" + (f": {hint}" if hint else "")


def _check_until(override: OverrideFacts, state: PartitionState) -> None:
    today = None if state.open_day is None else date_of(state.open_day)
    if today is not None and override.until < today:
        msg = f"--until is {override.until}, the open day is {today} already: give that day or a later one"
        raise Mistake(msg)


def day(text: str) -> dt.date:
    """``--until`` as a date; ``Mistake`` if it is none."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        msg = f"--until is {text!r}; expected a date such as 2026-12-31"
        raise Mistake(msg) from None
