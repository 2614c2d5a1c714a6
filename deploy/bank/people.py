"""Who the customers are, which accounts they hold, and how their money moves over the time told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.transactions import PRODUCTS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PERSONAS: Final = ("steady", "salary", "grow", "drain", "jump", "silent", "cardholder")
_PERSONA_SHARES: Final = (0.26, 0.30, 0.11, 0.10, 0.08, 0.09, 0.06)
STEADY, SALARY, GROW, DRAIN, JUMP, SILENT, CARDHOLDER = range(len(PERSONAS))

KINDS: Final = ("personal", "corporate", "institution")
_KIND_SHARES: Final = (0.90, 0.08, 0.02)

DEPOSIT, WEALTH, LOAN, MARGIN, CARD = (PRODUCTS.index(p) for p in ("deposit", "wealth", "loan", "margin", "card"))
_HOLDS: Final = {WEALTH: 0.35, LOAN: 0.10, MARGIN: 0.04, CARD: 0.30}
"""Product to the share of customers who hold it; everyone has a deposit account."""
_FOREIGN_SHARE: Final = 0.04
"""Customers with a second deposit account in another currency."""

RATES: Final = {"CNY": 1.0, "USD": 7.1, "EUR": 7.8, "HKD": 0.91}
"""What a unit of each currency is worth in CNY, in this made-up bank, on every day."""

TOLD_NEVER, TOLD_MOSTLY, TOLD_ALWAYS = 0.0, 0.8, 1.0
"""How often an account's bookings carry the balance that stood after them."""

_MEDIAN: Final = 80_000.0
"""Median of what a personal customer holds on deposit at first, in CNY: between the lower bounds of the tiers."""
_SPREAD: Final = 1.5
"""Standard deviation of its logarithm: one in twenty has a million."""
_RICHEST: Final = 2e8
"""No customer holds more at first, in CNY."""


@dataclass(slots=True)
class Customers:
    """Characters, one entry a customer. ``base`` is in CNY; ``turn`` and ``back`` are moments in (0, 1) of the time
    told, at which something happens to those to whom it does; ``factor`` is how far it goes."""

    kind: Ints
    persona: Ints
    base: Floats
    factor: Floats
    turn: Floats
    back: Floats
    phase: Floats
    payday: Ints

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(slots=True)
class Accounts:
    """One entry an account. ``owner`` is the customer's index, ``scale`` the balance at first in minor units of
    ``currency`` (an index into ``RATES``), ``opens`` and ``ends`` the stretch in [0, 1] in which it is used."""

    owner: Ints
    product: Ints
    number: Ints
    currency: Ints
    converted: Flags
    scale: Floats
    told: Floats
    opens: Floats
    ends: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.owner)


def draw_customers(rng: np.random.Generator, count: int) -> Customers:
    """Characters of ``count`` customers."""
    kind = rng.choice(len(KINDS), count, p=_KIND_SHARES)
    persona = rng.choice(len(PERSONAS), count, p=_PERSONA_SHARES)
    persona[(kind > 0) & ((persona == SALARY) | (persona == CARDHOLDER))] = STEADY
    base = _MEDIAN * np.exp(_SPREAD * rng.standard_normal(count))
    base[kind > 0] *= 15  # firms hold more
    base[persona == CARDHOLDER] *= 0.1
    factor = np.exp(rng.uniform(np.log(2), np.log(20), count))
    factor[persona == GROW] **= 0.8
    turn = rng.uniform(0.15, 0.6, count)
    return Customers(
        kind=kind,
        persona=persona,
        base=np.minimum(base, _RICHEST),
        factor=factor,
        turn=turn,
        # Of those who come into money, half take it away again before the end.
        back=np.where(rng.random(count) < 0.5, turn + rng.uniform(0.1, 0.35, count), 2.0),
        phase=rng.random(count),
        payday=rng.integers(1, 29, count),
    )


