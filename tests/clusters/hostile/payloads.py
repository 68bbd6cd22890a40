"""payloads.py COUNT SEED: hostile JSON, one text a line, for COPY. Strings hold a canary, keys and names of events none.

Depth, size, escapes (NUL, surrogates alone and in pairs, all control characters), numbers that a double or PostgreSQL's
numeric barely holds or does not, bombs of them and of schemas, NaN and the like, keys twice, whitespace, cut ends, flipped characters.
"""

import random
import sys

CANARY = "hunter2-canary"
NUMBERS = (
    "0", "-0", "1e308", "1e309", "-1e400", "1e-400", "123456789012345678901234567890.5", "9223372036854775808", "-9223372036854775809",
    "0.1", "1E5", "4111111111111111", "NaN", "Infinity", "-Infinity", "0x10", "01", "1.", ".5", "+1", "1e", "2147483648", "32768", "1e131071", "1e131073",
)
STRINGS = (
    "", " ", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\ud83d\\ude00", "\\uFFFF", "\\u001f\\b\\f\\n\\r\\t", "\\\\", "\\/", "\\x", "\\", "\u202e\ufeff", "\U0001f600",
    "e\u0301" * 20, "'; drop table telemetry.events; --", "$1", "%s%n%I", "00000000-0000-4000-8000-000000000001", "2024-01-01T00:00:00Z", "infinity", "NaN",
    "4111 1111 1111 1111", "joe@example.org", "\x7f", "<script>alert(1)</script>", "../../etc/passwd",
)
KEYS = (
    "n", "text", "kind", "list", "deep", "", " ", "n", "__proto__", "event_name", "payload", "user_id", "tenant_id", "session_id", "event_id", "client_ts",
    "seq", "source", "event_version", "sample_rate", "event_ts", "a.b", "\\u006e", "\\u0000", "key\\\"quoted", "k" * 300, "\u202ekey", "$ref", "%I",
)


def main():
    count, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    for _ in range(count):
        print(payload(chance).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r"))


def payload(chance):
    dice = chance.random()
    if dice < 0.02:
        text = bomb(chance)
    elif dice < 0.80:
        text = an_object(chance, 0)
    elif dice < 0.90:
        text = value(chance, 0)
    elif dice < 0.93:
        depth = chance.choice((2, 30, 31, 32, 33, 60, 300, 1000))
        text = '{"deep":' * depth + value(chance, 9) + "}" * depth
    elif dice < 0.96:
        depth = chance.choice((2, 30, 31, 32, 33, 60, 300, 1000))
        text = '{"list":' + "[" * depth + value(chance, 9) + "]" * depth + "}"
    elif dice < 0.98:
        text = '{"text": "' + chance.choice((CANARY, "\\u0041", "\u20ac", "\\\\")) * chance.choice((50, 300, 1000, 5000)) + '"}'
    else:
        text = "{" + ",".join(f'"key{n}": {value(chance, 9)}' for n in range(chance.choice((50, 200, 1000)))) + "}"
    if chance.random() < 0.05:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(("", "}", '"', "\\", "\x01", "]", ",", ":", "\u00ff", "null")) + text[place + chance.randrange(2):]
    return text


def bomb(chance):
    """Small to send, large to print, to compile or to compare."""
    number = chance.choice(("1e131071", "-1e131071", "1e-16383", "1e4000", "1e131071"))
    count = chance.choice((1, 3, 30, 300))
    depth = chance.choice((3, 30, 300))
    return chance.choice((
        f'{{"n": {number}}}',
        f'{{"list": [{", ".join([number] * count)}]}}',
        "{" + ", ".join(f'"key{n}": {number}' for n in range(count)) + "}",
        f'{{"n": {{"$gt": {number}}}, "m": {{"$in": [{", ".join([number] * count)}]}}}}',
        f'{{"seq": {number}, "payload": {{"n": {number}}}}}',
        number,
        '{"json_schema": ' + '{"anyOf": [' * depth + '{"type": "string"}' + "]}" * depth + "}",
        '{"json_schema": {"anyOf": [' + ", ".join(['{"anyOf": [{}, {}, {}]}'] * count * 10) + "]}}",
        '{"json_schema": {"anyOf": [' + ", ".join(f'{{"pattern": "(a{{1,99}}){{1,60}}{n}"}}' for n in range(count)) + "]}}",
        '{"properties": {"n": {"maximum": ' + number + "}}}",
        '{"keys": {' + ", ".join(f'"key{n}": "mask"' for n in range(count * 10)) + "}}",
        '{"kind": "event_volume", "parameters": {"filter": {"n": ' + number + "}}}",
        '{"events": ["free"], "where": {"n": ' + number + "}}",
        '{"text": "' + chance.choice(("\\u0001", "4111 1111 ", "a@b.c ", "password=x&", "{\\\"a\\\":")) * count * 10 + '"}',
    ))


def an_object(chance, depth):
    white = chance.choice(("", "", "", " ", "\n\t"))
    pairs = (f'"{chance.choice(KEYS)}":{white}{value(chance, depth + 1)}' for _ in range(chance.randrange(6)))
    return "{" + white + ("," + white).join(pairs) + "}"


def value(chance, depth):
    dice = chance.random()
    if depth < 5 and dice < 0.15:
        return an_object(chance, depth + 1)
    if depth < 5 and dice < 0.25:
        return "[" + ",".join(value(chance, depth + 1) for _ in range(chance.randrange(5))) + "]"
    if dice < 0.50:
        return chance.choice(NUMBERS) if chance.random() < 0.5 else str(chance.randrange(-5, 100))
    if dice < 0.60:
        return chance.choice(("true", "false", "null"))
    return '"' + chance.choice((CANARY + chance.choice(STRINGS), CANARY, chance.choice(STRINGS) + CANARY)) + '"'


main()
