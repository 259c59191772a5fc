//! Tables as text: CSV, JSON and XML as REDCap's interface writes them.

use super::dictionary::push_row;

/// In which form a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// With this character between the fields.
    Csv(u8),
    Json,
    /// The root element and the element of a row.
    Xml,
}

/// Writes rows one by one; what is ready can be taken at any time.
#[derive(Debug)]
pub struct TableText {
    form: TableForm,
    columns: Vec<String>,
    /// The columns whose texts are numbers in JSON.
    numbers: Vec<bool>,
    root: &'static str,
    rows: u64,
    out: Vec<u8>,
}

impl TableText {
    /// `root` is the name of the XML element around the rows; `is_number` says of a column that its
    /// texts are numbers in JSON.
    pub fn new(
        form: TableForm,
        columns: Vec<String>,
        root: &'static str,
        is_number: &dyn Fn(&str) -> bool,
    ) -> Self {
        let numbers = columns.iter().map(|column| is_number(column)).collect();
        let mut out = Vec::new();
        match form {
            TableForm::Csv(delimiter) => {
                push_delimited(&mut out, columns.iter().map(String::as_str), delimiter);
            }
            TableForm::Json => out.push(b'['),
            TableForm::Xml => {
                out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<");
                out.extend_from_slice(root.as_bytes());
                out.extend_from_slice(b">\n");
            }
        }
        Self { form, columns, numbers, root, rows: 0, out }
    }

    pub fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        match self.form {
            TableForm::Csv(delimiter) => push_delimited(&mut self.out, cells, delimiter),
            TableForm::Json => self.push_json(cells),
            TableForm::Xml => self.push_xml(cells),
        }
        self.rows += 1;
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes what is written so far.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Takes the end.
    pub fn finish(mut self) -> Vec<u8> {
        match self.form {
            TableForm::Csv(_) => {}
            TableForm::Json => self.out.push(b']'),
            TableForm::Xml => {
                self.out.extend_from_slice(format!("</{}>\n", self.root).as_bytes());
            }
        }
        self.out
    }

    fn push_json<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        self.out.extend_from_slice(if self.rows == 0 { b"{" } else { b",{" });
        for (at, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            push_json_text(&mut self.out, column);
            self.out.push(b':');
            if self.numbers[at] && is_json_number(cell) {
                self.out.extend_from_slice(cell.as_bytes());
            } else {
                push_json_text(&mut self.out, cell);
            }
        }
        self.out.push(b'}');
    }

    fn push_xml<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        self.out.extend_from_slice(b"<item>");
        for (column, cell) in self.columns.iter().zip(cells) {
            let text = if cell.contains("]]>") {
                cell.replace("]]>", "]]]]><![CDATA[>")
            } else {
                cell.to_owned()
            };
            let element = format!("<{column}><![CDATA[{text}]]></{column}>");
            self.out.extend_from_slice(element.as_bytes());
        }
        self.out.extend_from_slice(b"</item>\n");
    }
}

/// Whether a text is a whole number as JSON writes it.
fn is_json_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

fn push_json_text(out: &mut Vec<u8>, text: &str) {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    out.extend_from_slice(quoted.as_bytes());
}

fn push_delimited<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = &'a str>, delimiter: u8) {
    if delimiter == b',' {
        return push_row(out, cells);
    }
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(delimiter);
        }
        let needs_quotes =
            cell.bytes().any(|b| b == delimiter || matches!(b, b'"' | b'\n' | b'\r'));
        if needs_quotes {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.push(b'\n');
}
