"""What tiers lead to besides changes: a level about to be lost, a level almost reached."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from msgspec.structs import replace

from agents.days import iso
from agents.policy.because import because
from agents.policy.compiled import CompiledScheme, Near, roles_of
from agents.policy.distance import conjuncts, missing
from agents.policy.evidence import evidence, points
from agents.policy.linear import bound_of
from agents.policy.nodes import MINOR_UNITS, Arith, Column, Compare, Condition, Const, Node
from agents.policy.schemes import Level, Scheme
from agents.policy.words import in_words
from agents.policy.written import amount, exact_value
from agents.signals.alerts import About, Said, clear_unruled, publish, stake
from agents.signals.decide import Action, Told
from agents.signals.turn import Turn
from agents.tiers import Outcome, TierScheme
from agents.whatnext.later import Deposit
from agents.whatnext.rising import rising_amount
from agents.whatnext.saving import saving_amount
from schemas.state import Raised, Standing
from streams.rows import LookKind

AT_RISK: Final = "tier.at_risk"
"""A level is lost at the close of a day unless something happens."""
SECURED: Final = "tier.secured"
"""What the clearing of ``tier.at_risk`` is called where the level is kept or a higher one is reached; never raised, so nothing is kept of it."""
NEAR: Final = "tier.near"
"""A little money is missing to the level above."""
TIER_SIGNALS: Final = frozenset({AT_RISK, SECURED, NEAR})
RISK_SEVERITY: Final = "high"
NEAR_SEVERITY: Final = "low"
DAYS_TO_ACT: Final = 7
"""Days, the first one included, within which a deposit is advised that counts the more the earlier it comes: a week, so that the
customer can still be reached."""
NO_SCHEME: Final = "the policies have no such scheme any more"
_PERCENT: Final = 100


class Looked(NamedTuple):
    """A scheme of levels as it was decided: what the look did to ``standing``, and whether it made the upgrade check."""

    compiled: CompiledScheme
    tiers: TierScheme
    outcome: Outcome
    standing: Standing
    rises: bool

    @property
    def rules(self) -> Scheme:
        """The scheme as people wrote it."""
        return self.compiled.rules


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
        secured = outcome.move is None or outcome.move.direction == "up"
        turn.keep(AT_RISK, scheme, None)
        _publish(looked, turn, SECURED if secured else AT_RISK, "cleared", kept, _why(looked, turn, _held(looked)))
    elif kept is None and standing.falls_on is not None and outcome.changed:
        level = _held(looked)
        raised = _raised(turn, AT_RISK, scheme, RISK_SEVERITY)
        raised = replace(raised, due_on=looked.tiers.taken_on(standing, _first_day(turn)))
        turn.keep(AT_RISK, scheme, raised)
        _publish(looked, turn, AT_RISK, "raised", raised, _saving(looked, turn, level, standing.falls_on))


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
        _publish(looked, turn, NEAR, "raised", raised, _gap(looked.rules, turn, level))
    elif kept is not None and not holds and not turn.bits & near.near.unknown:
        turn.keep(NEAR, scheme, None)
        if kept.sent:
            _publish(looked, turn, NEAR, "cleared", kept, _said(turn, level.enter))


def _raised(turn: Turn, signal: str, scheme: str, severity: str) -> Raised:
    day = turn.look.as_of
    return Raised(since=day, sent=True, alert_id=turn.alert_id(signal, scheme), severity=severity, sent_on=day)


def _publish(looked: Looked, turn: Turn, signal: str, action: Action, raised: Raised, said: Said) -> None:
    scheme = looked.tiers.name
    roles = roles_of(looked.compiled, looked.standing.level, turn.bits)
    publish(turn, About(signal, scheme, roles, about=scheme), Told(action, raised), said)


def _held(looked: Looked) -> Level | None:
    """The level at which the customer stands after the look."""
    name = looked.standing.level
    return next((level for level in looked.rules.levels if level.table.name == name), None)


def _above(looked: Looked) -> tuple[Level | None, Near | None]:
    """The level directly above, and what tells whether the customer is near it; neither out of scope."""
    level = looked.standing.level
    position = None if level is None else looked.tiers.positions.get(level)
    if position is None or position >= len(looked.compiled.nears):
        return None, None
    return looked.rules.levels[position], looked.compiled.nears[position]


def _why(looked: Looked, turn: Turn, level: Level | None) -> Said:
    """Why an alert ended: what the tier change says of it, else the level's ``stay``."""
    if looked.outcome.move is not None and not looked.outcome.words:
        return Said(*because(looked.rules, looked.outcome, turn.exact))
    if looked.outcome.words or level is None:
        return Said(looked.outcome.words, {})
    return _said(turn, level.stay)


