"""The kinds of booking that each product knows: what a booking says besides its money."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deploy.bank.people import CARD, DEPOSIT, LOAN, MARGIN, WEALTH
from schemas.transactions import Channel, Counterparty, Initiator, Kind


class Flavour(NamedTuple):
    """The words of a booking."""

    kind: Kind
    channel: Channel
    initiator: Initiator
    counterparty: Counterparty | None = None
    category: str | None = None


FLAVOURS: Final[tuple[Flavour, ...]] = (
    Flavour("opening", "other", "bank"),
    Flavour("interest", "other", "bank"),
    Flavour("fee", "other", "bank"),
    Flavour("adjustment", "other", "bank"),
    Flavour("salary", "other", "third_party", "other_bank"),
    # Credits and debits of each product, drawn evenly.
    Flavour("transfer", "online", "third_party", "other_bank"),
    Flavour("transfer", "mobile", "customer", "own"),
    Flavour("transfer", "mobile", "third_party", "internal"),
    Flavour("cash", "counter", "customer"),
    Flavour("purchase", "pos", "customer", None, "groceries"),
    Flavour("purchase", "online", "customer", None, "travel"),
    Flavour("transfer", "mobile", "customer", "other_bank"),
    Flavour("cash", "atm", "customer"),
    Flavour("other", "other", "mandate", "other_bank"),
    Flavour("transfer", "branch_visit", "customer", "own"),
    Flavour("rollover", "other", "bank", "own"),
    Flavour("maturity", "other", "bank", "own"),
    Flavour("repayment", "other", "mandate", "own"),
    Flavour("other", "counter", "customer", "own"),
    Flavour("purchase", "pos", "customer", None, "dining"),
)
OPENING, INTEREST, FEE, ADJUSTMENT, SALARY_PAID = range(5)
PURCHASE: Final = 9
_LARGE_DEBIT: Final = 11
_EVERYDAY_MAX: Final = 20_000_00
"""Largest debit, in minor units, that is a purchase or cash: more is transferred."""

_DRAWN: Final = {
    (DEPOSIT, True): (5, 8),
    (DEPOSIT, False): (9, 13),
    (WEALTH, True): (14, 15),
    (WEALTH, False): (16, 16),
    (LOAN, True): (17, 17),
    (LOAN, False): (18, 18),
    (MARGIN, True): (14, 14),
    (MARGIN, False): (14, 14),
    (CARD, True): (17, 17),
    (CARD, False): (19, 19),
}
"""Product and whether money comes in, to the first and last flavour that it may have."""


def draw(rng: np.random.Generator, product: NDArray[np.int64], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """A flavour for each booking, by its account's product and its amount in minor units."""
    ranges = np.zeros((2, 5, 2), np.int64)
    for (code, incoming), bounds in _DRAWN.items():
        ranges[:, code, int(incoming)] = bounds
    first, last = ranges[:, product, (amount > 0).astype(np.int64)]
    drawn: NDArray[np.int64] = first + (rng.random(len(product)) * (last - first + 1)).astype(np.int64)
    drawn[(product == DEPOSIT) & (amount < -_EVERYDAY_MAX)] = _LARGE_DEBIT
    return drawn
