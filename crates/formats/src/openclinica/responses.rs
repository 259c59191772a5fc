//! Response sets: the options of an item, defined once under a label.

use std::collections::BTreeMap;

/// How an item is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Text,
    One,
    Several,
    Calculated,
    /// From the rows of a repeating group.
    CalculatedOfRows,
    /// Stamped when another item changes.
    Stamped,
    File,
}

/// The response types of the template.
pub(super) fn answered(text: &str) -> Option<Answered> {
    Some(match text.to_lowercase().replace([' ', '_'], "-").as_str() {
        "text" | "textarea" => Answered::Text,
        "single-select" | "radio" => Answered::One,
        "multi-select" | "checkbox" => Answered::Several,
        "calculation" => Answered::Calculated,
        "group-calculation" => Answered::CalculatedOfRows,
        "instant-calculation" => Answered::Stamped,
        "file" => Answered::File,
        _ => return None,
    })
}

/// One option: its code, and what is shown.
pub(super) type Choice = (String, String);

/// The response sets of a form, by label.
#[derive(Debug, Default)]
pub(super) struct Responses(BTreeMap<String, Vec<Choice>>);

impl Responses {
    /// The options of a row, or those that an earlier row with the label has. Says what OpenClinica rejects.
    pub fn of(&mut self, label: &str, options: &str, values: &str) -> Result<Vec<Choice>, String> {
        let known = self.0.get(label);
        let (options, values) = (split(options), split(values));
        if options.is_empty() && values.is_empty() {
            let none = || format!("the response label '{label}' has no options");
            return known.cloned().ok_or_else(none);
        }
        if options.len() != values.len() {
            return Err(format!("there are {} options and {} values", options.len(), values.len()));
        }
        let choices: Vec<Choice> = values.into_iter().zip(options).collect();
        if let Some(twice) = choices.iter().enumerate().find_map(|(at, (code, _))| {
            choices[..at].iter().any(|(before, _)| before == code).then_some(code)
        }) {
            return Err(format!("the value {twice} is there twice"));
        }
        match known {
            Some(known) if *known != choices => {
                Err(format!("the response label '{label}' has other options in an earlier row"))
            }
            _ => {
                self.0.insert(label.to_owned(), choices.clone());
                Ok(choices)
            }
        }
    }
}

/// A list with commas; `\,` is a comma within.
pub(super) fn split(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some(',')) => {
                chars.next();
                if let Some(last) = parts.last_mut() {
                    last.push(',');
                }
            }
            (',', _) => parts.push(String::new()),
            _ => {
                if let Some(last) = parts.last_mut() {
                    last.push(char);
                }
            }
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_within_an_option_is_escaped() {
        assert_eq!(split("No, Yes\\, mild,Yes\\, severe"), ["No", "Yes, mild", "Yes, severe"]);
        assert_eq!(split("  "), [""; 0]);
    }

    #[test]
    fn a_label_is_defined_once() {
        let mut responses = Responses::default();
        let yes_no = responses.of("YN", "No,Yes", "0,1").unwrap();
        assert_eq!(yes_no[1], ("1".to_owned(), "Yes".to_owned()));
        assert_eq!(responses.of("YN", "", "").unwrap(), yes_no);
        assert!(responses.of("YN", "No,Maybe", "0,1").unwrap_err().contains("earlier row"));
        assert!(responses.of("SEX", "", "").unwrap_err().contains("no options"));
        assert!(responses.of("SEX", "F,M", "1").unwrap_err().contains("2 options and 1"));
        assert!(responses.of("SEX", "F,M", "1,1").unwrap_err().contains("twice"));
    }
}
