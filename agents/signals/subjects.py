"""What a signal is asked of at a look: the customer by the truth mask, each account or item by its own exact row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from agents.policy.accounts import accounts_of, places_of
from agents.policy.exact import ExactRow
from agents.policy.nodes import Column
from agents.signals.decide import Seen, Truths, seen
from agents.signals.items import Duties, Item, items_of
from agents.signals.rules import CUSTOMER, Rule
from agents.signals.turn import Turn
from agents.tiers import Bits
from schemas.events import TierChanged
from streams.rows import UNKNOWN, OwnWords, Rows, Vocabulary

NAMES: Final = {"relative": "relative_name", "duty": "duty_role", "cycle": "cycle_category"}
"""What tells one item from another."""


class Subject(NamedTuple):
    """One that the signal may hold of: its item, its row, and what the look saw."""

    item: str
    row: ExactRow
    saw: Seen


class ItemRow(ExactRow):
    """A customer's row with the names of an item or an occasion over it."""

    def __init__(
        self, rows: Rows, row: int, vocabulary: Vocabulary, item: Mapping[str, str | int | Fraction | None]
    ) -> None:
        words = OwnWords(vocabulary)
        super().__init__(rows, row, words)
        self._item = {name: _number(value, words) for name, value in item.items()}

    def kept(self, column: Column) -> tuple[int, int]:
        """What is held of a measure or of a name of the item, and what that is to be divided by."""
        return self._item[column.name] if column.name in self._item else super().kept(column)


def subjects(rule: Rule, turn: Turn, duties: Duties, *, fit: bool) -> Iterator[Subject]:
    """Each that there is; ``fit`` tells whether the customer stands at the levels that the rule asks for."""
    match rule.each:
        case None:
            saw = _exactly(rule, turn.exact) if rule.when is None else _by_bits(rule, turn)
            yield Subject(CUSTOMER, turn.exact, _limited(saw, fit=fit))
        case "account":
            accounts = accounts_of(turn.rows, turn.row)
            for index, place in enumerate(places_of(turn.rows, turn.row)):
                row = ExactRow(accounts, index, turn.vocabulary)
                yield Subject(turn.profile.accounts[place], row, _limited(_exactly(rule, row), fit=fit))
        case each:
            for item in items_of(each, turn.profile, duties, turn.look.as_of):
                row = item_row(turn, item)
                yield Subject(str(item[NAMES[each]]), row, _limited(_exactly(rule, row), fit=fit))


def item_row(turn: Turn, item: Item) -> ItemRow:
    """The customer's row with an item over it."""
    return ItemRow(turn.rows, turn.row, turn.vocabulary, item)


def change_row(turn: Turn, change: TierChanged) -> ItemRow:
    """The customer's row with a tier change over it."""
    told = {
        "tier_scheme": change.scheme,
        "tier_from": change.from_,
        "tier_to": change.to,
        "tier_direction": change.direction,
        "tier_reason": change.reason,
    }
    return ItemRow(turn.rows, turn.row, turn.vocabulary, told)


def severity_in(rule: Rule, bits: int) -> int:
    """The place of the first severity whose bit is set; the last where none is."""
    return next((place for place, bit in enumerate(rule.severities) if bits & bit), len(rule.severities))


def severity_on(rule: Rule, row: ExactRow) -> int:
    """The place of the first severity whose condition holds on a row; the last where none does."""
    conditions = [severity.when for severity in rule.signal.severities[:-1]]
    holding = (place for place, one in enumerate(conditions) if one is not None and row.value(one.node) is True)
    return next(holding, len(conditions))


def _limited(saw: Seen, *, fit: bool) -> Seen:
    return saw if fit else saw._replace(begins=False, ends=True)


def _by_bits(rule: Rule, turn: Turn) -> Seen:
    due = rule.signal.due_on
    due_on = None if due is None else turn.exact.value(due.node)
    return seen(
        Truths(_truth(rule.when, turn.bits), _truth(rule.clear, turn.bits)),
        severity_in(rule, turn.bits),
        None if due_on is None else int(due_on),
        ends_with_when=rule.signal.clear is None,
    )


def _exactly(rule: Rule, row: ExactRow) -> Seen:
    signal = rule.signal
    due_on = None if signal.due_on is None else row.value(signal.due_on.node)
    when = row.value(signal.when.node)
    clear = None if signal.clear is None else row.value(signal.clear.node)
    return seen(
        Truths(None if when is None else bool(when), None if clear is None else bool(clear)),
        severity_on(rule, row),
        None if due_on is None else int(due_on),
        ends_with_when=signal.clear is None,
    )


def _truth(bits: Bits | None, mask: int) -> bool | None:
    if bits is None or mask & bits.unknown:
        return None
    return bool(mask & bits.true)


def _number(value: str | int | Fraction | None, vocabulary: Vocabulary) -> tuple[int, int]:
    if value is None:
        return UNKNOWN, 1
    return (vocabulary.code(value), 1) if isinstance(value, str) else (value.numerator, value.denominator)
