"""The tier decision: where a customer stands in a scheme after one look. Pure: time is an argument."""

from agents.tiers.decide import Grace, Move, Outcome, decide_scheme
from agents.tiers.scheme import Bits, TierLevel, TierScheme

__all__ = ["Bits", "Grace", "Move", "Outcome", "TierLevel", "TierScheme", "decide_scheme"]
