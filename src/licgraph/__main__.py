"""`licgraph` and `python -m licgraph`."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    import os

    if "_LICGRAPH_COMPLETE" in os.environ:  # a shell asks for completions
        from licgraph.cli_complete import register

        register()
    from licgraph.cli import cli

    cli(prog_name="licgraph")


if __name__ == "__main__":
    main()
