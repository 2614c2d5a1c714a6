from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

import agents.commands.demo
from agents.cli import assemble
from agents.dead_letters import Letter
from agents.demo import DemoFailed, what_failed
from agents.demo_feed import DemoPlan
from agents.demo_view import Picture, SchemeLegend, View, drawn, lines, liveliest, why, why_alert
from agents.demo_worker import Figures, WorkerDied, environment
from schemas.settings import Settings

CHANGE: dict[str, Any] = {
    "effective_at": "2025-03-01T09:30:00+08:00",
    "customer_id": "C1",
    "scheme": "abc_card",
    "from": "ordinary",
    "to": "gold",
    "direction": "up",
    "reason": "event",
    "evidence": {"aum": 100_000.5},
    "condition": "aum >= 100_000",
}
ALERT: dict[str, Any] = {
    "action": "raised",
    "alert": {
        "effective_at": "2025-07-16T00:00:00+08:00",
        "customer_id": "C2",
        "signal": "sleep_account",
        "severity": "low",
        "value_at_stake": 299.99,
        "evidence": {"account_balance": 299.99, "account_last_activity_on": "2025-01-15"},
        "condition": "quiet_months >= 6 and account_balance < 300",
    },
}
PICTURE = Picture(
    applied=1_500,
    total=2_000,
    rate=1_234.5,
    day="2025-03-01",
    tier_changes=7,
    alerts=3,
    dead_letters=1,
    schemes=[SchemeLegend("abc_card", "Card", ("ordinary", "gold"))],
    levels={"abc_card": {"ordinary": 40, "gold": 2}},
    latest=[CHANGE],
    latest_alerts=[ALERT],
)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, "aum 100,000.50 (aum >= 100_000)"),
        ({"reason": "day_close"}, "aum 100,000.50 (aum >= 100_000), at the day's close"),
        ({"reason": "placement"}, "aum 100,000.50 (aum >= 100_000), first placement"),
        ({"reason": "policy"}, "aum 100,000.50 (aum >= 100_000), policy"),
        ({"direction": "down", "condition": "aum >= 95_000"}, "aum 100,000.50 (no longer aum >= 95_000)"),
        ({"direction": "out"}, "aum 100,000.50 (no longer aum >= 100_000)"),
        ({"direction": "across"}, "aum 100,000.50 (decided by aum >= 100_000)"),
        (
            {"direction": "down", "reason": "override", "evidence": {}, "condition": "override by kim: a gift"},
            " (override by kim: a gift), override",
        ),
        ({"evidence": {"aum_avg_90d": "1000000/3"}, "condition": ""}, "aum_avg_90d 333,333.33"),
        ({"evidence": {"kind": None, "n": 5, "ok": True}, "condition": ""}, "kind unknown, n 5, ok True"),
    ],
)
def test_a_change_tells_why_with_figures_and_condition(other: dict[str, Any], words: str) -> None:
    assert why({**CHANGE, **other}) == words


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {},
            "299.99 at stake: quiet_months >= 6 and account_balance < 300 (account_balance 299.99, account_last_activity_on 2025-01-15)",
        ),
        ({"value_at_stake": None, "evidence": {}}, "quiet_months >= 6 and account_balance < 300"),
        (
            {"signal": "tier.at_risk", "value_at_stake": 10, "evidence": {"aum": 80}, "condition": "aum >= 90"},
            "10.00 at stake: no longer aum >= 90 (aum 80.00)",
        ),
        ({"signal": "tier.at_risk", "value_at_stake": None, "evidence": {}, "condition": ""}, ""),
    ],
)
def test_an_alert_tells_the_money_the_condition_and_the_figures(other: dict[str, Any], words: str) -> None:
    assert why_alert({"action": "raised", "alert": {**ALERT["alert"], **other}}) == words


def test_a_clearing_leaves_open_whether_its_condition_holds_now_or_holds_no_longer() -> None:
    other = {"value_at_stake": None, "condition": "days_since_salary > 45", "evidence": {"days_since_salary": 2}}
    words = why_alert({"action": "cleared", "alert": {**ALERT["alert"], **other}})
    assert words == "decided by days_since_salary > 45 (days_since_salary 2)"


