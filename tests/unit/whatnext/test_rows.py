"""Rows taken out of others."""

from __future__ import annotations

import numpy as np
import pytest

from agents.whatnext.rows import picked, shown
from streams.rows import AccountRows, Rows

OWNERS = [0, 0, 2, 2, 2]


def three(*, accounts: bool) -> Rows:
    own = AccountRows(("account_balance",), np.array(OWNERS), np.array([[10, 11, 12, 13, 14]]))
    return Rows(
        names=("aum", "aum_avg_7d"),
        slots=np.array([5, 6, 7]),
        as_of=np.array([100, 101, 102]),
        values=np.array([[1, 2, 3], [70, 80, 90]]),
        divisors={"aum_avg_7d": np.array([7, 6, 5])},
        accounts=own if accounts else None,
    )


def parts_of(rows: Rows) -> list[object]:
    known = rows.accounts
    accounts = None if known is None else (known.names, known.owner.tolist(), known.values.tolist())
    days = {name: of_rows.tolist() for name, of_rows in rows.divisors.items()}
    return [rows.names, rows.slots.tolist(), rows.as_of.tolist(), rows.values.tolist(), days, accounts]


@pytest.mark.parametrize("accounts", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_row_that_is_shown_is_the_one_that_would_be_picked(place: int, accounts: bool) -> None:
    rows = three(accounts=accounts)
    assert parts_of(shown(rows, place)) == parts_of(picked(rows, [place]))
    assert np.shares_memory(shown(rows, place).values, rows.values)
    assert not np.shares_memory(picked(rows, [place]).values, rows.values)
