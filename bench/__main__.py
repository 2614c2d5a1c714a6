"""``python -m bench``: loads a bank's transactions into a real Kafka and measures Tierline on them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from bench.close import end_day
from bench.drain import Drained, drain
from bench.latency import measure
from bench.worker import MeasuredWorker
from deploy.bank import Bank
from deploy.bank.publish import publish
from deploy.local import LocalStack
from deploy.topics import create_topics

FOLDER: Final = Path(".local/bench")
FOLDERS: Final = [Path("tests/policies"), Path("policies")]
"""Five schemes, then all that are shipped."""

DAYS: Final = 1
"""Days that the loaded events span: none is closed, this is the cost of events."""


def main(
    events: Annotated[int, typer.Option(help="Transactions to load and drain.")] = 1_000_000,
    customers: Annotated[int, typer.Option(help="Customers they belong to (Zipf).")] = 50_000,
    partitions: Annotated[int, typer.Option(help="Partitions of the topics.")] = 8,
    rate: Annotated[int, typer.Option(help="Events a second while latency is measured.")] = 5_000,
    seconds: Annotated[float, typer.Option(help="Seconds of that stream.")] = 20.0,
    policies: Annotated[list[Path], typer.Option(help="Folder of policies; each one given is drained with.")] = FOLDERS,
) -> None:
    """Measure events a second, CPU per event by stage, memory and latency, on one machine in one run."""
    with LocalStack(FOLDER) as stack:
        asyncio.run(_run(stack, Bank(1, customers, DAYS, events, zipf=1.0), partitions, rate, seconds, policies))


async def _run(stack: LocalStack, bank: Bank, partitions: int, rate: int, seconds: float, folders: list[Path]) -> None:
    environment: dict[str, str] = {}
    limit: dict[str, float] = {}
    for folder in folders:
        environment = _environment(stack, f"bench{time.time_ns()}.", folder)
        broker, prefix = environment["TIERLINE_BROKER"], environment["TIERLINE_TOPIC_PREFIX"]
        await create_topics(broker, prefix, partitions)
        _say(f"loading {bank.transaction_count:,} events of {bank.customer_count:,} customers ...")
        await publish(broker, bank, topic_prefix=prefix)
        if not limit:
            _say("reading them with a plain aiokafka + orjson loop (the limit) ...")
            limit = await _limit(broker, prefix + "transactions")
        _say(f"draining them with a worker and {_schemes(folder)} schemes of {folder} ...")
        end = partial(end_day, broker, prefix, partitions, bank.end_ms)
        drained = await drain(stack, environment, bank.transaction_count, FOLDER / "drain.log", end, partitions)
        _report(drained, limit, bank.customer_count)
    await _latency(environment, partitions, rate, seconds)


def _schemes(folder: Path) -> int:
    return sum("scheme =" in path.read_text() for path in folder.glob("*.toml"))


def _environment(stack: LocalStack, prefix: str, folder: Path) -> dict[str, str]:
    status = stack.status()
    return {
        "TIERLINE_BROKER": status.broker,
        "TIERLINE_STORE": status.store,
        "TIERLINE_TOPIC_PREFIX": prefix,
        "TIERLINE_GROUP": prefix + "g",
        "TIERLINE_NAMESPACE": prefix,
        "TIERLINE_POLICIES": str(folder),
        "TIERLINE_CLOCK": "log",
    }


async def _limit(broker: str, topic: str) -> dict[str, float]:
    reading = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.limit", broker, topic, stdout=subprocess.PIPE
    )
    told, _ = await reading.communicate()
    if reading.returncode:
        raise RuntimeError("the plain loop failed")
    figures: dict[str, float] = json.loads(told)
    return figures


async def _latency(environment: dict[str, str], partitions: int, rate: int, seconds: float) -> None:
    broker, own = environment["TIERLINE_BROKER"], f"{environment['TIERLINE_TOPIC_PREFIX']}latency."
    await create_topics(broker, own, partitions)
    environment = {
        **environment,
        "TIERLINE_TOPIC_PREFIX": own,
        "TIERLINE_GROUP": own + "g",
        "TIERLINE_NAMESPACE": own,
        "TIERLINE_CLOCK": "wall",
    }
    _say(f"latency at {rate:,} events/s for {seconds:g} s ...")
    worker = MeasuredWorker(environment, FOLDER / "latency.log")
    try:
        await worker.ready()
        risky = (Path(environment["TIERLINE_POLICIES"]) / "risk.toml").exists()
        delays = await measure(broker, own, rate, seconds, risky=risky)
    finally:
        worker.stop()
    _say(f"  transaction to visible tier change: {_percentiles(delays.changes)}")
    if risky:
        _say(f"  risk score to visible alert: {_percentiles(delays.alerts)}")


def _percentiles(delays: list[float]) -> str:
    p50, p99 = delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
    return f"p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms ({len(delays)} timed)"


def _report(drained: Drained, limit: dict[str, float], customers: int) -> None:
    limit_us = limit["cpu_s"] / limit["events"] * 1e6
    _say(f"  limit    {limit['events'] / limit['seconds']:>9,.0f} events/s  {limit_us:6.2f} us CPU an event")
    _say(f"  worker   {drained.events / drained.seconds:>9,.0f} events/s  {drained.worker_us:6.2f} us CPU an event")
    for name, spent in sorted(drained.stages_us.items(), key=lambda item: -item[1]):
        _say(f"    {name:<8} {spent:27.2f} us")
    rest = drained.worker_us - sum(drained.stages_us.values())
    _say(f"    {'fetch, store client, relay, loop':<32} {rest:3.2f} us")
    _say(f"  store    {drained.store_us:34.2f} us CPU an event")
    _say(f"  broker   {drained.broker_us:34.2f} us CPU an event (its share of loading not counted)")
    for name, spent in zip(("1st close", "2nd close"), drained.closes_s, strict=True):
        _say(f"  {name}{spent / customers * 1e6:33.2f} us CPU a customer of the worker")
    _say(f"  memory   {drained.peak_bytes / 2**20:31.0f} MiB at the most")
    _say(
        f"  {1e6 / drained.worker_us:,.0f} events per core-second; {drained.worker_us / limit_us:.1f} x the limit's CPU"
    )


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    typer.run(main)
