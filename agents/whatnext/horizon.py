"""Rows of one customer on the days to come, as they will be if nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from streams.ledger.ledger import Ledger
from streams.rows import AccountRows, Rows

HORIZON_DAYS: Final = 400
"""How far ahead is looked: every window has passed by then, and every yearly check was made once."""


def rows_ahead(ledger: Ledger, slot: int, first: int, last: int) -> Rows:
    """A row for each day from ``first`` to ``last``, with the columns of the ledger's policies."""
    slots = np.array([slot], np.int64)
    return joined([ledger.rows(slots, day) for day in range(first, last + 1)])


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one after the other; there is at least one part."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    accounts = [part.accounts for part in parts if part.accounts is not None]
    owners = [one.owner + start for one, start in zip(accounts, starts.tolist(), strict=False)]
    return Rows(
        names=parts[0].names,
        slots=np.concatenate([part.slots for part in parts]),
        as_of=np.concatenate([part.as_of for part in parts]),
        values=np.concatenate([part.values for part in parts], axis=1),
        divisors={name: np.concatenate([part.divisors[name] for part in parts]) for name in parts[0].divisors},
        accounts=AccountRows(
            accounts[0].names, np.concatenate(owners), np.concatenate([one.values for one in accounts], axis=1)
        )
        if accounts
        else None,
    )


def picked(rows: Rows, places: Sequence[int]) -> Rows:
    """The rows at ``places``, in that order and each its own copy."""
    return joined([one_row(rows, place) for place in places])


def one_row(rows: Rows, row: int) -> Rows:
    """A copy of one row with its accounts."""
    one = slice(row, row + 1)
    accounts = rows.accounts
    if accounts is not None:
        first, end = np.searchsorted(accounts.owner, [row, row + 1])
        accounts = AccountRows(accounts.names, np.zeros(end - first, np.int64), accounts.values[:, first:end].copy())
    return Rows(
        names=rows.names,
        slots=rows.slots[one].copy(),
        as_of=rows.as_of[one].copy(),
        values=rows.values[:, one].copy(),
        divisors={name: days[one].copy() for name, days in rows.divisors.items()},
        accounts=accounts,
    )
