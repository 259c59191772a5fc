//! Refusals in the shapes that REDCap's interface has for them.

use axum::response::{IntoResponse as _, Response};
use contract::{Code, Error};
use formats::redcap::CellFault;
use http::{StatusCode, header};
use serde_json::json;

use super::form::Shape;

/// Why a call was not done.
#[derive(Debug)]
pub(super) struct Fault {
    pub code: Code,
    message: String,
    error: Option<Error>,
}

/// So many faults of cells are named.
const MOST_NAMED: usize = 100;

impl Fault {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), error: None }
    }

    /// Something in the call is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// REDCap can do this and nothing here answers to it.
    pub fn not_offered(what: &str) -> Self {
        let message = format!("{what} is not offered here; see docs/redcap.md");
        Self::new(Code::Unimplemented, message)
    }

    /// An error of the contract. What went wrong inside is not told.
    pub fn of(error: &Error) -> Self {
        let message = match error.code() {
            Code::Internal | Code::Unknown | Code::DataLoss => {
                "something went wrong; the log of the server says what".to_owned()
            }
            _ if error.violations().is_empty() => {
                format!("{}: {}", error.reason(), error.message())
            }
            _ => {
                let each = error.violations().iter();
                let each = each.map(|one| format!("{}: {}", one.field, one.description));
                let each: Vec<String> = each.collect();
                format!("{}: {}", error.reason(), each.join("; "))
            }
        };
        Self { code: error.code(), message, error: Some(error.clone()) }
    }

    /// Cells that cannot be taken: record, field, value and why, as REDCap lists them.
    pub fn of_cells(faults: &[CellFault]) -> Self {
        let named = faults.iter().take(MOST_NAMED).map(|fault| {
            let texts = [&fault.record, &fault.column, &fault.value, &fault.why];
            texts.map(|text| format!("\"{}\"", text.replace('"', "\"\""))).join(",")
        });
        let mut lines: Vec<String> = named.collect();
        if faults.len() > MOST_NAMED {
            lines.push(format!("and {} more", faults.len() - MOST_NAMED));
        }
        Self::invalid(lines.join("\n"))
    }

    /// The error, if the caller was not allowed to do it.
    pub fn not_permitted(&self) -> Option<&Error> {
        self.error.as_ref().filter(|error| error.code() == Code::PermissionDenied)
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn response(self, shape: Shape, answers_400: bool) -> Response {
        let status = match self.code {
            Code::Unauthenticated | Code::PermissionDenied => StatusCode::FORBIDDEN,
            _ if answers_400 => StatusCode::BAD_REQUEST,
            code => StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::BAD_REQUEST),
        };
        let (kind, text) = match shape {
            Shape::Json => ("application/json", json!({ "error": self.message }).to_string()),
            Shape::Csv => ("text/csv; charset=utf-8", format!("ERROR: {}", self.message)),
            Shape::Xml => {
                let message = self.message.replace("]]>", "]]]]><![CDATA[>");
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n\
                     <hash><error><![CDATA[{message}]]></error></hash>"
                );
                ("text/xml; charset=utf-8", text)
            }
        };
        (status, [(header::CONTENT_TYPE, kind)], text).into_response()
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}
