"""Runs a command under a pseudo-terminal until the dashboard's first frame, then quits it; fails if either fails."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

FRAME = ("sandbox", "nothing leaves this machine", "purchase_confirmation", "Send")
SECONDS = 180

command = sys.argv[1]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-euc", command])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))


def read(until: float) -> str | None:
    ready, _, _ = select.select([terminal], [], [], max(0.0, until - time.monotonic()))
    if not ready:
        return ""
    try:
        return os.read(terminal, 65536).decode("utf-8", "replace")
    except OSError:
        return None


deadline = time.monotonic() + SECONDS
seen = ""
while not all(word in seen for word in FRAME):
    piece = read(deadline)
    if not piece:
        os.kill(pid, signal.SIGKILL)
        sys.exit(f"no first frame; the last of what was shown:\n{seen[-2000:]}")
    seen += piece
print(f"first frame after {SECONDS - (deadline - time.monotonic()):.1f} s")
os.write(terminal, b"\x11")
while read(time.monotonic() + 20):
    pass
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
