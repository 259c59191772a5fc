//! The words of REDCap logic.

use super::Untranslated;

/// The longest logic that is looked at, in characters.
pub(super) const MAX_CHARS: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(String),
    Text(String),
    /// What stands between brackets.
    Bracket(String),
    /// A function, or `and`, `or`, `not`; in lower case.
    Word(String),
    Sign(&'static str),
}

/// The longest first.
const SIGNS: [&str; 19] = [
    "<>", "!=", ">=", "<=", "==", "&&", "||", "=", ">", "<", "+", "-", "*", "/", "^", "%", "(",
    ")", ",",
];

/// Tokens, each with the character at which it starts.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Untranslated> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_CHARS {
        return Err(Untranslated::new(MAX_CHARS, "the logic is too long"));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let start = at;
        let token = match char {
            _ if char.is_whitespace() || char == '\u{feff}' => {
                at += 1;
                continue;
            }
            '#' => {
                at = end_of_line(&chars, at);
                continue;
            }
            '/' if chars.get(at + 1) == Some(&'/') => {
                at = end_of_line(&chars, at);
                continue;
            }
            '[' => {
                let inner = until(&chars, &mut at, ']')
                    .ok_or_else(|| Untranslated::new(start, "a bracket is not closed"))?;
                Token::Bracket(inner.trim().to_owned())
            }
            '"' | '\'' => Token::Text(
                until(&chars, &mut at, char)
                    .ok_or_else(|| Untranslated::new(start, "a quote is not closed"))?,
            ),
            '0'..='9' | '.' => {
                let number = while_is(&chars, &mut at, |c| c.is_ascii_digit() || c == '.');
                Token::Number(
                    plain_number(&number).ok_or_else(|| {
                        Untranslated::new(start, format!("{number} is not a number"))
                    })?,
                )
            }
            _ if char.is_alphabetic() || char == '_' => {
                let word = while_is(&chars, &mut at, |c| c.is_alphanumeric() || c == '_');
                Token::Word(word.to_lowercase())
            }
            '!' if chars.get(at + 1) != Some(&'=') => {
                at += 1;
                Token::Word("not".to_owned())
            }
            _ => {
                let rest: String = chars[at..chars.len().min(at + 2)].iter().collect();
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| {
                    Untranslated::new(start, format!("'{char}' has no meaning here"))
                })?;
                at += sign.len();
                Token::Sign(sign)
            }
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    chars[from..].iter().position(|c| *c == '\n').map_or(chars.len(), |line| from + line + 1)
}

/// What stands between an opening character and its closing one; goes behind it.
fn until(chars: &[char], at: &mut usize, closing: char) -> Option<String> {
    let start = *at + 1;
    let length = chars.get(start..)?.iter().position(|c| *c == closing)?;
    *at = start + length + 1;
    Some(chars[start..start + length].iter().collect())
}

fn while_is(chars: &[char], at: &mut usize, is: impl Fn(char) -> bool) -> String {
    let start = *at;
    while chars.get(*at).is_some_and(|c| is(*c)) {
        *at += 1;
    }
    chars[start..*at].iter().collect()
}

/// A number as expressions write it: `.5` becomes `0.5`, `007` becomes `7`.
pub(super) fn plain_number(text: &str) -> Option<String> {
    let canonical = kernel::canonical(kernel::DataType::Decimal, text).ok()?;
    Some(canonical.to_string())
}
