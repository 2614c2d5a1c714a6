"""Where Tierline runs: the local stack that the demo and the tests start."""
