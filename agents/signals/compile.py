"""From checked signals to rules: what stands in the truth mask, and which columns a look reads for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from agents.policy.nodes import Condition, Node, account_columns_of, columns_of
from agents.policy.schemes import Scheme
from agents.policy.signals import Signal
from agents.signals.items import Duties
from agents.signals.rules import WORD_BITS, Rule, in_order, inhibitors_of
from agents.signals.words import DAYS_KNOWN
from agents.tiers import Bits, union
from agents.tiers.scheme import check_named
from schemas.occasion_names import ON
from streams.rows import LookKind

ANY_ACCOUNT_COLUMN: Final = "account_open"
"""Asked for where a signal for each account reads none of its measures, so that the accounts are listed."""
_OCCASIONS: Final = ("transaction", "interaction")

BitsOf = Callable[[Condition], Bits]


def reserve(signals: Sequence[Signal], bits_of: BitsOf) -> None:
    """Give the conditions that stand in the mask their bits there."""
    for signal in signals:
        if _in_mask(signal):
            for condition in signal.conditions():
                bits_of(condition)


def rules_of(signals: Sequence[Signal], bits_of: BitsOf, first_word: int) -> tuple[Rule, ...]:
    """Rules in the order in which they are decided; their words stand in the mask from ``first_word`` on."""
    by_name = {signal.name: signal for signal in signals}
    anniversary = first_word + 1
    rules, words = [], count(anniversary + any(map(_yearly, signals)))
    for place, signal in enumerate(in_order(signals)):
        own = anniversary if _yearly(signal) else next(words) if _has_word(signal) else None
        rule = _rule(signal, bits_of, own, by_name)
        restless = rule.of_items and not rule.yearly
        rules.append(replace(rule, bits=1 << WORD_BITS * first_word + place % WORD_BITS) if restless else rule)
    return tuple(rules)


def words_read(rules: Sequence[Rule]) -> int:
    """Words of a mask that rules have to themselves: the first is of marks, and no look sets a bit of it."""
    return 1 + len({rule.word for rule in rules} - {None}) if rules else 0


def duties_of(schemes: Sequence[Scheme]) -> Duties:
    """Contacts a month by scheme, level or class, and role; levels that ask for none are left out."""
    owed = {
        scheme.table.scheme: {
            place.table.name: place.table.contacts_per_month
            for place in scheme.places
            if place.table.contacts_per_month
        }
        for scheme in schemes
    }
    return {scheme: levels for scheme, levels in owed.items() if levels}


def columns_read(rules: Sequence[Rule], kind: LookKind | None) -> set[str]:
    """Measures and facts that looks of a kind read for the signals."""
    found = {column.name for node in _read(rules, kind) for column in columns_of(node)}
    found |= {column.name for rule in _made(rules, kind) for column in rule.signal.carried}
    return found | ({DAYS_KNOWN} if any(rule.yearly for rule in _made(rules, kind)) else set())


def account_columns_read(rules: Sequence[Rule], kind: LookKind | None) -> set[str]:
    """Measures of accounts that looks of a kind read for the signals."""
    found = {column.name for node in _read(rules, kind) for column in account_columns_of(node)}
    asked = any(rule.each == "account" for rule in _made(rules, kind))
    return found or ({ANY_ACCOUNT_COLUMN} if asked else set())


def occasion_columns(rules: Sequence[Rule]) -> tuple[str, ...]:
    """What there is to tell of the transaction or interaction that a look is about, where a one-shot asks for such."""
    return tuple(sorted({name for rule in rules if rule.on in _OCCASIONS for name in ON[rule.on]}))


def _made(rules: Sequence[Rule], kind: LookKind | None) -> list[Rule]:
    return [rule for rule in rules if kind is None or rule.made_at(kind)]


def _read(rules: Sequence[Rule], kind: LookKind | None) -> Iterator[Node]:
    for rule in _made(rules, kind):
        signal = rule.signal
        told = [condition for condition in (signal.value, signal.due_on) if condition is not None]
        yield from (condition.node for condition in [*signal.conditions(), *told])


def _in_mask(signal: Signal) -> bool:
    """Whether its conditions are about the customer, or an occasion that rows tell of; what is asked once a year is read then."""
    return signal.table.each is None and signal.table.on != "tier_change" and not _yearly(signal)


def _yearly(signal: Signal) -> bool:
    return signal.check == "anniversary"


def _has_word(signal: Signal) -> bool:
    return signal.table.each == "account" or (_in_mask(signal) and signal.due_on is not None)


def _rule(signal: Signal, bits_of: BitsOf, word: int | None, by_name: Mapping[str, Signal]) -> Rule:
    levels = tuple((scheme, frozenset(names)) for scheme, names in signal.table.for_levels.items())
    rule = Rule(
        signal,
        check_named(signal.check),
        bits=0 if word is None else ((1 << WORD_BITS) - 1) << WORD_BITS * word,
        word=word,
        inhibitors=inhibitors_of(signal, by_name),
        levels=levels,
    )
    if not _in_mask(signal):
        return rule
    bits = [bits_of(condition) for condition in signal.conditions()]
    return Rule(
        signal,
        rule.check,
        when=bits_of(signal.when),
        clear=None if signal.clear is None else bits_of(signal.clear),
        severities=tuple(bits_of(severity.when).true for severity in signal.severities if severity.when is not None),
        bits=rule.bits | union(union(one) for one in bits),
        word=word,
        inhibitors=rule.inhibitors,
        levels=levels,
    )
