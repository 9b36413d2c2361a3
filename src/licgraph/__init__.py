"""licgraph: what a model stack may be released as, and under which terms, derived clause by clause."""

__version__ = "0.1.0"
