"""Prints the README's two commands, one a line: the `sh` blocks of its section "Start"."""

import re
import sys
from pathlib import Path

readme = Path(sys.argv[1]).read_text(encoding="utf-8")
section = re.search(r"^## Start$(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
commands = re.findall(r"^```sh\n(.*?)\n```$", section[1] if section else "", re.MULTILINE | re.DOTALL)
if len(commands) != 2 or any("\n" in command for command in commands):
    sys.exit(f"the section Start of the README must hold exactly two commands of one line, not {commands}")
print("\n".join(commands))
