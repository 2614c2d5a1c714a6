"""All signals of one look, in order: which are decided, of whom, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agents.policy.exact import ExactRow
from agents.signals.alerts import about_of, clear_unruled, publish, said_of
from agents.signals.book import Book
from agents.signals.closes import deadline_of, has_items, items_deadline
from agents.signals.decide import GONE, Step, cooled, decide, fire, fits, inhibited
from agents.signals.items import Duties
from agents.signals.rules import CUSTOMER, Rule
from agents.signals.subjects import Subject, change_row, severity_in, severity_on, subjects
from agents.signals.tier_alerts import TIER_SIGNALS
from agents.signals.turn import Turn
from streams.rows import LookKind

TOPICS: Final[Mapping[str, str]] = {"transaction": "transactions", "interaction": "interactions"}
"""The topic of the record that a look is about, by what a one-shot asks for."""
NO_RULE: Final = "the policies have no such signal any more"


def decide_signals(book: Book, turn: Turn, duties: Duties) -> None:
    """Decide what may have changed; entries in the profile are changed in place, the rest is gathered in ``turn``."""
    kind = turn.look.kind
    if turn.settled is None and turn.profile.signals:
        _clear_unruled(book, turn)
        for name in turn.profile.signals:
            rule = book.lasting.get(name)
            if rule is not None and not rule.yearly and not rule.made_at(kind):
                _cooldowns(rule, turn)
    for rule in book.asked[kind]:
        if rule.on is not None:
            _occasion(rule, turn)
        elif _open(rule, turn):
            _lasting(rule, turn, duties)
    if turn.settled is None:
        for name in book.once.keys() & turn.profile.signals.keys():
            _cool(book.once[name], turn)
        # What their items make due, a look that may decide them finds out.
        turn.reopens = any(has_items(rule, turn, duties) for rule in book.resting[kind])


def _open(rule: Rule, turn: Turn) -> bool:
    """Whether anything that the rule depends on is another than at the look that settled the customer."""
    if turn.settled is None or (turn.bits ^ turn.settled) & rule.bits:
        return True
    if turn.standings_moved and (rule.levels or rule.each == "duty"):
        return True
    return any(name in turn.changed for name, _ in rule.inhibitors)


def _lasting(rule: Rule, turn: Turn, duties: Duties) -> None:
    if rule.yearly:
        # Needs no deadline: the mask of an anniversary is that of no look before, so it is never passed over.
        if turn.bits & rule.bits:
            _decide(rule, turn, duties)
        return
    if rule.check == LookKind.EVENT and _overtaken(turn):
        turn.complete = False
    else:
        _decide(rule, turn, duties)
    _cooldowns(rule, turn)
    if rule.of_items:
        deadline = items_deadline(rule, turn, duties)
        if deadline is None:
            turn.restless |= rule.bits
        else:
            turn.deadline = min(turn.deadline, deadline)


def _cooldowns(rule: Rule, turn: Turn) -> None:
    """The days at whose close something held back may be sent, or what an ended signal left is over."""
    for kept in turn.entries(rule.name).values():
        turn.deadline = min(turn.deadline, deadline_of(rule, turn.look, kept))


def _overtaken(turn: Turn) -> bool:
    """Whether this is a close and an event of the customer was already looked at as of a later day."""
    look = turn.look
    return look.kind != LookKind.EVENT and look.event_day is not None and look.event_day > look.as_of


def _decide(rule: Rule, turn: Turn, duties: Duties) -> None:
    entries = turn.entries(rule.name)
    if not entries and _idle(rule, turn):
        return
    gone = dict.fromkeys(sorted(entries))
    for subject in list(subjects(rule, turn, duties, fit=fits(rule, turn.profile.standings))):
        gone.pop(subject.item, None)
        _decide_one(rule, turn, subject)
    for item in gone:
        _take(rule, turn, item, None, decide(rule, turn.look, GONE, entries[item], held=False, new_id=str))


def _idle(rule: Rule, turn: Turn) -> bool:
    """Whether the mask alone tells that nothing begins."""
    if rule.when is not None:
        return not turn.bits & rule.when.true
    return rule.each == "account" and not rule.yearly and not turn.bits & rule.some_begin


def _decide_one(rule: Rule, turn: Turn, subject: Subject) -> None:
    item = subject.item
    held = inhibited(rule, item, turn.profile.signals)
    step = decide(
        rule,
        turn.look,
        subject.saw,
        turn.entries(rule.name).get(item),
        held=held,
        new_id=lambda: turn.alert_id(rule.name, item),
    )
    _take(rule, turn, item, subject.row, step)


def _take(rule: Rule, turn: Turn, item: str, row: ExactRow | None, step: Step) -> None:
    turn.keep(rule.name, item, step.kept)
    for told in step.told:
        publish(turn, about_of(rule, item), told, said_of(rule, told, row))


def _occasion(rule: Rule, turn: Turn) -> None:
    """A one-shot: on the record that the look is about, or on each tier change of the look."""
    if turn.look.reason == "placement" or (rule.on == "tier_change" and not turn.changes):
        return
    if not fits(rule, turn.profile.standings):
        return
    if rule.on != "tier_change":
        if _is_on(rule, turn):
            _fire(rule, turn, CUSTOMER, turn.exact, severity_in(rule, turn.bits))
        return
    for change in turn.changes:
        row = change_row(turn, change)
        if row.value(rule.signal.when.node) is True:
            _fire(rule, turn, change.scheme, row, severity_on(rule, row))


def _is_on(rule: Rule, turn: Turn) -> bool:
    """Whether the look is about a record of the kind that the one-shot asks for, and its condition holds."""
    look = turn.look
    about = look.kind == LookKind.EVENT and look.cause.topic == TOPICS.get(rule.on or "")
    return about and rule.when is not None and bool(turn.bits & rule.when.true)


def _fire(rule: Rule, turn: Turn, item: str, row: ExactRow, severity: int) -> None:
    kept = turn.entries(rule.name).get(item)
    held = inhibited(rule, item, turn.profile.signals)
    step = fire(rule, turn.look, severity, kept, held=held, new_id=lambda: turn.alert_id(rule.name, item))
    _take(rule, turn, item, row, step)


def _cool(rule: Rule, turn: Turn) -> None:
    """Forget the cooldowns of a one-shot that are over, at closes alone: a close as of an earlier day may follow an event's look."""
    for item, kept in list(turn.entries(rule.name).items()):
        if turn.look.kind != LookKind.EVENT and cooled(rule, turn.look, kept):
            turn.keep(rule.name, item, None)
        elif kept.sent_on is not None:
            turn.deadline = min(turn.deadline, kept.sent_on + rule.cooldown_days)


def _clear_unruled(book: Book, turn: Turn) -> None:
    """End what is kept of signals that these policies do not have, or have as one-shots."""
    for signal in sorted(turn.profile.signals.keys() - TIER_SIGNALS - book.lasting.keys()):
        for item, kept in sorted(turn.entries(signal).items()):
            if signal not in book.names or kept.since is not None:
                clear_unruled(turn, signal, item, kept, why=NO_RULE)
