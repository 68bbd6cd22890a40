// The JavaScript client in Chromium, through PostgREST of another origin: networks that go, pages that go.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { numbers, pool, startWire, storedUnder, until } from './network.js';

const puppeteer = createRequire(`${process.env.CLIENTS_PUPPETEER}/`)('puppeteer-core');
let wire, site, browser, origin;

before(async () => {
    wire = await startWire();
    site = createServer(async ({ url }, response) => {
        const isScript = url === '/telemetry.js';
        response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
        response.end(isScript ? await readFile(new URL('./js/telemetry.js', import.meta.url)) : '<!DOCTYPE html><title>page</title>');
    });
    await new Promise((ready) => site.listen(0, '127.0.0.1', ready));
    origin = `http://127.0.0.1:${site.address().port}`;
    browser = await puppeteer.launch({ executablePath: process.env.CLIENTS_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
});
after(async () => {
    await browser?.close();
    site?.close();
    await wire?.stop();
    await pool.end();
});

/** A page with a client in the variable `telemetry`. */
async function open(options = '') {
    const page = await browser.newPage();
    await page.goto(origin);
    await page.evaluate(`(async () => {
        const { createTelemetry } = await import('/telemetry.js');
        globalThis.telemetry = createTelemetry({ url: '${wire.url}', ${options} });
        globalThis.track = (label, from, to) => { for (let n = from; n <= to; n += 1) telemetry.track('clicked', { label, n }); };
    })()`);
    return page;
}
const counts = (page) => page.evaluate('[telemetry.pending(), telemetry.dropped]');

test('a page that is closed sends what waits', async () => {
    const page = await open();
    await page.evaluate(`track('closed', 1, 3)`);
    await page.close({ runBeforeUnload: false });
    assert.deepEqual(await until(() => storedUnder('closed'), (stored) => stored.length === 3), numbers(1, 3));
});

test('a page that goes elsewhere sends more than one batch', async () => {
    const page = await open();
    await page.evaluate(`track('left', 1, 75); location.href = 'about:blank'`);
    assert.deepEqual(await until(() => storedUnder('left'), (stored) => stored.length === 75), numbers(1, 75));
    await page.close();
});

test('a browser that is offline keeps all, and sends it once when it is online again', async () => {
    const page = await open();
    await page.evaluate(`track('offline', 1, 20)`);
    await until(() => counts(page), ([pending]) => pending === 0);
    await page.setOfflineMode(true);
    await page.evaluate(`track('offline', 21, 140)`);
    await page.evaluate(`Math.random = () => 0; telemetry.flush()`);
    assert.deepEqual(await counts(page), [120, 0]);
    await page.setOfflineMode(false);
    assert.deepEqual(await until(() => counts(page), ([pending]) => pending === 0), [0, 0], 'no one asks it to');
    assert.deepEqual(await storedUnder('offline'), numbers(1, 140));
    await page.close();
});

test('an answer that is lost on the wire costs nothing and counts nothing twice', async () => {
    const page = await open();
    await wire.set('mute');
    await page.evaluate(`Math.random = () => 0; track('unanswered', 1, 60); telemetry.flush()`);
    assert.deepEqual([(await storedUnder('unanswered')).length >= 10, (await counts(page))[0]], [true, 60], 'stored, and not known');
    await wire.set('pass');
    await page.evaluate('telemetry.flush()');
    assert.deepEqual([await counts(page), await storedUnder('unanswered')], [[0, 0], numbers(1, 60)]);
    await page.close();
});

test('with a storage, what a page could not send the next one does', async () => {
    const page = await open('storage: () => localStorage');
    await wire.set('cut');
    await page.evaluate(`track('stored', 1, 5)`);
    await page.goto(`${origin}/next`);
    assert.equal(await page.evaluate(`Object.keys(localStorage).filter((key) => key.startsWith('telemetry:')).length`), 1);
    await wire.set('pass');
    await page.close();
    const next = await open('storage: () => localStorage');
    await next.evaluate('telemetry.flush()');
    assert.deepEqual(await storedUnder('stored'), numbers(1, 5));
    assert.equal(await next.evaluate('localStorage.length'), 0);
    await next.close();
});

test('without consent no request is made and nothing is stored', async () => {
    const page = await open('consent: false, storage: () => localStorage');
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.evaluate(`track('silent', 1, 60); telemetry.flush()`);
    await page.evaluate(`dispatchEvent(new Event('pagehide'))`);
    assert.deepEqual([requests, await page.evaluate('localStorage.length'), await storedUnder('silent')], [[], 0, []]);
    await page.evaluate(`telemetry.setConsent(true); track('silent', 61, 61); telemetry.flush()`);
    assert.deepEqual(await storedUnder('silent'), [61]);
    await page.close();
});
