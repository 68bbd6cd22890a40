"""A receiver of webhooks that does what it is told, and writes down every request before it answers, byte for byte.

receiver.py PORT RECORDS [TLS_PORT CERTIFICATE]: listens at 127.0.0.1:PORT until it is killed, and with TLS at TLS_PORT. RECORDS
gets one JSON object a line: path, headers, body (base64) and what was done. Without RECORDS ("-") it keeps a number, for measuring.

What is done with requests for /NAME is the list that was last put to /_script/NAME, one word a request, the last one for good:

    200, 503, ...     that status
    retry:7           503 with Retry-After: 7
    slow:1500         200 after 1500 ms
    never             no answer
    reset             the connection is reset after the request was read
    half              it is closed in the middle of the answer's headers
    short             200, and it is closed in the middle of the body
    endless           200, and a body without an end
    redirect:URL      302 to URL
    poison:TEXT       400 where the body holds TEXT, else 200
    drop:3            reads every third request and closes without an answer; 200 to others
"""

import asyncio
import base64
import json
import os
import socket
import ssl
import struct
import sys
import time

SCRIPTS = {}
STATE = {"requests": 0, "events": 0, "dropped": 0}


class Receiver(asyncio.Protocol):
    records = None

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = bytearray()
        self.is_busy = False

    def data_received(self, data):
        self.buffer += data
        self.serve()

    def serve(self):
        while not self.is_busy:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
            headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in head[1:]]
            length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + length])
            del self.buffer[: end + 4 + length]
            self.request(head[0].split(" ")[1], headers, body)

    def request(self, path, headers, body):
        name = path.split("?")[0].strip("/")
        if name.startswith("_script/"):
            SCRIPTS[name.removeprefix("_script/")] = json.loads(body)
            return self.answer(200)
        if name == "_state":
            return self.answer(200, body=json.dumps(STATE).encode())
        script = SCRIPTS.get(name) or ["200"]
        word = script.pop(0) if len(script) > 1 else script[0]
        STATE["requests"] += 1
        if self.records is None:
            STATE["events"] += body.count(b'"uuid":') or 1
        else:
            line = {"at": time.time(), "path": path, "headers": headers, "body": base64.b64encode(body).decode(), "did": word}
            os.write(self.records, (json.dumps(line) + "\n").encode())
        self.do(word, body)

    def do(self, word, body):
        what, _, argument = word.partition(":")
        if what.isdigit():
            self.answer(int(what))
        elif what == "retry":
            self.answer(503, [f"Retry-After: {argument}"])
        elif what == "slow":
            self.is_busy = True
            asyncio.get_running_loop().call_later(int(argument) / 1000, self.late)
        elif what == "never":
            self.is_busy = True
        elif what == "reset":
            linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
        elif what == "half":
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            self.transport.close()
        elif what == "short":
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
            self.transport.close()
        elif what == "endless":
            self.is_busy = True
            self.transport.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.drip()
        elif what == "redirect":
            self.answer(302, [f"Location: {argument}"])
        elif what == "poison":
            self.answer(400 if argument.encode() in body else 200)
        elif what == "drop":
            STATE["dropped"] += 1
            if STATE["dropped"] % int(argument) == 0:
                self.transport.close()
            else:
                self.answer(200)
        else:
            raise ValueError(word)

    def answer(self, status, headers=(), body=b"ok"):
        head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
        self.transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def late(self):
        self.is_busy = False
        if not self.transport.is_closing():
            self.answer(200)
            self.serve()

    def drip(self):
        if not self.transport.is_closing():
            self.transport.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            asyncio.get_running_loop().call_later(0.001, self.drip)


async def main(port, records, tls_port=None, certificate=None):
    if records != "-":
        Receiver.records = os.open(records, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    loop = asyncio.get_running_loop()
    if tls_port:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        await loop.create_server(Receiver, "127.0.0.1", int(tls_port), ssl=context)
    server = await loop.create_server(Receiver, "127.0.0.1", int(port), backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
