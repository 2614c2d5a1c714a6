"""What files of signals say, in words: for whom, raised and cleared when, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from agents.policy.nodes import Node
from agents.policy.signals import Family, Signal
from agents.policy.words import days_in_words, in_words

_EACH = {
    None: "",
    "account": " (one for each account)",
    "relative": " (one for each date in the family)",
    "duty": " (one for each role that owes contacts)",
    "cycle": " (one for each cycle of purchases)",
}
_AT = {
    "event": "at each event and each close of a day",
    "day_close": "at each close of a day",
    "month_close": "at each close of a month",
    "quarter_close": "at each close of a quarter",
    "year_close": "at each close of a year",
    "anniversary": "at the close of each day that is whole years after the customer was first seen",
}
_ONCE = {"transaction": "transaction", "interaction": "interaction", "tier_change": "change of tier"}


def signals_in_words(family: Family) -> Iterator[str]:
    """The lines that tell the signals of a file."""
    for signal in family.signals:
        yield f"    {signal.name}: {signal.table.title}{_EACH[signal.table.each]}"
        if signal.where is not None:
            yield f"      where {in_words(signal.where.node)}"
        yield from _ends(signal)
        yield f"      {_severity(signal)}"
        yield from _bounds(signal)
        yield from _action(signal)


def nodes_of(family: Family) -> Iterator[Node]:
    """Everything that the signals read."""
    if family.applies_to is not None:
        yield family.applies_to.node
    for signal in family.signals:
        yield from (condition.node for condition in signal.conditions())
        yield from (one.node for one in (signal.value, signal.due_on) if one is not None)


def _ends(signal: Signal) -> Iterator[str]:
    table, raising = signal.table, signal.raising or signal.when
    if table.on is not None:
        yield f"      told once at each {_ONCE[table.on]} for which {in_words(raising.node)}"
        return
    if signal.due_on is not None:
        lead = table.lead_days or 0
        days = f"{days_in_words(lead)} before" if lead else "on the day itself"
        yield f"      due on {in_words(signal.due_on.node)}: raised {days}, cleared after it, once for each date"
    yield f"      raised when {in_words(raising.node)}"
    if signal.clearing is not None:
        yield f"      cleared when {in_words(signal.clearing.node)}"
    elif signal.due_on is None:
        yield "      cleared when that holds no longer"
    yield f"      checked {_AT[signal.check]}"


def _severity(signal: Signal) -> str:
    told = [f"{one.word} when {in_words(one.when.node)}" for one in signal.severities if one.when is not None]
    if not told:
        return f"severity {signal.severities[-1].word}"
    return f"severity {'; '.join(told)}; otherwise {signal.severities[-1].word}"


def _bounds(signal: Signal) -> Iterator[str]:
    table = signal.table
    if signal.value is not None:
        yield f"      at stake: {in_words(signal.value.node)}"
    for scheme, levels in table.for_levels.items():
        yield f"      only for customers at {' or '.join(levels)} of {scheme}"
    if table.inhibited_by:
        yield f"      held back while one of these is raised: {', '.join(table.inhibited_by)}"
    if table.cooldown_days:
        what = "dropped" if table.on is not None else "held back"
        yield f"      {what} for {days_in_words(table.cooldown_days)} after the one before was sent"


def _action(signal: Signal) -> Iterator[str]:
    if signal.carried:
        yield f"      brings along: {', '.join(signal.table.carry)}"
    if signal.table.advice:
        yield f"      advice: {signal.table.advice}"
    if signal.table.roles:
        yield f"      acted on by {', '.join(signal.table.roles)}"
