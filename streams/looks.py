"""Looks: which rows need a decision, and what deciding them in order leads to.

A customer is *settled* for a kind of look when a look of that kind changed nothing; the truth mask of that
look is kept. A row is skipped only if its customer is settled for its kind on the same mask and no deadline
is due: the decision depends on nothing else, so skipping changes no output (a property test compares with
deciding every row).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from schemas.events import TierChanged
from streams.decider import Decider, Look
from streams.ledger.ledger import Ledger
from streams.rows import LookKind, Rows


def evaluate(
    ledger: Ledger,
    decider: Decider,
    rows: Rows,
    kind: LookKind,
    look_of: Callable[[int], Look],
) -> list[tuple[int, TierChanged]]:
    """Decide ``rows`` in order and return each change with its row's index.

    ``look_of(row)`` gives the look of a row; it is asked only for rows that are decided.
    """
    if not len(rows):
        return []
    masks = decider.masks(rows)
    changes: list[tuple[int, TierChanged]] = []
    for row in _candidates(ledger, rows, kind, masks):
        slot = int(rows.slots[row])
        if _settled(ledger, slot, kind, masks[row]) and not _due(ledger, rows, row, kind):
            continue
        decided = decider.decide(look_of(row), rows, row, masks[row], ledger.profile(slot))
        changes += [(row, change) for change in decided.changes]
        ledger.deadline[slot] = decided.deadline
        if decided.moved:
            ledger.settled_flags[slot] = 0
        elif decided.complete:
            ledger.settled[slot, kind] = masks[row]
            ledger.settled_flags[slot] |= 1 << kind
        ledger.touch_profile(slot)
    return changes


def _candidates(ledger: Ledger, rows: Rows, kind: LookKind, masks: NDArray[np.uint64]) -> list[int]:
    """Rows that cannot be skipped as things stand, and every later row of their customers.

    A decision may settle or unsettle its customer, so the rows behind it are asked again one by one.
    """
    slots = rows.slots
    same = (ledger.settled[slots, kind] == masks).all(axis=1)
    flagged = (ledger.settled_flags[slots] >> kind) & 1 == 1
    deadline = ledger.deadline[slots]
    due = rows.as_of > deadline if kind == LookKind.EVENT else rows.as_of >= deadline
    open_rows = np.flatnonzero(~(same & flagged & ~due) | _looked_ahead(ledger, rows, kind))
    if kind != LookKind.EVENT or not len(open_rows):
        return open_rows.tolist()  # a close looks at each customer once
    first = np.full(int(slots.max()) + 1, len(slots), np.int64)
    np.minimum.at(first, slots[open_rows], open_rows)
    return np.flatnonzero(np.arange(len(slots)) >= first[slots]).tolist()


def _looked_ahead(ledger: Ledger, rows: Rows, kind: LookKind) -> NDArray[np.bool_]:
    """Customers of a close of whom a later day was already evaluated: what was checked there is not checked again."""
    if kind == LookKind.EVENT:
        return np.zeros(len(rows), np.bool_)
    ahead: NDArray[np.bool_] = ledger.event_day[rows.slots] > rows.as_of
    return ahead


def _settled(ledger: Ledger, slot: int, kind: LookKind, mask: NDArray[np.uint64]) -> bool:
    flagged = int(ledger.settled_flags[slot]) >> kind & 1
    return bool(flagged) and bool((ledger.settled[slot, kind] == mask).all())


def _due(ledger: Ledger, rows: Rows, row: int, kind: LookKind) -> bool:
    as_of, slot = int(rows.as_of[row]), int(rows.slots[row])
    if kind == LookKind.EVENT:
        return as_of > int(ledger.deadline[slot])
    return as_of >= int(ledger.deadline[slot]) or int(ledger.event_day[slot]) > as_of
