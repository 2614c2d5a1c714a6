"""Hypothesis strategies for schemes around the amounts that histories are made of: levels, classes and matrices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from hypothesis import strategies as st

from tests.properties.expected import Renewal

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
CHECKS = ["event", "event", "day_close", "month_close", "quarter_close", "anniversary"]
THRESHOLDS = ["0.01", "100", "1_000", "7_000"]
SHARES = {"0.01": "0.01", "100": "95.01", "1_000": "999.99", "7_000": "1_000"}
"""A lower bound to stay by, for each threshold."""
HOLDS = ["", "", "", "hold_days = 3", "hold_days = 40", "hold_months = 2", 'hold_until = "next_year_end"']
LET = """
[calendar]
quarter = [2024-03-31, 2026-04-05, 2026-06-30, 2026-12-31, 2027-03-01, 2028-03-01]
[let]
line = { by = "kind", personal = 100, corporate = "0.5 * aum" }
part = { by = "coalesce(kind, 'none')", personal = 1_000, otherwise = 7_000 }
busy = "txn_count_7d >= 2"
rich = "aum >= part"
lately = "days_since_activity <= 3"
points = { score = { busy = 3, rich = 2, lately = -1 } }
small = { any = "account", that = "account_balance < 100 and account_product == 'deposit'" }
idle = { every = "account", where = "account_open", that = "months_since(account_last_activity_on) >= 1" }
more = { any = "account", that = "2 * account_balance > aum" }
soon = "days_until(next_quarter) <= 2"
"""
ROLES = [
    [],
    ['roles = ["clerk", "manager"]'],
    ['roles = ["manager"]', """routes = [{ when = "busy", roles = ["busybody"] }, { when = "rich", roles = [] }]"""],
]
"""Who acts at a level."""
NAMED = [
    "aum >= line",
    "deposits_avg_7d >= 0.9 * part",
    "rich",
    "points >= 2",
    "small",
    "not idle",
    "more",
    "soon",
    "busy",
]


def head(draw: st.DrawFn, name: str, base: str) -> list[str]:
    """The lines that levels and classes have in common."""
    return [
        f'scheme = "{name}"',
        'title = "A scheme under test"',
        'source = "the tests"',
        f'applies_to = "{draw(st.sampled_from(SCOPES))}"',
        f'base = "{base}"',
    ]


@st.composite
def schemes(draw: st.DrawFn, name: str = "scheme") -> str:
    """The TOML of one scheme with up to three levels above the base."""
    measure = draw(st.sampled_from(MONEY))
    bounds = sorted(draw(st.sets(st.sampled_from(THRESHOLDS), min_size=1, max_size=3)), key=THRESHOLDS.index)
    wider = EXTRAS + [f"{extra} or ({draw(st.sampled_from(NAMED))})" for extra in EXTRAS[: 2 * draw(st.booleans())]]
    lines = [*head(draw, name, "ordinary"), *draw(st.sampled_from([[], ['base_roles = ["clerk"]']])), LET]
    for rank, bound in enumerate(bounds):
        extras = st.sampled_from(NARROWER if rank else wider)
        lines += ["[[level]]", f'name = "level{rank}"', f'enter = "{measure} >= {bound}{draw(extras)}"']
        if draw(st.booleans()):
            lines.append(f'stay = "{measure} >= {SHARES[bound]}{draw(extras)}"')
        lines += draw(st.sampled_from(ROLES))
    lines += ["[upgrade]", f'check = "{draw(st.sampled_from(CHECKS))}"']
    lines += ["[downgrade]", f'check = "{draw(st.sampled_from(CHECKS))}"']
    lines += [f"grace_days = {draw(st.sampled_from([0, 0, 1, 2, 5, 30]))}", draw(st.sampled_from(HOLDS))]
    lines += [f'steps = "{draw(st.sampled_from(["balance", "one"]))}"']
    return "\n".join(lines) + "\n"


def bounded(draw: st.DrawFn) -> tuple[str, str]:
    """A condition to come in by, and one to stay by."""
    measure, bound = draw(st.sampled_from(MONEY)), draw(st.sampled_from(THRESHOLDS))
    extra = draw(st.sampled_from([*NARROWER, *(f" and ({name})" for name in NAMED)]))
    return f"{measure} >= {bound}{extra}", f"{measure} >= {SHARES[bound]}{extra}"


@st.composite
def classes(draw: st.DrawFn, name: str = "classes") -> str:
    """The TOML of one scheme of classes by conditions."""
    lines = [*head(draw, name, draw(st.sampled_from(["none", "class1"]))), f'check = "{draw(st.sampled_from(CHECKS))}"']
    lines.append(LET)
    for rank in range(draw(st.integers(1, 3))):
        when, keep = bounded(draw)
        lines += ["[[class]]", f'name = "class{rank}"', f'when = "{when}"']
        if draw(st.booleans()):
            lines.append(f'keep = "{keep}"')
    return "\n".join(lines) + "\n"


@st.composite
def matrices(draw: st.DrawFn, name: str = "matrix") -> str:
    """The TOML of one matrix of two axes, whose classes may take several cells and stand behind a condition."""
    lines = [*head(draw, name, "rest"), f'check = "{draw(st.sampled_from(CHECKS))}"', LET]
    for axis in ("across", "along"):
        lines += ["[[axis]]", f'name = "{axis}"', 'base = "low"']
        for level in ["mid", "high"][: draw(st.integers(1, 2))]:
            enter, stay = bounded(draw)
            if level == "high":  # so that bounds never prove it easier to enter than the lower one, which is a mistake
                enter, stay = f"{enter} or txn_count_7d >= 5", f"{stay} or txn_count_7d >= 4"
            lines += ["[[axis.level]]", f'name = "{level}"', f'enter = "{enter}"']
            if draw(st.booleans()):
                lines.append(f'stay = "{stay}"')
    if draw(st.booleans()):
        lines += ["[[class]]", 'name = "first"', f'when = "{bounded(draw)[0]}"']
    for place, at in enumerate(['across = "mid", along = "mid"', 'along = "mid"', 'across = "low"']):
        lines += ["[[class]]", f'name = "cell{place}"', f"at = {{ {at} }}"]
    lines += ["[[class]]", 'name = "rest"', "at = {}"]
    return "\n".join(lines) + "\n"


TERMS = [
    "aum >= 1_000",
    "aum < 100",
    "deposits_avg_7d < 7_000",
    "days_since_txn >= 2",
    "days_since_activity >= 1",
    "txn_count_7d >= 2",
    "kind == 'personal'",
    "days_since(complaint_open_since) >= 1",
    "enquired_product == 'fund' or days_since(enquired_on) >= 2",
    "days_since(last_contact_on) < 2",
    *NAMED,
]
"""What signals ask of a customer."""
ACCOUNT_TERMS = [
    "account_balance < 100",
    "account_balance >= 1_000",
    "account_product == 'deposit'",
    "not known(account_last_induced_on) or days_since(account_last_induced_on) >= 2",
    "days_since(account_last_activity_on) < 1",
    "today > months_after(coalesce(account_last_induced_on, account_known_since), 1)",
    "aum >= 1_000",
    "kind == 'personal'",
]
DUTY_TERMS = [
    "duty_missing >= 1",
    "duty_done < duty_required",
    "duty_role == 'client_manager'",
    "duty_scheme == 'scheme0' or duty_level != 'level0'",
    "aum >= 1_000",
]
CYCLE_TERMS = [
    "cycle_count >= 2",
    "known(cycle_gap_days)",
    "cycle_count >= 3 and cycle_gap_days <= 2",
    "days_until(cycle_next_on) <= 1",
    "cycle_weekly_spend >= 1_000",
    "days_since(cycle_last_on) >= 1 and cycle_category == 'fuel'",
    "card_spend_30d >= 1_000",
]
TERMS_OF = {"account": ACCOUNT_TERMS, "duty": DUTY_TERMS, "cycle": CYCLE_TERMS}
VALUES = {"account": "account_balance", "cycle": "coalesce(cycle_weekly_spend, 0)"}
DUES_OF = {"account": "account_matures_on", "relative": "relative_next_on", "cycle": "cycle_next_on"}
DUES = ["next_quarter", "next_anniversary(birth_date)"]
SIGNAL_CHECKS = ["event", "event", "day_close", "month_close", "anniversary"]
"""When a signal that has no date may begin or end."""
CLOSES = ["day_close", "day_close", "month_close", "anniversary"]
"""The same of one for each duty or cycle."""
DATED = ["day_close", "month_close", "anniversary"]
"""The same of one that has a date."""
DUTIES = [
    "",
    "contacts_per_month = { client_manager = 1 }\n",
    "contacts_per_month = { client_manager = 2, outlet_director = 1 }\n",
]


def signal_lines(draw: st.DrawFn, name: str, each: str | None, terms: list[str], before: list[str]) -> list[str]:
    """A signal that lasts; ``before`` are signals that may hold it back."""
    term = st.sampled_from(terms)
    lines = ["[[signal]]", f'name = "{name}"', 'title = "T"']
    lines += [] if each is None else [f'each = "{each}"']
    lines += [f'where = "{draw(term)}"'] if draw(st.booleans()) else []
    dated = each == "relative" or (each in (None, "account", "cycle") and draw(st.booleans()))
    if dated:
        due = DUES_OF[each] if each in DUES_OF else draw(st.sampled_from(DUES))
        lines += [f'due_on = "{due}"', f"lead_days = {draw(st.sampled_from([0, 1, 3, 40, 400]))}"]
        lines += [f'check = "{draw(st.sampled_from(DATED))}"'] if draw(st.booleans()) else []
    else:
        checks = CLOSES if each in ("duty", "cycle") else SIGNAL_CHECKS
        lines += [f'check = "{draw(st.sampled_from(checks))}"', f'when = "{draw(term)}"']
        lines += [f'clear = "{draw(term)}"'] if draw(st.booleans()) else []
    if draw(st.booleans()):
        lines.append(f'severity = {{ high = "{draw(term)}", middle = "{draw(term)}", otherwise = "low" }}')
    lines += [f'value = "{VALUES.get(each or "", "aum")}"'] if draw(st.booleans()) else []
    lines += ['advice = "Call"', 'roles = ["client_manager", "clerk"]'] if draw(st.booleans()) else []
    lines.append(f"cooldown_days = {draw(st.sampled_from([0, 0, 1, 2, 5, 40]))}")
    held_by = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
    return [*lines, f"inhibited_by = {held_by}"]


@st.composite
def families(draw: st.DrawFn, levels: dict[str, list[str]]) -> str:
    """The TOML of one family of signals; ``levels`` are those of the schemes beside it."""
    lines = ['signals = "family"', f'applies_to = "{draw(st.sampled_from(SCOPES))}"', LET]
    before: list[str] = []
    for number in draw(st.permutations(range(draw(st.integers(1, 4))))):
        each = draw(st.sampled_from([None, None, "account", "account", "relative", "duty", "cycle"]))
        terms = TERMS_OF.get(each or "", TERMS)
        lines += signal_lines(draw, f"signal{number}", each, terms, before)
        lines += _for_levels(draw, levels)
        before.append(f"signal{number}")
    if draw(st.booleans()):
        lines += ["[[signal]]", 'name = "big"', 'title = "T"', 'on = "transaction"', 'value = "txn_amount"']
        lines += [f'when = "txn_amount >= 1_000 or ({draw(st.sampled_from(TERMS))})"']
        lines += [f"cooldown_days = {draw(st.sampled_from([0, 0, 3]))}", f"inhibited_by = {before[:1]}"]
        lines += _for_levels(draw, levels)
    if draw(st.booleans()):
        lines += ["[[signal]]", 'name = "asked"', 'title = "T"', 'on = "interaction"']
        lines += [f"when = \"interaction_kind == 'enquiry' or ({draw(st.sampled_from(TERMS))})\""]
        lines += [f"cooldown_days = {draw(st.sampled_from([0, 0, 3]))}", f"inhibited_by = {before[-1:]}"]
    if draw(st.booleans()):
        lines += ["[[signal]]", 'name = "moved"', 'title = "T"', 'on = "tier_change"']
        lines += [f"when = \"tier_direction != 'down' or ({draw(st.sampled_from(TERMS))})\""]
        lines += [f"cooldown_days = {draw(st.sampled_from([0, 0, 3]))}"]
    return "\n".join(lines) + "\n"


def _for_levels(draw: st.DrawFn, levels: dict[str, list[str]]) -> list[str]:
    if not levels or draw(st.booleans()):
        return []
    scheme = draw(st.sampled_from(sorted(levels)))
    named = draw(st.lists(st.sampled_from(levels[scheme]), unique=True, min_size=1, max_size=2))
    return [f"for_levels = {{ {scheme} = {named} }}"]


@st.composite
def policy_files_with_signals(draw: st.DrawFn) -> dict[str, str]:
    """Schemes, some of which tell who is near a level, and a family of signals."""
    files = draw(policy_files())
    near = ["", "[near]\npercent = 5\n", "[near]\npercent = 95\n"]
    files = {name: text + (draw(st.sampled_from(near)) if "[[level]]" in text else "") for name, text in files.items()}
    for place in ("[[level]]\n", "[[class]]\n"):
        owed = draw(st.sampled_from(DUTIES))
        files = {name: text.replace(place, place + owed) for name, text in files.items()}
    levels = {}
    for text in files.values():
        table = tomllib.loads(text)
        levels[table["scheme"]] = [table["base"], *(one["name"] for one in table.get("level", table.get("class", [])))]
    return files | {"signals.toml": draw(families(levels))}


@st.composite
def graced(draw: st.DrawFn) -> dict[str, str]:
    """A scheme for all, of levels that money decides, that are kept for a while when they fail, and that tells who is near the next one."""
    measure = draw(st.sampled_from(["aum", "deposits", "deposits_avg_7d", "aum_avg_mtd"]))
    lines = ['scheme = "scheme0"', 'title = "T"', 'source = "the tests"', 'base = "ordinary"', LET]
    for rank, bound in enumerate(sorted(draw(st.sets(st.sampled_from(THRESHOLDS), min_size=2)), key=THRESHOLDS.index)):
        lines += ["[[level]]", f'name = "level{rank}"', f'enter = "{measure} >= {bound}"']
        stay = draw(st.sampled_from(["", " and busy", " or days_since_txn < 1"]))
        lines += [f'stay = "{measure} >= {SHARES[bound]}{stay}"', *draw(st.sampled_from(ROLES))]
    checks = st.sampled_from(["event", "event", "day_close", "month_close"])
    grace = st.sampled_from(["grace_days = 1", "grace_days = 2", "grace_days = 5", "grace_months = 1"])
    lines += ["[upgrade]", f'check = "{draw(checks)}"', "[downgrade]", f'check = "{draw(checks)}"', draw(grace)]
    lines += ["[near]", f"percent = {draw(st.sampled_from([5, 95]))}", *draw(st.sampled_from([[], ["days = 3"]]))]
    return {"scheme0.toml": "\n".join(lines) + "\n"}


def yearly(files: Mapping[str, str]) -> dict[str, str]:
    """``files`` with the signals that are checked at closes of days checked on anniversaries instead."""
    family = files["signals.toml"].replace('check = "day_close"', 'check = "anniversary"')
    return {**files, "signals.toml": family}


_REMOVED = ("level0", "level1", "class0", "class1", "cell0", "cell1")


@st.composite
def renewals(draw: st.DrawFn, files: Mapping[str, str]) -> Renewal:
    """The next version of ``files``, in which some levels and classes have other names, told as retired or not."""
    after: dict[str, str] = {}
    for name, text in files.items():
        old = draw(st.sampled_from([name for name in _REMOVED if f'name = "{name}"' in text]))
        kept = text.replace(f'"{old}"', '"renamed"')
        retired = f'retired = {{ {old} = "renamed" }}\n' if draw(st.booleans()) else ""
        after[name] = draw(st.sampled_from([retired + kept, retired + kept, text]))
    return draw(st.integers(0, 6)), after


@st.composite
def policy_files(draw: st.DrawFn) -> dict[str, str]:
    """One to three files, by name."""
    kinds = [draw(st.sampled_from([schemes, schemes, classes, matrices])) for _ in range(draw(st.integers(1, 3)))]
    return {f"scheme{i}.toml": draw(kind(f"scheme{i}")) for i, kind in enumerate(kinds)}
