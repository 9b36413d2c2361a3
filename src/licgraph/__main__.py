"""`licgraph` and `python -m licgraph`."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    from licgraph.cli import cli

    cli(prog_name="licgraph")


if __name__ == "__main__":
    main()
