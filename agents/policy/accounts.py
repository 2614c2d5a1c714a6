"""Conditions on any or every account: the accounts as rows of their own, and their truths gathered by customer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.policy.kleene import Truth
from streams.rows import AccountRows, Rows


def account_rows(rows: Rows, read: Sequence[str]) -> Rows:
    """One row an account: its measures, and those of its customer's that are ``read``."""
    return _joined(rows, _accounts(rows), read)


def accounts_of(rows: Rows, row: int) -> Rows:
    """The accounts of one customer's row, with all of its measures."""
    accounts = _accounts(rows)
    first, end = np.searchsorted(accounts.owner, [row, row + 1])
    own = AccountRows(accounts.names, accounts.owner[first:end], accounts.values[:, first:end])
    return _joined(rows, own, rows.names)


def places_of(rows: Rows, row: int) -> list[int]:
    """The place of each of these accounts among all accounts of the customer."""
    accounts = _accounts(rows)
    first, end = np.searchsorted(accounts.owner, [row, row + 1])
    return list(range(end - first)) if accounts.places is None else accounts.places[first:end].tolist()


def _joined(rows: Rows, accounts: AccountRows, read: Sequence[str]) -> Rows:
    owner = accounts.owner
    values = [accounts.values, *(rows.values[rows.names.index(name), owner][np.newaxis] for name in read)]
    return Rows(
        names=(*accounts.names, *read),
        slots=rows.slots[owner],
        as_of=rows.as_of[owner],
        values=np.concatenate(values),
        divisors={name: rows.divisors[name][owner] for name in read if name in rows.divisors},
    )


def over_accounts(truth: Truth, rows: Rows, *, every: bool) -> Truth:
    """For each customer whether any account, or every one, has it; over no account at all it is false."""
    owner, count = _accounts(rows).owner, len(rows)
    true = _has(owner, truth.true, count)
    unknown = np.zeros(count, np.bool_) if truth.unknown is None else _has(owner, truth.unknown, count)
    if not every:
        return Truth(true, unknown & ~true)
    possible = truth.true if truth.unknown is None else truth.true | truth.unknown
    fails = _has(owner, ~possible, count)
    some = _has(owner, np.ones(len(owner), np.bool_), count)
    return Truth(some & ~fails & ~unknown, unknown & ~fails)


def _has(owner: np.ndarray, marked: np.ndarray, count: int) -> np.ndarray:
    """Which customers own a marked account."""
    return np.bincount(owner[marked], minlength=count) > 0


def _accounts(rows: Rows) -> AccountRows:
    if rows.accounts is None:
        msg = "conditions on accounts, but the rows carry no accounts"
        raise ValueError(msg)
    return rows.accounts
