"""Compiling the kernels before work begins: a made-up customer goes once through everything a batch does."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from agents.policy.compile import compile_policies
from agents.policy_files import read_folder
from schemas.settings import Settings
from streams.calendar import BusinessCalendar
from streams.decode import decode
from streams.evaluation import evaluate_for
from streams.ledger.ledger import Ledger
from streams.rows import LookKind, Vocabulary

COLLECTOR_THRESHOLDS: Final = (100_000, 20, 1_000)
"""New objects before a small collection (some ten batches), small ones before a middle one, those before a full one."""

CACHE_BYTES: Final = 1 << 20
"""Cache of the ledger that is thrown away afterwards."""

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class _MadeUp:
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def calm_collector() -> None:
    """Let Python's cycle collector look at young objects only now and then, and hardly ever at old ones.

    A batch makes thousands of records that die with it, and the cache holds a million objects that stay: by default
    both make the collector walk everything again and again (`make bench` shows what that costs). Reference counts free all
    that is not in a cycle; cycles (of exceptions, of futures) are young and found by the small collections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def warm_up(settings: Settings, policies: Mapping[str, str]) -> None:
    """Compile every kernel, or read it from disk: decode, fold, evaluate, pack and unpack a few records."""
    calendar = BusinessCalendar(settings.timezone, settings.cutoff)
    vocabulary = Vocabulary()
    decider = compile_policies(policies, vocabulary)
    ledger = Ledger(calendar, vocabulary, CACHE_BYTES)
    evaluate_for(ledger, decider)
    records = _records(settings.base_currency)
    events, _ = decode(records, calendar, settings.base_currency)
    absent = ledger.absent(events.customers)
    ledger.load(absent, [None] * len(absent))
    day = int(events.day[-1])
    decider.masks(ledger.fold(events, day), LookKind.EVENT)
    slots = ledger.slots(absent)
    decider.masks(ledger.look_at(slots, day), LookKind.EVENT)
    decider.masks(ledger.rows(slots, day))
    ids, packed = ledger.pack_dirty()
    ledger.drop()
    ledger.load(ids, list(packed))
    ledger.rows(ledger.slots(ids), day)


def _records(currency: str) -> list[_MadeUp]:
    """An opening, a booking, one that is late, one taken back: each way through the fold."""
    days = ("2024-02-28", "2024-02-29", "2024-02-27", "2024-03-01")
    extras: tuple[dict[str, object], ...] = (
        {"amount": 0, "kind": "opening", "balance_after": 100_00},
        {"amount": 50_00, "kind": "salary", "balance_after": 160_00},
        {"amount": -5_00, "kind": "purchase"},
        {"amount": -50_00, "kind": "salary", "reverses": "t-1", "reverses_booked_at": "2024-02-29T09:00:00+00:00"},
    )
    records = []
    for offset, (day, extra) in enumerate(zip(days, extras, strict=True)):
        value: dict[str, object] = {
            "transaction_id": f"t-{offset}",
            "customer_id": "warm-up",
            "account_id": "warm-up",
            "booked_at": f"{day}T09:00:00+00:00",
            "currency": currency,
            "product": "deposit",
            "channel": "other",
            "initiator": "customer",
            **extra,
        }
        records.append(_MadeUp(offset, offset * _DAY_MS, b"warm-up", msgspec.json.encode(value)))
    return records


if __name__ == "__main__":
    # At set-up, so that the first worker, demo or test of a machine need not compile for half a minute of CPU.
    warm_up(Settings(broker="", store=""), read_folder(Path("policies")))
