"""Serves a small account on a free port, as a process of its own: `python -m tests.sandbox.serving FOLDER SILENCE_S HOST`."""

import sys
from pathlib import Path

from app.sandbox import serve
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.options import SandboxOptions
from tests.sandbox.folders import write_folder


def main(folder: Path, silence_s: float, host: str) -> None:
    serve.SILENCE_S = silence_s
    account = SandboxAccount(write_folder(folder), folder / "sandbox.db")
    sandbox = create_sandbox(account, SandboxOptions(body_timeout_s=1.0))
    serve.serve(sandbox, host, 0, lambda url: print(url, flush=True))
    print("ended", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
