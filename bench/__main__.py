"""`make bench`: runs each measure and its yardstick, and compares figures with limits; exits 1 where one is missed.

`python -m bench receipts fan_out` runs these two alone.
"""

import logging
import os
import platform
import sys
import time
from pathlib import Path

from bench import agent, audio, fan_out, planning, preemption, press_to_sound, reading, receipts, starts

MEASURES = {
    "fan_out": fan_out,
    "receipts": receipts,
    "reading": reading,
    "audio": audio,
    "agent": agent,
    "press_to_sound": press_to_sound,
    "planning": planning,
    "starts": starts,
    "preemption": preemption,
}


def main(names: list[str]) -> int:
    """Run the named measures, or all; returns 0, 1 for a missed limit, or 2 for an unknown name."""
    if unknown := set(names) - set(MEASURES):
        print(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.ERROR)
    print(_machine(), flush=True)
    missed = 0
    for name in names or MEASURES:
        module = MEASURES[name]
        print("\n" + (module.__doc__ or name).splitlines()[0], flush=True)
        began = time.perf_counter()
        for line in module.measure():
            print(f"    {line.text}", flush=True)
            missed += not line.met
        print(f"    took {time.perf_counter() - began:.0f} s", flush=True)
    print(f"\n{missed} of the limits missed" if missed else "\nall limits met", flush=True)
    return 1 if missed else 0


def _machine() -> str:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith(("model name", "Model"))
    ]
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"{os.cpu_count()} cores of {models[0] if models else platform.machine()}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}, load average {load}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
