"""Alerts as records: topic, key, headers, and ids that differ within a position."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from agents.signals.alerts import stake
from schemas.position import Position
from streams.outputs import published
from streams.ports import Output
from tests.unit.policy.signals_making import file_of, signal
from tests.unit.signals.making import Customer

LOW = signal("account_balance < 100", "low", each='"account"', severity='{ high = "aum < 10", otherwise = "mild" }')


def records(customer: Customer) -> list[Output]:
    return [published(alert, 3, Position(7, 2), "/tierline") for alert in customer.alerts]


def test_each_alert_of_a_position_has_an_id_of_its_own_and_the_same_after_a_replay() -> None:
    customer = Customer(file_of(LOW), accounts=["a", "b"])
    poor = [{"account_balance": 1}, {"account_balance": 2}]
    customer.look(aum=1_000, accounts=poor)
    outputs = records(customer)
    customer.look(aum=1, accounts=poor)
    outputs += records(customer)
    customer.look(aum=1, accounts=[{"account_balance": 10_000}, {"account_balance": 10_000}])
    outputs += records(customer)
    ids = [dict(output.headers)["ce_id"] for output in outputs]
    assert len(set(ids)) == len(outputs) == 6
    assert records(customer) == outputs[4:]


def test_alerts_go_to_their_topic_by_customer_with_their_type() -> None:
    customer = Customer(file_of(signal("aum < 100", "poor")))
    customer.look(aum=1)
    (raised,) = records(customer)
    customer.look(aum=10_000)
    (cleared,) = records(customer)
    assert (raised.topic, raised.key) == ("alerts", b"c1")
    assert dict(raised.headers)["ce_type"] == b"tierline.alert.raised.v1"
    assert dict(cleared.headers)["ce_type"] == b"tierline.alert.cleared.v1"
    bodies = [json.loads(output.value or b"") for output in (raised, cleared)]
    assert bodies[0]["alert_id"] == bodies[1]["alert_id"]


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("190484/45", 4_232.98),
        ("45113.077", 45_113.08),
        ("0.0049", 0),
        ("0.005", 0),
        ("0.0051", 0.01),
        ("0.015", 0.02),
        ("-0.025", -0.02),
        ("500", 500),
    ],
)
def test_money_at_stake_is_told_to_the_minor_unit_and_the_middle_goes_to_the_even_one(amount: str, told: float) -> None:
    assert stake(Fraction(amount)) == told
