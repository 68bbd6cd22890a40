"""What the figures were measured on, and whether it is busy with something else."""

import os
import time

# Seconds that one run spends waiting for others, before one question and all in all.
PATIENCE, PATIENCE_IN_ALL = 20, 600
waited = 0.0


def machine() -> dict:
    with open("/proc/meminfo") as lines:
        kilobytes = int(next(line for line in lines if line.startswith("MemTotal:")).split()[1])
    return {"cores": os.cpu_count(), "memory_gib": round(kilobytes / 1024 / 1024), "date": time.strftime("%Y-%m-%d")}


def wait_until_quiet() -> None:
    """Until nobody else has kept more than a quarter of a core busy for 30 ms, as long as there is patience left."""
    global waited
    until = time.perf_counter() + min(PATIENCE, PATIENCE_IN_ALL - waited)
    while time.perf_counter() < until:
        began, ticks = time.perf_counter(), busy_ticks()
        time.sleep(0.03)
        # The clock of /proc/stat ticks every 10 ms.
        if busy_ticks() - ticks <= 1:
            return
        waited += time.perf_counter() - began


def busy_ticks() -> int:
    with open("/proc/stat") as lines:
        user, nice, system, idle, iowait, *other = (int(word) for word in lines.readline().split()[1:])
    return user + nice + system + sum(other[:3])
