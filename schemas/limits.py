"""Limits that both sides of the contract keep, each with its unit and its reason."""

from __future__ import annotations

from typing import Final

AMOUNT_MAX: Final = 10**15
"""Largest amount or told balance, in minor units (ten trillion yuan): a larger one is a unit mistake."""

CLASS_BALANCE_MAX: Final = 10**16
"""Largest balance of one customer in one product class, minor units: 366 days of two such classes fit 63 bits
(7.3 x 10^18 of 9.2 x 10^18)."""

ID_LENGTH_MAX: Final = 128
"""Longest id, in characters: ids become Redis keys and Kafka keys."""

FUTURE_DAYS_MAX: Final = 2
"""Days past the open day that an event may be booked on: a clock that ran ahead must not destroy data."""
