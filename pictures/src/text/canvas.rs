//! Rows and columns of characters on which values are drawn as columns of blocks, or as a line of dots.

use super::{Options, bars::bounded};

pub(super) struct Canvas {
    pub columns: usize,
    pub rows: usize,
    pub low: f64,
    pub high: f64,
    /// The highest row first.
    cells: Vec<Vec<char>>,
    /// Eight dots a cell, as braille numbers them.
    dots: Vec<Vec<u8>>,
}

const DOTS: [[u8; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

impl Canvas {
    pub fn new(columns: usize, rows: usize, low: f64, high: f64) -> Self {
        let high = if high > low { high } else { low + low.abs().max(1.0) };
        Self { columns, rows, low, high, cells: vec![vec![' '; columns]; rows], dots: vec![vec![0; columns]; rows] }
    }

    /// 0 at the floor, 1 at the top.
    fn level(&self, value: f64) -> f64 {
        ((bounded(value) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The row, from the top, in which the value lies, or at whose upper edge; `rows`: it lies on the floor.
    pub fn row_of(&self, value: f64) -> usize {
        // Dust of a binary fraction above an edge is still that edge.
        self.rows - (self.level(value) * self.rows as f64 - 1e-6).ceil().max(0.0) as usize
    }

    /// The first column of a bucket, of `count`.
    pub fn column_of(&self, index: usize, count: usize) -> usize {
        (index * self.columns / count.max(1)).min(self.columns.saturating_sub(1))
    }

    /// A line from the left to the right edge, below what is drawn after it.
    pub fn target(&mut self, value: f64, options: &Options) {
        let row = self.row_of(value).min(self.rows - 1);
        self.cells[row].fill(options.signs().level);
    }

    /// Blocks from the floor; what is not over is light.
    pub fn blocks(&mut self, values: &[Option<f64>], is_open: impl Fn(usize) -> bool, options: &Options) {
        let signs = options.signs();
        let each = self.columns / values.len().max(1);
        let filled = if each >= 3 { each - 1 } else { each };
        for (index, value) in values.iter().enumerate() {
            let Some(value) = value.filter(|value| !value.is_nan()) else { continue };
            let eighths = (self.level(value) * (self.rows * 8) as f64).round() as usize;
            let eighths = if value > self.low { eighths.max(1) } else { eighths };
            for row in 0..self.rows {
                let here = eighths.saturating_sub((self.rows - 1 - row) * 8).min(8);
                if here == 0 {
                    continue;
                }
                let sign = match here {
                    _ if is_open(index) => signs.open,
                    // Letters have no height: in several rows they are half a block or a whole one.
                    here if options.ascii && self.rows > 1 => signs.columns[if here < 5 { 1 } else { 7 }],
                    here => signs.columns[here - 1],
                };
                if !(is_open(index) && here < 4 && eighths > 8) {
                    self.cells[row][index * each..index * each + filled].fill(sign);
                }
            }
        }
    }

    /// The range in which values are expected, as a light ground.
    pub fn band(&mut self, band: &[Option<(f64, f64)>], options: &Options) {
        for (index, range) in band.iter().enumerate() {
            let Some((low, high)) = range else { continue };
            let (top, bottom) = (self.row_of(low.max(*high)), self.row_of(low.min(*high)));
            let end = self.column_of(index + 1, band.len()).max(self.column_of(index, band.len()) + 1);
            let end = if index + 1 == band.len() { self.columns } else { end };
            let start = self.column_of(index, band.len());
            for row in &mut self.cells[top..bottom.max(top + 1).min(self.rows)] {
                row[start..end].fill(options.signs().open);
            }
        }
    }

    /// A line through the middle of each bucket; it breaks where there is no value, and is dotted towards what is not over.
    pub fn line(&mut self, values: &[Option<f64>], is_open: impl Fn(usize) -> bool) {
        let count = values.len().max(1) as f64;
        let place = |index: usize, value: f64| {
            let x = ((index as f64 + 0.5) / count * (self.columns * 2) as f64) as i64;
            (x, (self.level(value) * (self.rows * 4 - 1) as f64).round() as i64)
        };
        let points = values
            .iter()
            .enumerate()
            .map(|(index, value)| value.filter(|value| !value.is_nan()).map(|value| place(index, value)));
        let points = points.collect::<Vec<_>>();
        for (index, point) in points.iter().enumerate() {
            let Some((x, y)) = *point else { continue };
            self.dot(x, y);
            if let Some((next_x, next_y)) = points.get(index + 1).copied().flatten() {
                let steps = (next_x - x).abs().max((next_y - y).abs()).max(1);
                for step in 0..=steps {
                    if !is_open(index + 1) || step % 3 == 0 {
                        self.dot(x + (next_x - x) * step / steps, y + (next_y - y) * step / steps);
                    }
                }
            }
        }
    }

    fn dot(&mut self, x: i64, y: i64) {
        let (x, y) = (x.clamp(0, self.columns as i64 * 2 - 1) as usize, y.clamp(0, self.rows as i64 * 4 - 1) as usize);
        self.dots[self.rows - 1 - y / 4][x / 2] |= DOTS[x % 2][y % 4];
    }

    /// A sign above the value of a bucket.
    pub fn mark(&mut self, index: usize, count: usize, value: f64, sign: char) {
        let row = self.row_of(value).saturating_sub(1);
        let middle = (self.column_of(index, count) + self.column_of(index + 1, count)) / 2;
        let column = middle.max(self.column_of(index, count)).min(self.columns - 1);
        self.cells[row][column] = sign;
        self.dots[row][column] = 0;
    }

    pub fn into_rows(self, options: &Options) -> Vec<String> {
        let drawn = |(cells, dots): (Vec<char>, Vec<u8>)| {
            let merged = cells.into_iter().zip(dots).map(|(cell, dots)| match dots {
                0 => cell,
                _ if options.ascii => '*',
                dots => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(cell),
            });
            merged.collect::<String>()
        };
        self.cells.into_iter().zip(self.dots).map(drawn).collect()
    }
}
