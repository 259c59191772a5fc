//! Path templates, and the percent encoding of what stands in their place.

/// A template such as `/v1/studies/{study_oid}:publish`, cut into its parts.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) segments: Vec<Segment>,
    /// What follows the last colon of the last segment.
    pub(super) custom_verb: Option<&'static str>,
}

#[derive(Debug)]
pub(super) enum Segment {
    Literal(&'static str),
    Variable,
}

impl Template {
    pub(super) fn parse(template: &'static str) -> Self {
        let last = template.rfind('/').unwrap_or_default();
        let (path, custom_verb) = match template[last..].rfind(':') {
            Some(colon) => (&template[..last + colon], Some(&template[last + colon + 1..])),
            None => (template, None),
        };
        let segment = |text: &'static str| {
            if text.starts_with('{') { Segment::Variable } else { Segment::Literal(text) }
        };
        let segments = path.trim_start_matches('/').split('/').map(segment).collect();
        Self { segments, custom_verb }
    }
}

/// Where percent-encoded text stands: in a query, `+` is a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Path,
    Query,
}

/// Decodes percent-encoded text once. `None` when it is cut short or not UTF-8.
pub(super) fn decode(text: &str, encoding: Encoding) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let (high, low) = (hexadecimal(bytes.next()?)?, hexadecimal(bytes.next()?)?);
                decoded.push(high << 4 | low);
            }
            b'+' if encoding == Encoding::Query => decoded.push(b' '),
            other => decoded.push(other),
        }
    }
    String::from_utf8(decoded).ok()
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
