// look.js FOLDER: opens each NAME.html of FOLDER in Chromium, in light and dark, as a phone and as a printer sees it; leaves
// NAME-light.png and so on beside it, and prints a line for each thing that a page has to be.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const FOLDER = process.argv[2];
const MOST_BYTES = 150_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = [
    { name: 'light', scheme: 'light', width: 1400 },
    { name: 'dark', scheme: 'dark', width: 1400 },
    { name: 'phone', scheme: 'light', width: 360 },
    { name: 'print', scheme: 'dark', width: 718, media: 'print' },
];
// A page that renews itself is what a wall is for, and says how to stop it.
const RULES = (name) => ({ 'meta-refresh': { enabled: !name.startsWith('wall') }, 'meta-refresh-no-exceptions': { enabled: false } });

const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb'],
});
let failed = 0;
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.html')).sort()) {
    const name = file.replace(/\.html$/, '');
    const complaints = await lookAt(name, `${FOLDER}/${file}`);
    for (const [title, wrong] of Object.entries(complaints)) {
        console.log(`${wrong.length ? 'not ok' : 'ok'} - pages: ${name} ${title}`);
        wrong.forEach((line) => console.log(`    ${line}`));
        failed += wrong.length;
    }
}
await browser.close();
process.exitCode = failed ? 1 : 0;

async function lookAt(name, path) {
    const bytes = statSync(path).size;
    const text = readFileSync(path, 'utf8');
    const complaints = {
        'has at most 150 kB': bytes > MOST_BYTES ? [`${bytes} bytes`] : [],
        'asks for nothing and runs nothing': [],
        'has no barrier that axe knows, in light and dark': [],
        'fits a phone and a sheet of paper': [],
        'shows its tables in print': [],
    };
    const page = await browser.newPage();
    const session = await page.createCDPSession();
    const url = pathToFileURL(path).href;
    // The browser draws its own date fields with data of its own.
    const isOwn = (asked) => asked === url || (asked.startsWith('data:') && !text.includes(asked));
    page.on('request', (request) => isOwn(request.url()) || complaints['asks for nothing and runs nothing'].push(request.url()));
    page.on('console', (message) => complaints['asks for nothing and runs nothing'].push(message.text()));
    page.on('dialog', (dialog) => {
        complaints['asks for nothing and runs nothing'].push(dialog.message());
        dialog.dismiss();
    });
    for (const { name: view, scheme, width, media } of VIEWS) {
        await page.setViewport({ width, height: 900 });
        // Both at once: page.emulateMediaType() and emulateMediaFeatures() each forget what the other said.
        await session.send('Emulation.setEmulatedMedia', { media: media ?? 'screen', features: [{ name: 'prefers-color-scheme', value: scheme }] });
        await page.goto(url);
        await page.screenshot({ path: path.replace(/\.html$/, `-${view}.png`), fullPage: true });
        const wide = await page.evaluate(`[document.documentElement.scrollWidth, innerWidth]`);
        if (wide[0] > wide[1]) complaints['fits a phone and a sheet of paper'].push(`${view}: ${wide[0]} of ${wide[1]} px`);
        if (media === 'print') {
            const hidden = await page.evaluate(`[...document.querySelectorAll('table, details p')].filter((part) => !part.checkVisibility()).length`);
            if (hidden) complaints['shows its tables in print'].push(`${hidden} are hidden`);
        } else if (view !== 'phone') {
            await page.evaluate(`document.querySelectorAll('details').forEach((part) => { part.open = true })`);
            await page.evaluate(AXE);
            const { violations, incomplete } = await page.evaluate(`axe.run({ rules: ${JSON.stringify(RULES(name))} })`);
            for (const { id, nodes } of violations) {
                complaints['has no barrier that axe knows, in light and dark'].push(`${view}: ${id}, ${nodes.length} times, as ${nodes[0].html.slice(0, 200)}`);
            }
            if (process.env.VERBOSE) incomplete.forEach(({ id, nodes }) => console.log(`# ${name} ${view}: axe cannot tell: ${id}, ${nodes.length} times, as ${nodes[0].html.slice(0, 120)}`));
        }
    }
    await page.close();
    return complaints;
}
