use formats::odm::{ClinicalReader, read_bulk_records, read_metadata};

const FILE: &str = "fuzz.xml";

/// A study definition in ODM.
pub fn odm_metadata(bytes: &[u8]) -> bool {
    read_metadata(bytes, FILE).is_ok()
}

/// Clinical data in ODM, as the import reads it: records in bulk first, then row by row.
pub fn odm_clinical(bytes: &[u8]) -> bool {
    let Ok(bulk) = read_bulk_records(bytes, FILE) else { return false };
    let Ok(reader) = ClinicalReader::new(bytes, FILE) else { return false };
    let mut rows = 0_usize;
    for row in reader.resolving(bulk) {
        if row.is_err() {
            return false;
        }
        rows += 1;
        assert!(rows <= bytes.len(), "a row takes at least a byte");
    }
    rows > 0
}
