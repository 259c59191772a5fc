//! Text into XML, byte by byte.

/// What to write for a byte: 0 itself, else an index into [`WRITTEN`].
const fn table(attribute: bool) -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = 8;
        byte += 1;
    }
    table[b'\t' as usize] = if attribute { 5 } else { 0 };
    table[b'\n' as usize] = if attribute { 6 } else { 0 };
    table[b'\r' as usize] = 7;
    table[b'&' as usize] = 1;
    table[b'<' as usize] = 2;
    table[b'>' as usize] = 3;
    table[b'"' as usize] = if attribute { 4 } else { 0 };
    table
}

const IN_ATTRIBUTE: [u8; 256] = table(true);
const IN_TEXT: [u8; 256] = table(false);

/// A control character cannot stand in XML 1.0; the replacement character stands for it.
const WRITTEN: [&str; 9] =
    ["", "&amp;", "&lt;", "&gt;", "&quot;", "&#9;", "&#10;", "&#13;", "\u{FFFD}"];

/// A line break in an attribute is written as a reference: a reader would make it a blank.
pub(super) fn push_attribute_value(out: &mut Vec<u8>, text: &str) {
    push(out, text, &IN_ATTRIBUTE);
}

pub(super) fn push_text(out: &mut Vec<u8>, text: &str) {
    push(out, text, &IN_TEXT);
}

fn push(out: &mut Vec<u8>, text: &str, table: &[u8; 256]) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let written = table[usize::from(*byte)];
        if written != 0 {
            out.extend_from_slice(&bytes[from..at]);
            out.extend_from_slice(WRITTEN[usize::from(written)].as_bytes());
            from = at + 1;
        }
    }
    out.extend_from_slice(&bytes[from..]);
}
