"""`python -m pplink` is the same program as `pplink`."""

from pplink.cli.main import main

main()
