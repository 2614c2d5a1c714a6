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
from agents.policy.plan import Plan
from agents.policy.schemes import Class, Level, Scheme
from agents.tiers import ClassScheme, Move, Outcome, TierScheme, deadline_of, decide_scheme, held_by_unknown, union
from agents.tiers.override import decide_overridden
from schemas.events import TierChanged
from schemas.rates import RateTable
from schemas.state import Profile, Standing
from streams.decider import NO_DEADLINE, Decided, Look
from streams.rows import LookKind, Rows, Vocabulary


class Place(NamedTuple):
    """A level or class as people wrote it, with the bits in a truth mask of its reasons and routes."""

    rules: Level | Class
    reasons: tuple[tuple[str, int], ...]
    routes: tuple[tuple[int, tuple[str, ...]], ...]


class CompiledScheme(NamedTuple):
    """A scheme as people wrote it, as the decision needs it, and its levels or classes by name (without the base).

    ``bits`` are those of a truth mask that the decision depends on, by kind of look; ``unknowns`` those that tell what is
    unknown.
    """

    rules: Scheme
    tiers: TierScheme | ClassScheme
    places: Mapping[str, Place]
    bits: tuple[int, ...]
    unknowns: int


class CompiledPolicies:
    """Implements ``streams.decider.Decider``; made by ``agents.policy.compile_policies``."""

    def __init__(
        self,
        *,
        version: str,
        rates: RateTable,
        columns: tuple[str, ...],
        account_columns: tuple[str, ...],
        schemes: Sequence[CompiledScheme],
        conditions: Sequence[Node],
        vocabulary: Vocabulary,
    ) -> None:
        self.version = version
        self.rates = rates
        self.columns = columns
        self.account_columns = account_columns
        self.cycles = False
        self.words = max(1, -(-2 * len(conditions) // 64))
        self.schemes = tuple(schemes)
        self.vocabulary = vocabulary
        self.relevant = np.stack([_words(union(one.bits[kind] for one in schemes), self.words) for kind in LookKind])
        self._plan = Plan(conditions, vocabulary)

    def masks(self, rows: Rows) -> NDArray[np.uint64]:
        """Two bits a condition on every row, true and unknown, 32 conditions a word."""
        masks = np.zeros((self.words, len(rows)), np.uint64)
        bits = np.empty(len(rows), np.uint64)
        for place, (true, unknown) in enumerate(self._plan.evaluate(rows)):
            word, bit = masks[place // 32], 2 * (place % 32)
            np.multiply(true, np.uint64(1 << bit), out=bits)
            np.bitwise_or(word, bits, out=word)
            if unknown is not None:
                np.multiply(unknown, np.uint64(2 << bit), out=bits)
                np.bitwise_or(word, bits, out=word)
        return np.ascontiguousarray(masks.T)

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
        standings = profile.standings
        changes: list[TierChanged] = []
        unknown: list[str] = []
        moved, complete, deadline = False, True, NO_DEADLINE
        for compiled in self._to_decide(look.kind, bits, settled):
            scheme = compiled.tiers
            standing = standings.get(scheme.name)
            overridden = scheme.name in profile.overrides
            if standing is None and not overridden:
                scope = scheme.scope
                if scope is not None and not bits & scope.true:
                    if bits & scope.unknown:
                        unknown.append(scheme.name)
                    continue
            standing = standing or Standing()
            if overridden:
                outcome, due = decide_overridden(scheme, look, bits, standing, profile.overrides)
            else:
                outcome = decide_scheme(scheme, look, bits, standing)
                due = deadline_of(scheme, look, standing)
            if outcome.changed:
                moved = True
                standings[scheme.name] = standing
            if outcome.move is not None:
                exact = ExactRow(rows, row, self.vocabulary)
                changes.append(self._change(compiled, outcome.move, outcome, look, bits, exact, profile))
            elif bits & compiled.unknowns and held_by_unknown(scheme, bits, standing):
                unknown.append(scheme.name)
            complete = complete and outcome.complete
            deadline = min(deadline, due)
        return Decided(changes, moved, deadline, complete, tuple(unknown))

    def _to_decide(self, kind: int, bits: int, settled: NDArray[np.uint64] | None) -> Sequence[CompiledScheme]:
        if settled is None:
            return self.schemes
        differ = bits ^ mask_bits(settled)
        return [compiled for compiled in self.schemes if differ & compiled.bits[kind]]

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


def _words(bits: int, count: int) -> NDArray[np.uint64]:
    """The bits of a mask as its words: the reverse of ``mask_bits``."""
    return np.frombuffer(bits.to_bytes(count * 8, "little"), "<u8").astype(np.uint64)


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
