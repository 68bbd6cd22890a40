// browser.js ADDRESS FOLDER: a person at work in Chromium: logs in, looks at dashboards, acknowledges an alert, silences another and
// ends the silence. Leaves each page in FOLDER for the checker, with pictures, and prints a line for each thing that has to be so.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const [ADDRESS, FOLDER] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb'],
});
const page = await browser.newPage();
const strange = [];
page.on('request', (request) => request.url().startsWith(ADDRESS) || request.url().startsWith('data:') || strange.push(request.url()));
page.on('dialog', (dialog) => {
    strange.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
});
page.on('console', (message) => message.text().includes('favicon') || /status of 40[14]/.test(message.text()) || strange.push(message.text()));

let failed = 0;
function expect(name, actual, expected = true) {
    const isSo = JSON.stringify(actual) === JSON.stringify(expected);
    console.log(`${isSo ? 'ok' : 'not ok'} - serve: ${name}`);
    if (!isSo) {
        failed += 1;
        console.log(`    expected ${JSON.stringify(expected)}\n    actual   ${JSON.stringify(actual)}`);
    }
}

/// Leaves the page as it came and looks at it in light and dark, and as a phone sees it.
async function look(name) {
    writeFileSync(`${FOLDER}/${name}.html`, await (await page.reload()).text());
    const barriers = [];
    for (const scheme of ['light', 'dark']) {
        await page.setViewport({ width: 1300, height: 900 });
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await page.screenshot({ path: `${FOLDER}/${name}-${scheme}.png`, fullPage: true });
        await page.evaluate(`document.querySelectorAll('details').forEach((part) => { part.open = true })`);
        await page.evaluate(AXE);
        for (const { id, nodes } of (await page.evaluate('axe.run()')).violations) barriers.push(`${scheme}: ${id}, as ${nodes[0].html.slice(0, 200)}`);
    }
    expect(`${name} has no barrier that axe knows, in light and dark`, barriers, []);
    await page.setViewport({ width: 360, height: 900 });
    await page.screenshot({ path: `${FOLDER}/${name}-phone.png`, fullPage: true });
    const [wide, width] = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    expect(`${name} fits a phone`, wide <= width ? 'it does' : `${wide} of ${width} px`, 'it does');
    await page.setViewport({ width: 1300, height: 900 });
}

const text = () => page.evaluate('document.body.innerText');
const cards = (title) => page.evaluate((title) => [...document.querySelectorAll('.alert')].map((card) => card.innerText).filter((said) => said.includes(title)), title);
const submit = async (selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);

await page.authenticate({ username: 'ada', password: 'correct horse' });

const welcome = await page.goto(`${ADDRESS}/`);
expect('a name and a password let her in', welcome.status(), 200);
expect('the first page lists dashboards, and how many alerts fire', /Checkout\n[^]*5 alerts fire/.test(await text()) && (await text()).includes('Whether people <i>can</i> pay'));
await look('index');

await submit('a[href="dashboard?name=checkout"]');
expect('a dashboard is a click away', await page.title(), 'Checkout · telemetry');
await page.select('select[name=grain]', 'day');
await submit('.ask form button');
expect('its form asks for another grain under the same address', new URL(page.url()).pathname + ' ' + new URL(page.url()).searchParams.get('grain'), '/dashboard day');
await submit('nav.lengths a');
expect('a link asks for another period', new URL(page.url()).searchParams.get('last'), '7 days');
await look('dashboard');
await submit('nav[aria-label=Pages] a');
expect('the list of dashboards is a click back', [new URL(page.url()).pathname, await page.title()], ['/', 'Dashboards · telemetry']);

const chart = await page.goto(`${ADDRESS}/chart?name=checkout_failures&last=1+day`);
expect('a chart is a picture', [chart.status(), chart.headers()['content-type']], [200, 'image/svg+xml; charset=utf-8']);

await page.goto(`${ADDRESS}/alerts?tz=Europe%2FBerlin`);
const [worst] = await cards('Checkout fails\n');
expect('an alert says how much, of how many, and beyond what', /Firing, sev1[^]*\d\d % of \d+; it fires above 5 %/.test(worst));
expect('names that would like to be markup are text', (await text()).includes('<script>alert("shop")</script>') && (await page.$('main script, main img')) === null);
await look('alerts');

const first = '.alert:has(a[href="chart?name=checkout_failures"])';
await page.type(`${first} input[name=note]`, 'we roll <b>back</b>');
await submit(`${first} form[action="alerts/acknowledge"] button`);
expect('it is acknowledged by a form, and says by whom', (await text()).includes('Acknowledged: it is not repeated') && (await cards('by ada: we roll <b>back</b>')).length === 1);
expect('the time zone is kept', new URL(page.url()).searchParams.get('tz'), 'Europe/Berlin');

await page.select(`${first} select[name=length]`, '4h');
await page.type(`${first} input[name=reason]`, 'a deployment');
await submit(`${first} form[action="alerts/silence"] button`);
const silence = await page.evaluate(`document.querySelector('[aria-label="Silences"]')?.innerText`);
expect('it is silenced by a form, with who and why', silence?.includes('ada: a deployment'));
await look('alerts-silenced');
await page.reload();
expect('loading the page anew silences nothing twice', (await page.$$('[aria-label="Silences"] tbody tr')).length, 1);
await submit('form[action="alerts/end-silence"] button');
expect('a silence is ended by a form', (await text()).includes('The silence has ended.') && (await page.$('[aria-label="Silences"]')) === null);

await page.goto(`${ADDRESS}/alerts?tz=Europe%2FBerlin`);
await page.evaluate(`document.querySelector('form.wide input[name=until]').value = new Date(Date.now() + 36e5 * 30).toISOString().slice(0, 16)`);
await submit('form.wide button');
expect('an alert is silenced until a time of one\'s own, before it fires', (await page.$$('[aria-label="Silences"] tbody tr')).length, 1);
await submit('form[action="alerts/end-silence"] button');

await page.goto(`${ADDRESS}/nowhere`);
await look('not-found');
expect('nothing runs, and nothing is asked for elsewhere', strange, []);
await browser.close();
process.exitCode = failed ? 1 : 0;
