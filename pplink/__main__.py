"""`python -m pplink` is the same program as `pplink`."""

from pplink.cli.start import main

main()
