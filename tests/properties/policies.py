"""Hypothesis strategies for schemes of levels around the amounts that histories are made of."""

from __future__ import annotations

from hypothesis import strategies as st

MONEY = [
    *["aum", "deposits", "deposits_avg_7d"] * 4,  # what histories swing
    "aum",
    "deposits",
    "wealth",
    "loans",
    "margin",
    "deposits_avg_7d",
    "aum_avg_30d",
    "aum_avg_mtd",
    "aum_avg_12m",
    "loans_avg_qtd",
    "inflow_7d",
    "outflow_mtd",
    "net_flow_3m",
]
SCOPES = [
    "True",
    "kind == 'personal'",
    "kind != 'corporate'",
    "not known(kind) or kind == 'personal'",
    "days_known >= 2",
    "accounts_open >= 2 or kind in ('personal',)",
]
EXTRAS = ["", " or txn_count_7d >= 3", " or days_since_txn <= 1", " or (kind == 'personal' and aum > 0)"]
NARROWER = ["", " and days_since_activity < 10", " and kind == 'personal'", " and tenure_days >= 1"]
CHECKS = ["event", "event", "day_close", "month_close"]
THRESHOLDS = ["0.01", "100", "1_000", "7_000"]
SHARES = {"0.01": "0.01", "100": "95.01", "1_000": "999.99", "7_000": "1_000"}
"""A lower bound to stay by, for each threshold."""


@st.composite
def schemes(draw: st.DrawFn, name: str = "scheme") -> str:
    """The TOML of one scheme with up to three levels above the base."""
    measure = draw(st.sampled_from(MONEY))
    bounds = sorted(draw(st.sets(st.sampled_from(THRESHOLDS), min_size=1, max_size=3)), key=THRESHOLDS.index)
    lines = [
        f'scheme = "{name}"',
        'title = "A scheme under test"',
        'source = "the tests"',
        f'applies_to = "{draw(st.sampled_from(SCOPES))}"',
        'base = "ordinary"',
    ]
    for rank, bound in enumerate(bounds):
        extras = st.sampled_from(EXTRAS if rank == 0 else NARROWER)
        lines += ["[[level]]", f'name = "level{rank}"', f'enter = "{measure} >= {bound}{draw(extras)}"']
        if draw(st.booleans()):
            lines.append(f'stay = "{measure} >= {SHARES[bound]}{draw(extras)}"')
    lines += ["[upgrade]", f'check = "{draw(st.sampled_from(CHECKS))}"']
    lines += ["[downgrade]", f'check = "{draw(st.sampled_from(CHECKS))}"']
    lines += [f"grace_days = {draw(st.sampled_from([0, 0, 1, 2, 5, 30]))}"]
    lines += [f'steps = "{draw(st.sampled_from(["balance", "one"]))}"']
    return "\n".join(lines) + "\n"


@st.composite
def policy_files(draw: st.DrawFn) -> dict[str, str]:
    """One to three files, by name."""
    count = draw(st.integers(1, 3))
    return {f"scheme{i}.toml": draw(schemes(f"scheme{i}")) for i in range(count)}
