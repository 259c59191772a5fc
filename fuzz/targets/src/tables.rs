use formats::table::{TableFormat, open};
use std::io::Cursor;

/// A table with commas.
pub fn csv(bytes: &[u8]) -> bool {
    rows_fit(TableFormat::Delimited(b','), bytes)
}

/// A SAS transport file.
pub fn xpt(bytes: &[u8]) -> bool {
    rows_fit(TableFormat::Xpt, bytes)
}

/// Whether a table is read to its end; each row has a cell for each column.
fn rows_fit(format: TableFormat, bytes: &[u8]) -> bool {
    let Ok(mut table) = open(format, Cursor::new(bytes.to_vec()), "fuzz", None) else {
        return false;
    };
    let columns = table.columns().len();
    for _ in 0..=bytes.len() {
        match table.next_row() {
            Err(_) => return false,
            Ok(None) => return true,
            Ok(Some(row)) => assert_eq!(row.cells.len(), columns, "a cell for each column"),
        }
    }
    panic!("a row takes at least a byte");
}
