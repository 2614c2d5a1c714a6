"""The policies of one version, compiled: truth masks for rows, decisions for customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.because import because
from agents.policy.compiled import (
    CompiledScheme,
    Place,
    mask_bits,
    mask_words,
    places_in,
    roles_of,
    true_reasons,
    words_of,
)
from agents.policy.cuts import CompiledCut
from agents.policy.evidence import evidence
from agents.policy.nodes import Node
from agents.policy.placements import Placements, placed
from agents.policy.plan import Plan
from agents.policy.schemes import Level
from agents.signals.book import Book
from agents.signals.compile import duties_of, occasion_columns, words_read
from agents.signals.deciding import decide_signals
from agents.signals.rules import Rule
from agents.signals.tier_alerts import TIER_SIGNALS, Looked, clear_schemeless, tier_alerts
from agents.signals.turn import Turn
from agents.signals.words import StateWords
from agents.tiers import ClassScheme, Move, Outcome, TierScheme, deadline_of, decide_scheme, held_by_unknown, union
from agents.tiers.outcome import made
from agents.tiers.override import decide_overridden, in_force
from schemas.churn_model import ChurnModel
from schemas.events import TierChanged
from schemas.population import Cut
from schemas.rates import RateTable
from schemas.state import Override, Profile, Standing
from streams.decider import Decided, Look
from streams.rows import LookKind, Rows, Vocabulary, Wanted


class At(NamedTuple):
    """A scheme as looks of one kind take it: its number and the bit that marks it in a set of schemes, the bits that the
    decision depends on and those of them that tell what is unknown, and whether it may place or check anybody. ``levels`` is
    there for a scheme of levels."""

    number: int
    mark: int
    name: str
    compiled: CompiledScheme
    tiers: TierScheme | ClassScheme
    bits: int
    unknowns: int
    checks: bool
    levels: TierScheme | None


class CompiledPolicies:
    """Implements ``streams.decider.Decider``; made by ``agents.policy.compile.compile_policies``."""

    def __init__(
        self,
        *,
        version: str,
        rates: RateTable,
        churn: ChurnModel | None,
        columns: tuple[str, ...],
        account_columns: tuple[str, ...],
        wanted: Sequence[Wanted],
        schemes: Sequence[CompiledScheme],
        conditions: Sequence[Node],
        cuts: Sequence[CompiledCut],
        vocabulary: Vocabulary,
        rules: Sequence[Rule] = (),
    ) -> None:
        self.version = version
        self.rates = rates
        self.churn = churn
        self.columns = columns
        self.account_columns = account_columns
        self.wanted = tuple(wanted)
        self.schemes = tuple(schemes)
        self.rules = tuple(rules)
        self.vocabulary = vocabulary
        self._book = Book.of(self.rules)
        self.signals = self._book.names | TIER_SIGNALS
        self._cuts = tuple(cuts)
        self.cycles = any(rule.each == "cycle" for rule in rules)
        self.occasion_columns = occasion_columns(rules)
        self.words = words_of(len(conditions)) + words_read(rules)
        self.relevant = np.stack([mask_words(self._deciding(kind), self.words) for kind in LookKind])
        self.fires = mask_words(
            union(rule.when.true for rule in rules if rule.on and rule.when is not None), self.words
        )
        self._at = tuple(tuple(_at(number, one, kind) for number, one in enumerate(schemes)) for kind in LookKind)
        self._checking = tuple(tuple(at for at in of_kind if at.checks) for of_kind in self._at)
        self._marks: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._placements = Placements(len(self.schemes))
        self._conditions = tuple(conditions)
        self._duties = duties_of([one.rules for one in schemes])
        self._followed = union(
            1 << place for place, one in enumerate(schemes) if one.tiers.name in self._told_of(rules)
        )
        self._leveled = frozenset(one.tiers.name for one in schemes if isinstance(one.tiers, TierScheme))
        self._plans: dict[LookKind | None, tuple[list[int], Plan, StateWords]] = {}

    def _told_of(self, rules: Sequence[Rule]) -> set[str]:
        """The schemes whose standings decide about signals too."""
        followed = set(self._duties) if any(rule.each == "duty" for rule in rules) else set()
        return followed | {scheme for rule in rules for scheme, _ in rule.levels}

    def _deciding(self, kind: LookKind) -> int:
        """The bits that decide at looks of one kind; those of one-shots settle nobody."""
        lasting = [rule for rule in self.rules if rule.on is None and rule.made_at(kind)]
        return union(one.bits[kind] for one in self.schemes) | union(rule.bits for rule in lasting)

    def _read(self, kind: LookKind) -> int:
        """The bits that looks of one kind read."""
        made = [rule for rule in self.rules if rule.made_at(kind)]
        return union(one.reads[kind] for one in self.schemes) | union(rule.bits for rule in made)

    def masks(self, rows: Rows, kind: LookKind | None = None) -> NDArray[np.uint64]:
        """Two bits a condition on every row, true and unknown, 32 conditions a word.

        With ``kind`` only the conditions that a look of this kind reads; the bits of the others are 0.
        """
        places, plan, states = self._plan(kind)
        masks = np.zeros((self.words, len(rows)), np.uint64)
        bits = np.empty(len(rows), np.uint64)
        for place, (true, unknown) in zip(places, plan.evaluate(rows), strict=True):
            word, bit = masks[place // 32], 2 * (place % 32)
            np.multiply(true, np.uint64(1 << bit), out=bits)
            np.bitwise_or(word, bits, out=word)
            if unknown is not None:
                np.multiply(unknown, np.uint64(2 << bit), out=bits)
                np.bitwise_or(word, bits, out=word)
        states.fill(masks, rows)
        return np.ascontiguousarray(masks.T)

    def _plan(self, kind: LookKind | None) -> tuple[list[int], Plan, StateWords]:
        """The places of the conditions to evaluate, and how; and the words of signals behind them."""
        found = self._plans.get(kind)
        if found is None:
            places = list(range(len(self._conditions)))
            if kind is not None:
                places = [place for place in places_in(self._read(kind)) if place < len(self._conditions)]
            plan = Plan([self._conditions[place] for place in places], self.vocabulary)
            found = self._plans[kind] = (places, plan, StateWords(self.rules, self.vocabulary, kind))
        return found

    def cuts(self, rows: Rows, masks: NDArray[np.uint64]) -> list[Cut]:
        """What the customers of ``rows`` add to each population figure."""
        return [cut.of(rows, masks) for cut in self._cuts]

    def decide(
        self,
        look: Look,
        rows: Rows,
        row: int,
        mask: NDArray[np.uint64],
        profile: Profile,
        settled: NDArray[np.uint64] | None = None,
    ) -> Decided:
        """Decide the schemes of one row, by name, then the signals; with ``settled`` those alone that read something else now."""
        before = None if settled is None else mask_bits(settled)
        turn = Turn(look, rows, row, mask_bits(mask), before, profile, self.vocabulary, self.version)
        unknown: list[str] = []
        looked: list[Looked] = []
        known = self._placements.at(look)
        for at in self._to_decide(turn):
            standing = profile.standings.get(at.name)
            level = None if standing is None else standing.level
            rises = _rises(at, look, standing, profile.overrides)
            if standing is not None or at.name in profile.overrides:
                standing = standing or Standing()
                outcome, due, held = _looked_at(at, look, turn.bits, standing, profile.overrides)
            elif at.checks:
                first = placed(known[at.number], at.tiers, look, turn.bits & at.bits)
                standing, outcome, due, held = first.anew(), first.outcome, first.deadline, first.held
            else:
                continue  # places nobody
            self._take(at, turn, standing, level, outcome, due)
            if held:
                unknown.append(at.name)
            if at.levels is not None and (at.compiled.nears or profile.signals or standing.falls_on is not None):
                looked.append(Looked(at.compiled, at.levels, outcome, standing, rises))
        self._alert(looked, turn)
        return Decided(
            changes=[*turn.changes, *turn.alerts],
            moves=turn.moves,
            deadline=turn.deadline,
            complete=turn.complete,
            unknown=tuple(unknown),
            stood=tuple(turn.stood),
            unrest=turn.unrest,
            worse=tuple(turn.worse),
            restless=turn.restless,
            reopens=turn.reopens,
            stirred=bool(turn.changed) or bool(turn.moves & self._followed),
        )

    def mark(self, settled: NDArray[np.uint64], restless: int) -> NDArray[np.uint64]:
        """``settled`` with the bits ``restless``, which no mask has."""
        return mask_words(mask_bits(settled) | restless, self.words)

    def unsettle(self, kind: LookKind, moves: int, settled: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """``settled`` with both bits of a condition of each scheme that moved and that looks of this kind may move again."""
        found = self._marks.get((kind, moves))
        if found is None:
            found = self._marks[kind, moves] = _marks(at for at in self._at[kind] if moves & at.mark)
        checked, inside, scoped = found
        bits = mask_bits(settled) | checked
        return mask_words(bits if bits & inside == inside else bits | scoped, self.words)

    def _to_decide(self, turn: Turn) -> Sequence[At]:
        kind, profile = turn.look.kind, turn.profile
        if turn.settled is not None:
            differ = turn.bits ^ turn.settled
            return [at for at in self._at[kind] if differ & at.bits]
        # Whoever stands nowhere yet is only to be placed.
        return self._at[kind] if profile.standings or profile.overrides else self._checking[kind]

    def _take(self, at: At, turn: Turn, standing: Standing, before: str | None, outcome: Outcome, due: int) -> None:
        """Take over what a look made of one standing, which was at level ``before``."""
        if outcome.changed:
            turn.moves |= at.mark
            turn.unrest |= 0 if outcome.rests else at.mark
            turn.profile.standings[at.name] = standing
            if standing.level != before:
                turn.stood.append((at.name, before, standing.level))
        if outcome.move is not None:
            turn.changes.append(self._change(at.compiled, outcome.move, outcome, turn))
        turn.complete = turn.complete and outcome.complete
        turn.deadline = min(turn.deadline, due)

    def _alert(self, looked: Sequence[Looked], turn: Turn) -> None:
        """The alerts of tiers, then those of signals."""
        for one in looked:
            tier_alerts(one, turn)
        if turn.settled is None and turn.profile.signals:
            clear_schemeless(self._leveled, turn)
        if self.rules or turn.profile.signals:
            decide_signals(self._book, turn, self._duties)

    def _change(
        self,
        compiled: CompiledScheme,
        move: Move,
        outcome: Outcome,
        turn: Turn,
    ) -> TierChanged:
        look, bits, row, profile = turn.look, turn.bits, turn.exact, turn.profile
        place = None if move.to is None else compiled.places.get(move.to)
        roles = roles_of(compiled, move.to, bits)
        text, seen = (outcome.words, {}) if outcome.words else because(compiled.rules, outcome, row)
        return TierChanged(
            customer_id=look.customer_id,
            scheme=compiled.tiers.name,
            policy_version=self.version,
            from_=move.from_,
            to=move.to,
            direction=move.direction,
            reason=move.reason,
            effective_at=look.effective_at,
            owner_id=profile.text("owner_id"),
            initial_owner_id=profile.text("initial_owner_id"),
            branch_id=profile.text("branch_id"),
            recommended_roles=roles,
            referral_suggested=move.direction == "up" and _refers(compiled.places.get(move.from_), roles),
            reasons=true_reasons(place, bits),
            benefits=[] if place is None else list(place.rules.table.benefits),
            carried={} if place is None else evidence(place.rules.care.carried, row),
            evidence=seen,
            condition=text,
            cause=look.cause,
        )


def _at(number: int, compiled: CompiledScheme, kind: LookKind) -> At:
    tiers, bits = compiled.tiers, compiled.bits[kind]
    levels = tiers if isinstance(tiers, TierScheme) else None
    unknowns, checks = bits & compiled.unknowns, tiers.checks_at(kind)
    return At(number, 1 << number, tiers.name, compiled, tiers, bits, unknowns, checks, levels)


def _marks(moved: Iterable[At]) -> tuple[int, int, int]:
    """The marks of schemes that check at a kind of look; the scopes of the others, and their marks.

    A look that makes no check of a scheme does nothing to whoever is in its scope.
    """
    checked = inside = scoped = 0
    for at in moved:
        lowest = at.bits & -at.bits  # the bit for true of the first condition
        mark = lowest | lowest << 1
        if at.checks:
            checked |= mark
        elif at.tiers.scope is not None:
            inside |= at.tiers.scope.true
            scoped |= mark
    return checked, inside, scoped


def _looked_at(
    at: At, look: Look, bits: int, standing: Standing, overrides: dict[str, Override]
) -> tuple[Outcome, int, bool]:
    """What a look does to a standing, the deadline that follows, and whether something unknown may hold the customer."""
    scheme = at.tiers
    if at.name in overrides:
        outcome, due = decide_overridden(scheme, look, bits, standing, overrides)
    else:
        outcome = decide_scheme(scheme, look, bits, standing)
        due = deadline_of(scheme, look, standing)
    held = outcome.move is None and bits & at.unknowns != 0 and held_by_unknown(scheme, bits & at.bits, standing)
    return outcome, due, held


def _rises(at: At, look: Look, standing: Standing | None, overrides: dict[str, Override]) -> bool:
    """Whether this look makes the upgrade check of a scheme that tells who is near; under an override it makes none."""
    if at.levels is None or not at.compiled.nears:
        return False
    if at.name in overrides and in_force(at.tiers, look, overrides[at.name]):
        return False
    return made(at.levels.upgrade_check, look, standing or Standing())


def _refers(place: Place | None, roles: list[str]) -> bool:
    """Whether rising from ``place`` to where ``roles`` act suggests another owner: not where the same ones go on."""
    if place is None or not isinstance(place.rules, Level) or not place.rules.table.referral_on_upgrade:
        return False
    return not roles or roles != list(place.rules.table.roles)
