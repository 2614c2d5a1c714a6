"""A look of one kind reads what may decide it: less at an event than at a close."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from agents.policy.compile import compile_policies
from schemas.events import Published, TierChanged
from schemas.facts import CustomerFacts, OverrideFacts
from schemas.journal import FactsReceived, PolicyActivated
from schemas.partition import Sweep
from streams.calendar import BusinessCalendar, date_of
from streams.decider import Decider
from streams.evaluation import Evaluation
from streams.ledger.ledger import Ledger
from streams.metrics import Metrics
from streams.rows import LookKind, Vocabulary, Wanted
from streams.testing.store import MemoryStore, StoreServer
from tests.unit.ledger.book import Event, columns
from tests.unit.policy.making import compiled, rows_of

AT_EVENTS = """
scheme = "quick"
base = "low"
[[level]]
name = "high"
enter = "aum >= 10"
"""
AT_CLOSES = """
scheme = "slow"
base = "low"
applies_to = "known(kind)"
[let]
rich = "wealth >= 5"
full = { any = "account", that = "account_balance >= 7" }
[[level]]
name = "high"
enter = "deposits_avg_30d >= 10"
reasons = ["rich"]
carry = ["loans"]
routes = [{ when = "full", roles = ["rm"] }]
[upgrade]
check = "day_close"
[downgrade]
check = "day_close"
"""
"""Reads more than the other scheme, and nothing of it but the scope at events."""


def test_an_event_asks_for_what_decides_at_events_and_for_scopes() -> None:
    policies = compiled(AT_EVENTS, AT_CLOSES)
    assert policies.wanted[LookKind.EVENT] == Wanted(("aum", "kind"))
    everything = Wanted(policies.columns, policies.account_columns)
    assert [policies.wanted[kind] for kind in LookKind if kind != LookKind.EVENT] == [everything] * 4
    assert set(policies.columns) == {"aum", "kind", "deposits_avg_30d", "loans", "wealth"}
    assert policies.account_columns == ("account_balance",)


def test_a_level_that_has_a_new_name_is_told_of_at_any_look() -> None:
    head, _, rest = AT_CLOSES.partition("[let]")
    policies = compiled(f'{head}retired = {{ old = "high" }}\n[let]{rest}')
    assert policies.wanted[LookKind.EVENT] == Wanted(policies.columns, policies.account_columns)


@pytest.mark.parametrize("kind", list(LookKind))
def test_the_conditions_of_a_kind_read_the_same_as_among_all(kind: LookKind) -> None:
    policies = compiled(
        AT_EVENTS, AT_CLOSES.replace('{ any = "account", that = "account_balance >= 7" }', '"loans >= 7"')
    )
    rows = rows_of(policies, {"aum": 2_000, "kind": "personal", "wealth": 900}, {"aum": 5, "loans": 900})
    some, every = policies.masks(rows, kind), policies.masks(rows)
    assert (some & policies.relevant[kind]).tolist() == (every & policies.relevant[kind]).tolist()
    assert (some == every).all() == (kind != LookKind.EVENT)


class Bench:
    """An evaluation over customers that nobody stored before; ``day`` is open."""

    def __init__(self, *texts: str) -> None:
        self.calendar = BusinessCalendar("Asia/Shanghai")
        vocabulary = Vocabulary()
        files = {f"p{place}.toml": text for place, text in enumerate(texts)}
        decider: Decider = compile_policies(files, vocabulary)
        ledger = Ledger(self.calendar, vocabulary, 1 << 26)
        self.evaluation = Evaluation(0, self.calendar, MemoryStore(StoreServer()), ledger, lambda _: decider, Metrics())
        self.evaluation.use(PolicyActivated(version=decider.version, files=files))
        self.day = self.calendar.day_of(1_700_000_000_000_000)
        self.us = self.calendar.start_us(self.day)

    def told(self, customer: str, **facts: object) -> list[TierChanged]:
        entry = FactsReceived(source_offset=0, timestamp_ms=self.us // 1000, customer="x", sealed=b"")
        told = CustomerFacts(customer_id=customer, **facts)  # type: ignore[arg-type]
        return [c for c in asyncio.run(self.evaluation.told(entry, told, self.day)) if isinstance(c, TierChanged)]

    def booked(self, *booked: tuple[str, int]) -> list[tuple[int, TierChanged]]:
        at = f"{date_of(self.day).isoformat()}T09:00:00"
        events = [
            Event(at=at, customer=customer, account=f"{customer}-a", amount=amount) for customer, amount in booked
        ]
        return _tiers(asyncio.run(self.evaluation.transactions(columns(events, self.calendar), self.day)))

    def closed(self, ids: Sequence[str]) -> list[tuple[int, TierChanged]]:
        sweep = Sweep(day=self.day, total=len(ids), policy=False)
        return _tiers(asyncio.run(self.evaluation.close(ids, sweep, 0)).changes)


def _tiers(told: list[tuple[int, Published]]) -> list[tuple[int, TierChanged]]:
    return [(place, change) for place, change in told if isinstance(change, TierChanged)]


def overriding(bench: Bench, days: int) -> OverrideFacts:
    until = date_of(bench.day + days)
    return OverrideFacts(scheme="slow", level="high", until=until, reason="merger", by="eve")


def test_an_override_that_begins_at_an_event_carries_what_its_level_carries() -> None:
    bench = Bench(AT_EVENTS, AT_CLOSES)
    bench.told("ada", kind="personal")
    bench.booked(("ada", 800))
    (change,) = bench.told("ada", override=overriding(bench, 3))
    assert (change.to, change.carried, change.reasons) == ("high", {"loans": 0}, [])
    assert change.recommended_roles == ["rm"]


def test_an_override_that_ends_at_an_event_among_other_customers_leaves_their_order() -> None:
    bench = Bench(AT_EVENTS, AT_CLOSES)
    bench.told("bob", kind="personal", override=overriding(bench, 0))
    bench.day, bench.us = bench.day + 1, bench.calendar.start_us(bench.day + 1)
    changes = bench.booked(("ada", 2_000), ("bob", 2_000), ("cyd", 2_000))
    assert [(offset, change.customer_id) for offset, change in changes] == [
        (0, "ada"),
        (1, "bob"),
        (1, "bob"),
        (2, "cyd"),
    ]
    assert [change.reason for _, change in changes if change.scheme == "slow"] == ["override"]


def test_a_close_tells_its_changes_in_the_order_of_the_customers() -> None:
    bench = Bench(AT_CLOSES)
    for customer in ("ada", "bob", "cyd"):
        bench.told(customer, kind="personal")
    bench.told("ada", override=overriding(bench, 0))
    bench.booked(("ada", 1), ("bob", 40_000), ("cyd", 40_000))
    changes = bench.closed(["cyd", "ada", "bob"])
    assert [(place, change.customer_id) for place, change in changes] == [(0, "cyd"), (1, "ada"), (2, "bob")]
    assert changes[1][1].reason == "override"
