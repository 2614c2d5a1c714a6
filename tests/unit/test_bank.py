"""The made-up bank: the same by seed, readable throughout, and lively enough to move every shipped scheme."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import pytest

from deploy.bank import Bank
from deploy.bank.forgotten import Forgotten
from schemas.facts import CustomerFacts
from schemas.interactions import INTERACTION_KINDS, Interaction
from schemas.transactions import Transaction
from streams.calendar import BusinessCalendar, number_of
from streams.decode import decode
from streams.interactions import read_interaction
from streams.rejects import Reject


class Published(NamedTuple):
    """A record as it would stand in the log."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


COUNT = 20_000


def small_bank() -> Bank:
    return Bank(5, customers=300, days=100, transactions=COUNT)


@cache
def records() -> list[Published]:
    return [Published(offset, *record) for offset, record in enumerate(small_bank().transactions())]


@cache
def transactions() -> list[Transaction]:
    return [msgspec.json.decode(record.value, type=Transaction) for record in records()]


def test_the_same_arguments_make_the_same_bytes() -> None:
    first, second, other = (Bank(seed, customers=50, days=40, transactions=2_000) for seed in (5, 5, 6))
    facts = list(first.facts())
    assert list(second.transactions()) == list(first.transactions()) == list(first.transactions())
    assert list(second.facts()) == facts
    assert list(other.transactions()) != list(first.transactions())


def test_there_are_as_many_records_as_asked_for_in_the_order_of_their_timestamps() -> None:
    stamps = [record.timestamp for record in records()]
    assert len(stamps) == COUNT
    assert stamps == sorted(stamps)
    bank = small_bank()
    assert bank.start_ms == stamps[0] // 60_000 * 60_000
    assert stamps[-1] - bank.end_ms < 60_000
    assert len({t.transaction_id for t in transactions()}) == len(stamps)


