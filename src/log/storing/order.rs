//! Pure: which rows of a chunk are entered into an index, and in which order.

use uuid::Uuid;

/// All rows, by the id that the index begins with. Rows of one id, and those without, keep their order.
pub fn by_id(ids: impl Iterator<Item = Option<Uuid>>) -> Vec<usize> {
    let mut order: Vec<(u128, usize)> = ids.map(|id| id.map_or(0, |id| id.as_u128())).zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, row)| row).collect()
}

/// The first and the last row of each page. They say all where an index keeps the least and the greatest value of pages
/// alone, and values grow from row to row.
pub fn ends_of_pages(pages: &[u32]) -> Vec<usize> {
    let differ = |row: usize, other: Option<usize>| other.and_then(|other| pages.get(other)) != pages.get(row);
    (0..pages.len()).filter(|row| differ(*row, row.checked_sub(1)) || differ(*row, Some(row + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_of_one_user_come_together_in_their_order() {
        let user = |number: u128| Some(Uuid::from_u128(number));
        assert_eq!(by_id([user(7), None, user(3), user(7), user(3)].into_iter()), [1, 2, 4, 0, 3]);
        assert_eq!(by_id([user(1)].into_iter()), [0]);
    }

    #[test]
    fn each_page_has_its_first_and_its_last_row() {
        assert_eq!(ends_of_pages(&[4, 4, 4, 5, 6, 6]), [0, 2, 3, 4, 5]);
        assert_eq!(ends_of_pages(&[0]), [0]);
        assert_eq!(ends_of_pages(&[]), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_ends_of_pages_say_what_all_rows_say(pages in prop::collection::vec(0..9u32, 0..60)) {
            let bounds = |rows: &mut dyn Iterator<Item = usize>| {
                let mut bounds = std::collections::BTreeMap::new();
                for row in rows {
                    let (least, greatest) = bounds.entry(pages[row]).or_insert((row, row));
                    (*least, *greatest) = ((*least).min(row), (*greatest).max(row));
                }
                bounds
            };
            prop_assert_eq!(bounds(&mut ends_of_pages(&pages).into_iter()), bounds(&mut (0..pages.len())));
        }
    }
}