def test_plain_lines_tell_progress_tiers_changes_and_alerts() -> None:
    told = "\n".join(lines(PICTURE))
    assert "2025-03-01: 1,500 of 2,000 transactions, 1,234 events/s, 7 tier changes, 3 alerts, 1 dead letters" in told
    assert "abc_card: ordinary 40, gold 2" in told
    assert "2025-03-01 C1 abc_card: ordinary -> gold: aum 100,000.50 (aum >= 100_000)" in told
    assert "2025-07-16 C2 sleep_account raised: 299.99 at stake: quiet_months >= 6" in told


def test_the_live_picture_tells_the_same() -> None:
    console = Console(file=io.StringIO(), width=160, force_terminal=True, color_system=None)
    console.print(drawn(PICTURE))
    told = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO, as given above
    for words in (
        "1,500 of 2,000 transactions",
        "gold 2",
        "ordinary ▲ gold",
        "2025-03-01 09:30",
        "aum 100,000.50",
        "sleep_account",
        "299.99 at stake",
    ):
        assert words in told


def test_without_a_terminal_pictures_come_as_lines_now_and_then_and_the_last_one_always() -> None:
    out = io.StringIO()
    view = View(Console(file=out, width=160))
    for _ in range(3):
        view.show(PICTURE)
    assert out.getvalue().count("1,500 of 2,000") == 1
    view.close()
    view.close()
    assert out.getvalue().count("1,500 of 2,000") == 2


def test_the_worker_of_a_demo_gets_none_of_the_callers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_NAMESPACE", "mine")
    monkeypatch.setenv("PATH", "/bin")
    env = environment(Settings(broker="127.0.0.1:1", store="redis://127.0.0.1:2/0", clock="log", web_port=7))
    assert "TIERLINE_NAMESPACE" not in env
    assert env["PATH"] == "/bin"
    assert (env["TIERLINE_BROKER"], env["TIERLINE_CLOCK"], env["TIERLINE_WEB_PORT"]) == ("127.0.0.1:1", "log", "7")


def test_of_many_schemes_those_with_most_customers_above_the_base_are_shown() -> None:
    legends = [SchemeLegend(f"s{number}", f"S{number}", ("base", "up")) for number in range(9)]
    levels = {f"s{number}": {"base": 100, "up": number} for number in range(9)}
    picture = Picture(total=1, schemes=legends, levels=levels)
    assert [scheme.name for scheme in liveliest(picture)] == ["s3", "s4", "s5", "s6", "s7", "s8"]


SEEN = Figures(records=150_000, tier_changes=5, alerts=0, dead_letters=0, open_day=1)


@pytest.mark.parametrize(
    ("plan", "figures", "missing", "said"),
    [
        ({}, {}, [], None),
        ({}, {"records": 149_999}, [], "took in 149,999 records, 150,000 were published"),
        ({}, {"tier_changes": 0}, [], "no customer changed tier"),
        ({}, {}, ["churn", "sleep_account"], "no alert of churn and of sleep_account came"),
        ({"customers": 1_000, "days": 60}, {}, ["sleep_account"], "no alert of sleep_account came"),
        ({"customers": 999}, {}, ["sleep_account"], None),
        ({"days": 59}, {}, ["sleep_account"], None),
    ],
)
def test_a_demo_fails_if_records_changes_or_alerts_are_missing(
    plan: dict[str, Any], figures: dict[str, Any], missing: list[str], said: str | None
) -> None:
    wrong = what_failed(DemoPlan(Path("policies"))._replace(**plan), SEEN._replace(**figures), [], missing)
    assert wrong == said if wrong is None or said is None else said in wrong


def test_a_demo_fails_if_a_record_was_set_aside_and_tells_the_first_and_its_reason() -> None:
    letters = [
        Letter(
            id=f"0:{offset}", at_ms=0, stage="decode", reason="amount is 1.5", topic="transactions", partition=2,
            offset=offset, key=b"C1", value=b"{}",
        )
        for offset in (17, 18)
    ]  # fmt: skip
    assert what_failed(DemoPlan(Path("policies")), SEEN, letters, []) == (
        "2 dead letters came, though the bank makes only readable records; the first is transactions 2:17: amount is 1.5"
    )


@pytest.mark.parametrize("failed", [DemoFailed("nobody moved"), WorkerDied("the worker ended with code 1")])
def test_a_demo_that_failed_says_why_and_ends_with_exit_code_1(
    failed: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise failed

    monkeypatch.setattr(agents.commands.demo, "run_demo", fail)
    told = CliRunner().invoke(assemble(["demo"]), ["demo"])
    assert (told.exit_code, told.stderr) == (1, f"tierline demo: {failed}\n")
