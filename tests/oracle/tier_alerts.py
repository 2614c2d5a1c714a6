"""The alerts that come of a scheme itself: a level at risk, the next level near.

Readings of the policy language:

* ``tier.at_risk`` lasts while the grace of a level does. It is due on the day whose close takes the level: that of the first check of falls
  at the end of the grace or later. Its clearing is ``tier.secured`` unless the level is lost: by a fall, by leaving the scope, or because
  the level is no more. ``tier.near`` is looked at where rises are checked; a customer
  who moved is near another level. An opening tells nobody of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from tests.oracle.conditions import Value
from tests.oracle.schemes import Scheme
from tests.oracle.signals import Entry, Told, to_cents
from tests.oracle.tiers import Look, Move, Standing

RISK, SECURED, NEAR = "tier.at_risk", "tier.secured", "tier.near"


def tier_alerts(
    scheme: Scheme,
    known: dict[str, dict[str, Entry]],
    before: Standing,
    after: Standing,
    move: Move | None,
    look: Look,
    evaluate: Callable[[str], Value],
    *,
    held: bool,
) -> Iterator[Told]:
    """The alerts of one scheme after a look, from how the customer stood before and after it; ``held`` by an override."""
    yield from _at_risk(scheme, known.setdefault(RISK, {}), after, move)
    if scheme.near is not None:
        rises = not held and look.makes(scheme.up_check, before.since) and look.as_of >= before.checked["up"]
        yield from _near(scheme, known.setdefault(NEAR, {}), after, move, look, evaluate, rises=rises)


def _at_risk(scheme: Scheme, entries: dict[str, Entry], after: Standing, move: Move | None) -> Iterator[Told]:
    entry = entries.setdefault(scheme.name, Entry())
    if after.failing_since is not None and not entry.raised:
        entry.raised, entry.due_on = True, _taken_on(scheme, after, scheme.grace_ends(after.failing_since))
        yield Told(RISK, scheme.name, "raised", "high", None, entry.due_on)
    elif after.failing_since is None and entry.raised:
        entry.raised = False
        lost = move is not None and move.direction in ("down", "out", "across")
        yield Told(RISK if lost else SECURED, scheme.name, "cleared", "high", None, entry.due_on)


def _taken_on(scheme: Scheme, standing: Standing, end: int) -> int:
    """The first day, from the end of a grace on, whose close checks falls."""
    day = end
    while not Look(day, close=True, reason="").makes(scheme.down_check, standing.since):
        day += 1
    return day


def _near(
    scheme: Scheme,
    entries: dict[str, Entry],
    after: Standing,
    move: Move | None,
    look: Look,
    evaluate: Callable[[str], Value],
    *,
    rises: bool,
) -> Iterator[Told]:
    entry = entries.setdefault(scheme.name, Entry())
    level = None if after.gone is not None or after.level == len(scheme.levels) - 1 else after.level
    if entry.raised and (move is not None or level is None):
        yield from _far(scheme, entry)
    if not rises or level is None:
        return
    bound = scheme.bound_above(level)
    if bound is None:
        yield from _far(scheme, entry)
        return
    measure, op, least = bound
    value = evaluate(measure)
    if value is None:
        return
    assert isinstance(value, Fraction)
    entered = value >= least if op == ">=" else value > least
    near = value >= least * (1 - Fraction(scheme.near or 0, 100)) and not entered
    if near and not entry.raised:
        entry.raised = True
        if look.reason != "placement":
            entry.sent = "low"
            yield Told(NEAR, scheme.name, "raised", "low", to_cents(least - value), None)
    elif not near and entry.raised:
        yield from _far(scheme, entry)


def _far(scheme: Scheme, entry: Entry) -> Iterator[Told]:
    if entry.sent is not None:
        yield Told(NEAR, scheme.name, "cleared", "low", None, None)
    entry.raised, entry.sent = False, None


def copied(standing: Standing) -> Standing:
    """The standing as it is now."""
    return replace(standing, axes=dict(standing.axes), checked=dict(standing.checked))
