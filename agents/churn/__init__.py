"""Models of when customers are active, and the fit of their parameters from history. Not on the worker's path: SciPy is slow to load."""