def _said(turn: Turn, condition: Condition) -> Said:
    return Said(condition.spelled, {**evidence(condition.columns, turn.exact), **points(condition, turn.exact)})


def _saving(looked: Looked, turn: Turn, level: Level | None, falls_on: int) -> Said:
    """The ``stay`` that fails and which part of it, the level that would follow, and the deposit that saves the one held if
    money can."""
    if level is None:
        return Said("", {})
    said, tiers = _said(turn, level.stay), looked.tiers
    below = tiers.ladder.names[tiers.below(turn.bits, tiers.positions[level.table.name])]
    threat = {"level": level.table.name, "falls_to": below, **_failing(level.stay, turn)}
    said = said._replace(evidence={**said.evidence, **threat})
    first, ends = _first_day(turn), tiers.taken_on(looked.standing, _first_day(turn)) or falls_on
    days = range(first, min(first + DAYS_TO_ACT, ends + 1))
    as_of, end = turn.look.as_of, max(falls_on, first)
    deposit = saving_amount(looked.rules, level, turn.rows, turn.row, turn.vocabulary, as_of, days, end)
    if deposit is None:
        return said
    value = Fraction(deposit.amount, MINOR_UNITS)
    return said._replace(value=stake(value), advice=_keeping(deposit, value, level) if value else None)


def _failing(condition: Condition, turn: Turn) -> dict[str, str]:
    """Which of the parts that must all hold do not; nothing to tell of a condition of one part."""
    parts = conjuncts(condition.node)
    failing = [in_words(part) for part in parts if turn.exact.value(part) is False]
    return {"failing": " and ".join(failing)} if len(parts) > 1 and failing else {}


def _keeping(deposit: Deposit, value: Fraction, level: Level) -> str:
    title, by, reached = level.table.title or level.table.name, iso(deposit.by), iso(deposit.reached)
    if deposit.by == deposit.reached:
        return f"Deposit {amount(value)} by {by} to keep {title}"
    return f"Deposit {amount(value)} by {by} and leave it there to keep {title} at the close of {reached}"


def _gap(scheme: Scheme, turn: Turn, level: Level) -> Said:
    """What is missing to the level above, and the deposit that closes the gap by a date."""
    said, gaps = _said(turn, level.enter), missing(level.enter.node, turn.exact)
    if not gaps:
        return said
    gap = exact_value(gaps[0].amount)
    said = said._replace(value=stake(gaps[0].amount), evidence={**said.evidence, "gap": gap})
    deposit = rising_amount(scheme, level, turn.rows, turn.row, turn.vocabulary, turn.look.as_of, _first_day(turn))
    return said if deposit is None else _reached_by(deposit, said, scheme, level)


def _reached_by(deposit: Deposit, said: Said, scheme: Scheme, level: Level) -> Said:
    title, value = level.table.title or level.table.name, Fraction(deposit.amount, MINOR_UNITS)
    by, reached = iso(deposit.by), iso(deposit.reached)
    if scheme.table.rising.check == "event" and deposit.by == deposit.reached:
        advice = f"Deposit {amount(value)} to reach {title}"
    elif not value:
        advice = f"Keep the balance to reach {title} by {reached}"
    elif deposit.by == deposit.reached:
        advice = f"Deposit {amount(value)} by {by} to reach {title}"
    else:
        advice = f"Deposit {amount(value)} by {by} and keep it to reach {title} by {reached}"
    found = {"deposit": exact_value(value), "deposit_by": by, "reached_by": reached}
    return said._replace(advice=advice, evidence={**said.evidence, **found})


def _first_day(turn: Turn) -> int:
    """The first day on which a deposit can still be made: at its close a day is over."""
    return turn.look.as_of + (turn.look.kind != LookKind.EVENT)
