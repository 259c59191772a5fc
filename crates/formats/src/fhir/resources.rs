//! The resources of a file, one at a time: a Bundle, a single resource, or one on each line.

use std::{io::Read, ops::ControlFlow};

use super::json::{Json, Object};
use crate::{FormatError, json_scan::Scanner};

/// The largest resource, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// A resource, or an entry of a Bundle that has none.
pub(super) struct Resource {
    pub json: Option<Json>,
    /// What the entry asks for: only POST and PUT say that the resource is there.
    pub method: Option<String>,
    pub line: u32,
}

pub(super) type OnResource<'a> = dyn FnMut(Resource) -> ControlFlow<()> + 'a;

/// Hands out each resource with the line on which it begins, with the memory of one. Refuses what is no
/// JSON, or no FHIR.
pub(super) fn each(
    input: impl Read,
    file: &str,
    on_resource: &mut OnResource<'_>,
) -> Result<(), FormatError> {
    let mut scanner = Scanner::new(input, file);
    let mut any = false;
    while scanner.peek()?.is_some() {
        any = true;
        if document(&mut scanner, on_resource)?.is_break() {
            return Ok(());
        }
    }
    if any { Ok(()) } else { Err(scanner.fault("the file is empty", "export it again")) }
}

fn document<R: Read>(
    scanner: &mut Scanner<R>,
    on_resource: &mut OnResource<'_>,
) -> Result<ControlFlow<()>, FormatError> {
    let line = scanner.line();
    scanner.expect(b'{')?;
    let (mut members, mut streamed) = (Object::default(), false);
    if scanner.peek()? == Some(b'}') {
        scanner.take();
    } else {
        loop {
            let name = value(scanner)?;
            let Some(name) = name.as_text() else {
                return Err(scanner.fault("a member has no name", "check how the file was made"));
            };
            scanner.expect(b':')?;
            if name == "entry" && scanner.peek()? == Some(b'[') {
                streamed = true;
                if entries(scanner, on_resource)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            } else {
                members.0.push((name.to_owned().into(), value(scanner)?));
            }
            if scanner.peek()? != Some(b',') {
                scanner.expect(b'}')?;
                break;
            }
            scanner.take();
        }
    }
    let json = Json::Object(members);
    match json.text("resourceType") {
        None => {
            let what = "this is no FHIR: it has no resourceType";
            Err(scanner
                .fault(what, "give FHIR R4 as JSON; a table of Dataset-JSON needs a mapping"))
        }
        Some("Bundle") => Ok(ControlFlow::Continue(())),
        Some(_) if streamed => {
            Err(scanner.fault("only a Bundle has entries", "put the resources in a Bundle"))
        }
        Some(_) => Ok(on_resource(Resource { json: Some(json), method: None, line })),
    }
}

fn entries<R: Read>(
    scanner: &mut Scanner<R>,
    on_resource: &mut OnResource<'_>,
) -> Result<ControlFlow<()>, FormatError> {
    scanner.expect(b'[')?;
    while scanner.peek()? != Some(b']') {
        let line = scanner.line();
        let entry = value(scanner)?;
        let method = entry.get("request").and_then(|request| request.text("method"));
        let method = method.map(str::to_owned);
        let Json::Object(Object(members)) = entry else {
            return Err(scanner.fault("an entry is no object", "check how the file was made"));
        };
        let mut members = members.into_iter();
        let json = members.find(|(name, _)| name == "resource").map(|(_, resource)| resource);
        if on_resource(Resource { json, method, line }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if scanner.peek()? == Some(b',') {
            scanner.take();
        }
    }
    scanner.expect(b']')?;
    Ok(ControlFlow::Continue(()))
}

fn value<R: Read>(scanner: &mut Scanner<R>) -> Result<Json, FormatError> {
    let bytes = scanner.value(MAX_BYTES)?;
    Json::parse(&bytes).map_err(|error| {
        let what = format!("this is not JSON: {error}");
        scanner.fault(&what, "correct it where it was made")
    })
}
