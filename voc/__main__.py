"""`voc`, and `python -m voc`.

A worker process imports the script that its parent was started with: so the commands, and all that they bring, are only
imported when one is run.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from voc.cli import main as run

    run()


if __name__ == "__main__":
    main()
