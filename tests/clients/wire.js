// A wire between clients and PostgREST that breaks: node wire.js API. It prints its own address, and reads from its standard input how
// the next requests go: "cut" ends the connection before the request gets through, "mute" after PostgREST has answered, so that the
// answer is lost, "pass" lets all through. Each line is answered by a line, when it holds.
import { createServer, request } from 'node:http';
import { createInterface } from 'node:readline';

const api = new URL(process.argv[2]);
let way = 'pass';

const wire = createServer((asked, answered) => {
    if (way === 'cut') return asked.socket.destroy();
    const isMute = way === 'mute' && asked.method === 'POST';
    const { method, url, headers } = asked;
    const passed = request({ host: api.hostname, port: api.port, method, path: url, headers }, (got) => {
        if (isMute) return got.resume().on('end', () => asked.socket.destroy());
        answered.writeHead(got.statusCode, got.headers);
        got.pipe(answered);
    });
    passed.on('error', () => asked.socket.destroy());
    asked.pipe(passed);
});

wire.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${wire.address().port}`));
createInterface({ input: process.stdin }).on('line', (line) => { way = line; console.log(line); }).on('close', () => process.exit());
