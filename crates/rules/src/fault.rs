//! What is wrong with an expression: faults when it is compiled, errors when it runs.

use std::fmt;

use kernel::Wording;

/// What is wrong with a text, and where; in both languages of the product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message_en}")]
pub struct RuleFault {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    pub message_en: String,
    pub message_zh: String,
}

impl RuleFault {
    /// The same with its place, in both languages.
    pub fn wording(&self) -> Wording {
        let Self { line, column, message_zh, .. } = self;
        Wording::new(self.to_string(), format!("第 {line} 行第 {column} 列：{message_zh}"))
    }
}

/// A fault whose place is still a byte offset.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    pub(crate) at: usize,
    pub(crate) en: String,
    pub(crate) zh: String,
}

impl Flaw {
    pub(crate) fn new(at: usize, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { at, en: en.into(), zh: zh.into() }
    }

    pub(crate) fn in_text(self, text: &str) -> RuleFault {
        let (line, column) = place(text, self.at);
        RuleFault { line, column, message_en: self.en, message_zh: self.zh }
    }
}

/// The line and column, from 1 and in characters, of the byte `at`.
pub(crate) fn place(text: &str, at: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    for c in text.char_indices().take_while(|(byte, _)| *byte < at).map(|(_, c)| c) {
        if c == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// Why a rule could not be computed from these facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct RuleError {
    pub line: u32,
    pub column: u32,
    pub problem: RuleProblem,
}

/// What went wrong while a rule ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleProblem {
    DivisionByZero,
    /// A number or a date left the range that can be kept exactly.
    Overflow,
    /// A text grew over 4,000 characters.
    TextTooLong,
    /// The square root of a negative number.
    NegativeRoot,
    /// What the facts hold under this name is not a value of its type.
    BadValue(String),
    /// The evaluator refused what the compiler let pass.
    Unexpected(String),
}

impl RuleProblem {
    pub fn message_en(&self) -> String {
        match self {
            Self::DivisionByZero => "division by zero".to_owned(),
            Self::Overflow => "the result is too large".to_owned(),
            Self::TextTooLong => "the text is over 4,000 characters".to_owned(),
            Self::NegativeRoot => "the square root of a negative number".to_owned(),
            Self::BadValue(name) => format!("the value of {name} is not of its type"),
            Self::Unexpected(what) => format!("the expression cannot be evaluated: {what}"),
        }
    }

    pub fn message_zh(&self) -> String {
        match self {
            Self::DivisionByZero => "除数为零".to_owned(),
            Self::Overflow => "结果超出范围".to_owned(),
            Self::TextTooLong => "文本超过 4,000 个字符".to_owned(),
            Self::NegativeRoot => "负数不能开平方".to_owned(),
            Self::BadValue(name) => format!("{name} 的值与其类型不符"),
            Self::Unexpected(what) => format!("表达式无法计算：{what}"),
        }
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message_en())
    }
}

/// The name among `known` that was probably meant by `written`.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = written.chars().count().div_ceil(3).clamp(1, 3);
    known
        .map(|name| (distance(&written.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The number of characters to insert, delete or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
