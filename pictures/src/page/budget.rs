//! How many rows of its tables a page shows, so that it stays light: where there are too many, the longest tables give first.

use crate::picture::{Chart, Picture, Table};

/// Of a page as a whole, in bytes.
const MOST: usize = 148_000;
/// Its head, its style, and what stands around charts and tables.
const FRAME: usize = 16_000;
const FRAME_OF_CARD: usize = 900;
/// The marks around a row and its name, and around a cell.
const FRAME_OF_ROW: usize = 24;
const FRAME_OF_CELL: usize = 9;
/// Whatever there is, so many rows of each table are shown.
const FEWEST_ROWS: usize = 5;

/// The rows of each picture's table that are shown, where the charts take so many bytes.
pub fn of_rows(pictures: &[Picture], charts: usize) -> Vec<usize> {
    let sizes: Vec<Vec<usize>> = pictures.iter().map(|picture| sizes(&picture.table)).collect();
    let left = MOST.saturating_sub(FRAME + FRAME_OF_CARD * pictures.len() + charts);
    let most = largest_share(sizes.iter().map(|rows| rows.iter().sum()).collect(), left);
    sizes.iter().map(|rows| fitting(rows, most)).collect()
}

/// The rows that are shown of a table: over time the latest, of what is ranked the first.
pub fn shown(picture: &Picture, rows: usize) -> &[Vec<String>] {
    let all = &picture.table.rows;
    let left_out = all.len().saturating_sub(rows);
    match picture.chart {
        Chart::Trend(_) | Chart::Triangle(_) => &all[left_out..],
        _ => &all[..all.len() - left_out],
    }
}

fn sizes(table: &Table) -> Vec<usize> {
    table
        .rows
        .iter()
        .map(|row| FRAME_OF_ROW + row.iter().map(|cell| cell.len() + FRAME_OF_CELL).sum::<usize>())
        .collect()
}

/// The most that one may take so that all together take no more than `left`: who needs less leaves the rest to the others.
fn largest_share(mut needs: Vec<usize>, mut left: usize) -> usize {
    needs.sort_unstable();
    let mut others = needs.len();
    for need in needs {
        if need * others > left {
            return left / others;
        }
        left -= need;
        others -= 1;
    }
    usize::MAX
}

fn fitting(rows: &[usize], most: usize) -> usize {
    let mut taken = 0;
    let fits = rows
        .iter()
        .take_while(|size| {
            taken += **size;
            taken <= most
        })
        .count();
    fits.max(FEWEST_ROWS.min(rows.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_needs_less_leaves_the_rest_to_the_others() {
        assert_eq!(largest_share(vec![10, 100, 100], 110), 50);
        assert_eq!(largest_share(vec![10, 20], 30), usize::MAX);
        assert_eq!(largest_share(vec![], 0), usize::MAX);
    }

    proptest! {
        #[test]
        fn all_together_take_no_more_than_there_is(needs in prop::collection::vec(0usize..1000, 0..20), left in 0usize..5000) {
            let most = largest_share(needs.clone(), left);
            prop_assert!(needs.iter().map(|need| (*need).min(most)).sum::<usize>() <= left || needs.iter().sum::<usize>() <= left);
        }
    }
}