@pytest.mark.parametrize(("zone", "currency"), [("Asia/Shanghai", "CNY"), ("Europe/London", "EUR")])
def test_every_record_is_readable_and_booked_within_the_days_told(zone: str, currency: str) -> None:
    start = dt.date(2025, 2, 15)  # through the change to summer time
    bank = Bank(3, 200, 60, 8_000, start, zone, base_currency=currency)
    rejects: list[Reject] = []
    published = [Published(offset, *record) for offset, record in enumerate(bank.transactions())]
    for at in range(0, len(published), 1_000):
        events, bad = decode(published[at : at + 1_000], BusinessCalendar(zone), currency)
        rejects += bad
        assert events.day.min() >= number_of(start)
        assert events.day.max() < number_of(start) + 60
        assert (events.booked_us // 1_000 <= events.timestamps).all()
    assert rejects == []


def test_told_balances_are_the_sums_of_what_was_booked() -> None:
    by_account: dict[str, list[Transaction]] = {}
    for read in sorted(transactions(), key=lambda t: t.booked_at):
        by_account.setdefault(read.account_id, []).append(read)
    checked = 0
    for booked in by_account.values():
        told = [(place, t.balance_after) for place, t in enumerate(booked) if t.balance_after is not None]
        for (before, old), (after, new) in pairwise(told):
            assert new - old == sum(t.amount for t in booked[before + 1 : after + 1])
            checked += 1
    assert checked > 5_000


def test_balances_in_the_banks_currency_are_the_sums_of_the_converted_amounts() -> None:
    abroad = [t for t in sorted(transactions(), key=lambda t: t.booked_at) if t.amount_base is not None]
    assert abroad
    stood: dict[str, int] = {}
    for read in abroad:
        assert read.currency != "CNY"
        if read.account_id in stood:
            stood[read.account_id] += read.amount_base or 0
            if read.balance_base is not None:
                assert stood[read.account_id] == read.balance_base
        elif read.balance_base is not None:
            stood[read.account_id] = read.balance_base


def test_reversals_take_back_a_booking_of_the_same_account() -> None:
    by_id = {t.transaction_id: t for t in transactions()}
    reversals = [t for t in transactions() if t.reverses is not None]
    assert len(reversals) == COUNT * 4 // 1_000
    for read in reversals:
        named = by_id[read.reverses or ""]
        assert (named.account_id, named.amount, named.booked_at) == (
            read.account_id,
            -read.amount,
            read.reverses_booked_at,
        )
        assert named.booked_at < read.booked_at


def test_bookings_are_of_every_sort() -> None:
    read = transactions()
    assert {t.product for t in read} == {"deposit", "wealth", "loan", "margin", "card"}
    assert {t.kind for t in read} >= {
        "opening",
        "interest",
        "fee",
        "salary",
        "purchase",
        "transfer",
        "repayment",
        "cash",
    }
    assert {t.initiator for t in read} == {"customer", "third_party", "bank", "mandate"}
    assert len({t.currency for t in read}) > 2
    told = Counter(t.balance_after is not None for t in read if t.product == "deposit")
    assert min(told.values()) > 1_000
    late = sum(
        record.timestamp - dt.datetime.fromisoformat(t.booked_at).timestamp() * 1000 > 3_600_000
        for record, t in zip(records(), read, strict=True)
    )
    assert 0.01 < late / len(read) < 0.03


def test_facts_tell_of_every_customer_and_most_are_personal() -> None:
    facts = list(Bank(5, customers=1_000, days=10, transactions=100).facts())
    read = [msgspec.json.decode(value, type=CustomerFacts) for _, value in facts]
    assert [key.decode() for key, _ in facts] == [fact.customer_id for fact in read]
    cards = [fact for fact in read if fact.source == "cards"]
    read = [fact for fact in read if fact.source == "core"]
    assert len({fact.customer_id for fact in read}) == len(read) == 1_000
    assert 200 < len(cards) < 500
    assert {fact.card_level for fact in cards} == {"classic", "gold", "platinum", "diamond"}
    assert {fact.has_credit for fact in read if fact.kind == "corporate"} == {True, False}
    assert 0.86 < sum(fact.kind == "personal" for fact in read) / 1_000 < 0.94
    assert all(isinstance(fact.birth_date, dt.date) == (fact.kind == "personal") for fact in read)
    assert all(isinstance(fact.branch_id, str) for fact in read)
    assert 0.7 < sum(isinstance(fact.owner_id, str) for fact in read) / 1_000 < 0.9


def interactions(bank: Bank) -> list[Interaction]:
    """All interactions, as a worker reads them."""
    published = [Published(offset, *record) for offset, record in enumerate(bank.interactions())]
    assert [record.timestamp for record in published] == sorted(record.timestamp for record in published)
    assert all(record.timestamp < bank.end_ms + 60_000 for record in published)
    return [read_interaction(record) for record in published]


def test_the_banks_people_have_to_do_with_its_customers_in_every_way() -> None:
    bank = Bank(5, customers=500, days=100, transactions=100)
    read = interactions(bank)
    assert len(read) == bank.interactions_count
    assert len({talk.interaction_id for talk in read}) == len(read)
    counts = Counter(talk.kind for talk in read)
    assert set(counts) == set(INTERACTION_KINDS)
    assert counts["contact"] > 600
    assert 0.5 < counts["resolution"] / counts["complaint"] < 0.8
    filed = {talk.complaint_id: talk for talk in read if talk.kind == "complaint"}
    for talk in read:
        if talk.kind == "resolution":
            assert filed[talk.complaint_id].customer_id == talk.customer_id
            assert filed[talk.complaint_id].at < talk.at
    roles = {talk.role for talk in read if talk.kind == "contact"}
    assert len(roles) == 7
    assert {talk.verdict for talk in read if talk.kind == "feedback"} == {"accepted", "dismissed"}


def test_interactions_are_the_same_by_seed() -> None:
    first, second, other = (Bank(seed, customers=50, days=40, transactions=10) for seed in (5, 5, 6))
    assert list(first.interactions()) == list(second.interactions()) == list(first.interactions())
    assert list(first.interactions()) != list(other.interactions())


def test_a_card_activation_is_of_a_card_that_its_customer_holds() -> None:
    bank = Bank(5, customers=1_000, days=100, transactions=60_000)
    cards = {
        t.account_id
        for t in (msgspec.json.decode(v, type=Transaction) for *_, v in bank.transactions())
        if t.product == "card"
    }
    activated = {talk.account_id for talk in interactions(bank) if talk.kind == "card_activation"}
    assert len(activated & cards) > len(activated) / 2
    assert not {t.split("-")[1] for t in activated if t} - {"5"}


def test_customers_fall_silent_and_others_come_into_money() -> None:
    """Bounds of assets are crossed both ways, and some customers end with weeks without a booking of their own."""
    last: dict[str, str] = {}
    balances: dict[str, dict[str, int]] = {}
    crossed: Counter[tuple[int, bool]] = Counter()
    for read in sorted(transactions(), key=lambda t: t.booked_at):
        if read.initiator != "bank":
            last[read.customer_id] = read.booked_at[:10]
        if read.currency != "CNY" or read.product not in {"deposit", "wealth"} or read.balance_after is None:
            continue
        held = balances.setdefault(read.customer_id, {})
        before = sum(held.values())
        known = read.account_id in held
        held[read.account_id] = read.balance_after
        for bound in (50_000_00, 100_000_00, 200_000_00, 1_000_000_00, 2_000_000_00, 5_000_000_00):
            if known and (before >= bound) != (sum(held.values()) >= bound):
                crossed[bound, before < bound] += 1
    assert all(crossed[bound, up] >= 2 for bound in {b for b, _ in crossed} for up in (True, False))
    assert len(crossed) == 12
    assert sum(day < "2025-03-10" for day in last.values()) >= 10  # the time told ends on 10 April


def test_zipf_lets_few_customers_do_most() -> None:
    def share_of_the_busiest(zipf: float | None) -> float:
        bank = Bank(5, customers=1_000, days=3, transactions=20_000, zipf=zipf)
        counts = np.sort(list(Counter(key for _, key, _ in bank.transactions()).values()))[::-1]
        return float(counts[:100].sum() / counts.sum())

    assert share_of_the_busiest(None) < 0.35
    assert share_of_the_busiest(1.0) > 0.55


@pytest.mark.parametrize(("customers", "days", "count"), [(1, 1, 1), (1, 1, 50), (40, 400, 10), (3, 2, 1_000)])
def test_small_banks_are_banks_too(customers: int, days: int, count: int) -> None:
    published = [Published(i, *record) for i, record in enumerate(Bank(9, customers, days, count).transactions())]
    events, rejects = decode(published, BusinessCalendar("Asia/Shanghai"), "CNY")
    assert (len(events), rejects) == (count, [])


@pytest.mark.parametrize(
    ("name", "figures"), [("customers", (0, 1, 1)), ("days", (1, 0, 1)), ("transactions", (1, 1, 0))]
)
def test_a_bank_of_nothing_is_refused(name: str, figures: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0"):
        Bank(1, *figures)


def test_an_unknown_currency_of_the_bank_is_refused() -> None:
    with pytest.raises(ValueError, match="CNY, USD, EUR, HKD"):
        Bank(1, base_currency="XYZ")


def forgotten_of(seed: int) -> Forgotten:
    return Forgotten(seed, 300, 12, dt.date(2025, 1, 1), "Europe/London")


def test_persons_beside_the_banks_own_used_their_account_last_in_the_months_before_and_are_told_of_then() -> None:
    past = forgotten_of(5)
    facts = [msgspec.json.decode(value, type=CustomerFacts) for _, value in past.facts()]
    assert [one.customer_id for one in facts] == [f"C{number:08d}" for number in range(301, 313)]
    stamped = list(past.transactions())
    assert (len(facts), len(stamped), [*past.interactions()]) == (past.facts_count, past.transaction_count, [])
    assert [stamp for stamp, *_ in stamped] == sorted(stamp for stamp, *_ in stamped)
    assert past.start_ms == stamped[0][0]
    read = [msgspec.json.decode(value, type=Transaction) for *_, value in stamped]
    booked = [dt.datetime.fromisoformat(one.booked_at) for one in read]
    assert [round(at.timestamp()) * 1_000 + 1_000 for at in booked] == [stamp for stamp, *_ in stamped]
    for one in facts:
        (last, at), (interest, first_day) = (
            pair for pair in zip(read, booked, strict=True) if pair[0].customer_id == one.customer_id
        )
        assert (last.initiator, last.kind, interest.initiator, interest.kind) == (
            "customer",
            "cash",
            "bank",
            "interest",
        )
        assert last.account_id == interest.account_id
        assert isinstance(one.opened_on, dt.date)
        assert one.opened_on < at.date()
        assert 70 <= (dt.date(2025, 1, 1) - at.date()).days < 180
        assert first_day.isoformat() == "2025-01-01T06:00:00+00:00"
        assert interest.balance_after == (last.balance_after or 0) + interest.amount
    left = [one.balance_after or 0 for one in read]
    assert min(left) < 300_00 < max(left)


def test_the_same_seed_forgets_the_same_persons() -> None:
    first, second, other = (list(forgotten_of(seed).transactions()) for seed in (5, 5, 6))
    assert first == second != other


def test_facts_turn_in_the_time_told_and_the_rest_of_the_bank_is_the_same_as_without() -> None:
    plain, other = (Bank(5, customers=50, days=40, transactions=500, turns=turns) for turns in (0, 200))
    assert list(plain.turns()) == []
    assert list(plain.facts()) == list(other.facts())
    assert list(plain.transactions()) == list(other.transactions())
    assert list(plain.interactions()) == list(other.interactions())
    stamps = [stamp for stamp, *_ in other.turns()]
    assert len(stamps) == other.turns_count == 200
    assert stamps == sorted(stamps)
    assert other.start_ms <= stamps[0] < stamps[-1] < other.end_ms
    assert list(other.turns()) == list(other.turns())
    told = [msgspec.json.decode(value, type=CustomerFacts) for *_, value in other.turns()]
    scores = {one.risk_score for one in told if one.risk_score is not msgspec.UNSET}
    assert {599, 600, None} <= scores
    known = {msgspec.json.decode(value, type=Transaction).account_id for *_, value in other.transactions()}
    assert {account.account_id for one in told if one.accounts for account in one.accounts} <= known


def test_fewer_turns_than_none_are_refused() -> None:
    with pytest.raises(ValueError, match="turns is -1"):
        Bank(5, customers=50, days=40, transactions=500, turns=-1)
