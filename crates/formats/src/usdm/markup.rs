//! The text of a small piece of HTML, as protocols have it in their criteria.

use std::collections::HashMap;

/// Tags that begin a line of their own.
const BLOCKS: [&str; 9] = ["p", "li", "ol", "ul", "tr", "table", "div", "br", "h1"];

/// Beyond this a `<` begins no tag.
const MAX_TAG_CHARS: usize = 4096;

/// Gives the text that stands for a tag with its attributes.
pub(super) type Resolve<'a> = dyn Fn(&str, &HashMap<String, String>) -> Option<String> + 'a;

/// Drops mark-up, decodes character references, begins a line at each block and a dash at each list
/// item. `resolve` gives the text that stands for a tag, if any; others stand for nothing.
pub(super) fn plain_text(markup: &str, resolve: &Resolve<'_>) -> String {
    let mut out = Lines::default();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        out.push(&decode(&rest[..at]));
        let Some(end) = tag_end(&rest[at..]) else {
            out.push("<");
            rest = &rest[at + 1..];
            continue;
        };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let name = name.trim_end_matches('/');
        let bare = name.trim_start_matches('/');
        if let Some(text) = resolve(bare, &attributes(tag)).filter(|_| bare == name) {
            out.push(&text);
        } else if BLOCKS.contains(&bare) {
            out.break_line();
            if name == "li" {
                out.push("- ");
            }
        } else if bare == "td" && bare == name {
            out.push(" ");
        }
    }
    out.push(&decode(rest));
    out.finish()
}

/// Where a tag ends; a `>` inside quotes does not end it.
fn tag_end(from: &str) -> Option<usize> {
    let next = from[1..].chars().next()?;
    if !(next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')) {
        return None;
    }
    let mut quote = None;
    for (at, c) in from.char_indices().take(MAX_TAG_CHARS) {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes(tag: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((value, next)) = after[1..].split_once(quote) else { break };
        found.insert(name.to_owned(), decode(value));
        rest = next;
    }
    found
}

fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 10);
        let decoded = reference.and_then(|(name, next)| Some((character(name)?, next)));
        if let Some((c, next)) = decoded {
            out.push(c);
            rest = next;
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        "reg" => '®',
        "deg" => '°',
        "le" => '≤',
        "ge" => '≥',
        "plusmn" => '±',
        "micro" => 'µ',
        _ => return None,
    })
}

/// Text with blanks run together and without empty lines.
#[derive(Default)]
struct Lines {
    done: String,
    line: String,
}

impl Lines {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            let blank = c.is_whitespace();
            if !blank {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    fn break_line(&mut self) {
        let line = self.line.trim_end();
        if line == "-" {
            return;
        }
        if !line.is_empty() {
            if !self.done.is_empty() {
                self.done.push('\n');
            }
            self.done.push_str(line);
        }
        self.line.clear();
    }

    fn finish(mut self) -> String {
        self.break_line();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_up_goes_and_what_it_says_stays() {
        let text = plain_text(
            "<p>Score of &#8804;4 <b>or</b>\n  less &amp; A < B</p><ol><li><p>One</p></li><li>Two</li></ol>",
            &|_, _| None,
        );
        assert_eq!(text, "Score of ≤4 or less & A < B\n- One\n- Two");
    }

    #[test]
    fn a_reference_is_replaced_by_what_it_refers_to() {
        let resolve = |tag: &str, attributes: &HashMap<String, String>| {
            (tag == "usdm:tag").then(|| attributes["name"].to_uppercase())
        };
        let text = plain_text(r#"at least <usdm:tag name="age"/> years"#, &resolve);
        assert_eq!(text, "at least AGE years");
    }

    #[test]
    fn what_is_cut_off_is_kept_as_text() {
        assert_eq!(plain_text("a <b", &|_, _| None), "a <b");
        assert_eq!(plain_text("a &lt b &nosuch; c", &|_, _| None), "a &lt b &nosuch; c");
    }
}
