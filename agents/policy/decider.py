"""The policies of one version, compiled: truth masks for rows, decisions for customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.because import because
from agents.policy.evidence import evidence
from agents.policy.exact import ExactRow
from agents.policy.nodes import Node
from agents.policy.placements import Placements, placed
from agents.policy.plan import Plan
from agents.policy.schemes import Class, Level, Scheme
from agents.tiers import ClassScheme, Move, Outcome, TierScheme, deadline_of, decide_scheme, held_by_unknown, union
from agents.tiers.override import decide_overridden
from schemas.churn_model import ChurnModel
from schemas.events import TierChanged
from schemas.rates import RateTable
from schemas.state import Override, Profile, Standing
from streams.decider import NO_DEADLINE, Decided, Look
from streams.rows import LookKind, Rows, Vocabulary, Wanted


class Place(NamedTuple):
    """A level or class as people wrote it, with the bits in a truth mask of its reasons and routes."""

    rules: Level | Class
    reasons: tuple[tuple[str, int], ...]
    routes: tuple[tuple[int, tuple[str, ...]], ...]


class CompiledScheme(NamedTuple):
    """A scheme as people wrote it, as the decision needs it, and its levels or classes by name (without the base).

    ``bits`` are those of a truth mask that the decision depends on, by kind of look; ``reads`` those that a change carries
    besides, too; ``unknowns`` those that tell what is unknown.
    """

    rules: Scheme
    tiers: TierScheme | ClassScheme
    places: Mapping[str, Place]
    bits: tuple[int, ...]
    reads: tuple[int, ...]
    unknowns: int


class At(NamedTuple):
    """A scheme as looks of one kind take it: its number, the bits that the decision depends on and those of them that tell
    what is unknown, and whether it may place or check anybody."""

    number: int
    name: str
    compiled: CompiledScheme
    tiers: TierScheme | ClassScheme
    bits: int
    unknowns: int
    checks: bool


class CompiledPolicies:
    """Implements ``streams.decider.Decider``; made by ``agents.policy.compile_policies``."""

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
        vocabulary: Vocabulary,
    ) -> None:
        self.version = version
        self.rates = rates
        self.churn = churn
        self.columns = columns
        self.account_columns = account_columns
        self.wanted = tuple(wanted)
        self.words = max(1, -(-2 * len(conditions) // 64))
        self.schemes = tuple(schemes)
        self.vocabulary = vocabulary
        self.relevant = np.stack([_words(union(one.bits[kind] for one in schemes), self.words) for kind in LookKind])
        self._at = tuple(tuple(_at(number, one, kind) for number, one in enumerate(schemes)) for kind in LookKind)
        self._checking = tuple(tuple(at for at in of_kind if at.checks) for of_kind in self._at)
        self._placements = Placements(len(self.schemes))
        self._conditions = tuple(conditions)
        self._plans: dict[LookKind | None, tuple[list[int], Plan]] = {}

    def masks(self, rows: Rows, kind: LookKind | None = None) -> NDArray[np.uint64]:
        """Two bits a condition on every row, true and unknown, 32 conditions a word.

        With ``kind`` only the conditions that a look of this kind reads; the bits of the others are 0.
        """
        places, plan = self._plan(kind)
        masks = np.zeros((self.words, len(rows)), np.uint64)
        bits = np.empty(len(rows), np.uint64)
        for place, (true, unknown) in zip(places, plan.evaluate(rows), strict=True):
            word, bit = masks[place // 32], 2 * (place % 32)
            np.multiply(true, np.uint64(1 << bit), out=bits)
            np.bitwise_or(word, bits, out=word)
            if unknown is not None:
                np.multiply(unknown, np.uint64(2 << bit), out=bits)
                np.bitwise_or(word, bits, out=word)
        return np.ascontiguousarray(masks.T)

    def _plan(self, kind: LookKind | None) -> tuple[list[int], Plan]:
        """The places of the conditions to evaluate, and how."""
        found = self._plans.get(kind)
        if found is None:
            places = list(range(len(self._conditions)))
            if kind is not None:
                places = places_in(union(one.reads[kind] for one in self.schemes))
            plan = Plan([self._conditions[place] for place in places], self.vocabulary)
            found = self._plans[kind] = (places, plan)
        return found

    def decide(
        self,
        look: Look,
        rows: Rows,
        row: int,
        mask: NDArray[np.uint64],
        profile: Profile,
        settled: NDArray[np.uint64] | None = None,
    ) -> Decided:
        """Decide the schemes of one row, by name; with ``settled`` those alone that read something else now."""
        bits = mask_bits(mask)
        standings, overrides = profile.standings, profile.overrides
        known = self._placements.at(look)
        changes: list[TierChanged] = []
        unknown: list[str] = []
        moved, complete, deadline = False, True, NO_DEADLINE
        for at in self._to_decide(look.kind, bits, settled, profile):
            standing = standings.get(at.name)
            if standing is not None or at.name in overrides:
                standing = standing or Standing()
                outcome, due, held = _looked_at(at, look, bits, standing, overrides)
            elif at.checks:
                first = placed(known[at.number], at.tiers, look, bits & at.bits)
                standing, outcome, due, held = first.anew(), first.outcome, first.deadline, first.held
            else:
                continue  # places nobody
            if outcome.changed:
                moved = True
                standings[at.name] = standing
            if outcome.move is not None:
                exact = ExactRow(rows, row, self.vocabulary)
                changes.append(self._change(at.compiled, outcome.move, outcome, look, bits, exact, profile))
            if held:
                unknown.append(at.name)
            complete = complete and outcome.complete
            deadline = min(deadline, due)
        return Decided(changes, moved, deadline, complete, tuple(unknown))

    def _to_decide(self, kind: int, bits: int, settled: NDArray[np.uint64] | None, profile: Profile) -> Sequence[At]:
        if settled is not None:
            differ = bits ^ mask_bits(settled)
            return [at for at in self._at[kind] if differ & at.bits]
        # Whoever stands nowhere yet is only to be placed.
        return self._at[kind] if profile.standings or profile.overrides else self._checking[kind]

    def _change(
        self,
        compiled: CompiledScheme,
        move: Move,
        outcome: Outcome,
        look: Look,
        bits: int,
        row: ExactRow,
        profile: Profile,
    ) -> TierChanged:
        place = None if move.to is None else compiled.places.get(move.to)
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
            owner_id=_text(profile, "owner_id"),
            initial_owner_id=_text(profile, "initial_owner_id"),
            branch_id=_text(profile, "branch_id"),
            recommended_roles=roles_of(place, bits),
            referral_suggested=move.direction == "up" and _refers(compiled.places.get(move.from_)),
            reasons=true_reasons(place, bits),
            benefits=[] if place is None else list(place.rules.table.benefits),
            carried={} if place is None else evidence(place.rules.care.carried, row),
            evidence=seen,
            condition=text,
            cause=look.cause,
        )


def _at(number: int, compiled: CompiledScheme, kind: LookKind) -> At:
    tiers, bits = compiled.tiers, compiled.bits[kind]
    return At(number, tiers.name, compiled, tiers, bits, bits & compiled.unknowns, tiers.checks_at(kind))


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


def _words(bits: int, count: int) -> NDArray[np.uint64]:
    """The bits of a mask as its words: the reverse of ``mask_bits``."""
    return np.frombuffer(bits.to_bytes(count * 8, "little"), "<u8").astype(np.uint64)


def places_in(bits: int) -> list[int]:
    """The places of the conditions that have a bit in ``bits``."""
    return [place for place in range(-(-bits.bit_length() // 2)) if bits >> 2 * place & 3]


def mask_bits(mask: NDArray[np.uint64]) -> int:
    """One row's mask as a number, bit ``2 i`` (true) and ``2 i + 1`` (unknown) for condition ``i``."""
    return int(mask[0]) if len(mask) == 1 else int.from_bytes(mask.astype("<u8").tobytes(), "little")


def place_of(compiled: CompiledScheme, name: str | None) -> Place | None:
    """The level or class called ``name``; None for the base, for out of scope and for one no longer there."""
    return None if name is None else compiled.places.get(name)


def true_reasons(place: Place | None, bits: int) -> list[str]:
    """The let-names that a level or class lists and that hold."""
    return [] if place is None else [name for name, bit in place.reasons if bits & bit]


def roles_of(place: Place | None, bits: int) -> list[str]:
    """Who acts: the roles of the first route that holds, else those of the level or class."""
    if place is None:
        return []
    return list(next((roles for bit, roles in place.routes if bits & bit), place.rules.table.roles))


def _refers(place: Place | None) -> bool:
    return place is not None and isinstance(place.rules, Level) and place.rules.table.referral_on_upgrade


def _text(profile: Profile, fact: str) -> str | None:
    value = profile.facts.get(fact)
    return None if value is None else str(value)
