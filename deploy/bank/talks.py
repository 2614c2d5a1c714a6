"""What the made-up bank's people have to do with its customers: contacts, complaints and their ends, enquiries, feedback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from deploy.bank.bookings import DAY_US, SECOND_US, Span
from deploy.bank.people import CARD, Accounts, Customers, Floats, Ints
from deploy.bank.records import Clock
from deploy.bank.told import customer_id
from schemas.interactions import INTERACTION_KINDS, Interaction

_DAYS_BETWEEN: Final = 40
"""Days between two interactions of a customer, about."""
_SHARES: Final = {"contact": 0.62, "complaint": 0.08, "enquiry": 0.18, "card_activation": 0.02, "feedback": 0.10}
_RESOLVED: Final = 0.75
"""Share of complaints that are resolved, within a fortnight; those due after the time told stay open."""
_RESOLVED_DAYS_MAX: Final = 14.0
_ACCEPTED: Final = 0.7
_CHANNELS: Final = ("counter", "mobile", "branch_visit", "other")
_ROLES: Final = (
    ("relationship_manager", "wealth_manager", "outlet_staff"),
    ("corporate_manager", "president", "outlet_director", "client_manager"),
)
"""Who speaks with persons, and who with firms and institutions."""
_PRODUCTS: Final = ("mortgage", "fund", "insurance", "wealth_product", "car_loan")
_SIGNALS: Final = ("tier.at_risk", "tier.near")
_REASONS: Final = ("knew it already", "customer is abroad", "not worth a call")
_CHUNK: Final = 20_000
_CONTACT, _COMPLAINT, _RESOLUTION, _ENQUIRY, _ACTIVATION, _FEEDBACK = range(len(INTERACTION_KINDS))
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Talks:
    """One entry an interaction, in the order of the log. ``at`` is in microseconds, ``timestamp`` in milliseconds.

    ``about`` is the complaint or the number of the card account meant, ``pick`` (0 to 1) chooses among words.
    """

    owner: Ints
    at: Ints
    kind: Ints
    about: Ints
    pick: Floats
    timestamp: Ints

    def __len__(self) -> int:
        return len(self.owner)


def draw_talks(rng: np.random.Generator, customers: Customers, accounts: Accounts, span: Span) -> Talks:
    """All interactions of the time told."""
    count = len(customers) * span.days // _DAYS_BETWEEN
    codes = [INTERACTION_KINDS.index(kind) for kind in _SHARES]
    kind = rng.choice(codes, count, p=list(_SHARES.values()))
    owner = rng.integers(0, len(customers), count)
    hour = np.clip(rng.normal(14.0, 2.5, count), 8.0, 20.0)
    day = rng.integers(0, span.days, count)
    at = (span.start_us + day * DAY_US + hour * (3600 * SECOND_US)).astype(np.int64)
    about = np.arange(count)
    cards = np.flatnonzero(accounts.product == CARD)
    activated = np.flatnonzero(kind == _ACTIVATION)
    if len(cards):
        card = cards[rng.integers(0, len(cards), len(activated))]
        owner[activated], about[activated] = accounts.owner[card], accounts.number[card]
    else:
        kind[activated] = _CONTACT
    complaints = np.flatnonzero((kind == _COMPLAINT) & (rng.random(count) < _RESOLVED))
    ends = at[complaints] + (rng.uniform(0.1, _RESOLVED_DAYS_MAX, len(complaints)) * DAY_US).astype(np.int64)
    complaints, ends = complaints[ends < span.end_us], ends[ends < span.end_us]
    owner, about = np.concatenate([owner, owner[complaints]]), np.concatenate([about, complaints])
    kind = np.concatenate([kind, np.full(len(complaints), _RESOLUTION)])
    at = np.concatenate([at, ends]) // 1000 * 1000
    timestamp = at // 1000 + 50 + rng.exponential(400, len(at)).astype(np.int64)
    order = np.argsort(timestamp, kind="stable")
    pick = rng.random(len(at))
    return Talks(owner[order], at[order], kind[order], about[order], pick[order], timestamp[order])


def talk_records(talks: Talks, customers: Customers, span: Span, zone: ZoneInfo) -> Iterator[tuple[int, bytes, bytes]]:
    """Timestamp in milliseconds, key and value of each ``interactions`` record, oldest timestamp first."""
    clock = Clock(span, zone)
    for start in range(0, len(talks), _CHUNK):
        rows = slice(start, start + _CHUNK)
        columns = (
            column[rows].tolist() for column in (talks.timestamp, talks.owner, talks.kind, talks.about, talks.pick)
        )
        texts = clock.texts(talks.at[rows])
        for row, (at, (timestamp, owner, kind, about, pick)) in enumerate(
            zip(texts, zip(*columns, strict=True), strict=True), start
        ):
            talk = Interaction(
                interaction_id=f"I{row + 1:09d}",
                customer_id=customer_id(owner),
                at=at,
                **_words(kind, about, pick, owner, firm=bool(customers.kind[owner])),
            )
            yield timestamp, talk.customer_id.encode(), _encode(talk)


def _words(kind: int, about: int, pick: float, owner: int, *, firm: bool) -> dict[str, Any]:
    """What an interaction says besides whom and when."""
    told: dict[str, Any] = {"kind": INTERACTION_KINDS[kind]}
    if kind in (_CONTACT, _COMPLAINT):
        told |= {"channel": _one_of(_CHANNELS, pick), "role": _one_of(_ROLES[firm], pick * len(_CHANNELS))}
    if kind in (_COMPLAINT, _RESOLUTION):
        told["complaint_id"] = f"K{about + 1:08d}"
    if kind == _ENQUIRY:
        told["product"] = _one_of(_PRODUCTS, pick)
    if kind == _ACTIVATION:
        told["account_id"] = f"{customer_id(owner)}-{about}"
    if kind == _FEEDBACK:
        accepted = pick < _ACCEPTED
        told |= {
            "alert_id": f"A{about + 1:09d}",
            "signal": _one_of(_SIGNALS, pick * 10),
            "verdict": "accepted" if accepted else "dismissed",
        }
        if not accepted:
            told["reason"] = _one_of(_REASONS, pick * 100)
    return told


def _one_of(words: tuple[str, ...], pick: float) -> str:
    """The word at the fractional part of ``pick``."""
    return words[int(pick % 1.0 * len(words))]
