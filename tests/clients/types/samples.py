"""Writes a Python program that holds payloads against the types: JSON lines [name, payload] come in."""
import json
import sys

print("from events import Track\n\n\ndef samples(track: Track) -> None:")
for line in sys.stdin:
    name, payload = json.loads(line)
    print(f"    track({name!r}, {payload!r})")
