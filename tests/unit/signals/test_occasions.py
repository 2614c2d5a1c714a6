"""One-shots: on a transaction, an interaction, a tier change."""

from __future__ import annotations

import pytest

from schemas.state import Raised
from streams.decider import NO_DEADLINE
from streams.rows import LookKind
from tests.unit.policy.making import DAY
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import CLOSE, Customer

BIG = signal("txn_amount >= 1_000", "big", on='"transaction"', value='"txn_amount"')


@pytest.mark.parametrize(("amount", "told"), [(99_999, []), (100_000, ["+big"]), (100_001, ["+big"]), (None, [])])
def test_a_transaction_is_told_at_its_line(amount: int | None, told: list[str]) -> None:
    assert Customer(file_of(BIG)).look(txn_amount=amount) == told


def test_each_transaction_is_told_and_nothing_is_kept() -> None:
    customer = Customer(file_of(BIG))
    assert customer.look(txn_amount=100_000) == ["+big"]
    assert customer.alerts[0].value_at_stake == 1_000
    first = customer.alerts[0].alert_id
    assert customer.look(txn_amount=100_000) == ["+big"]
    assert customer.alerts[0].alert_id != first
    assert customer.profile.signals == {}
    assert customer.look(txn_amount=1) == []


def test_a_one_shot_in_the_cooldown_is_dropped() -> None:
    customer = Customer(file_of(signal("txn_amount >= 1_000", "big", on='"transaction"', cooldown_days="2")))
    assert customer.look(DAY, txn_amount=100_000) == ["+big"]
    assert customer.look(DAY + 1, txn_amount=100_000) == []
    assert customer.look(DAY + 2, txn_amount=1) == []
    assert customer.look(DAY + 2, txn_amount=100_000) == ["+big"]


def test_the_cooldown_of_a_one_shot_is_forgotten_at_the_close_that_ends_it() -> None:
    customer = Customer(file_of(signal("txn_amount >= 1_000", "big", on='"transaction"', cooldown_days="2")))
    assert customer.look(DAY, txn_amount=100_000) == ["+big"]
    kept = customer.profile.signals
    assert customer.look(DAY + 1, CLOSE) == []
    assert (customer.profile.signals, customer.deadline) == ({"big": {"": Raised(sent_on=DAY)}}, DAY + 2)
    assert customer.look(DAY + 2, txn_amount=1) == []
    assert (kept, customer.deadline) == ({"big": {"": Raised(sent_on=DAY)}}, DAY + 2), (
        "a close may be behind its events"
    )
    assert customer.look(DAY + 2, CLOSE) == []
    assert (customer.profile.signals, customer.deadline) == ({}, NO_DEADLINE)


def test_a_one_shot_that_is_held_back_is_dropped() -> None:
    text = signal("aum < 100", "poor") + signal(
        "txn_amount >= 1_000", "big", on='"transaction"', inhibited_by='["poor"]'
    )
    customer = Customer(file_of(text))
    assert customer.look(aum=1, txn_amount=100_000) == ["+poor"]
    assert customer.look(aum=10_000, txn_amount=1) == ["-poor"]
    assert customer.look(aum=10_000, txn_amount=100_000) == ["+big"]


@pytest.mark.parametrize(
    ("on", "topic", "kind", "told"),
    [
        ("transaction", "transactions", LookKind.EVENT, ["+poor"]),
        ("transaction", "customers", LookKind.EVENT, []),
        ("transaction", "interactions", LookKind.EVENT, []),
        ("transaction", "transactions", CLOSE, []),
        ("interaction", "interactions", LookKind.EVENT, ["+poor"]),
        ("interaction", "transactions", LookKind.EVENT, []),
    ],
)
def test_a_one_shot_is_asked_at_looks_of_its_own_kind_alone(
    on: str, topic: str, kind: LookKind, told: list[str]
) -> None:
    customer = Customer(file_of(signal("aum < 100", "poor", on=f'"{on}"')))
    assert customer.look(DAY, kind, topic=topic, aum=1) == told


def test_an_opening_is_no_occasion() -> None:
    assert Customer(file_of(BIG)).look(reason="placement", txn_amount=100_000) == []


def test_an_interaction_is_told_by_what_it_was() -> None:
    customer = Customer(file_of(signal("interaction_kind == 'enquiry'", "asked", on='"interaction"')))
    assert customer.look(topic="interactions", interaction_kind="enquiry") == ["+asked"]
    assert customer.alerts[0].evidence == {"interaction_kind": "enquiry"}
    assert customer.look(topic="interactions", interaction_kind="contact") == []


TIERS = """
scheme = "{name}"
base = "low"
[[level]]
name = "high"
enter = "{measure} >= 10"
"""


def test_each_tier_change_of_a_look_is_told_with_its_own_names() -> None:
    schemes = [TIERS.format(name=name, measure=name) for name in ("aum", "deposits", "wealth")]
    text = signal("tier_to == 'high' and tier_scheme in ('aum', 'wealth')", "rose", on='"tier_change"')
    customer = Customer(*schemes, file_of(text))
    assert customer.look(DAY, CLOSE, aum=1_000, deposits=1_000, wealth=1_000) == ["+rose aum", "+rose wealth"]
    first, second = customer.alerts
    assert first.alert_id != second.alert_id
    assert first.evidence == {"tier_to": "high", "tier_scheme": "aum"}
    assert customer.look(DAY + 1, CLOSE, aum=0, deposits=0, wealth=0) == []
