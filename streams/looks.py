"""Looks: which rows need a decision, and what deciding them in order leads to.

A customer is *settled* for a kind of look when a look of that kind changed nothing; the truth mask of that
look is kept. Where it changed something the schemes that may move again are marked in the mask, and are decided at the next
look: the others are settled. A row is skipped only if its customer is settled for its kind on the same mask and no deadline
is due: the decision depends on nothing else, so skipping changes no output (a property test compares with
deciding every row). A row on which a one-shot holds is never skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.events import Published
from schemas.population import Cut
from streams.decider import Decided, Decider, Look
from streams.ledger.ledger import Ledger
from streams.rows import LookKind, Rows


@dataclass(slots=True)
class Tally:
    """What looks tell beside their changes.

    ``held`` counts, by scheme, the looks at which something unknown held the customer. ``stood`` adds up, by scheme and
    level, who came and who left. ``worse`` are the ids of alerts that got worse. ``cuts`` are of a close's customers.
    """

    held: Counter[str] = field(default_factory=Counter)
    stood: Counter[tuple[str, str]] = field(default_factory=Counter)
    worse: set[str] = field(default_factory=set)
    cuts: list[Cut] = field(default_factory=list)

    def note(self, decided: Decided) -> None:
        """Add one look."""
        self.held.update(decided.unknown)
        self.worse.update(decided.worse)
        for scheme, before, after in decided.stood:
            if before is not None:
                self.stood[scheme, before] -= 1
            if after is not None:
                self.stood[scheme, after] += 1


def evaluate(
    ledger: Ledger,
    decider: Decider,
    rows: Rows,
    kind: LookKind,
    look_of: Callable[[int], Look],
    tally: Tally | None = None,
    unlooked: NDArray[np.bool_] | None = None,
) -> list[tuple[int, Published]]:
    """Decide ``rows`` in order and return each change or alert with its row's index.

    ``look_of(row)`` gives the look of a row; it is asked only for rows that are decided. ``unlooked`` tells the rows at which
    nobody is looked at.
    """
    if not len(rows):
        return []
    masks = decider.masks(rows, None if rows.whole else kind)
    if tally is not None and kind != LookKind.EVENT:
        tally.cuts += decider.cuts(rows, masks)
    decisive = masks & decider.relevant[kind]
    fires = _fires(masks, decider, kind)
    candidates = _candidates(ledger, rows, kind, decisive, fires)
    if unlooked is not None:
        candidates = candidates[~unlooked[candidates]]
    slots = rows.slots[candidates].tolist()
    days = rows.as_of[candidates].tolist()
    words = decisive[candidates].tolist()
    changes: list[tuple[int, Published]] = []
    looked: dict[int, _Looked] = {}
    for row, slot, day, mask in zip(candidates.tolist(), slots, days, words, strict=True):
        before = looked[slot] if slot in looked else _stored(ledger, slot, kind)
        fresh = before.settled is not None and not _due(ledger, slot, day, kind, before.deadline)
        if slot in looked and fresh and before.settled == mask and not fires[row]:
            continue  # an event again, and nothing new; a close looks at each customer once
        settled = np.array(before.settled, np.uint64) if fresh else None
        decided = decider.decide(look_of(row), rows, row, masks[row], ledger.profile(slot), settled)
        changes += [(row, change) for change in decided.changes]
        if tally is not None and (decided.unknown or decided.stood or decided.worse):
            tally.note(decided)
        if decided.moved:
            ledger.touch_profile(slot)
            _unsettle(ledger, decider, slot, decided)
        if decided.reopens:
            ledger.settled_flags[slot] &= np.uint8(1 << kind)
        # What was left out moves no earlier than the deadline that stands; too early a deadline costs one more look.
        deadline = min(decided.deadline, before.deadline) if fresh else decided.deadline
        looked[slot] = _Looked(_kept(decider, kind, decided, decisive[row], mask), deadline)
    _remember(ledger, kind, looked)
    return changes


def _kept(
    decider: Decider, kind: LookKind, decided: Decided, decisive: NDArray[np.uint64], mask: list[int]
) -> list[int] | None:
    """The mask on which a look settled its customer, with marks for what may move again; None if it did not."""
    if decided.stirred or not decided.complete:
        return None
    if decided.unrest:
        decisive = decider.unsettle(kind, decided.unrest, decisive)
    if decided.restless:
        decisive = decider.mark(decisive, decided.restless)
    return decisive.tolist() if decided.unrest or decided.restless else mask


def _unsettle(ledger: Ledger, decider: Decider, slot: int, decided: Decided) -> None:
    """Mark the masks on which a customer is settled, of all kinds of look, for the schemes that moved."""
    if decided.stirred:
        ledger.settled_flags[slot] = 0
        return
    flags = int(ledger.settled_flags[slot])
    for kind in LookKind:
        if flags >> kind & 1:
            ledger.settled[slot, kind] = decider.unsettle(kind, decided.moves, ledger.settled[slot, kind])


class _Looked(NamedTuple):
    """What the latest look of a batch left of a customer: the mask on which it is settled, if it is, and the deadline."""

    settled: list[int] | None
    deadline: int


def _stored(ledger: Ledger, slot: int, kind: LookKind) -> _Looked:
    """What earlier batches left of a customer."""
    settled = int(ledger.settled_flags[slot]) >> kind & 1
    return _Looked(ledger.settled[slot, kind].tolist() if settled else None, int(ledger.deadline[slot]))


def _due(ledger: Ledger, slot: int, day: int, kind: LookKind, deadline: int) -> bool:
    if kind == LookKind.EVENT:
        return day > deadline
    return day >= deadline or int(ledger.event_day[slot]) > day


def _remember(ledger: Ledger, kind: LookKind, looked: dict[int, _Looked]) -> None:
    """Keep deadlines and settled masks for the looks of later batches."""
    if not looked:
        return
    slots = np.fromiter(looked, np.int64, len(looked))
    ledger.deadline[slots] = [each.deadline for each in looked.values()]
    settled = {slot: each.settled for slot, each in looked.items() if each.settled is not None}
    if settled:
        at = np.fromiter(settled, np.int64, len(settled))
        ledger.settled[at, kind] = np.array(list(settled.values()), np.uint64)
        ledger.settled_flags[at] |= np.uint8(1 << kind)
    ledger.touch(slots)


def _fires(masks: NDArray[np.uint64], decider: Decider, kind: LookKind) -> NDArray[np.bool_]:
    """The rows on which a one-shot holds: those of events alone."""
    if kind != LookKind.EVENT:
        return np.zeros(len(masks), np.bool_)
    found: NDArray[np.bool_] = np.bitwise_or.reduce(masks & decider.fires, axis=1) != 0
    return found


def _candidates(
    ledger: Ledger, rows: Rows, kind: LookKind, masks: NDArray[np.uint64], fires: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Rows that cannot be skipped as things stand, and every later row of their customers.

    A decision may settle or unsettle its customer, so the rows behind it are asked again one by one.
    """
    slots = rows.slots
    same = (ledger.settled[slots, kind] == masks).all(axis=1)
    flagged = (ledger.settled_flags[slots] >> kind) & 1 == 1
    deadline = ledger.deadline[slots]
    due = rows.as_of > deadline if kind == LookKind.EVENT else rows.as_of >= deadline
    open_rows = np.flatnonzero(~(same & flagged & ~due) | fires | _looked_ahead(ledger, rows, kind))
    if kind != LookKind.EVENT or not len(open_rows):
        return open_rows  # a close looks at each customer once
    first = np.full(int(slots.max()) + 1, len(slots), np.int64)
    np.minimum.at(first, slots[open_rows], open_rows)
    return np.flatnonzero(np.arange(len(slots)) >= first[slots])


def _looked_ahead(ledger: Ledger, rows: Rows, kind: LookKind) -> NDArray[np.bool_]:
    """Customers of a close of whom a later day was already evaluated: what was checked there is not checked again."""
    if kind == LookKind.EVENT:
        return np.zeros(len(rows), np.bool_)
    ahead: NDArray[np.bool_] = ledger.event_day[rows.slots] > rows.as_of
    return ahead
