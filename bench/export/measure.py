"""measure.py COURIER NAME PLACE EVENTS, or COURIER --verify FOLDER EVENTS: runs the courier, and tells its speed, processor time, memory
and how many bytes it wrote."""

import pathlib
import resource
import subprocess
import sys
import time


def main(courier, name, place, events):
    events = int(events)
    verify = name == "--verify"
    began = time.monotonic()
    arguments = ["verify-export", place] if verify else ["export", name, "--to", place]
    subprocess.run([courier, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    folder = pathlib.Path(place) if verify else pathlib.Path(place) / name
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{'verify' if verify else name}: {events / seconds:,.0f} events/s, {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor time of the "
          f"courier, {used.ru_maxrss / 1024:.0f} MB at most, {written / 1e6:,.1f} MB in {folder.name}, {written / events:.1f} bytes an event", flush=True)


main(*sys.argv[1:])
