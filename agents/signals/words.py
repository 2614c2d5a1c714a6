"""Words of a truth mask that tell one state of all accounts of a customer, one due date, or one anniversary from another.

A word changes when a signal may begin, end or get worse for any account, and its highest bit is set where it may begin. Two states with the
same word among 2^63 are the chance taken. The word of anniversaries is the day itself, and 0 on all other days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.days import are_anniversaries
from agents.policy.accounts import account_rows
from agents.policy.frame import Whole
from agents.policy.kleene import Truth
from agents.policy.nodes import Node, reads
from agents.policy.plan import Plan
from agents.signals.rules import WORD_BITS, Rule
from streams.rows import UNKNOWN, LookKind, Rows, Vocabulary

Words = NDArray[np.uint64]

DAYS_KNOWN: Final = "days_known"
"""The measure that tells the day as of which a customer was first seen, which is never another one. It is unknown of those of whom facts came before
the first day was open, and nothing since."""
_ONE: Final = np.uint64(1)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_MIXES: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS: Final = (np.uint64(30), np.uint64(27), np.uint64(31))
"""Constants of SplitMix64, which spreads every bit of a number over all of its bits."""
_TOP: Final = np.uint64(WORD_BITS - 1)


class StateWords:
    """Fills the words of some rules; ``kind`` None: of all."""

    def __init__(self, rules: Sequence[Rule], vocabulary: Vocabulary, kind: LookKind | None) -> None:
        words = [rule for rule in rules if rule.word is not None and (kind is None or rule.made_at(kind))]
        self._yearly = next((rule for rule in words if rule.yearly), None)
        told = [rule for rule in words if not rule.yearly]
        self._accounts = [rule for rule in told if rule.each == "account"]
        self._dated = [rule for rule in told if rule.each is None]
        nodes = [_nodes(rule) for rule in self._accounts]
        flat = [node for one in nodes for node in one]
        dues = [rule.signal.due_on.node for rule in self._accounts if rule.signal.due_on is not None]
        self._of_accounts = Plan(flat, vocabulary, dues)
        self._read = tuple(dict.fromkeys(name for node in (*flat, *dues) for name in reads(node)))
        self._sizes = [len(one) for one in nodes]
        days = [rule.signal.due_on.node for rule in self._dated if rule.signal.due_on is not None]
        self._of_days = Plan((), vocabulary, days)

    def fill(self, masks: Words, rows: Rows) -> None:
        """Set the words of ``masks`` (words, rows), whose bits of conditions are set already."""
        if self._dated:
            _, days = self._of_days.evaluate_all(rows)
            for rule, day in zip(self._dated, days, strict=True):
                masks[_word(rule)] = np.where(_may_hold(masks, rule), day.values.view(np.uint64), np.uint64(0))
        if self._accounts:
            self._fill_accounts(masks, rows)
        if self._yearly is not None:
            known = rows.values[rows.names.index(DAYS_KNOWN)]
            first = rows.as_of - np.where(known == UNKNOWN, 0, known)
            masks[_word(self._yearly)] = np.where(are_anniversaries(first, rows.as_of), rows.as_of, 0)

    def _fill_accounts(self, masks: Words, rows: Rows) -> None:
        accounts = rows.accounts
        if accounts is None:
            msg = "signals for each account, but the rows carry no accounts"
            raise ValueError(msg)
        truths, days = self._of_accounts.evaluate_all(account_rows(rows, self._read))
        owner = accounts.owner
        places = np.arange(len(owner)) if accounts.places is None else accounts.places
        at, dues = 0, iter(days)
        for rule, size in zip(self._accounts, self._sizes, strict=True):
            own, at = truths[at : at + size], at + size
            codes = _codes(own, next(dues) if rule.signal.due_on is not None else None)
            mixed = np.where(codes == 0, codes, _mixed(codes + _mixed(places.astype(np.uint64) * _SPREAD)))
            word = np.zeros(len(rows), np.uint64)
            np.add.at(word, owner, mixed)
            begins = np.bincount(owner[own[0].true], minlength=len(rows)) > 0
            masks[_word(rule)] = word >> _ONE | begins.astype(np.uint64) << _TOP


def _nodes(rule: Rule) -> list[Node]:
    return [condition.node for condition in rule.signal.conditions()]


def _codes(truths: Sequence[Truth], due: Whole | None) -> Words:
    """One number an account: two bits a condition, and the due date where it matters; 0 where there is nothing to tell.

    A date moves an alert that was raised for another one although ``when`` is unknown; where that is false it has ended.
    """
    codes = np.zeros(len(truths[0].true), np.uint64)
    for place, (true, unknown) in enumerate(truths):
        codes += true.astype(np.uint64) << np.uint64(2 * place)
        if unknown is not None:
            codes += unknown.astype(np.uint64) << np.uint64(2 * place + 1)
    if due is not None:
        when = truths[0]
        may = when.true if when.unknown is None else when.true | when.unknown
        codes += np.where(may, _mixed(due.values.view(np.uint64)), np.uint64(0))
    return codes


def _mixed(values: Words) -> Words:
    """SplitMix64 of each value."""
    values = values + _SPREAD
    for shift, factor in zip(_SHIFTS, _MIXES, strict=False):
        values = (values ^ (values >> shift)) * factor
    return values ^ (values >> _SHIFTS[-1])


def _word(rule: Rule) -> int:
    if rule.word is None:
        msg = f"{rule.name} has no word in the mask"
        raise ValueError(msg)
    return rule.word


def _may_hold(masks: Words, rule: Rule) -> NDArray[np.bool_]:
    """Where ``when`` of a rule on the whole customer holds or is unknown."""
    if rule.when is None:
        msg = f"{rule.name} has no condition in the mask"
        raise ValueError(msg)
    found = np.zeros(masks.shape[1], np.bool_)
    for bits in (rule.when.true, rule.when.unknown):
        if bits:
            word, bit = divmod(bits.bit_length() - 1, WORD_BITS)
            found |= (masks[word] >> np.uint64(bit) & _ONE) == _ONE
    return found
