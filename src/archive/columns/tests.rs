//! What comes back of rows that were columns, and what is refused.

use proptest::prelude::*;

use super::*;

type Row = Vec<Option<Vec<u8>>>;

fn tuples(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        bytes.extend((row.len() as u16).to_be_bytes());
        for value in row {
            bytes.extend(value.as_ref().map_or(-1, |value| value.len() as i32).to_be_bytes());
            bytes.extend(value.iter().flatten());
        }
    }
    bytes
}

fn columns(rows: &[u8]) -> Option<Vec<u8>> {
    // What is there from before must not matter.
    let mut scratch = vec![0xa5; 100_000];
    split(rows, &mut scratch).map(<[u8]>::to_vec)
}

fn again(columns: &[u8], len: usize) -> Result<Vec<u8>, Malformed> {
    let mut rows = vec![1, 2, 3];
    join(columns, len, &mut rows).map(|()| rows)
}

#[test]
fn numbers_stand_in_planes_without_lengths() {
    let rows: Vec<Row> = (0..20u16).map(|n| vec![Some((n + 250).to_be_bytes().to_vec())]).collect();
    let rows = tuples(&rows);
    let columns = columns(&rows).expect("columns");
    let low: Vec<u8> = (0..20).map(|n| 250u8.wrapping_add(n)).collect();
    let high: Vec<u8> = (0..20).map(|n| u8::from(n >= 6)).collect();
    assert_eq!(columns, [&[20, 0, 0, 0, 1, 0, 0, 2, 40, 0, 0, 0][..], &high, &low].concat());
    assert_eq!(again(&columns, rows.len()), Ok(rows));
}

#[test]
fn what_is_no_table_of_rows_stays_as_it_is() {
    let row = vec![Some(vec![7; 9]), None];
    let good = tuples(&vec![row.clone(); 20]);
    assert!(columns(&good).is_some());
    let without_fields = [0; 40];
    let cut = &good[..good.len() - 1];
    let few = tuples(&vec![row.clone(); 15]);
    let other = [&good[..], &tuples(&[vec![None]])].concat();
    let negative = [&good[..], &[0, 2, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0]].concat();
    for rows in [&b""[..], &without_fields, cut, &few, &other, &negative, &good[1..]] {
        assert_eq!(columns(rows), None, "{rows:?}");
    }
}

#[test]
fn columns_that_split_would_not_make_are_refused() {
    let rows =
        tuples(&(0..20).map(|n| vec![Some(vec![n; 4]), (n > 3).then(|| vec![n; 3])]).collect::<Vec<_>>());
    let good = columns(&rows).expect("columns");
    assert_eq!(again(&good, rows.len()), Ok(rows.clone()));
    let refused = |bytes: &[u8], len: usize| assert_eq!(again(bytes, len), Err(Malformed));
    refused(&good, rows.len() + 1);
    refused(&good[..good.len() - 1], rows.len());
    refused(&[&good[..], &[0]].concat(), rows.len());
    refused(&[], 0);
    // More rows than memory; a width and a plane that there are not; bytes that are no multiple; lengths that lie.
    for (at, value) in
        [(3, 0xff), (0, 21), (4, 3), (6, 3), (7, 17), (7, 5), (8, 81), (13, 2), (18, 5), (19, 0xff)]
    {
        let mut bad = good.clone();
        bad[at] = value;
        refused(&bad, rows.len());
    }
}

/// Fields that are even, even with NULLs, or neither, with lengths around what a byte can say.
fn table() -> impl Strategy<Value = Vec<Row>> {
    let value = |len: usize| prop::collection::vec(any::<u8>(), len);
    let field = prop_oneof![
        (0usize..20).prop_map(|len| (len, len, false)),
        (0usize..20).prop_map(|len| (len, len, true)),
        Just((0, 300, true)),
        Just((0, 9, false)),
    ];
    prop::collection::vec(field, 1..6).prop_flat_map(move |fields| {
        let row: Vec<_> = fields
            .into_iter()
            .map(move |(least, most, nulls)| {
                (least..=most, 0..4u8).prop_flat_map(move |(len, dice)| {
                    value(len).prop_map(move |value| (!nulls || dice > 0).then_some(value))
                })
            })
            .collect();
        prop::collection::vec(row, 16..60)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn rows_come_back(rows in table()) {
        let rows = tuples(&rows);
        let Some(columns) = columns(&rows) else { return Ok(()) };
        prop_assert!(columns.len() <= rows.len());
        prop_assert_eq!(again(&columns, rows.len()), Ok(rows));
    }

    #[test]
    fn damage_never_panics(rows in table(), at: prop::sample::Index, value: u8) {
        let rows = tuples(&rows);
        let Some(mut columns) = columns(&rows) else { return Ok(()) };
        let at = at.index(columns.len());
        columns[at] = value;
        // Other values make other rows; nothing else can come of it.
        if let Ok(found) = again(&columns, rows.len()) {
            prop_assert_eq!(found.len(), rows.len());
        }
    }
}
