// hostile.js: what should not work, against three servers: one with PASSWORDS, one behind a PROXY that is trusted at 127.0.0.1, and one
// that is OPEN. Prints a line for each thing that has to be so. Nothing of it may change anything but bob's own silence.
import http from 'node:http';
import net from 'node:net';

const { PASSWORDS, PROXY, OPEN, TENANT_A, FINGERPRINT_A, FINGERPRINT_B } = process.env;
const ADA = 'ada:correct horse', BOB = 'bob:battery staple', EVE = 'eve:only looks', MALLORY = 'mallory:has no role';

let failed = 0;
function expect(name, actual, expected = true) {
    const isSo = JSON.stringify(actual) === JSON.stringify(expected);
    console.log(`${isSo ? 'ok' : 'not ok'} - serve: ${name}`);
    if (!isSo) {
        failed += 1;
        console.log(`    expected ${JSON.stringify(expected)}\n    actual   ${JSON.stringify(actual)}`);
    }
}

function ask(site, path, { method = 'GET', headers = {}, body, auth, from } = {}) {
    return new Promise((resolve, reject) => {
        const { hostname, port } = new URL(site);
        const request = http.request({ hostname, port, path, method, headers, auth, localAddress: from, agent: false }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() }));
            answer.on('error', reject);
        });
        request.on('error', reject);
        request.end(body);
    });
}
const status = async (...asked) => (await ask(...asked)).status;

// What a browser sends of a form that stands on a page of the site.
async function token(site, options = {}) {
    return /name="token" value="([^"]*)"/.exec((await ask(site, '/alerts', options)).text)?.[1] ?? '';
}
const OWN = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
function send(site, path, fields, options = {}) {
    return ask(site, path, { method: 'POST', body: new URLSearchParams(fields).toString(), ...options, headers: { ...OWN, ...options.headers } });
}

// Bytes as they are; the answer until the server closes, and how long that took.
function raw(site, text, { then } = {}) {
    return new Promise((resolve) => {
        const { hostname, port } = new URL(site);
        const begin = performance.now();
        let answer = '';
        const socket = net.connect(port, hostname, () => {
            socket.write(text);
            then?.(socket);
        });
        socket.on('data', (part) => { answer += part; });
        socket.on('error', () => {});
        socket.on('close', () => resolve({ answer, seconds: (performance.now() - begin) / 1000 }));
    });
}

async function login() {
    const { status: refused, headers } = await ask(PASSWORDS, '/alerts');
    expect('without a password: 401 and how to log in', [refused, headers['www-authenticate']], [401, 'Basic realm="telemetry", charset="UTF-8"']);
    expect('a wrong password and an unknown name are answered alike', [await status(PASSWORDS, '/', { auth: 'ada:guess' }), await status(PASSWORDS, '/', { auth: 'nobody:guess' })], [401, 401]);
    expect('a user whose role is not the server\'s to take on sees nothing', await status(PASSWORDS, '/', { auth: MALLORY }), 403);
    expect('a path tells nothing without a password', [await status(PASSWORDS, '/nowhere'), await status(PASSWORDS, '/alerts/acknowledge', { method: 'POST' })], [401, 401]);
    expect('/health needs none, and says nothing but that', [await status(PASSWORDS, '/health'), (await ask(PASSWORDS, '/health')).text], [200, 'ok\n']);
    expect('a header that a proxy would send is none here', await status(PASSWORDS, '/', { headers: { 'x-forwarded-user': 'ada' } }), 401);
}

