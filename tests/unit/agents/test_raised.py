"""What an explanation tells of signals."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from agents.explain import Explanation
from agents.explain_text import told
from agents.policy.compile import compile_policies
from agents.raised import SignalView, Tasks, signals_of
from schemas.state import Profile, Raised
from streams.rows import AccountRows, Vocabulary
from tests.unit.policy.making import rows_of
from tests.unit.policy.signals_making import file_of, signal

PROFILE = Profile(
    signals={
        "tier.at_risk": {"abc": Raised(since=20_000, sent=True, alert_id="a1", severity="high", due_on=20_010)},
        "poor": {"": Raised(since=20_001)},
        "late": {"": Raised(sent_on=19_999)},
    }
)


def test_what_is_raised_is_told_and_what_is_only_remembered_is_not() -> None:
    plain: dict[str, Any] = {
        "title": None,
        "condition": None,
        "evidence": {},
        "value_at_stake": None,
        "advice": None,
        "roles": (),
    }
    assert [msgspec.structs.asdict(one) for one in signals_of(PROFILE)] == [
        {"signal": "poor", "since": "2024-10-05", "severity": None, "alert_id": None, "about": None, "due_on": None}
        | plain,
        {
            "signal": "tier.at_risk",
            "since": "2024-10-04",
            "severity": "high",
            "alert_id": "a1",
            "about": "abc",
            "due_on": "2024-10-14",
        }
        | plain,
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


LEAVING = signal("outflow_30d >= 100", "leaving", value='"aum"', advice='"Call today"', roles='["rm"]')
LOW = signal("account_balance < 100", "low", each='"account"', value='"account_balance"')


def raised(kept: dict[str, dict[str, Raised]], balances: list[int]) -> dict[str, SignalView]:
    """What is told of these signals of a customer with so many accounts, ``a0`` the first."""
    policies = compile_policies({"care.toml": file_of(LEAVING + LOW)}, Vocabulary())
    rows = rows_of(policies, {"aum": 50_000, "outflow_30d": 12_345})
    rows.accounts = AccountRows(("account_balance",), np.zeros(len(balances), np.int64), np.array([balances], np.int64))
    profile = Profile(accounts=[f"a{place}" for place in range(len(balances))], signals=kept)
    return {one.signal: one for one in signals_of(profile, Tasks(policies, rows, profile))}


def test_what_is_raised_tells_why_for_how_much_and_what_to_do() -> None:
    found = raised({"leaving": {"": Raised(since=20_000, sent=True, severity="high")}}, [])["leaving"]
    assert (found.title, found.condition, found.evidence) == ("T", "outflow_30d >= 100", {"outflow_30d": 123.45})
    assert (found.value_at_stake, found.advice, list(found.roles)) == (500, "Call today", ["rm"])
    explanation = Explanation(
        customer_id="c1", as_of="d", partition=0, policy_version="v", measures={}, schemes={}, signals=[found]
    )
    words = list(told(explanation, all_measures=False))
    assert words[words.index("  alert leaving: high since 2024-10-04: T") :] == [
        "  alert leaving: high since 2024-10-04: T",
        "      raised when  outflow_30d >= 100",
        "      figures now  outflow_30d 123.45",
        "      at stake     500.00",
        "      advice       rm: Call today",
    ]


def test_an_alert_about_an_account_tells_the_figures_of_that_one() -> None:
    found = raised({"low": {"a1": Raised(since=20_000)}}, [1, 99])["low"]
    assert (found.about, found.evidence, found.value_at_stake) == ("a1", {"account_balance": 0.99}, 0.99)


def test_what_is_there_no_more_has_no_figures() -> None:
    found = raised({"low": {"a7": Raised(since=20_000)}, "gone": {"": Raised(since=20_000)}}, [1])
    assert (found["low"].condition, found["low"].evidence) == ("account_balance < 100", {})
    assert (found["gone"].title, found["gone"].condition) == (None, None)
