//! Action tags: words in a field's annotation that change how it behaves.

/// One action tag, with what stands in its brackets or behind its equals sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// With its `@`, in upper case.
    pub name: String,
    pub argument: Option<String>,
}

/// Tags of which the data do not depend: they place, decorate or hint.
pub(super) const OF_DISPLAY: [&str; 17] = [
    "@PLACEHOLDER",
    "@PASSWORDMASK",
    "@HIDEBUTTON",
    "@RANDOMORDER",
    "@LATITUDE",
    "@LONGITUDE",
    "@BARCODE-APP",
    "@APPUSERNAME-APP",
    "@INLINE",
    "@INLINE-PREVIEW",
    "@DOWNLOAD-COUNT",
    "@WORDLIMIT",
    "@RICHTEXT",
    "@HIDDEN-APP",
    "@HIDDEN-PDF",
    "@READONLY-APP",
    "@HIDDEN-SURVEY",
];

/// The tags of an annotation.
pub(super) fn tags(annotation: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = annotation;
    while let Some(at) = rest.find('@') {
        let behind = &rest[at + 1..];
        let length = behind
            .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || "-_".contains(c)))
            .unwrap_or(behind.len());
        let (name, after) = behind.split_at(length);
        let is_tag = name.len() > 2 && name.starts_with(|c: char| c.is_ascii_uppercase());
        if !is_tag {
            rest = behind;
            continue;
        }
        let (argument, after) = argument(after);
        tags.push(Tag { name: format!("@{name}"), argument });
        rest = after;
    }
    tags
}

/// What a tag is given: `(…)` up to the bracket that closes it, or `="…"`.
fn argument(text: &str) -> (Option<String>, &str) {
    let trimmed = text.trim_start();
    if let Some(inner) = trimmed.strip_prefix('(') {
        let mut depth = 1;
        let mut quote = None;
        for (at, char) in inner.char_indices() {
            match (quote, char) {
                (Some(open), _) if open == char => quote = None,
                (None, '"' | '\'') => quote = Some(char),
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                (Some(_) | None, _) => {}
            }
            if depth == 0 {
                return (Some(inner[..at].to_owned()), &inner[at + 1..]);
            }
        }
        return (None, text);
    }
    let Some(given) = trimmed.strip_prefix('=') else { return (None, text) };
    let given = given.trim_start();
    if let Some(quote @ ('"' | '\'')) = given.chars().next() {
        match given[1..].find(quote) {
            Some(end) => (Some(given[1..=end].to_owned()), &given[end + 2..]),
            None => (None, text),
        }
    } else {
        let end = given.find(char::is_whitespace).unwrap_or(given.len());
        (Some(given[..end].to_owned()), &given[end..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_with_its_argument() {
        let read =
            tags("see me@x.org @HIDDEN @DEFAULT='a b' @CALCTEXT(if([a]=\")\",1,2)) @CHARLIMIT=10");
        let shown: Vec<_> = read.iter().map(|t| (t.name.as_str(), t.argument.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("@HIDDEN", None),
                ("@DEFAULT", Some("a b")),
                ("@CALCTEXT", Some("if([a]=\")\",1,2)")),
                ("@CHARLIMIT", Some("10")),
            ]
        );
    }
}
