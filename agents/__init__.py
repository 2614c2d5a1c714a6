"""The decisions and their host: policies, tiers, the Faust app, its pages, the command line."""
