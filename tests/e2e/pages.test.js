// dashboard_page() and kpi_chart(): documents, as they are, that a browser asks for by GET; each caller its own.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TENANT, inSql, pool, post, request } from './api.js';

after(() => pool.end());
const PAGE = 'rpc/dashboard_page?name=board&since=2025-03-03&until=2025-04-12';
// As a browser asks when somebody opens a page.
const NAVIGATION = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8' };
const get = (caller, path) => request(caller, path, { headers: NAVIGATION });

test('the page is the body, as HTML that is not stored and may load and run nothing', async () => {
    for (const asked of [get('a', PAGE), post('a', 'dashboard_page', { name: 'board', since: '2025-03-03', until: '2025-04-12' })]) {
        const { status, text, headers } = await asked;
        assert.equal(status, 200, text);
        assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
        assert.equal(headers.get('x-content-type-options'), 'nosniff');
        assert.equal(headers.get('cache-control'), 'no-store');
        assert.match(headers.get('content-security-policy'), /^default-src 'none'; style-src 'unsafe-inline';/);
        assert.match(text, /^<!DOCTYPE html><html lang="en">.*<\/html>$/s);
    }
});

test('the form of a page is answered, with fields that were left empty', async () => {
    const { text: first } = await get('a', PAGE);
    const fields = [...first.matchAll(/<(?:input|select)[^>]* name="([^"]+)"(?:[^>]* value="([^"]*)")?/g)].map(([, name, value]) => [name, value ?? '']);
    assert.deepEqual(fields.map(([name]) => name), ['name', 'first_day', 'last_day', 'grain', 'tz']);
    const { status, text } = await get('a', `rpc/dashboard_page?${new URLSearchParams(fields)}`);
    assert.equal(status, 200, text);
    assert.equal(text.match(/name="first_day" value="([^"]*)"/)[1], '2025-03-03');
    assert.equal(text.match(/name="last_day" value="([^"]*)"/)[1], '2025-04-11');
    const empty = await get('a', 'rpc/dashboard_page?name=board&first_day=&last_day=&grain=&tz=&last=');
    assert.equal(empty.status, 200, empty.text);
});

test('the links of a page are answered', async () => {
    const { text } = await get('service', `${PAGE}&tenant=${TENANT.a}&grain=day`);
    const links = [...text.matchAll(/ href="(\?[^"]+)"/g)].map(([, link]) => link.replaceAll('&amp;', '&'));
    assert.ok(links.length >= 4, text);
    for (const link of links) {
        assert.match(link, new RegExp(`tenant=${TENANT.a}`));
        const { status, text: next } = await get('service', `rpc/dashboard_page${link}`);
        assert.equal(status, 200, next);
    }
});

test('a page tells each tenant of itself', async () => {
    const words = async (caller, more = '') => (await get(caller, PAGE + more)).text.replace(/<footer class="foot">.*|<header class="head">.*?<\/header>|<nav.*?<\/nav>/gs, '');
    const [a, b, all] = await Promise.all([words('a'), words('b'), words('service')]);
    assert.notEqual(a, b);
    assert.notEqual(a, all);
    assert.equal(await words('service', `&tenant=${TENANT.a}`), a);
    assert.equal((await get('anon', PAGE)).status, 401);
});

test('the page that SQL answers is the page that is served', async () => {
    const [{ page }] = await inSql('a', `select convert_from(telemetry.dashboard_page('board', since => '2025-03-03', until => '2025-04-12'), 'UTF8') as page`);
    // Moments are read and written in the session's zone, and now is now.
    const still = (text) => text.replace(/on \d+ \w+ \d+, [\d:]+/, '');
    assert.equal(still((await get('a', PAGE)).text), still(page));
});

test('a chart is an SVG', async () => {
    const { status, text, headers } = await get('a', 'rpc/kpi_chart?name=volume&since=2025-03-03&until=2025-04-12');
    assert.equal(status, 200, text);
    assert.equal(headers.get('content-type'), 'image/svg+xml; charset=utf-8');
    assert.match(text, /<svg .*<\/svg>$/s);
});

test('a question that is wrong is an error, not a page', async () => {
    for (const query of ['name=nobody', 'name=board&first_day=2025-02-30', 'name=board&last_day=soon', 'name=board&grain=6h', 'name=board&tz=browser',
        'name=board&refresh_seconds=1', 'name=board&since=2025-03-03&first_day=2025-03-03', 'name=board&first_day=2025-03-03&last_day=2025-03-01']) {
        const { status, json, text } = await get('a', `rpc/dashboard_page?${query}`);
        assert.deepEqual([query, status, json?.code], [query, 400, '22023'], text);
    }
});
