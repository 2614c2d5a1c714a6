"""Cycles of purchases and contact duties against the oracle, of longer habits than a whole history has room for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from agents.signals.items import Value, items_of
from schemas.interactions import Interaction
from schemas.state import Profile, Standing
from streams.calendar import date_of, number_of
from streams.cycles import take
from streams.ledger.interactions import hear
from tests.oracle.accounts import Booking
from tests.oracle.conditions import Value as Told
from tests.oracle.items import cycles, duties
from tests.oracle.talks import Talks

TODAY = number_of(dt.date(2028, 3, 1))
MONEY = ("cycle_weekly_spend",)
CATEGORIES = ["fuel", "fuel", "fuel", *(f"hobby{number:02}" for number in range(14))]
PURCHASES = st.lists(
    st.tuples(
        st.sampled_from(CATEGORIES),
        st.integers(-30, 2),
        st.sampled_from([-1, -100, -2_500, 100, 2_500]),
        st.none() | st.integers(-30, 3),
    ),
    max_size=60,
)
"""Category, day of the booking from today on, amount, and the day that a reversal names."""
OWED = {
    "one": {"high": {"manager": 2, "president": 1}, "low": {"manager": 1}},
    "other": {"only": {"manager": 3}},
}


def plain(item: dict[str, Value]) -> dict[str, Told]:
    """An item of the product in the oracle's units."""
    return {name: _plain(name, value) for name, value in item.items()}


def _plain(name: str, value: Value) -> Told:
    if value is None or isinstance(value, str):
        return value
    if name.endswith("_on"):
        return date_of(int(value))
    return Fraction(value) / 100 if name in MONEY else Fraction(value)


def bought(purchases: Sequence[tuple[str, int, int, int | None]]) -> list[Booking]:
    return [
        Booking(
            us=number,
            day=TODAY + day,
            seen=TODAY + day,
            account="card",
            product="card",
            kind="purchase",
            initiator="customer",
            amount=amount,
            told=None,
            reverses_day=None if named is None else TODAY + named,
            category=category,
        )
        for number, (category, day, amount, named) in enumerate(purchases)
    ]


@given(purchases=PURCHASES)
def test_cycles_are_what_all_purchases_say(purchases: Sequence[tuple[str, int, int, int | None]]) -> None:
    profile = Profile()
    for category, day, amount, named in purchases:
        on = TODAY + (day if named is None else min(day, named))
        take(profile, category, on, -amount, reversal=named is not None)
    assert [plain(item) for item in items_of("cycle", profile, {}, TODAY)] == [
        item for _, item in cycles(bought(purchases), TODAY)
    ]


@given(
    contacts=st.lists(st.tuples(st.integers(-70, 2), st.sampled_from([None, "manager", "president"])), max_size=12),
    levels=st.tuples(st.sampled_from([None, "high", "low", "gone"]), st.sampled_from([None, "only"])),
)
def test_duties_are_what_all_contacts_say(
    contacts: Sequence[tuple[int, str | None]], levels: tuple[str | None, str | None]
) -> None:
    stand = dict(zip(OWED, levels, strict=True))
    profile = Profile(standings={scheme: Standing(level=level) for scheme, level in stand.items()})
    talks = Talks()
    for number, (day, role) in enumerate(contacts):
        told = {"interaction_id": f"i{number}", "customer_id": "c", "at": "2028-03-01T00:00:00Z", "kind": "contact"}
        hear(profile, Interaction(**told, role=role), TODAY + day)  # type: ignore[arg-type]
        talks.hear(told | {"role": role}, TODAY + day)
    assert [plain(item) for item in items_of("duty", profile, OWED, TODAY)] == [
        item for _, item in duties(OWED, stand, talks, date_of(TODAY))
    ]
