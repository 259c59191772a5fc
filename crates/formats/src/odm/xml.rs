//! Tags and texts from untrusted XML: namespaces resolved, entities refused, everything limited.

use std::{io::BufRead, sync::Arc};

use quick_xml::{
    Error, NsReader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
    name::ResolveResult,
};

use super::input::{Input, InputFault};
use crate::FormatError;

/// The deepest nesting of elements.
pub const MAX_DEPTH: usize = 64;
/// The most attributes on one element.
pub const MAX_ATTRIBUTES: usize = 256;
/// The most bytes of one attribute's value.
pub const MAX_ATTRIBUTE_BYTES: usize = 4 * 1024 * 1024;
/// The most bytes of an element's or attribute's name.
pub const MAX_NAME_BYTES: usize = 1024;

/// The namespace of ODM 1.3, under which all of ODM 1.x is handled.
pub const ODM_1_3: &str = "http://www.cdisc.org/ns/odm/v1.3";
/// The namespace of ODM 2.0.
pub const ODM_2_0: &str = "http://www.cdisc.org/ns/odm/v2.0";
pub(crate) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// Empty for an attribute without prefix.
    pub namespace: Arc<str>,
    pub prefix: String,
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Empty for an element without namespace.
    pub namespace: Arc<str>,
    pub prefix: String,
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub line: u32,
}

impl Tag {
    /// The value of a standard attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|a| a.namespace.is_empty() && a.name == name);
        found.map(|attribute| attribute.value.as_str())
    }

    /// Takes a standard attribute out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let is = |a: &Attribute| a.namespace.is_empty() && a.name == name;
        let at = self.attributes.iter().position(is)?;
        Some(self.attributes.remove(at).value)
    }
}

#[derive(Debug)]
pub(crate) enum Token {
    Start(Tag),
    End,
    Text(String),
    Eof,
}

pub(crate) struct Xml<R> {
    reader: NsReader<Input<R>>,
    buffer: Vec<u8>,
    file: String,
    depth: usize,
    namespaces: Namespaces,
    /// Elements of the first namespace are handed out under the second.
    standard: Option<(Arc<str>, Arc<str>)>,
}

/// The namespaces seen, so that each is allocated once.
struct Namespaces {
    /// The first is that of what has none.
    known: Vec<Arc<str>>,
    /// Prefixes that were used without being declared.
    undeclared: Vec<String>,
}

impl Namespaces {
    fn none(&self) -> Arc<str> {
        Arc::clone(&self.known[0])
    }

    fn of(&mut self, resolved: &ResolveResult<'_>) -> Arc<str> {
        match resolved {
            ResolveResult::Unbound => self.none(),
            ResolveResult::Bound(namespace) => self.intern(namespace.0),
            ResolveResult::Unknown(prefix) => {
                let is_new = !self.undeclared.contains(prefix);
                if is_new && self.undeclared.len() < MAX_ATTRIBUTES {
                    self.undeclared.push(prefix.clone());
                }
                self.intern(&format!("urn:undeclared-prefix:{prefix}"))
            }
        }
    }

    fn intern(&mut self, namespace: &str) -> Arc<str> {
        if let Some(known) = self.known.iter().find(|known| ***known == *namespace) {
            return Arc::clone(known);
        }
        let namespace: Arc<str> = Arc::from(namespace);
        if self.known.len() < MAX_ATTRIBUTES {
            self.known.push(Arc::clone(&namespace));
        }
        namespace
    }
}

/// What is read of one event before the borrow of the parser ends.
enum Raw {
    Token(Token),
    Skip,
    Refused(&'static str, &'static str),
    Entity(String),
}

impl<R: BufRead> Xml<R> {
    pub fn open(input: R, file: &str) -> Result<Self, FormatError> {
        let input = Input::open(input).map_err(|error| refuse_io(file, (1, 1), &error))?;
        let mut reader = NsReader::from_reader(input);
        reader.config_mut().expand_empty_elements = true;
        let namespaces = Namespaces { known: vec![Arc::from("")], undeclared: Vec::new() };
        let file = file.to_owned();
        let (buffer, standard) = (Vec::new(), None);
        Ok(Self { reader, buffer, file, depth: 0, namespaces, standard })
    }