async function proxy() {
    const as = (name, options = {}) => status(PROXY, '/alerts', { headers: { 'x-forwarded-user': name }, ...options });
    expect('the proxy is believed', await as('ada'), 200);
    expect('who comes beside it is not, whatever the header says', await as('ada', { from: '127.0.0.2' }), 403);
    expect('no header is nobody', await status(PROXY, '/alerts'), 403);
    expect('two names are none', (await raw(PROXY, 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-User: bob\r\nx-forwarded-user: ada\r\nConnection: close\r\n\r\n')).answer.split('\r\n')[0], 'HTTP/1.1 400 Bad Request');
    expect('a header with an underscore is another one', await status(PROXY, '/alerts', { headers: { x_forwarded_user: 'ada' } }), 403);
    expect('a user that nobody named', await as('trudy'), 403);
    expect('a name before a null byte is none', (await raw(PROXY, 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-User: ada\0\r\nConnection: close\r\n\r\n')).answer.slice(0, 12), 'HTTP/1.1 400');
}

async function open() {
    const as = (host) => status(OPEN, '/', { headers: { host } });
    expect('open to the names of this machine', [await as('localhost'), await as('127.0.0.1:1'), await as('[::1]')], [200, 200, 200]);
    expect('and not to a name of the internet that leads here', [await as('evil.example'), await as('127.0.0.1.evil.example')], [421, 421]);
}

async function crossSite() {
    const ada = { auth: ADA };
    const code = await token(PASSWORDS, ada);
    const fields = { token: code, alert: 'checkout_is_gone', length: '1h' };
    const asked = async (headers, changed = {}) => (await send(PASSWORDS, '/alerts/silence', { ...fields, ...changed }, { ...ada, headers })).status;
    expect('a form of another site is refused', [await asked({ 'sec-fetch-site': 'cross-site' }), await asked({ 'sec-fetch-site': 'same-site' }), await asked({ 'sec-fetch-site': 'none' })], [403, 403, 403]);
    const without = async (headers) => {
        const { 'sec-fetch-site': _, ...rest } = OWN;
        return status(PASSWORDS, '/alerts/silence', { ...ada, method: 'POST', body: new URLSearchParams(fields).toString(), headers: { ...rest, ...headers } });
    };
    expect('so it is of a browser that says its origin alone, or nothing', [await without({ origin: 'https://evil.example' }), await without({ origin: 'null' }), await without({})], [403, 403, 403]);
    expect('a form without the page\'s token, with one that was made up, and with that of another user', [
        await asked({}, { token: '' }), await asked({}, { token: 'A'.repeat(43) }), await asked({}, { token: await token(PASSWORDS, { auth: BOB }) })], [403, 403, 403]);
    expect('a form as JSON, as a file, or as a text', await Promise.all(['application/json', 'multipart/form-data', 'text/plain'].map((type) => asked({ 'content-type': type }))), [400, 400, 400]);
    expect('a form by GET changes nothing', await status(PASSWORDS, `/alerts/silence?${new URLSearchParams(fields)}`, ada), 405);
    expect('its address says what it takes', (await ask(PASSWORDS, '/alerts/silence', ada)).headers.allow, 'POST');
    expect('and a page what it does', [(await ask(PASSWORDS, '/alerts', { ...ada, method: 'POST' })).headers.allow, await status(PASSWORDS, '/', { ...ada, method: 'DELETE' })], ['GET, HEAD', 405]);
}

async function rights() {
    const bob = { auth: BOB };
    const page = (await ask(PASSWORDS, '/alerts', bob)).text;
    expect('who sees one tenant sees its alerts alone', [page.includes(FINGERPRINT_A), page.includes(FINGERPRINT_B)], [true, false]);
    expect('and by asking for another tenant no more', (await ask(PASSWORDS, '/alerts?tenant=00000000-0000-4000-8000-00000000000b', bob)).text.includes(FINGERPRINT_B), false);
    const code = await token(PASSWORDS, bob);
    const asked = async (path, fields) => (await send(PASSWORDS, path, { token: code, ...fields }, bob)).status;
    expect('another tenant\'s alert is neither acknowledged nor silenced', [
        await asked('/alerts/acknowledge', { fingerprint: FINGERPRINT_B, note: 'mine' }), await asked('/alerts/silence', { fingerprint: FINGERPRINT_B, length: '1h' })], [409, 409]);
    expect('a silence of an alert is one of his tenant', await asked('/alerts/silence', { alert: 'checkout_is_gone', length: '4h' }), 303);
    expect('what he fills in wrongly is said to be wrong', [
        await asked('/alerts/silence', { alert: 'checkout_is_gone', length: '9 years' }), await asked('/alerts/silence', { alert: 'checkout_is_gone', until: '2020-01-01T00:00' }),
        await asked('/alerts/silence', { alert: 'nothing', length: '1h' }), await asked('/alerts/acknowledge', { fingerprint: '\'; drop table', note: '' }),
        await asked('/alerts/acknowledge', { fingerprint: FINGERPRINT_A, note: 'x'.repeat(1001) })], [400, 400, 409, 400, 400]);
    const eve = await ask(PASSWORDS, '/alerts', { auth: EVE });
    expect('who may only read gets no forms', [eve.status, eve.text.includes('method="post"')], [200, false]);
    expect('and by sending one nothing', (await send(PASSWORDS, '/alerts/acknowledge', { token: code, fingerprint: FINGERPRINT_A }, { auth: EVE })).status, 403);
}

async function questions() {
    const ada = { auth: ADA };
    const asked = (path) => status(PASSWORDS, path, ada);
    expect('an unknown page, dashboard and chart', [await asked('/nowhere'), await asked('/dashboard?name=nothing'), await asked('/chart?name=nothing'), await asked('/dashboard')], [404, 404, 404, 404]);
    expect('paths that lead out lead nowhere', await Promise.all(['/../../etc/passwd', '/..%2f..%2fetc/passwd', '//etc/passwd', '/%2e%2e/alerts', '/alerts/../health', '/alerts/', '/Alerts', '/health/..'].map(asked)), Array(8).fill(404));
    const bad = await ask(PASSWORDS, "/dashboard?name=checkout&since=canary'--", ada);
    expect('what the database cannot read is 400, and not quoted', [bad.status, bad.text.includes('canary'), bad.text.includes('invalid input')], [400, false, false]);
    expect('so are a zone, a grain, a tenant that are none', [await asked('/dashboard?name=checkout&tz=Nowhere'), await asked('/dashboard?name=checkout&grain=eon'), await asked('/alerts?tenant=x'), await asked('/alerts?tz=%00'), await asked('/alerts?done=%3Cscript%3E')], Array(5).fill(400));
    expect('fields that the page does not know, or twice', [await asked('/dashboard?name=checkout&as_file=true'), await asked('/dashboard?name=a&name=b'), await asked('/?x=1')], [400, 400, 400]);
    const { headers } = await ask(PASSWORDS, '/alerts', ada);
    expect('a page may load, store and frame nothing', [headers['content-security-policy'], headers['x-content-type-options'], headers['cache-control'], headers['x-frame-options']],
        ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", 'nosniff', 'no-store', 'DENY']);
    const { text } = await ask(PASSWORDS, '/alerts', ada);
    expect('and has no markup of others', ['<script', '<img', 'javascript:'].filter((markup) => text.includes(markup)), []);
    expect('HEAD is answered without a body', [(await ask(PASSWORDS, '/', { ...ada, method: 'HEAD' })).text, await status(PASSWORDS, '/', { ...ada, method: 'HEAD' })], ['', 200]);
}

async function sizes() {
    const ada = { auth: ADA };
    const basic = `Authorization: Basic ${Buffer.from(ADA).toString('base64')}\r\n`;
    const head = `POST /alerts/silence HTTP/1.1\r\nHost: a\r\n${basic}Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n`;
    const first = async (text) => (await raw(PASSWORDS, text)).answer.split('\r\n')[0];
    expect('a form of 10 MB is refused before it has come', await first(`${head}Content-Length: 10000000\r\n\r\n${'a'.repeat(1000)}`), 'HTTP/1.1 413 Payload Too Large');
    await status(PASSWORDS, '/alerts/silence', { ...ada, method: 'POST', headers: OWN, body: Buffer.alloc(10_000_000, 'a') }).catch(() => {});
    expect('a form of two lengths, or with a length and an encoding', [
        await first(`${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\na=b`), await first(`${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)],
        ['HTTP/1.1 400 Bad Request', 'HTTP/1.1 411 Length Required']);
    expect('headers of 100 kB, and a thousand of them', [await first(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`), await first(`GET / HTTP/1.1\r\nHost: a\r\n${'X: a\r\n'.repeat(1000)}\r\n`)],
        ['HTTP/1.1 431 Request Header Fields Too Large', 'HTTP/1.1 431 Request Header Fields Too Large']);
    expect('what is no HTTP', await first('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'), 'HTTP/1.1 400 Bad Request');
    expect('after all that the pages are there', await status(PASSWORDS, '/alerts', ada), 200);
}

// Each of these takes as long as the server allows, so they wait beside each other; and who asks properly does not wait for them.
async function slow() {
    const basic = `Authorization: Basic ${Buffer.from(ADA).toString('base64')}\r\n`;
    const form = `POST /alerts/silence HTTP/1.1\r\nHost: a\r\n${basic}Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na`;
    const drips = (socket) => {
        const timer = setInterval(() => socket.write('X-A: b\r\n'), 500);
        socket.on('close', () => clearInterval(timer));
    };
    const waiting = Promise.all([raw(PASSWORDS, 'GET / HTTP/1.1\r\nHost: a\r\n', { then: drips }), raw(PASSWORDS, ''), raw(PASSWORDS, form), ...Array.from({ length: 100 }, () => raw(PASSWORDS, 'GET /'))]);
    const begin = performance.now();
    expect('beside a hundred who never finish, pages are answered', [await status(PASSWORDS, '/', { auth: ADA }), performance.now() - begin < 5000], [200, true]);
    const [dripped, silent, unfinished, ...others] = await waiting;
    const within = ({ seconds }) => seconds > 8 && seconds < 15 ? 'within 15 s' : `${seconds} s`;
    expect('headers that drip, none at all, and half of a first line: closed within 15 s', [within(dripped), within(silent), ...new Set(others.map(within))], Array(3).fill('within 15 s'));
    expect('half a form is 400', unfinished.answer.split('\r\n')[0], 'HTTP/1.1 400 Bad Request');
}

async function guessing() {
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(PASSWORDS, '/', { auth: `ada:guess ${n}`, from: '127.0.0.3' })));
    const guesses = all.map((answer) => answer.status).sort();
    expect('of forty guesses ten are judged', [guesses.filter((s) => s === 401).length, guesses.filter((s) => s === 429).length], [10, 30]);
    expect('the others are told how long to wait', +all.find((answer) => answer.status === 429).headers['retry-after'] > 200);
    expect('elsewhere ada is let in, and so she is there, where she was before', [await status(PASSWORDS, '/', { auth: ADA }), await status(PASSWORDS, '/', { auth: ADA, from: '127.0.0.3' })], [200, 200]);
}

await login();
await proxy();
await open();
await crossSite();
await rights();
await questions();
await sizes();
await guessing();
await slow();
process.exitCode = failed ? 1 : 0;
