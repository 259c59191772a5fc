//! The parameters of a call.

use std::collections::BTreeMap;

use formats::redcap::TableForm;

use super::fault::Fault;

/// In which shape something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Xml,
    Json,
    Csv,
}

impl Shape {
    fn of(name: &str) -> Option<Self> {
        match name {
            "" | "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Parameters by name; the last of several with one name wins, as in REDCap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    values: BTreeMap<String, String>,
    /// `records[0]=1&records[1]=2` under `records`, in the order of the call.
    lists: BTreeMap<String, Vec<String>>,
}

impl Form {
    pub fn parse(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.split_once('[') {
                Some((list, _)) => {
                    form.lists.entry(list.to_owned()).or_default().push(value.into_owned());
                }
                None => drop(form.values.insert(name.into_owned(), value.into_owned())),
            }
        }
        form
    }

    /// The text of a parameter; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// The whole text of a parameter, blanks too.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A list, given one by one or with commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let whole = self.get(name).split(',').map(str::trim).filter(|one| !one.is_empty());
        let single = self.lists.get(name).into_iter().flatten().map(|one| one.trim());
        whole.chain(single).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    }

    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), "true" | "True" | "1")
    }

    /// The shape of the answer.
    pub fn shape(&self) -> Result<Shape, Fault> {
        let name = self.get("format");
        Shape::of(name).ok_or_else(|| Fault::invalid(format!("there is no format '{name}'")))
    }

    /// The shape of the answer of an import, and of every refusal.
    pub fn error_shape(&self) -> Shape {
        let said = self.get("returnFormat");
        Shape::of(if said.is_empty() { self.get("format") } else { said }).unwrap_or(Shape::Xml)
    }

    /// How tables are written.
    pub fn table(&self) -> Result<TableForm, Fault> {
        Ok(match self.shape()? {
            Shape::Json => TableForm::Json,
            Shape::Xml => TableForm::Xml,
            Shape::Csv => TableForm::Csv(self.delimiter()?),
        })
    }

    pub fn delimiter(&self) -> Result<u8, Fault> {
        match self.raw("csvDelimiter").unwrap_or_default() {
            "" | "," => Ok(b','),
            "tab" | "\t" => Ok(b'\t'),
            ";" => Ok(b';'),
            "|" => Ok(b'|'),
            "^" => Ok(b'^'),
            other => Err(Fault::invalid(format!("'{other}' is no csvDelimiter"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_either_spelling() {
        let form = Form::parse(b"fields%5B0%5D=a&fields%5B1%5D=b&records=1,+2&format=json");
        assert_eq!(form.list("fields"), ["a", "b"]);
        assert_eq!(form.list("records"), ["1", "2"]);
        assert_eq!(form.error_shape(), Shape::Json);
        assert!(Form::parse(b"format=df").shape().is_err());
    }
}
