"""`python -m tests.journal.limited BYTES WORDS`: the program where no file may grow beyond BYTES, as on a full disk."""

import resource
import runpy
import sys

if __name__ == "__main__":
    # The signal that would come with it is ignored by every Python: a write just fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
    sys.argv[1:] = sys.argv[2:]
    sys.dont_write_bytecode = True
    runpy.run_module("app", run_name="__main__", alter_sys=True)
