"""The policies of one version, compiled: truth masks for rows, decisions for customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.evidence import Evidence, evidence
from agents.policy.exact import ExactRow
from agents.policy.nodes import Condition, Node
from agents.policy.plan import Plan
from agents.policy.schemes import Level, Scheme
from agents.tiers import Move, TierScheme, decide_scheme
from schemas.events import TierChanged
from schemas.state import Profile, Standing
from streams.decider import NO_DEADLINE, Decided, Look
from streams.rows import Rows, Vocabulary


class CompiledScheme(NamedTuple):
    """A scheme as people wrote it, and as the decision needs it.

    ``reasons`` gives, by level position, the let-names to list and their bits in a truth mask.
    """

    rules: Scheme
    tiers: TierScheme
    reasons: tuple[tuple[tuple[str, int], ...], ...]


class CompiledPolicies:
    """Implements ``streams.decider.Decider``; made by ``agents.policy.compile_policies``."""

    def __init__(
        self,
        version: str,
        columns: tuple[str, ...],
        schemes: Sequence[CompiledScheme],
        conditions: Sequence[Node],
        vocabulary: Vocabulary,
    ) -> None:
        self.version = version
        self.columns = columns
        self.words = max(1, -(-2 * len(conditions) // 64))
        self.schemes = tuple(schemes)
        self.vocabulary = vocabulary
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

    def decide(self, look: Look, rows: Rows, row: int, mask: NDArray[np.uint64], profile: Profile) -> Decided:
        """Decide every scheme of one row, schemes by name; ``profile.standings`` is changed in place."""
        bits = mask_bits(mask)
        standings = profile.standings
        changes: list[TierChanged] = []
        moved, complete, deadline = False, True, NO_DEADLINE
        for compiled in self.schemes:
            scheme = compiled.tiers
            standing = standings.get(scheme.name)
            if standing is None:
                standing = Standing()
            outcome = decide_scheme(scheme, look, bits, standing)
            if outcome.changed:
                moved = True
                standings[scheme.name] = standing
                if outcome.move is not None:
                    exact = ExactRow(rows, row, self.vocabulary)
                    changes.append(self._change(compiled, outcome.move, look, bits, exact, profile))
            complete = complete and outcome.complete
            if standing.falls_on is not None:
                deadline = min(deadline, standing.falls_on)
        return Decided(changes, moved, deadline, complete)

    def _change(
        self, compiled: CompiledScheme, move: Move, look: Look, bits: int, row: ExactRow, profile: Profile
    ) -> TierChanged:
        level = level_of(compiled, move.to)
        left = level_of(compiled, move.from_)
        text, seen = _because(compiled, move, row)
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
            recommended_roles=[] if level is None else list(level.table.roles),
            referral_suggested=move.direction == "up" and left is not None and left.table.referral_on_upgrade,
            reasons=true_reasons(compiled, move.to, bits),
            benefits=[] if level is None else list(level.table.benefits),
            evidence=seen,
            condition=text,
            cause=look.cause,
        )


def mask_bits(mask: NDArray[np.uint64]) -> int:
    """One row's mask as a number, bit ``2 i`` (true) and ``2 i + 1`` (unknown) for condition ``i``."""
    return int(mask[0]) if len(mask) == 1 else int.from_bytes(mask.astype("<u8").tobytes(), "little")


def level_of(compiled: CompiledScheme, name: str | None) -> Level | None:
    """The rules of the level called ``name``; None for the base, for out of scope and for a level no longer there."""
    position = 0 if name is None else compiled.tiers.positions.get(name, 0)
    return compiled.rules.levels[position - 1] if position else None


def true_reasons(compiled: CompiledScheme, level: str | None, bits: int) -> list[str]:
    """The let-names that ``level`` lists and that hold."""
    position = 0 if level is None else compiled.tiers.positions.get(level, 0)
    return [name for name, bit in compiled.reasons[position] if bits & bit]


def _because(compiled: CompiledScheme, move: Move, row: ExactRow) -> tuple[str, Evidence]:
    """The condition that decided, as written, and what it read: ``enter`` upward, ``stay`` downward, the scope out."""
    condition: Condition | None
    if move.direction == "out":
        condition = compiled.rules.applies_to
    else:
        level = level_of(compiled, move.from_ if move.direction == "down" else move.to)
        condition = None if level is None else level.stay if move.direction == "down" else level.enter
    return ("", {}) if condition is None else (condition.text, evidence(condition.columns, row))


def _text(profile: Profile, fact: str) -> str | None:
    value = profile.facts.get(fact)
    return None if value is None else str(value)
