"""The next close at which a signal may begin, end, be sent or be forgotten by itself: no event tells of it, so it is a deadline."""

from __future__ import annotations

from agents.policy.nodes import columns_of
from agents.signals.items import Duties, items_of
from agents.signals.rules import Rule
from agents.signals.subjects import item_row
from agents.signals.turn import Turn
from agents.tiers import Check
from agents.tiers.scheme import close_from
from schemas.state import Raised
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind


def deadline_of(rule: Rule, look: Look, kept: Raised) -> int:
    """The day that decides an entry anew: the end of the cooldown that holds a raise back, the day after the date it was sent
    for, and for what an ended one left the end of either.
    """
    ends = []
    if not kept.sent and kept.sent_on is not None:
        ends.append(kept.sent_on + rule.cooldown_days)
    if kept.due_on is not None and (kept.sent or kept.since is None):
        ends.append(kept.due_on + 1)
    # What ended before was dealt with by this look, if it decides the signal.
    left = [day for day in ends if day > look.as_of or not rule.made_at(look.kind)]
    return _first_look(rule.check, max(min(left), look.as_of)) if left else NO_DEADLINE


def has_items(rule: Rule, turn: Turn, duties: Duties) -> bool:
    """Whether a customer has any items of a signal, or had when it came to hold."""
    profile = turn.profile
    match rule.each:
        case "relative":
            found = bool(profile.family_dates)
        case "cycle":
            found = bool(profile.cycles)
        case _:
            found = any(place.level in duties.get(scheme, ()) for scheme, place in profile.standings.items())
    return found or _holds(rule, turn)


def items_deadline(rule: Rule, turn: Turn, duties: Duties) -> int | None:
    """The next day whose close must look at a customer's items again; None: the next close that may decide them.

    At a close that may decide them.
    """
    if not has_items(rule, turn, duties):
        return NO_DEADLINE
    due = rule.signal.due_on
    if due is None or columns_of(due.node) or _holds(rule, turn):
        return None
    lead, first = rule.signal.table.lead_days or 0, NO_DEADLINE
    following = close_from(rule.check, turn.look.as_of + 1)
    for item in items_of(rule.each or "", turn.profile, duties, turn.look.as_of):
        day = item_row(turn, item).value(due.node)
        if day is not None and day >= turn.look.as_of:
            first = min(first, max(int(day) - lead, following))
    return first


def _holds(rule: Rule, turn: Turn) -> bool:
    """Whether a signal holds of any item; what ended ones left moves by its own deadline."""
    return any(kept.since is not None for kept in turn.entries(rule.name).values())


def _first_look(check: Check, day: int) -> int:
    """The deadline that has a signal decided by the first look as of ``day`` or later that makes its check."""
    return day - 1 if check == LookKind.EVENT else close_from(check, day)
