//! The characters that charts are drawn with: blocks and lines, or what ASCII has for them.

use super::Options;

pub(super) struct Signs {
    pub full: char,
    /// Parts of a full block from the left, growing; the last is nearly full.
    pub parts: &'static [char],
    /// Parts of a full block from the bottom, growing; the last is full.
    pub columns: &'static [char],
    /// From nothing to all.
    pub shades: [char; 5],
    /// A bar that is not over.
    pub open: char,
    /// Behind a number that is not over.
    pub so_far: &'static str,
    /// A target within a bar, and along a plot.
    pub target: char,
    pub level: char,
    pub missed: &'static str,
    pub met: &'static str,
    /// Zero among shades, where nothing at all is a space.
    pub zero: char,
    pub axis: char,
    pub tick: char,
    pub corner: char,
    pub floor: char,
    pub label: char,
    pub point: char,
    pub dash: char,
    pub from: char,
    pub until: char,
    /// An end that lies outside.
    pub beyond: [char; 2],
    pub minus: char,
    pub unusual: char,
    pub ellipsis: &'static str,
}

const BLOCKS: Signs = Signs {
    full: '█',
    parts: &['▏', '▎', '▍', '▌', '▋', '▊', '▉'],
    columns: &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
    shades: [' ', '░', '▒', '▓', '█'],
    open: '░',
    so_far: "…",
    target: '┊',
    level: '╌',
    missed: "✗",
    met: "✓",
    zero: '·',
    axis: '│',
    tick: '┤',
    corner: '└',
    floor: '─',
    label: '┬',
    point: '●',
    dash: '─',
    from: '├',
    until: '┤',
    beyond: ['◀', '▶'],
    minus: '−',
    unusual: '▼',
    ellipsis: "…",
};

const ASCII: Signs = Signs {
    full: '#',
    parts: &[],
    columns: &['_', '.', '-', ':', '=', '+', '*', '#'],
    shades: [' ', ':', '+', 'x', '#'],
    open: ':',
    so_far: "~",
    target: '|',
    level: '-',
    missed: "!",
    met: "+",
    zero: '.',
    axis: '|',
    tick: '|',
    corner: '+',
    floor: '-',
    label: '+',
    point: 'o',
    dash: '-',
    from: '|',
    until: '|',
    beyond: ['<', '>'],
    minus: '-',
    unusual: 'v',
    ellipsis: "...",
};

impl Options {
    pub(super) fn signs(&self) -> &'static Signs {
        if self.ascii { &ASCII } else { &BLOCKS }
    }
}
