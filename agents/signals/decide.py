"""What one look does to one signal of one item. Pure: a function of the rule, the look, what it saw and what is kept.

Something unknown neither begins nor ends a signal. A raise is held within the cooldown of the one before and while an inhibitor holds; it
is sent at the first look that finds it still raised and not held. What was sent is cleared once. What an ended signal leaves, a
cooldown or a date already told, is forgotten once it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from agents.signals.rules import Rule
from schemas.state import Raised, Standing
from streams.decider import Look

Action = Literal["raised", "worse", "cleared"]


class Seen(NamedTuple):
    """What a look saw of a signal and an item: whether it may begin, whether it ends, the place of its severity (0 is the worst)
    and the date that it is for."""

    begins: bool
    ends: bool
    severity: int
    due_on: int | None = None


class Truths(NamedTuple):
    """Of ``when`` and ``clear``; None is unknown, and a ``clear`` that there is not."""

    when: bool | None
    clear: bool | None


class Told(NamedTuple):
    """Something to publish, and the entry that it is about as it was published."""

    action: Action
    raised: Raised


class Step(NamedTuple):
    """What is kept from here on (None: nothing), and what is to be published, in order."""

    kept: Raised | None
    told: tuple[Told, ...] = ()


GONE: Final = Seen(begins=False, ends=True, severity=0)
"""Of an item that is there no more."""


def seen(truths: Truths, severity: int, due_on: int | None, *, ends_with_when: bool) -> Seen:
    """What the truths of a signal come to; ``when`` keeps it raised even where ``clear`` holds."""
    begins = truths.when is True
    ends = truths.when is False if ends_with_when else truths.clear is True and not begins
    return Seen(begins, ends, severity, due_on)


def decide(rule: Rule, look: Look, saw: Seen, kept: Raised | None, new_id: Callable[[], str], *, held: bool) -> Step:
    """Decide one signal of one item; ``held`` tells whether an inhibitor holds it back."""
    state = kept or Raised()
    told: list[Told] = []
    if state.since is not None and (saw.ends or _is_past(rule, look, saw, state) or _for_another_day(rule, saw, state)):
        if state.sent:
            told.append(Told("cleared", state))
        state = replace(state, since=None)
    if state.since is None:
        state = _left(rule, look, state)
    if state.since is None and saw.begins and not _told_already(rule, saw, state):
        state = replace(state, since=look.as_of)
    if state.since is not None:
        action, state = _tell(rule, look, saw, state, new_id, held=held)
        if action is not None:
            told.append(Told(action, state))
    return Step(None if state == Raised() else state, tuple(told))


def fire(rule: Rule, look: Look, severity: int, kept: Raised | None, new_id: Callable[[], str], *, held: bool) -> Step:
    """A one-shot whose condition holds: told now or never, and nothing is kept of it but what a cooldown needs."""
    if held or (kept is not None and _cools(rule, look, kept)):
        return Step(kept)
    sent = Raised(since=look.as_of, sent=True, alert_id=new_id(), severity=_word(rule, severity), sent_on=look.as_of)
    return Step(Raised(sent_on=look.as_of) if rule.cooldown_days else None, (Told("raised", sent),))


def cooled(rule: Rule, look: Look, kept: Raised) -> bool:
    """Whether the cooldown that a one-shot left is over."""
    return kept.since is None and not _cools(rule, look, kept)


def fits(rule: Rule, standings: Mapping[str, Standing]) -> bool:
    """Whether the customer stands at one of the levels that each scheme of ``for_levels`` names."""
    return all(scheme in standings and standings[scheme].level in levels for scheme, levels in rule.levels)


def inhibited(rule: Rule, item: str, signals: Mapping[str, Mapping[str, Raised]]) -> bool:
    """Whether a signal that holds this one back is raised."""
    for name, same_item in rule.inhibitors:
        entries = signals.get(name, {})
        found = [entries[item]] if same_item and item in entries else [] if same_item else entries.values()
        if any(entry.since is not None for entry in found):
            return True
    return False


def _tell(
    rule: Rule, look: Look, saw: Seen, state: Raised, new_id: Callable[[], str], *, held: bool
) -> tuple[Action | None, Raised]:
    """Send what is raised and not held, or what got worse."""
    if not state.sent:
        if held or _cools(rule, look, state):
            return None, state
        word = _word(rule, saw.severity)
        sent = replace(state, sent=True, alert_id=new_id(), severity=word, sent_on=look.as_of, due_on=saw.due_on)
        return "raised", sent
    if saw.severity < rule.signal.severity_of(state.severity):
        return "worse", replace(state, severity=_word(rule, saw.severity))
    return None, state


def _word(rule: Rule, severity: int) -> str:
    return rule.signal.severities[severity].word


def _cools(rule: Rule, look: Look, state: Raised) -> bool:
    return state.sent_on is not None and look.as_of < state.sent_on + rule.cooldown_days


def _for_another_day(rule: Rule, saw: Seen, state: Raised) -> bool:
    """Whether the date that was told is another now; of what is held back, whether its date was told before."""
    if state.sent:
        return rule.signal.due_on is not None and saw.due_on is not None and saw.due_on != state.due_on
    return _told_already(rule, saw, state)


def _is_past(rule: Rule, look: Look, saw: Seen, state: Raised) -> bool:
    """Whether the date that was told is over, though the next one may be unknown; nothing is held back for an unknown date."""
    if rule.signal.due_on is None:
        return False
    if not state.sent:
        return saw.due_on is None
    return state.due_on is not None and state.due_on < look.as_of


def _told_already(rule: Rule, saw: Seen, state: Raised) -> bool:
    return rule.signal.due_on is not None and state.due_on is not None and saw.due_on == state.due_on


def _left(rule: Rule, look: Look, state: Raised) -> Raised:
    """What later looks need of a signal that ended: the cooldown that it began, the date that it was told for."""
    due_on = state.due_on if state.due_on is not None and state.due_on >= look.as_of else None
    return Raised(sent_on=state.sent_on if _cools(rule, look, state) else None, due_on=due_on)
