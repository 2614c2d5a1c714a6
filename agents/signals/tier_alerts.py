"""What tiers lead to besides changes: a level about to be lost, a level almost reached."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from msgspec.structs import replace

from agents.days import date_of
from agents.policy.because import because
from agents.policy.distance import missing
from agents.policy.evidence import evidence
from agents.policy.linear import bound_of
from agents.policy.nodes import Arith, Column, Compare, Condition, Const, Node
from agents.policy.schemes import Level, Scheme
from agents.policy.written import amount, exact_value
from agents.signals.alerts import About, Said, clear_unruled, publish
from agents.signals.decide import Action, Told
from agents.signals.turn import Turn
from agents.tiers import Bits, Outcome, TierScheme
from schemas.state import Raised, Standing

AT_RISK: Final = "tier.at_risk"
"""A level is lost at the close of a day unless something happens; its clearing is called ``tier.secured``."""
NEAR: Final = "tier.near"
"""A little money is missing to the level above."""
TIER_SIGNALS: Final = frozenset({AT_RISK, NEAR})
RISK_SEVERITY: Final = "high"
NEAR_SEVERITY: Final = "low"
NO_SCHEME: Final = "the policies have no such scheme any more"
_PERCENT: Final = 100


class Near(NamedTuple):
    """The bits that tell whether a customer is near a level, and whether it can be entered."""

    near: Bits
    enter: Bits


class Looked(NamedTuple):
    """A scheme of levels as it was decided: what the look did to ``standing``, and whether it made the upgrade check."""

    rules: Scheme
    tiers: TierScheme
    nears: tuple[Near | None, ...]
    outcome: Outcome
    standing: Standing
    rises: bool


def near_node(level: Level, percent: int) -> Node | None:
    """Whether money is at most ``percent`` below the bound of a level that one comparison lets into, from below."""
    enter = level.enter.node
    bound = bound_of(enter)
    if bound is not None:
        column, enough = bound.atom, bound.op in (">", ">=") and bound.bound > 0
        if not enough or not isinstance(column, Column) or column.type != "money":
            return None
        return Compare(">=", column, Const(bound.bound * (_PERCENT - percent) / _PERCENT, "money"))
    if not isinstance(enter, Compare) or enter.op not in (">", ">=") or not isinstance(enter.left, Column):
        return None
    if enter.left.type != "money":
        return None
    share = Const(Fraction(_PERCENT - percent, _PERCENT), "number")
    return Compare(">=", enter.left, Arith("*", enter.right, share, "money"))


def tier_alerts(looked: Looked, turn: Turn) -> None:
    """Raise and clear the alerts of one scheme after it was decided."""
    _at_risk(looked, turn)
    _near(looked, turn)


def clear_schemeless(known: frozenset[str], turn: Turn) -> None:
    """End the alerts of schemes that are no more."""
    for signal in sorted(TIER_SIGNALS & turn.profile.signals.keys()):
        for scheme, kept in sorted(turn.entries(signal).items()):
            if scheme not in known:
                clear_unruled(turn, signal, scheme, kept, why=NO_SCHEME)


def _at_risk(looked: Looked, turn: Turn) -> None:
    scheme, standing, outcome = looked.tiers.name, looked.standing, looked.outcome
    kept = turn.entries(AT_RISK).get(scheme)
    if kept is not None and standing.falls_on is None:
        fell = outcome.move is not None and outcome.move.direction == "down"
        turn.keep(AT_RISK, scheme, None)
        if not fell:
            _publish(looked, turn, AT_RISK, "cleared", kept, _why(looked, turn, _held(looked)))
    elif kept is None and standing.falls_on is not None and outcome.changed:
        level = _held(looked)
        raised = _raised(turn, AT_RISK, scheme, RISK_SEVERITY)
        raised = replace(raised, due_on=standing.falls_on)
        turn.keep(AT_RISK, scheme, raised)
        _publish(looked, turn, AT_RISK, "raised", raised, _saving(turn, level, standing.falls_on))


def _near(looked: Looked, turn: Turn) -> None:
    scheme = looked.tiers.name
    kept = turn.entries(NEAR).get(scheme)
    level, near = _above(looked)
    if kept is not None and (looked.outcome.move is not None or near is None):
        turn.keep(NEAR, scheme, None)
        if kept.sent:
            _publish(looked, turn, NEAR, "cleared", kept, _why(looked, turn, level))
        kept = None
    if not looked.rises or near is None or level is None:
        return
    holds = bool(turn.bits & near.near.true) and not turn.bits & near.enter.true
    if kept is None and holds:
        raised = _raised(turn, NEAR, scheme, NEAR_SEVERITY)
        if turn.look.reason == "placement":
            turn.keep(NEAR, scheme, Raised(since=turn.look.as_of))  # true, but no news: it was never otherwise
            return
        turn.keep(NEAR, scheme, raised)
        _publish(looked, turn, NEAR, "raised", raised, _gap(turn, level))
    elif kept is not None and not holds and not turn.bits & near.near.unknown:
        turn.keep(NEAR, scheme, None)
        if kept.sent:
            _publish(looked, turn, NEAR, "cleared", kept, _said(turn, level.enter))


def _raised(turn: Turn, signal: str, scheme: str, severity: str) -> Raised:
    day = turn.look.as_of
    return Raised(since=day, sent=True, alert_id=turn.alert_id(signal, scheme), severity=severity, sent_on=day)


def _publish(looked: Looked, turn: Turn, signal: str, action: Action, raised: Raised, said: Said) -> None:
    scheme = looked.tiers.name
    publish(turn, About(signal, scheme, about=scheme), Told(action, raised), said)


def _held(looked: Looked) -> Level | None:
    """The level at which the customer stands after the look."""
    name = looked.standing.level
    return next((level for level in looked.rules.levels if level.table.name == name), None)


def _above(looked: Looked) -> tuple[Level | None, Near | None]:
    """The level directly above, and what tells whether the customer is near it; neither out of scope."""
    level = looked.standing.level
    position = None if level is None else looked.tiers.positions.get(level)
    if position is None or position >= len(looked.nears):
        return None, None
    return looked.rules.levels[position], looked.nears[position]


def _why(looked: Looked, turn: Turn, level: Level | None) -> Said:
    """Why an alert ended: what the tier change says of it, else the level's ``stay``."""
    if looked.outcome.move is not None and not looked.outcome.words:
        return Said(*because(looked.rules, looked.outcome, turn.exact))
    if looked.outcome.words or level is None:
        return Said(looked.outcome.words, {})
    return _said(turn, level.stay)


def _said(turn: Turn, condition: Condition) -> Said:
    return Said(condition.text, evidence(condition.columns, turn.exact))


def _saving(turn: Turn, level: Level | None, falls_on: int) -> Said:
    """The ``stay`` that fails, and the money that saves the level if money can."""
    if level is None:
        return Said("", {})
    gaps = missing(level.stay.node, turn.exact)
    value = exact_value(max(gap.amount for gap in gaps)) if gaps else None
    advice = None
    if gaps:
        money = amount(max(gap.amount for gap in gaps))
        advice = f"Deposit {money} by {date_of(falls_on)} to keep {level.table.title or level.table.name}"
    return _said(turn, level.stay)._replace(value=value, advice=advice)


def _gap(turn: Turn, level: Level) -> Said:
    """What is missing to the level above."""
    gaps = missing(level.enter.node, turn.exact)
    if not gaps:
        return _said(turn, level.enter)
    value = exact_value(gaps[0].amount)
    advice = f"Deposit {amount(gaps[0].amount)} to reach {level.table.title or level.table.name}"
    said = _said(turn, level.enter)
    return said._replace(value=value, advice=advice, evidence={**said.evidence, "gap": value})
