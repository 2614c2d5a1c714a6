"""What an explanation tells of signals."""

from __future__ import annotations

import msgspec

from agents.explain import Explanation
from agents.explain_text import told
from agents.raised import signals_of
from schemas.state import Profile, Raised

PROFILE = Profile(
    signals={
        "tier.at_risk": {"abc": Raised(since=20_000, sent=True, alert_id="a1", severity="high", due_on=20_010)},
        "poor": {"": Raised(since=20_001)},
        "late": {"": Raised(sent_on=19_999)},
    }
)


def test_what_is_raised_is_told_and_what_is_only_remembered_is_not() -> None:
    assert msgspec.to_builtins(signals_of(PROFILE)) == [
        {"signal": "poor", "since": "2024-10-05", "severity": None, "alert_id": None, "about": None, "due_on": None},
        {
            "signal": "tier.at_risk",
            "since": "2024-10-04",
            "severity": "high",
            "alert_id": "a1",
            "about": "abc",
            "due_on": "2024-10-14",
        },
    ]


def test_it_is_told_in_words_too() -> None:
    explanation = Explanation(
        customer_id="c1",
        as_of="2024-10-06",
        partition=0,
        policy_version="v1",
        measures={},
        schemes={},
        signals=signals_of(PROFILE),
    )
    lines = [line.strip() for line in told(explanation, all_measures=False)]
    assert "alert poor: held back since 2024-10-05" in lines
    assert "alert tier.at_risk (abc): high since 2024-10-04, due on 2024-10-14" in lines


def test_a_profile_of_before_signals_is_read() -> None:
    old = msgspec.msgpack.encode({"accounts": ["a"], "facts": {"kind": "personal"}})
    assert msgspec.msgpack.decode(old, type=Profile).signals == {}
