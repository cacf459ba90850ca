"""The exit statuses of every command."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
"""It is done; of two models that are compared: they are the same."""
NO: Final = 1
"""It is done, and the answer is no: two models differ, or something is wrong with a file."""
WRONG: Final = 2
"""The command line is wrong; argparse ends the process with it."""
FAILED: Final = 3
"""It failed; one line on stderr says why."""

HELP: Final = f"""\
exit status:
  {DONE}  done; diff: the same; verify: nothing is wrong
  {NO}  diff: they differ; verify: it found something
  {WRONG}  the command line is wrong
  {FAILED}  failed; one line on stderr says why, and nothing was changed
"""