    /// From here on, elements of the namespace `from` count as elements of `to`.
    pub fn treat(&mut self, from: &str, to: &str) {
        self.standard = Some((Arc::from(from), Arc::from(to)));
    }

    /// Prefixes that were used without being declared.
    pub fn undeclared(&self) -> &[String] {
        &self.namespaces.undeclared
    }

    pub fn file(&self) -> &str {
        &self.file
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The line that is read next.
    pub fn line(&mut self) -> u32 {
        self.reader.get_mut().position().0
    }

    pub fn refuse(&mut self, what: impl Into<String>, advice: impl Into<String>) -> FormatError {
        let (line, column) = self.reader.get_mut().position();
        FormatError {
            file: self.file.clone(),
            line,
            column,
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// The next tag, end tag or text; comments and processing instructions are passed over.
    pub fn next(&mut self) -> Result<Token, FormatError> {
        loop {
            let start = self.reader.get_mut().position();
            self.reader.get_mut().begin_token();
            self.buffer.clear();
            let mut buffer = std::mem::take(&mut self.buffer);
            let raw = match self.reader.read_event_into(&mut buffer) {
                Err(error) => Err(error),
                Ok(Event::Start(tag)) => {
                    self.depth += 1;
                    self.tag(&tag, start.0)
                }
                Ok(event) => read_plain(&event),
            };
            self.buffer = buffer;
            match raw {
                Err(error) => return Err(self.refuse_xml(start, &error)),
                Ok(Raw::Skip) => {}
                Ok(Raw::Refused(what, advice)) => return Err(self.refuse(what, advice)),
                Ok(Raw::Entity(name)) => {
                    return Err(self.refuse(
                        format!("the entity &{name}; is not one of the five that XML has"),
                        "write the character itself",
                    ));
                }
                Ok(Raw::Token(token)) => {
                    self.check_depth(&token)?;
                    return Ok(token);
                }
            }
        }
    }

    fn check_depth(&mut self, token: &Token) -> Result<(), FormatError> {
        match token {
            Token::End => self.depth = self.depth.saturating_sub(1),
            Token::Eof if self.depth > 0 => {
                return Err(self.refuse(
                    format!("the file ends while {} elements are still open", self.depth),
                    "it was cut off: export or copy it again",
                ));
            }
            Token::Start(_) if self.depth > MAX_DEPTH => {
                return Err(self.refuse(
                    format!("elements are nested more than {MAX_DEPTH} deep"),
                    "this is not a study file",
                ));
            }
            _ => {}
        }
        Ok(())
    }

    fn tag(&mut self, start: &BytesStart<'_>, line: u32) -> Result<Raw, Error> {
        if start.name().0.len() > MAX_NAME_BYTES {
            return Ok(Raw::Refused("an element's name is longer than 1 KiB", NOT_A_STUDY));
        }
        let (resolved, local) = self.reader.resolver().resolve_element(start.name());
        let mut namespace = self.namespaces.of(&resolved);
        if let Some((from, to)) = &self.standard
            && namespace == *from
        {
            namespace = Arc::clone(to);
        }
        let prefix = start.name().prefix().map_or_else(String::new, |p| p.as_ref().to_owned());
        let name = local.as_ref().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            if attributes.len() == MAX_ATTRIBUTES {
                return Ok(Raw::Refused("an element has more than 256 attributes", NOT_A_STUDY));
            }
            if attribute.value.len() > MAX_ATTRIBUTE_BYTES {
                return Ok(Raw::Refused("an attribute is longer than 4 MiB", NOT_A_STUDY));
            }
            if attribute.key.0.len() > MAX_NAME_BYTES {
                return Ok(Raw::Refused("an attribute's name is longer than 1 KiB", NOT_A_STUDY));
            }
            let (namespace, prefix) = match attribute.key.prefix() {
                None => (self.namespaces.none(), String::new()),
                Some(prefix) => {
                    let resolved = self.reader.resolver().resolve_attribute(attribute.key).0;
                    (self.namespaces.of(&resolved), prefix.as_ref().to_owned())
                }
            };
            let attribute = Attribute {
                namespace,
                prefix,
                name: attribute.key.local_name().as_ref().to_owned(),
                value: attribute.normalized_value(XmlVersion::Explicit1_0)?.into_owned(),
            };
            push_attribute(&mut attributes, attribute);
        }
        Ok(Raw::Token(Token::Start(Tag { namespace, prefix, name, attributes, line })))
    }

    /// Where an error in a tag stands is where the tag starts; other errors stand where reading is.
    fn refuse_xml(&mut self, start: (u32, u32), error: &Error) -> FormatError {
        let position = self.reader.get_mut().position();
        match error {
            Error::Io(io) => refuse_io(&self.file, position, io),
            Error::Encoding(_) => self.refuse(
                "the bytes are not UTF-8, the encoding that the file declares or implies",
                "declare the encoding it has, or save it as UTF-8",
            ),
            Error::Syntax(_) => self.refuse(
                format!("this is not XML: {error}"),
                "it may have been cut off: export or copy it again",
            ),
            _ => {
                let refused = self
                    .refuse(format!("this is not XML: {error}"), "correct it where it was made");
                FormatError { line: start.0, column: start.1, ..refused }
            }
        }
    }
}

/// An attribute that is qualified with the namespace of the other ODM counts as a standard one, and
/// refines it when both are there: `Repeating="Yes" odm2:Repeating="Dynamic"`.
fn push_attribute(attributes: &mut Vec<Attribute>, mut attribute: Attribute) {
    if !is_odm(&attribute.namespace) {
        attributes.push(attribute);
        return;
    }
    attribute.namespace = Arc::from("");
    attribute.prefix.clear();
    let same = |a: &&mut Attribute| a.namespace.is_empty() && a.name == attribute.name;
    match attributes.iter_mut().find(same) {
        Some(plain) => plain.value = attribute.value,
        None => attributes.push(attribute),
    }
}

/// Whether a namespace is that of ODM 1.3 or 2.0.
pub(crate) fn is_odm(namespace: &str) -> bool {
    namespace == ODM_1_3 || namespace == ODM_2_0
}

const NOT_A_STUDY: &str = "this is not a study file";

fn refuse_io(file: &str, (line, column): (u32, u32), error: &std::io::Error) -> FormatError {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<InputFault>());
    let advice = match fault {
        Some(InputFault::TokenTooLong) => NOT_A_STUDY,
        Some(_) => "declare the encoding it has, or save it as UTF-8",
        None => "try again, and check the disk or the connection",
    };
    let (what, advice) = (error.to_string(), advice.to_owned());
    FormatError { file: file.to_owned(), line, column, what, advice }
}

/// Everything but a start tag.
fn read_plain(event: &Event<'_>) -> Result<Raw, Error> {
    Ok(match event {
        Event::End(_) => Raw::Token(Token::End),
        Event::Eof => Raw::Token(Token::Eof),
        Event::Text(text) => Raw::Token(Token::Text(text.xml10_content().into_owned())),
        Event::CData(text) => Raw::Token(Token::Text(text.xml10_content().into_owned())),
        Event::GeneralRef(reference) => read_reference(reference)?,
        Event::DocType(_) => Raw::Refused(
            "the file has a document type declaration, which can define entities",
            "remove the <!DOCTYPE …> line",
        ),
        _ => Raw::Skip,
    })
}

fn read_reference(reference: &BytesRef<'_>) -> Result<Raw, Error> {
    if let Some(character) = reference.resolve_char_ref()? {
        return Ok(Raw::Token(Token::Text(character.to_string())));
    }
    let name = reference.xml10_content();
    Ok(match resolve_predefined_entity(&name) {
        Some(text) => Raw::Token(Token::Text(text.to_owned())),
        None => Raw::Entity(name.chars().take(MAX_DEPTH).collect()),
    })
}
