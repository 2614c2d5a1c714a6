"""Decoding judges each record alone, and finds words for whatever it sets aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from schemas.transactions import KINDS, PRODUCTS
from streams.calendar import BusinessCalendar
from streams.decode import decode
from streams.rows import UNKNOWN

CALENDAR = BusinessCalendar("Europe/London", "02:00")


@dataclass
class Given:
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text(max_size=5)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=3,
)
INSTANTS = st.sampled_from(["2025-03-30T01:30:00+00:00", "2025-03-01T00:00:00.5Z", "1980-01-01T00:00:00Z", "soon"])
FIELDS = {
    "transaction_id": st.sampled_from(["T1", "T2", ""]),
    "customer_id": st.sampled_from(["C1", "C1", "C1", "C2", "é"]),
    "account_id": st.sampled_from(["A1", "A2"]),
    "booked_at": INSTANTS,
    "amount": st.sampled_from([0, 0, 5, -7, 10**15, 10**15 + 1]),
    "currency": st.sampled_from(["CNY", "CNY", "USD", "ZZZ"]),
    "product": st.sampled_from([*PRODUCTS, "gold"]),
    "kind": st.sampled_from(["opening", *KINDS, "gift"]),
    "channel": st.just("atm"),
    "initiator": st.just("bank"),
    "balance_after": st.sampled_from([None, 0, 9]),
    "amount_base": st.sampled_from([None, 0, 3]),
    "balance_base": st.sampled_from([None, 8]),
    "reverses": st.sampled_from([None, None, "T0"]),
    "reverses_booked_at": st.one_of(st.none(), INSTANTS),
    "counterparty": st.sampled_from([None, "own", "foe"]),
}


@st.composite
def values(draw: st.DrawFn) -> bytes | None:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.one_of(st.none(), st.binary(max_size=20), JSON.map(lambda value: json.dumps(value).encode())))
    fields = draw(st.fixed_dictionaries(FIELDS))
    for name in draw(st.lists(st.sampled_from(list(FIELDS)), max_size=1)):
        fields[name] = draw(JSON)
    for name in draw(st.lists(st.sampled_from(list(FIELDS)), max_size=1)):
        fields.pop(name, None)
    return json.dumps(fields).encode()


@st.composite
def batches(draw: st.DrawFn) -> list[Given]:
    keys = st.sampled_from([b"C1", b"C1", b"C1", "é".encode(), None])
    return [Given(offset, 0, draw(keys), draw(values())) for offset in range(draw(st.integers(0, 12)))]


@given(batches())
def test_a_batch_says_what_each_of_its_records_says_alone(batch: list[Given]) -> None:
    events, rejects = decode(batch, CALENDAR, "CNY")
    assert sorted([*events.offsets.tolist(), *(reject.offset for reject in rejects)]) == list(range(len(batch)))
    alone = [decode([record], CALENDAR, "CNY") for record in batch]
    assert [reject.reason for reject in rejects] == [bad.reason for _, single in alone for bad in single]
    kept = [single for single, _ in alone if len(single)]
    for name in ("offsets", "dedup", "booked_us", "day", "amount", "measured", "told", "kind", "reverses_day"):
        assert getattr(events, name).tolist() == [getattr(single, name).item() for single in kept]


@given(batches())
def test_what_is_set_aside_has_a_reason_and_what_is_kept_has_a_day(batch: list[Given]) -> None:
    events, rejects = decode(batch, CALENDAR, "CNY")
    assert all("expected" in reject.reason for reject in rejects)
    assert (events.day != UNKNOWN).all()
    assert (events.amount[~events.measured] == 0).all()
