"""All that comes next for a customer in one scheme."""

from __future__ import annotations

from dataclasses import dataclass

from agents.policy.decider import CompiledPolicies
from agents.whatnext.amounts import Keep, Threat, keep, reach, save, threat
from agents.whatnext.horizon import Horizon
from agents.whatnext.later import Deposit
from agents.whatnext.moves import Moved, first_move, recovery
from schemas.state import Profile, Standing


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may be done, and what comes if nothing is: ``deposits`` reach the level above, ``keep`` keeps the one held,
    ``save`` saves it from the end of its grace, ``moves`` is the first change by itself. Under an override only that. Of a level
    in grace ``threat`` is the close that takes it, and ``recovers`` the day whose close finds it holding again by itself.
    """

    deposits: tuple[Deposit, ...]
    keep: Keep | None
    save: Deposit | None
    moves: Moved | None
    threat: Threat | None = None
    recovers: int | None = None


def outlooks(policies: CompiledPolicies, ahead: Horizon, profile: Profile) -> dict[str, Outlook]:
    """The outlook in each scheme, by its name."""
    found = {}
    words = policies.vocabulary
    for compiled in policies.schemes:
        name = compiled.tiers.name
        standing, override = profile.standings.get(name), profile.overrides.get(name)
        moves = first_move(compiled, ahead, standing, override)
        if override is not None:
            found[name] = Outlook((), None, None, moves)
            continue
        held = standing or Standing()
        recovers = recovery(compiled, ahead, held)
        found[name] = Outlook(
            deposits=reach(compiled, ahead, held, words),
            keep=keep(compiled, ahead, held, words),
            save=save(compiled, ahead, held, words) if recovers is None else None,
            moves=moves,
            threat=threat(compiled, ahead, held, words),
            recovers=recovers,
        )
    return found
