"""What comes next for a customer, as an explanation carries it: dates in ISO, money in major units."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from agents.days import iso
from agents.policy.nodes import MINOR_UNITS
from agents.whatnext.later import Deposit
from agents.whatnext.outlook import Outlook


class DepositView(msgspec.Struct, kw_only=True, frozen=True):
    """An ``amount``, major units, that deposited on the date ``by`` at the latest and kept counts at the close of ``reached``."""

    amount: float | int
    by: str
    reached: str


class KeepView(msgspec.Struct, kw_only=True, frozen=True):
    """The least balance of ``measure``, major units, that keeps the level when it is held from tomorrow on."""

    measure: str
    amount: float | int


class NextView(msgspec.Struct, kw_only=True, frozen=True):
    """What comes next in one scheme, as far as the next 400 days tell.

    ``deposit``: what leads to ``next_level``: the least and, where that is for a later check, what is enough for the next one, if it is
    at most ten times as much; ``save``
    what keeps a level in grace, or one that fails today. ``recovers_on``: a level in grace holds again at the close of this date
    if nothing happens. ``to`` is the level or class after the first change if nothing happens, null out of scope,
    and one of ``falls_on_if_nothing``, ``rises_on`` and ``moves_on`` (between classes) the date whose close brings it.
    """

    deposit: list[DepositView] = []
    keep: KeepView | None = None
    save: DepositView | None = None
    recovers_on: str | None = None
    falls_on_if_nothing: str | None = None
    rises_on: str | None = None
    moves_on: str | None = None
    to: str | None = None


def next_view(outlook: Outlook) -> NextView:
    """The outlook in one scheme, for people and programs."""
    kept, moved = outlook.keep, outlook.moves
    direction = None if moved is None else moved.move.direction
    day = None if moved is None else iso(moved.day)
    return NextView(
        deposit=[_deposit(one) for one in outlook.deposits],
        keep=None if kept is None else KeepView(measure=kept.measure, amount=_major(kept.amount)),
        save=None if outlook.save is None else _deposit(outlook.save),
        recovers_on=None if outlook.recovers is None else iso(outlook.recovers),
        falls_on_if_nothing=day if direction in ("down", "out") else None,
        rises_on=day if direction == "up" else None,
        moves_on=day if direction == "across" else None,
        to=None if moved is None else moved.move.to,
    )


def _deposit(deposit: Deposit) -> DepositView:
    return DepositView(amount=_major(deposit.amount), by=iso(deposit.by), reached=iso(deposit.reached))


def _major(amount: int) -> float | int:
    return plain_number(Fraction(amount, MINOR_UNITS))


def plain_number(value: Fraction) -> float | int:
    """A whole number as such, any other as the nearest float."""
    return int(value) if value.denominator == 1 else float(value)
