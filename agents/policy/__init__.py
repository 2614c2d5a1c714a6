"""The bank's rules: policy files checked, compiled, explained and tried on their own examples. Pure."""
