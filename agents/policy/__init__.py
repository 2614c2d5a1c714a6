"""The bank's rules: policy files checked, compiled, explained and tried on their own examples. Pure."""

from agents.policy.compile import compile_policies, policy_version
from agents.policy.decider import CompiledPolicies
from agents.policy.distance import Distance
from agents.policy.endings import calendars_ending
from agents.policy.examples import ExampleResult, run_examples
from agents.policy.explain import explain_policy
from agents.policy.findings import find_odd
from agents.policy.mistakes import PolicyError, PolicyMistake
from agents.policy.odd import Finding
from agents.policy.views import StandingView, standing_views

__all__ = [
    "CompiledPolicies",
    "Distance",
    "ExampleResult",
    "Finding",
    "PolicyError",
    "PolicyMistake",
    "StandingView",
    "calendars_ending",
    "compile_policies",
    "explain_policy",
    "find_odd",
    "policy_version",
    "run_examples",
    "standing_views",
]
