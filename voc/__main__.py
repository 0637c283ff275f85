"""`python -m voc` is `voc`."""

from voc.cli import main

main()
