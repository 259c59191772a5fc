//! Under which name an answer in pieces is to be kept (RFC 6266).

use std::fmt::Write as _;

use http::HeaderValue;

const ENDINGS: [(&str, &str); 6] = [
    ("text/csv", "csv"),
    ("application/json", "json"),
    ("application/x-ndjson", "ndjson"),
    ("application/xml", "xml"),
    ("application/zip", "zip"),
    ("text/plain", "txt"),
];
const LONGEST_CHARS: usize = 100;
/// How a path ends that names a file.
const FILE_VARIABLE: &str = "{file_name}";

/// `attachment`, named after what the path names and what it is: `S1-export.csv` for
/// `/v1/studies/S1/export` in CSV. What the path calls a file by its own name has that name.
pub(crate) fn disposition(template: &str, values: &[String], content_type: &str) -> HeaderValue {
    let last = template.rsplit('/').next().unwrap_or_default();
    if let (true, Some(name)) = (last == FILE_VARIABLE, values.last()) {
        let name: String = name.chars().take(LONGEST_CHARS).map(plain).collect();
        return attachment(name.trim_start_matches('.'));
    }
    let what = last.split(['{', ':']).find(|part| !part.is_empty()).unwrap_or("answer");
    let parts: Vec<&str> = values.iter().map(String::as_str).chain([what]).collect();
    let name: String = parts.join("-").chars().take(LONGEST_CHARS).map(plain).collect();
    let name = name.trim_start_matches('.');
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let ending = ENDINGS.iter().find(|(known, _)| *known == kind).map_or("bin", |(_, end)| end);
    attachment(&format!("{name}.{ending}"))
}

fn plain(c: char) -> char {
    if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }
}

fn attachment(name: &str) -> HeaderValue {
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{ascii}\"");
    if ascii != name {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            // Writing to a string cannot fail.
            let _ = match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                    write!(text, "{}", char::from(byte))
                }
                other => write!(text, "%{other:02X}"),
            };
        }
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(template: &str, values: &[&str], content_type: &str) -> String {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        disposition(template, &values, content_type).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_file_is_named_after_the_study_and_what_it_is() {
        let export = "/v1/studies/{study_oid}/export";
        let csv = "text/csv; charset=utf-8";
        assert_eq!(named(export, &["S1"], csv), r#"attachment; filename="S1-export.csv""#);
        let review = named("/v1/accessReview", &[], csv);
        assert_eq!(review, r#"attachment; filename="accessReview.csv""#);
        assert_eq!(named(export, &["S"], "x/y"), r#"attachment; filename="S-export.bin""#);
    }

    #[test]
    fn a_file_with_a_name_of_its_own_keeps_it() {
        let file = "/v1/studies/{study_oid}/exports/{export_id}/files/{file_name}";
        let name = named(file, &["S1", "exp_1", "F.VS.csv"], "text/csv");
        assert_eq!(name, r#"attachment; filename="F.VS.csv""#);
        let name = named(file, &["S1", "exp_1", "../x\""], "text/csv");
        assert_eq!(name, r#"attachment; filename="_x_""#);
    }

    #[test]
    fn a_name_cannot_lead_elsewhere_or_end_the_header() {
        let export = "/v1/studies/{study_oid}/export";
        let name = named(export, &["../a\"b\r\nX: 1"], "application/xml");
        assert_eq!(name, r#"attachment; filename="_a_b__X__1-export.xml""#);
        let name = named(export, &["试验"], "application/json");
        let encoded = "filename*=UTF-8''%E8%AF%95%E9%AA%8C-export.json";
        assert_eq!(name, format!(r#"attachment; filename="__-export.json"; {encoded}"#));
    }
}
