"""Balances: what one event means for its account's balance, told or not, in time or late.

The rule is that of the design, "Balances". ``latest`` is the newest instant seen, ``anchor`` the newest instant whose
told balance was taken. An event in time is believed over the sum; the difference is a *gap*, money whose booking is
missing. A late event from before the anchor is such a missing booking: it moves to its own day what had been booked in
the gap, and leaves the balance alone. The difference at an opening is no gap: an opening tells what stands from its instant
on, such as a month's average, and no booking is missing.

A late opening of an account not yet told needs the balance at its instant, so such an account remembers its last
``MOVEMENTS_MAX`` movements. One from further back is placed as if it were before the oldest of them, and counted as
approximate, unless it is older than every event of the account. A late opening that tells of long ago is left out
(``streams.columns.LONG_AGO_DAYS``): a newer one may follow it, and the account can be anchored late but once.
"""

from __future__ import annotations

from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ANCHOR,
    ANCHOR_DAY,
    BALANCE,
    COUNT_APPROXIMATE,
    COUNT_GAPS,
    DELTA_DAY,
    DELTAS,
    FIRST,
    GAP,
    GAPS_MAX,
    KIND_OPENING,
    LATEST,
    MOVEMENT,
    MOVEMENTS_MAX,
    NONE,
    NOTE,
    NOTES,
    OPENING,
    TOLD_FIRST,
)


@kernel
def post(
    account: Ints, us: int, day: int, amount: int, told: int, kind: int, long_ago: int, counts: Ints
) -> tuple[int, int, int, int]:
    """Book an event: ``(delta of its day, shift of the opening, other day, delta of that day)``."""
    if us >= account[LATEST]:
        return _in_time(account, us, day, amount, told, kind, counts)
    if kind == KIND_OPENING:
        if account[ANCHOR] == NONE and not long_ago:
            return 0, _late_opening(account, us, day, told, counts), day, 0
        return 0, 0, day, 0
    if account[ANCHOR] == NONE or us >= account[ANCHOR]:
        account[BALANCE] += amount
        if account[ANCHOR] == NONE:
            _remember(account, us, amount)
        return amount, 0, day, 0
    if us < account[TOLD_FIRST]:
        account[OPENING] -= amount
        return amount, -amount, day, 0
    return amount, 0, _shrink_gap(account, us, amount), -amount


@kernel
def _in_time(
    account: Ints, us: int, day: int, amount: int, told: int, kind: int, counts: Ints
) -> tuple[int, int, int, int]:
    account[LATEST] = us
    expected = account[BALANCE] + amount
    if told == NONE:
        account[BALANCE] = expected
        if account[ANCHOR] == NONE:
            _remember(account, us, amount)
        return amount, 0, day, 0
    difference = told - expected
    account[BALANCE] = told
    first = account[ANCHOR] == NONE
    account[ANCHOR] = us
    account[ANCHOR_DAY] = day
    if first:
        account[TOLD_FIRST] = us
        account[OPENING] += difference
        account[NOTES] = 0  # movements no longer matter, gaps begin
        return amount, difference, day, 0
    if difference != 0 and kind != KIND_OPENING:
        _open_gap(account, us, day, difference)
        counts[COUNT_GAPS] += 1
    return amount + difference, 0, day, 0


@kernel
def _late_opening(account: Ints, us: int, day: int, told: int, counts: Ints) -> int:
    """The shift of the opening by a late opening of an account not yet told."""
    kept = account[NOTES]
    older = kept == 0 or us < account[FIRST]
    stood = 0 if older else account[BALANCE]  # an account not yet told counts from 0
    for index in range(kept):
        if not older and account[NOTE + index * MOVEMENT] > us:
            stood -= account[NOTE + index * MOVEMENT + 1]
    if not older and us < account[NOTE]:
        counts[COUNT_APPROXIMATE] += 1
    shift = told - stood
    account[OPENING] += shift
    account[BALANCE] += shift
    account[ANCHOR] = us
    account[ANCHOR_DAY] = day
    account[TOLD_FIRST] = us
    account[NOTES] = 0
    return int(shift)


@kernel
def _remember(account: Ints, us: int, amount: int) -> None:
    """Keep a movement among the newest ``MOVEMENTS_MAX``, oldest first, those of one instant in log order."""
    if amount == 0:
        return
    count = account[NOTES]
    if count == 0 or us < account[FIRST]:
        account[FIRST] = us
    at = count
    while at > 0 and account[NOTE + (at - 1) * MOVEMENT] > us:
        at -= 1
    if count == MOVEMENTS_MAX:
        if at == 0:
            return  # older than all that is kept
        at -= 1
        for number in range(NOTE, NOTE + at * MOVEMENT):
            account[number] = account[number + MOVEMENT]
    else:
        account[NOTES] = count + 1
        for number in range(NOTE + (count + 1) * MOVEMENT - 1, NOTE + (at + 1) * MOVEMENT - 1, -1):
            account[number] = account[number - MOVEMENT]
    account[NOTE + at * MOVEMENT] = us
    account[NOTE + at * MOVEMENT + 1] = amount


@kernel
def _open_gap(account: Ints, us: int, day: int, amount: int) -> None:
    """Keep a gap as the newest; of ``GAPS_MAX`` the oldest goes."""
    if account[NOTES] == GAPS_MAX:
        _close_gap(account, 0)
    at = NOTE + account[NOTES] * GAP
    account[at] = us
    account[at + 1] = day
    account[at + 2] = amount
    account[NOTES] += 1


@kernel
def _close_gap(account: Ints, index: int) -> None:
    account[NOTES] -= 1
    for number in range(NOTE + index * GAP, NOTE + account[NOTES] * GAP):
        account[number] = account[number + GAP]


@kernel
def _shrink_gap(account: Ints, us: int, amount: int) -> int:
    """Take a missing booking out of the earliest gap at or after it; the day where its money had been booked."""
    for index in range(account[NOTES]):
        at = NOTE + index * GAP
        if account[at] >= us:
            day = account[at + 1]
            account[at + 2] -= amount
            if account[at + 2] == 0:
                _close_gap(account, index)
            return int(day)
    return int(account[ANCHOR_DAY])


@kernel
def note_delta(account: Ints, day: int, amount: int) -> None:
    """Remember what moved the balance on the newest day and the one before: a close looks back past them."""
    if amount == 0:
        return
    newest = account[DELTA_DAY]
    if day > newest:
        account[DELTAS + 1] = account[DELTAS] if day == newest + 1 else 0
        account[DELTAS] = 0
        account[DELTA_DAY] = day
    back = account[DELTA_DAY] - day
    if back <= 1:
        account[DELTAS + back] += amount


@kernel
def balance_at(account: Ints, as_of: int) -> int:
    """The account's balance at the end of a day, at most two before its newest event."""
    later = account[BALANCE]
    for back in range(2):
        if account[DELTA_DAY] - back > as_of:
            later -= account[DELTAS + back]
    return int(later)
