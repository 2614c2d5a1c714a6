"""What each booking adds to which sum, on which day.

Readings of the design, section 5:

* Flows belong to the account's first product: ``inflow``, ``outflow`` and their parts, and ``txn_count``, are those of
  deposit and wealth accounts, card purchases those of card accounts, fees those of any. An opening is no flow.
* A reversal takes back what its amount undoes: a positive amount a debit, a negative one a credit, out of the day that
  it names (its own, if it names a later one), and one from the counts there even if its amount is 0. Its own kind and
  counterparty say which parts it is taken out of; its ``variable_cost`` is a cost of its own day.
* Only debits are fees and purchases, only credits salaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.oracle.accounts import Booking

ASSETS = ("deposit", "wealth")


class Flow(NamedTuple):
    """One addition to a sum."""

    family: str
    day: int
    size: int


def flows(bookings: Iterable[Booking], products: Mapping[str, str]) -> list[Flow]:
    """All additions of all bookings; ``products`` is the product of each account."""
    return [flow for booking in bookings for flow in _flows(booking, products[booking.account])]


def _flows(booking: Booking, product: str) -> list[Flow]:
    if booking.kind == "opening":
        return []
    day, sign, amount = booking.day, 1, booking.amount
    if booking.reverses_day is not None:
        day, sign, amount = min(booking.reverses_day, booking.day), -1, -booking.amount
    size, credit, debit = sign * abs(amount), amount > 0, amount < 0
    found = [Flow("variable_cost", booking.day, booking.cost)]
    if product in ASSETS:
        found.append(Flow("txn_count", day, sign))
        found.append(Flow("inflow" if credit else "outflow", day, size))
        if booking.counterparty == "other_bank":
            found.append(Flow("other_bank_inflow" if credit else "other_bank_outflow", day, size))
        if booking.kind == "salary" and credit:
            found.append(Flow("salary_inflow", day, size))
    if product == "card" and booking.kind == "purchase" and debit:
        found += [Flow("card_spend", day, size), Flow("card_uses", day, sign)]
    if booking.kind == "fee" and debit:
        found.append(Flow("fees", day, size))
    return found
