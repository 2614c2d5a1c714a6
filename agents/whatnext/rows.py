"""Rows put together and taken apart, with their accounts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.rows import AccountRows, Rows


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one after the other; there is at least one part, and all have the same columns."""
    first = parts[0]
    return Rows(
        names=first.names,
        slots=np.concatenate([part.slots for part in parts]),
        as_of=np.concatenate([part.as_of for part in parts]),
        values=np.concatenate([part.values for part in parts], axis=1),
        divisors={name: np.concatenate([part.divisors[name] for part in parts]) for name in first.divisors},
        accounts=None if first.accounts is None else _accounts(first.accounts.names, parts),
    )


def picked(rows: Rows, places: Sequence[int]) -> Rows:
    """Copies of the rows at ``places``, which rise."""
    chosen = np.array(places, np.int64)
    accounts = rows.accounts
    if accounts is not None:
        own = np.isin(accounts.owner, chosen)
        owner = np.searchsorted(chosen, accounts.owner[own])
        accounts = AccountRows(accounts.names, owner, accounts.values[:, own])
    return _at(rows, chosen, accounts)


def shown(rows: Rows, place: int) -> Rows:
    """The row at ``place`` alone, without a copy of it: to be read, not written."""
    accounts = rows.accounts
    if accounts is not None:
        first, end = np.searchsorted(accounts.owner, [place, place + 1])
        accounts = AccountRows(accounts.names, np.zeros(end - first, np.int64), accounts.values[:, first:end])
    return _at(rows, slice(place, place + 1), accounts)


def _at(rows: Rows, chosen: NDArray[np.int64] | slice, accounts: AccountRows | None) -> Rows:
    return Rows(
        names=rows.names,
        slots=rows.slots[chosen],
        as_of=rows.as_of[chosen],
        values=rows.values[:, chosen],
        divisors={name: days[chosen] for name, days in rows.divisors.items()},
        accounts=accounts,
    )


def _accounts(names: tuple[str, ...], parts: Sequence[Rows]) -> AccountRows:
    owners, values, start = [], [], 0
    for part in parts:
        if part.accounts is not None:
            owners.append(part.accounts.owner + start)
            values.append(part.accounts.values)
        start += len(part)
    return AccountRows(names, np.concatenate(owners), np.concatenate(values, axis=1))
