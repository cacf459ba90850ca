"""`python -m kerasfmt` is the command kerasfmt."""

import sys

from kerasfmt.cli import main

if __name__ == "__main__":
    sys.exit(main())
