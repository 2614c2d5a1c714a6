"""One Hypothesis profile for all properties: new examples every run, and what a failure needs to be run again."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "tierline",
    max_examples=int(os.environ.get("TIERLINE_TEST_EXAMPLES", "100")),
    deadline=None,  # a first example compiles kernels
    derandomize=False,
    print_blob=True,
    database=None,  # what failed is told by its seed; nothing is left in the tree
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
settings.load_profile("tierline")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say under which seed a property failed: Hypothesis itself tells the blob of the one example only."""
    report = yield
    seed = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_generated_seed", None)
    if report.failed and seed is not None:
        report.sections.append(("seed", f"run again: pytest '{item.nodeid}' --hypothesis-seed={seed}"))
    return report
