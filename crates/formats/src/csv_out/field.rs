//! A text as a field of RFC 4180.

/// Appends a field, quoted when it must be.
pub(super) fn push_field(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if bytes.iter().all(|byte| !must_be_quoted(*byte)) {
        out.extend_from_slice(bytes);
        return;
    }
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn must_be_quoted(byte: u8) -> bool {
    matches!(byte, b',' | b'"' | b'\n' | b'\r')
}
