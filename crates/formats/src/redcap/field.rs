//! One field of a data dictionary: 18 columns of text, kept as they were written.

/// The columns: their names in the interface, and in the header of a dictionary file.
pub const COLUMNS: [(&str, &str); 18] = [
    ("field_name", "Variable / Field Name"),
    ("form_name", "Form Name"),
    ("section_header", "Section Header"),
    ("field_type", "Field Type"),
    ("field_label", "Field Label"),
    ("select_choices_or_calculations", "Choices, Calculations, OR Slider Labels"),
    ("field_note", "Field Note"),
    ("text_validation_type_or_show_slider_number", "Text Validation Type OR Show Slider Number"),
    ("text_validation_min", "Text Validation Min"),
    ("text_validation_max", "Text Validation Max"),
    ("identifier", "Identifier?"),
    ("branching_logic", "Branching Logic (Show field only if...)"),
    ("required_field", "Required Field?"),
    ("custom_alignment", "Custom Alignment"),
    ("question_number", "Question Number (surveys only)"),
    ("matrix_group_name", "Matrix Group Name"),
    ("matrix_ranking", "Matrix Ranking?"),
    ("field_annotation", "Field Annotation"),
];

/// A column of the dictionary, by its place in [`COLUMNS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Column {
    Name,
    Form,
    SectionHeader,
    Type,
    Label,
    Choices,
    Note,
    Validation,
    Min,
    Max,
    Identifier,
    BranchingLogic,
    Required,
    Alignment,
    QuestionNumber,
    MatrixGroup,
    MatrixRanking,
    Annotation,
}

/// One field of a data dictionary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    columns: [String; COLUMNS.len()],
    /// Where it stands in its file, from 1; 0 when it was not read from one.
    pub line: u32,
}

impl Field {
    /// A field of which nothing is known but its line.
    pub(super) fn at(line: u32) -> Self {
        Self { line, ..Self::default() }
    }

    pub fn get(&self, column: Column) -> &str {
        &self.columns[column as usize]
    }

    pub fn set(&mut self, column: Column, text: impl Into<String>) {
        self.columns[column as usize] = text.into();
    }

    /// Takes over the text of a column by its place.
    pub(super) fn set_at(&mut self, column: usize, text: String) {
        self.columns[column] = text;
    }

    /// Each column's name in the interface, and its text.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        COLUMNS.iter().map(|(name, _)| *name).zip(self.columns.iter().map(String::as_str))
    }

    pub fn name(&self) -> &str {
        self.get(Column::Name)
    }

    pub fn form(&self) -> &str {
        self.get(Column::Form)
    }

    pub fn kind(&self) -> &str {
        self.get(Column::Type)
    }

    pub fn is(&self, column: Column) -> bool {
        matches!(self.get(column), "y" | "Y" | "1")
    }

    /// The choices of a radio, dropdown, checkbox, yes/no or true/false field.
    pub fn choices(&self) -> Vec<Choice> {
        let fixed = |yes: &str, no: &str| {
            [("1", yes), ("0", no)]
                .map(|(code, label)| Choice { code: code.to_owned(), label: label.to_owned() })
                .to_vec()
        };
        match self.kind() {
            "yesno" => fixed("Yes", "No"),
            "truefalse" => fixed("True", "False"),
            "radio" | "dropdown" | "checkbox" => choices(self.get(Column::Choices)),
            _ => Vec::new(),
        }
    }

    /// The columns of its values in an export: one, or for a checkbox field one for each choice.
    pub fn export_names(&self) -> Vec<(Option<String>, String)> {
        match self.kind() {
            "descriptive" => Vec::new(),
            "checkbox" => self
                .choices()
                .into_iter()
                .map(|choice| {
                    let column = choice_column(self.name(), &choice.code);
                    (Some(choice.code), column)
                })
                .collect(),
            _ => vec![(None, self.name().to_owned())],
        }
    }
}

/// One choice: its code and what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub code: String,
    pub label: String,
}

/// The column of one choice of a checkbox field: `race___2`, and for the code -1 `race____1`.
pub fn choice_column(field: &str, code: &str) -> String {
    let plain: String = code
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    format!("{field}___{plain}")
}

/// Reads `1, Yes | 2, No`. A label may have commas; a part without one is both code and label.
pub fn choices(text: &str) -> Vec<Choice> {
    let parts = text.split(['|', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.split_once(',') {
            Some((code, label)) => {
                Choice { code: code.trim().to_owned(), label: label.trim().to_owned() }
            }
            None => Choice { code: part.to_owned(), label: part.to_owned() },
        })
        .collect()
}

/// Writes choices as a dictionary has them.
pub fn choices_text<'a>(choices: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let parts: Vec<String> =
        choices.map(|(code, label)| format!("{code}, {}", label.replace('|', "/"))).collect();
    parts.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_have_commas_and_a_code_a_minus() {
        let read = choices("1, Yes, of course | -1, No |3,");
        let pairs: Vec<_> = read.iter().map(|c| (c.code.as_str(), c.label.as_str())).collect();
        assert_eq!(pairs, [("1", "Yes, of course"), ("-1", "No"), ("3", "")]);
        assert_eq!(choice_column("race", "-1"), "race____1");
        assert_eq!(choice_column("race", "A"), "race___a");
    }
}
