// A parser of Prometheus' text exposition format, version 0.0.4, that accepts nothing else:
// https://prometheus.io/docs/instrumenting/exposition_formats/.
import assert from 'node:assert/strict';

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\\\\\|\\\\"|\\\\n)*"';
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) (.*)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? ([-+]?(?:[0-9]+(?:\\.[0-9]+)?(?:e[-+]?[0-9]+)?|Inf)|NaN)$`);

/** The samples, in their order; throws where the text is no such format. */
export function parse(text) {
    assert.ok(text.endsWith('\n'), 'the last line ends');
    const families = new Map();
    const seen = new Set();
    const samples = [];
    let present;
    for (const line of text.slice(0, -1).split('\n')) {
        const head = HEAD.exec(line);
        if (head) {
            const [, kind, name, rest] = head;
            if (name !== present) {
                assert.ok(!families.has(name), `${name} is together`);
                families.set(name, {});
                present = name;
            }
            const family = families.get(name);
            assert.ok(!(kind in family) && !family.samples, `one ${kind} of ${name}, before its samples`);
            assert.ok(kind === 'HELP' ? /^(?:[^\\]|\\\\|\\n)*$/.test(rest) : /^(counter|gauge)$/.test(rest), line);
            family[kind] = rest;
            continue;
        }
        const sample = SAMPLE.exec(line);
        assert.ok(sample, `a sample: ${line}`);
        const [, metric, pairs, value] = sample;
        assert.equal(metric, present);
        const family = families.get(metric);
        assert.ok(family.TYPE, `${metric} has a type`);
        family.samples = true;
        const labels = {};
        for (const [pair] of (pairs ?? '').matchAll(new RegExp(LABEL, 'g'))) {
            const at = pair.indexOf('=');
            assert.ok(!(pair.slice(0, at) in labels), `one label of a name: ${line}`);
            labels[pair.slice(0, at)] = pair.slice(at + 2, -1).replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
        }
        const key = metric + JSON.stringify(Object.entries(labels).sort());
        assert.ok(!seen.has(key), `once: ${line}`);
        seen.add(key);
        samples.push({ metric, metric_type: family.TYPE, labels, value: Number(value.replace('Inf', 'Infinity')), help: unescaped(family.HELP ?? '') });
    }
    return samples;
}

const unescaped = (help) => help.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
