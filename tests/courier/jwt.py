"""jwt.py SECRET ROLE: a token for ROLE, as Supabase's service key is one."""

import base64
import hashlib
import hmac
import json
import sys


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


secret, role = sys.argv[1:]
unsigned = encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + encoded(json.dumps({"role": role}).encode())
print((unsigned + b"." + encoded(hmac.new(secret.encode(), unsigned, hashlib.sha256).digest())).decode())
