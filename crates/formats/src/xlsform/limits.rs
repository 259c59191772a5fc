//! Limits of one answer that a constraint says first, in the words in which they are written out.

/// How long an answer may be, and how many decimals it may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub length: Option<u32>,
    pub decimals: Option<u32>,
}

impl Limits {
    /// The limits with which a constraint begins, and the rest of it.
    pub fn at_start(text: &str) -> (Self, &str) {
        let mut limits = Self::default();
        let mut rest = text.trim();
        // "a and b or c" is no limit a.
        if has_alternatives(rest) {
            return (limits, rest);
        }
        while let Some((limit, number, behind)) = first(rest) {
            match limit {
                Limit::Length => limits.length = Some(number),
                Limit::Decimals => limits.decimals = Some(number),
            }
            rest = behind;
        }
        (limits, rest)
    }
}

enum Limit {
    Length,
    Decimals,
}

fn first(text: &str) -> Option<(Limit, u32, &str)> {
    let (limit, number, behind) = if let Some(rest) = text.strip_prefix("string-length(.) <= ") {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        (Limit::Length, &rest[..end], &rest[end..])
    } else {
        let (number, behind) = text.strip_prefix("round(., ")?.split_once(") = .")?;
        (Limit::Decimals, number, behind)
    };
    let behind = if behind.is_empty() { behind } else { behind.strip_prefix(" and ")? };
    Some((limit, number.parse().ok()?, behind))
}

/// Whether there is an "or" outside of brackets and quotes.
fn has_alternatives(text: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (None, '\'' | '"') => quote = Some(char),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, 'o') if depth == 0 && text[at..].starts_with("or") => {
                let is_edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                let (before, after) = (text[..at].chars().last(), text[at + 2..].chars().next());
                if is_edge(before) && is_edge(after) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_taken_from_the_start_only() {
        let said = |length, decimals| Limits { length, decimals };
        for (text, limits, rest) in [
            ("string-length(.) <= 20", said(Some(20), None), ""),
            ("string-length(.) <= 20 and . != 'or'", said(Some(20), None), ". != 'or'"),
            ("round(., 1) = . and (. > 3 or . < 1)", said(None, Some(1)), "(. > 3 or . < 1)"),
            (
                "string-length(.) <= 2 or . = 'abc'",
                said(None, None),
                "string-length(.) <= 2 or . = 'abc'",
            ),
            ("string-length(.) <= 2 + 1", said(None, None), "string-length(.) <= 2 + 1"),
            (". > 3", said(None, None), ". > 3"),
        ] {
            assert_eq!(Limits::at_start(text), (limits, rest), "{text}");
        }
    }
}
