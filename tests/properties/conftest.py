"""One Hypothesis profile for all properties: new examples every run, and what a failure needs to be run again.

``--hypothesis-seed=N`` runs a seed again; pytest's header shows the one in use when a test fails, with a blob that replays the
very example.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "tierline",
    max_examples=int(os.environ.get("TIERLINE_TEST_EXAMPLES", "100")),
    deadline=None,  # a first example compiles kernels
    derandomize=False,
    print_blob=True,
    database=None,  # what failed is told by its blob; nothing is left in the tree
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
settings.load_profile("tierline")
