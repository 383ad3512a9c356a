"""Peers: clkhash, anonlink, openmined-psi and splink in an environment of their own: they pin an old `cryptography`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent / ".venv-peers"
VERSIONS = {"clkhash": "0.18.3", "anonlink": "0.15.3", "openmined-psi": "2.0.6", "splink": "5.0.0"}
ELSEWHERE = {"openmined-psi": "; sys_platform != 'win32'"}
"""Where there are no wheels; only the benchmark of that peer fails there."""
REQUIREMENTS = [
    *(f"{name}=={version}{ELSEWHERE.get(name, '')}" for name, version in VERSIONS.items()),
    "setuptools<81",
    "pandas<3",
]
"""anonlink still asks for pkg_resources, which setuptools 81 lost; splink gives its pairs as a frame."""


def python() -> Path:
    """The interpreter of the peers' environment, which is made at the first call (about 20 seconds)."""
    interpreter, stamp = HOME / "bin" / "python", HOME / ".installed"
    wanted = "\n".join(REQUIREMENTS)
    if not (stamp.is_file() and stamp.read_text() == wanted):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True)
        pip = [str(interpreter), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS], check=True)
        stamp.write_text(wanted)
    return interpreter


def run(script: str, *args: object) -> dict[str, Any]:
    """Run source text with the peers' Python; what it prints last, one line of JSON, is the answer.

    args: become sys.argv[1:], as text; hand large data over in files. What goes wrong in there is shown
    as it is, and raises CalledProcessError here.
    """
    command = [str(python()), "-I", "-W", "ignore", "-c", script, *map(str, args)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    if not isinstance(answer, dict):
        raise TypeError("a peer's script ends by printing a JSON object")
    return answer
