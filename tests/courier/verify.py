"""verify.py SIGNATURES: the specification's library for Python over what the courier's unit tests signed."""

import base64
import json
import random
import sys

from standardwebhooks import Webhook, WebhookVerificationError

verified = refused = 0
for line in open(sys.argv[1]):
    signed = json.loads(line)
    body = base64.b64decode(signed["body"])
    webhook = Webhook(signed["secret"])
    webhook_headers = signed["headers"]
    try:
        webhook.verify(body, webhook_headers)
        verified += 1
    except (WebhookVerificationError, UnicodeDecodeError, json.JSONDecodeError) as error:
        print(f"not verified: {error!r}")
    flipped = bytearray(body)
    flipped[random.randrange(len(body))] ^= 1 << random.randrange(8)
    try:
        webhook.verify(bytes(flipped), webhook_headers)
        print("verified what was flipped")
    except (WebhookVerificationError, UnicodeDecodeError, json.JSONDecodeError):
        refused += 1
print(f"{verified} verified, {refused} flipped and refused")
