"""`licgraph` and `python -m licgraph`."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    import gc
    import os

    gc.set_threshold(50_000, 20, 50)  # what starting makes stays, and looking through it for circles takes as long as reading a stack
    if "_LICGRAPH_COMPLETE" in os.environ:  # a shell asks for completions
        from licgraph.cli_complete import register

        register()
    from licgraph.cli import cli

    try:
        cli(prog_name="licgraph")
    finally:
        gc.freeze()  # the interpreter looks for circles a last time before it ends, which takes as long as everything else


if __name__ == "__main__":
    main()