def draw_accounts(rng: np.random.Generator, customers: Customers, base_currency: str, zipf: float | None) -> Accounts:
    """The accounts of all customers; ``zipf`` is the exponent by which a few customers do most of the booking."""
    n = len(customers)
    currencies = list(RATES)
    base_code = currencies.index(base_currency)
    owners = [np.arange(n)]
    products = [np.full(n, DEPOSIT)]
    for code, share in _HOLDS.items():
        held = np.flatnonzero((rng.random(n) < share) | ((code == CARD) & (customers.persona == CARDHOLDER)))
        owners.append(held)
        products.append(np.full(len(held), code))
    abroad = np.flatnonzero(rng.random(n) < _FOREIGN_SHARE)
    owner = np.concatenate([*owners, abroad])
    product = np.concatenate([*products, np.full(len(abroad), DEPOSIT)])
    number = np.concatenate([np.full(len(o), i + 1) for i, o in enumerate([*owners, abroad])])
    count = len(owner)
    foreign = np.arange(count) >= count - len(abroad)
    others = [code for code in range(len(currencies)) if code != base_code]
    currency = np.where(foreign, rng.choice(others, count), base_code)
    told = rng.choice([TOLD_NEVER, TOLD_MOSTLY, TOLD_ALWAYS], count, p=[0.12, 0.18, 0.70])
    told[product == LOAN] = TOLD_ALWAYS
    told[product == CARD] = TOLD_NEVER
    scale = customers.base[owner] * _size(rng, product, foreign) / np.array(list(RATES.values()))[currency] * 100
    opens = np.where((rng.random(count) < 0.2) & (product != LOAN), rng.uniform(0.0, 0.6, count), 0.0)
    quiet = customers.persona[owner] == SILENT
    ends = np.where(quiet, np.maximum(customers.turn[owner], opens + 0.05), 1.0)
    return Accounts(
        owner=owner,
        product=product,
        number=number,
        currency=currency,
        converted=~foreign | (rng.random(count) < 0.9),
        scale=scale,
        told=told,
        opens=opens,
        ends=ends,
        weight=_weights(rng, customers, owner, product, foreign, zipf),
    )


def _size(rng: np.random.Generator, product: Ints, foreign: Flags) -> Floats:
    """An account's balance beside its owner's base."""
    size = np.exp(0.4 * rng.standard_normal(len(product)))
    size[product == WEALTH] *= 1.5
    size[product == LOAN] *= -2.0
    size[product == MARGIN] *= 0.3
    size[foreign] *= 0.3
    return size


def _weights(
    rng: np.random.Generator, customers: Customers, owner: Ints, product: Ints, foreign: Flags, zipf: float | None
) -> Floats:
    """How often each account is booked on beside the others; sums to 1."""
    busy = np.array([1.0, 0.15, 0.1, 0.2, 0.6])  # deposit, wealth, loan, margin, card: by product code
    weight = busy[product] * np.where(foreign, 0.2, 1.0)
    if zipf is None:
        weight *= (rng.gamma(2.0, 0.5, len(customers)) + 0.1)[owner]
    else:
        rank = rng.permutation(len(customers)) + 1.0
        weight *= (rank**-zipf)[owner]
    normed: Floats = weight / weight.sum()
    return normed


def course(customers: Customers, owner: Ints, moment: Floats, month_part: Floats) -> Floats:
    """What customers ``owner`` hold at ``moment`` (0 to 1 of the time told) beside what they held at first.

    ``month_part`` is the part of a month that has passed since the customer's payday.
    """
    persona, factor = customers.persona[owner], customers.factor[owner]
    turn, back = customers.turn[owner], customers.back[owner]
    inside = (moment >= turn) & (moment < back)
    drained = np.minimum(1.0, 1.5 / factor)
    courses = [
        1.0 + 0.2 * np.sin(2 * np.pi * (moment * 2 + customers.phase[owner])),  # steady
        1.5 - 1.0 * month_part,  # salary: full on payday, nearly spent before the next
        np.exp(np.log(factor) * moment),  # grow
        np.exp(-np.log(factor) * moment),  # drain
        np.where(inside, 1.0 + 2 * factor, 1.0),  # jump
        np.where(moment < 0.85 * turn, 1.0, drained),  # silent: takes most of it along
        1.3 - 0.6 * month_part,  # cardholder
    ]
    found: Floats = np.choose(persona, courses)
    return found
