"""The tier decision: where a customer stands in a scheme after one look. Pure: time is an argument."""

from agents.tiers.decide import Scheme, deadline_of, decide_scheme, held_by_unknown
from agents.tiers.outcome import Grace, Move, Outcome
from agents.tiers.scheme import ANNIVERSARY, Bits, Check, ClassScheme, Ladder, TierClass, TierLevel, TierScheme, union

__all__ = [
    "ANNIVERSARY",
    "Bits",
    "Check",
    "ClassScheme",
    "Grace",
    "Ladder",
    "Move",
    "Outcome",
    "Scheme",
    "TierClass",
    "TierLevel",
    "TierScheme",
    "deadline_of",
    "decide_scheme",
    "held_by_unknown",
    "union",
]
