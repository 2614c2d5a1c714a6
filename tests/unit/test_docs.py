"""What the documentation names exists, and what exists is named in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from prometheus_client.metrics_core import Metric

from agents.cli import COMMANDS
from agents.policy.examples import run_examples
from agents.policy.loading import load_policies
from agents.policy.nodes import UNITS, Column, Condition, Const, walk
from agents.policy.schemes import Scheme
from schemas.events import AlertRaised, TierChanged
from schemas.fact_names import TAG
from schemas.journal import JournalEntry
from schemas.settings import SETTINGS
from schemas.topics import TOPICS
from streams.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHIPPED, SHIPPED_FAMILIES = load_policies(
    {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "policies").glob("*.toml")}
)
DECISIONS = ROOT / "docs" / "decisions"
EXPOSED_SUFFIX = {"counter": "_total"}
"""What the metrics page adds to the name of a metric of that type."""

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page: str, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text_of(page)) if name == language]


def exposed_name(metric: Metric) -> str:
    return metric.name + EXPOSED_SUFFIX.get(metric.type, "")


def first_cells(page: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)`", text_of(page), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page if not path else (page.parent / path).resolve()
        if not linked.exists() or (anchor and anchor not in anchors(linked.read_text(encoding="utf-8"))):
            broken.append(target)
    assert not broken


def test_operations_tells_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(TIERLINE_\w+)` \| (.*?) \|", text_of("docs/operations.md"), re.MULTILINE))
    told = {None: "must be given", "": "empty"}
    assert rows == {setting.variable: told.get(setting.default, f"`{setting.default}`") for setting in SETTINGS}


def test_operations_lists_every_metric_under_the_name_that_prometheus_sees() -> None:
    listed = {name for name in first_cells("docs/operations.md") if name.startswith("tierline_")}
    assert listed == {exposed_name(metric) for metric in Metrics().registry.collect()}


def test_operations_lists_every_topic() -> None:
    assert {topic.name for topic in TOPICS} <= first_cells("docs/operations.md")


def test_schemes_tells_every_policy_file_that_is_shipped() -> None:
    shipped = re.findall(r"^\| [SW]\w+ \| \[`(\w+\.toml)`\]", text_of("docs/schemes.md"), re.MULTILINE)
    assert sorted(shipped) == sorted(scheme.file for scheme in SHIPPED)


@pytest.mark.parametrize("scheme", SHIPPED, ids=lambda scheme: scheme.table.scheme)
def test_schemes_tells_the_row_the_measures_and_the_examples_of_a_policy_file(scheme: Scheme) -> None:
    table, cells = scheme.table, scheme_cells(scheme)
    assert table.source is not None
    assert cells[0] == table.source.partition(":")[0]
    for condition in scheme.conditions():
        for part in walk(condition.node):
            if isinstance(part, Column):
                assert f"`{part.name}`" in cells[2] or part.name.startswith(TAG)
    assert numbers_of(scheme.applies_to) <= numbers_in(cells[3])
    assert cells[8].startswith(f"[{len(table.example)} examples]")
    for months in (table.falling.grace_months, table.falling.hold_months):
        assert months is None or f"{months} months" in cells[7]
    assert table.falling.grace_days is None or f"{table.falling.grace_days} days" in cells[7]


@pytest.mark.parametrize("scheme", SHIPPED, ids=lambda scheme: scheme.table.scheme)
def test_schemes_tells_every_bound_of_every_level_and_class_at_its_place(scheme: Scheme) -> None:
    cells = scheme_cells(scheme)
    lets_in = dict(part.split(": ", 1) for part in cells[4].split("<br>"))
    lets_stay = {} if cells[5] == "the same" else dict(part.split(": ", 1) for part in cells[5].split("<br>"))
    for name, enter, stay in conditions_of(scheme):
        assert name in lets_in
        assert numbers_of(enter) <= numbers_in(lets_in[name])
        assert numbers_of(stay) <= numbers_in(lets_stay.get(name, lets_in[name]))


def scheme_cells(scheme: Scheme) -> list[str]:
    row = next(line for line in text_of("docs/schemes.md").splitlines() if f"[`{scheme.file}`]" in line)
    return row.removeprefix("| ").removesuffix(" |").split(" | ")


def conditions_of(scheme: Scheme) -> Iterator[tuple[str, Condition | None, Condition | None]]:
    yield from ((level.table.name, level.enter, level.stay) for level in scheme.levels)
    for axis in scheme.axes:
        yield from ((f"{axis.table.name} {level.table.name}", level.enter, level.stay) for level in axis.levels)
    yield from ((one.table.name, one.when, one.keep) for one in scheme.classes)


def numbers_of(condition: Condition | None) -> set[Fraction]:
    nodes = () if condition is None else walk(condition.node)
    consts = [node for node in nodes if isinstance(node, Const) and not isinstance(node.value, bool | str)]
    return {Fraction(const.value) / UNITS.get(const.type, 1) for const in consts}


def numbers_in(text: str) -> set[Fraction]:
    return {Fraction(number.replace(",", "")) for number in re.findall(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?", text)}


def test_schemes_says_of_every_row_what_is_here() -> None:
    rows = re.findall(
        r"^\| (S\d\d[a-d]?) \|.*\| (.+?) \|$", text_of("docs/schemes.md").partition("## All rows")[2], re.MULTILINE
    )
    named = {row: set(re.findall(r"`(\w+)`", here)) for row, here in rows if here.startswith("shipped: ")}
    sources = {(scheme.table.source or "").partition(":")[0]: set[str]() for scheme in SHIPPED}
    for scheme in SHIPPED:
        sources[(scheme.table.source or "").partition(":")[0]].add(scheme.table.scheme)
    assert named == {row: schemes for row, schemes in sources.items() if row.startswith("S")}


def test_the_readme_policy_is_free_of_mistakes_and_its_examples_hold() -> None:
    policy, signals = blocks("README.md", "toml")
    results = run_examples({"savers.toml": policy, "large_purse.toml": signals})
    assert results
    assert all(result.passed for result in results), [str(result) for result in results]


def test_the_readme_signal_has_five_lines_and_the_counts_of_the_readme_are_those_of_the_files() -> None:
    assert len(blocks("README.md", "toml")[1].splitlines()) == 5
    signals = sum(len(family.signals) for family in SHIPPED_FAMILIES)
    assert len(SHIPPED_FAMILIES) == 7
    assert f"{signals} in seven files" in text_of("README.md")


def test_the_rm_page_shows_a_whole_tier_change_and_tells_every_field() -> None:
    example, _ = blocks("docs/rm.md", "json")
    change = msgspec.json.decode(example, type=TierChanged)
    fields = {field.encode_name for field in msgspec.structs.fields(TierChanged)}
    assert set(msgspec.json.decode(example)) == fields
    assert msgspec.to_builtins(change) == msgspec.json.decode(example)
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", text_of("docs/rm.md"), re.MULTILINE))))
    assert fields <= told


def test_the_rm_page_shows_a_whole_alert() -> None:
    _, example = blocks("docs/rm.md", "json")
    alert = msgspec.json.decode(example, type=AlertRaised)
    assert msgspec.to_builtins(alert) == msgspec.json.decode(example)


def test_the_audit_page_tells_every_type_of_journal_entry() -> None:
    payload = msgspec.json.schema(JournalEntry)["$defs"]["JournalEntry"]["properties"]["payload"]
    assert set(payload["discriminator"]["mapping"]) <= first_cells("docs/audit.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_code_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*(body for _, body in FENCE.findall(text)), *CODE.findall(FENCE.sub("", text))])
    assert set(re.findall(r"\btierline ([a-z-]+)", code)) <= set(COMMANDS)
    targets = set(re.findall(r"^make ([a-z-]+)$", code, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))


def test_every_decision_is_in_the_index_with_its_title() -> None:
    index = dict(re.findall(r"^\| \[\d{4}\]\(([^)]+)\) \| (.+) \|$", text_of("docs/decisions/README.md"), re.MULTILINE))
    titles = {}
    for path in DECISIONS.glob("[0-9]*.md"):
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        titles[path.name] = heading.removeprefix(f"# {path.name[:4]}. ")
    assert index == titles


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_has_the_parts_of_the_template(path: Path) -> None:
    parts = [
        re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        for page in (DECISIONS / "TEMPLATE.md", path)
    ]
    assert parts[0] == parts[1]


def test_the_rules_for_prometheus_alert_on_metrics_that_there_are() -> None:
    rules = text_of("deploy/prometheus/tierline.rules.yml")
    expressions = re.findall(r"^ +expr: (.+)$", rules, re.MULTILINE)
    named = {name for expression in expressions for name in re.findall(r"tierline_\w+", expression)}
    assert named <= {exposed_name(metric) for metric in Metrics().registry.collect()}
    assert rules.count("- alert: ") == rules.count("summary: ")
    assert len(expressions) == rules.count("- alert: ") + rules.count("- record: ")
    told = text_of("docs/operations.md")
    assert {name for name in named if f"`{name}" not in told} == set()


def test_what_the_rules_for_prometheus_record_is_told_and_what_is_told_is_recorded() -> None:
    recorded = re.findall(r"^ +- record: (\S+)", text_of("deploy/prometheus/tierline.rules.yml"), re.MULTILINE)
    assert recorded == ["tierline:signal_precision:30d"]
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"\btierline:[a-z_]+:\w+", told)) == set(recorded)


def test_the_precision_of_a_signal_is_made_of_the_labels_that_feedback_is_counted_by() -> None:
    (recorded,) = re.findall(
        r"- record: .*\n +expr: (.+)$", text_of("deploy/prometheus/tierline.rules.yml"), re.MULTILINE
    )
    metrics = Metrics()
    metrics.expect_feedback(["tier.near"])
    (counter,) = (one for one in metrics.registry.collect() if exposed_name(one) in recorded)
    verdicts = {one.labels["verdict"] for one in counter.samples if one.labels["signal"] == "tier.near"}
    assert set(re.findall(r'\{verdict="(\w+)"\}', recorded)) < verdicts
    assert set(re.findall(r"by \((\w+)\)", recorded)) == {"signal"}
