"""measure.py COURIER NAME PLACE EVENTS, or COURIER --verify FOLDER EVENTS: runs the courier, and tells its speed, its memory, how many
bytes it wrote, and the processor time of courier and server: on a machine that others use too, that is what can be compared. SERVER is
the process of the server."""

import os
import pathlib
import resource
import subprocess
import sys
import time


def main(courier, name, place, events):
    events = int(events)
    verify = name == "--verify"
    server = sessions()
    began = time.monotonic()
    arguments = ["verify-export", place] if verify else ["export", name, "--to", place]
    subprocess.run([courier, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    folder = pathlib.Path(place) if verify else pathlib.Path(place) / name
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{'verify' if verify else name}: {events / seconds:,.0f} events/s, {seconds:.1f} s, of processor time {used.ru_utime + used.ru_stime:.1f} s courier and "
          f"{sessions() - server:.1f} s server, {used.ru_maxrss / 1024:.0f} MB at most, {written / 1e6:,.1f} MB in {folder.name}, {written / events:.1f} bytes an event", flush=True)


def sessions():
    """Seconds of processor time of the sessions that ended."""
    fields = pathlib.Path(f"/proc/{os.environ['SERVER']}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[13:15]) / os.sysconf("SC_CLK_TCK")


main(*sys.argv[1:])
