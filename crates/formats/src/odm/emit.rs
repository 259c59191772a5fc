//! Elements, attributes and texts of an ODM file, in the order in which they are given.

use std::io::{self, Write};

use kernel::{
    Texts,
    study::{Alias, Kept},
};

use super::{
    escape::{push_attribute_value, push_text},
    node::Node,
    xml::{ODM_1_3, ODM_2_0, XML_NAMESPACE},
};

/// When the buffer is handed on.
const FULL_BYTES: usize = 256 * 1024;

/// Which ODM is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    V1,
    V2,
}

impl Dialect {
    pub fn namespace(self) -> &'static str {
        match self {
            Self::V1 => ODM_1_3,
            Self::V2 => ODM_2_0,
        }
    }

    /// The prefix and namespace under which words of the other ODM are written.
    fn other(self) -> (&'static str, &'static str) {
        match self {
            Self::V1 => ("odm2", ODM_2_0),
            Self::V2 => ("odm1", ODM_1_3),
        }
    }
}

struct Open {
    name: String,
    has_elements: bool,
    has_text: bool,
}

pub(super) struct Emit<W> {
    out: W,
    buffer: Vec<u8>,
    open: Vec<Open>,
    in_tag: bool,
    /// The attributes of the tag that is being written, so that none is written twice.
    attributes: Vec<String>,
    failed: Option<io::Error>,
}

impl<W: Write> Emit<W> {
    pub fn new(out: W) -> Self {
        let buffer = Vec::with_capacity(FULL_BYTES + FULL_BYTES / 4);
        Self { out, buffer, open: Vec::new(), in_tag: false, attributes: Vec::new(), failed: None }
    }

    pub fn declaration(&mut self) {
        self.buffer.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    }

    pub fn start(&mut self, name: &str) {
        self.close_tag();
        if let Some(outer) = self.open.last_mut() {
            outer.has_elements = true;
        }
        self.new_line();
        self.buffer.push(b'<');
        self.buffer.extend_from_slice(name.as_bytes());
        self.open.push(Open { name: name.to_owned(), has_elements: false, has_text: false });
        self.in_tag = true;
        self.attributes.clear();
    }

    pub fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if self.in_tag {
            self.buffer.extend_from_slice(b"/>");
            self.in_tag = false;
        } else {
            if open.has_elements && !open.has_text {
                self.new_line();
            }
            self.buffer.extend_from_slice(b"</");
            self.buffer.extend_from_slice(open.name.as_bytes());
            self.buffer.push(b'>');
        }
        if self.buffer.len() >= FULL_BYTES {
            self.hand_on();
        }
    }

    /// Writes an attribute unless the tag has it already.
    pub fn attribute(&mut self, name: &str, value: &str) {
        if self.attributes.iter().any(|known| known == name) {
            return;
        }
        self.attributes.push(name.to_owned());
        self.buffer.push(b' ');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"=\"");
        push_attribute_value(&mut self.buffer, value);
        self.buffer.push(b'"');
    }

    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    pub fn count(&mut self, name: &str, value: Option<u32>) {
        if let Some(value) = value {
            self.attribute(name, &value.to_string());
        }
    }

    pub fn yes_no(&mut self, name: &str, value: bool) {
        self.attribute(name, if value { "Yes" } else { "No" });
    }

    /// An attribute that the ODM being written has no word for, in the namespace of the other.
    pub fn foreign(&mut self, prefix: &str, namespace: &str, name: &str, value: &str) {
        if namespace == XML_NAMESPACE {
            self.attribute(&format!("xml:{name}"), value);
            return;
        }
        let declaration = format!("xmlns:{prefix}");
        let declared = self.attributes.contains(&declaration);
        if !declared {
            self.attribute(&declaration, namespace);
        }
        self.attribute(&format!("{prefix}:{name}"), value);
    }

    pub fn other(&mut self, dialect: Dialect, name: &str, value: Option<&str>) {
        let (prefix, namespace) = dialect.other();
        if let Some(value) = value {
            self.foreign(prefix, namespace, name, value);
        }
    }

    pub fn text(&mut self, text: &str) {
        self.close_tag();
        if let Some(open) = self.open.last_mut() {
            open.has_text = true;
        }
        push_text(&mut self.buffer, text);
    }

    /// An element with nothing but text.
    pub fn simple(&mut self, name: &str, text: &str) {
        self.start(name);
        self.text(text);
        self.end();
    }

    /// A fragment that declares its own namespaces.
    pub fn fragment(&mut self, fragment: &str) {
        self.close_tag();
        if let Some(outer) = self.open.last_mut() {
            outer.has_elements = true;
        }
        self.new_line();
        self.buffer.extend_from_slice(fragment.as_bytes());
    }

    /// A child with a TranslatedText for each language; nothing when there are no texts.
    pub fn texts(&mut self, name: &str, texts: &Texts, dialect: Dialect) {
        if texts.is_empty() {
            return;
        }
        self.start(name);
        for (lang, text) in &texts.0 {
            self.start("TranslatedText");
            if !lang.is_empty() {
                self.attribute("xml:lang", lang);
            }
            if dialect == Dialect::V2 {
                self.attribute("Type", "text/plain");
            }
            self.text(text);
            self.end();
        }
        self.end();
    }

    pub fn aliases(&mut self, aliases: &[Alias]) {
        for alias in aliases {
            self.start("Alias");
            self.attribute("Context", &alias.context);
            self.attribute("Name", &alias.name);
            self.end();
        }
    }

    /// Kept attributes: standard ones as they were if this ODM has them here, else in the
    /// namespace of the other; foreign ones with their namespace.
    pub fn kept_attributes(&mut self, kept: &Kept, allowed: &[&str], dialect: Dialect) {
        let mut prefixes: Vec<(String, &str)> = Vec::new();
        for attribute in &kept.attributes {
            if attribute.namespace.is_empty() {
                if allowed.contains(&attribute.name.as_str()) {
                    self.attribute(&attribute.name, &attribute.value);
                } else {
                    self.other(dialect, &attribute.name, Some(&attribute.value));
                }
                continue;
            }
            let mut prefix = attribute.prefix.clone();
            while prefix.is_empty()
                || prefixes.iter().any(|(p, ns)| *p == prefix && *ns != attribute.namespace)
            {
                prefix.push_str("ns");
            }
            self.foreign(&prefix, &attribute.namespace, &attribute.name, &attribute.value);
            prefixes.push((prefix, &attribute.namespace));
        }
    }

    /// Kept elements of this ODM that are called so.
    pub fn kept_named(&mut self, kept: &Kept, names: &[&str], dialect: Dialect) {
        for name in names {
            for fragment in &kept.elements {
                if root_is(fragment, &[name], dialect) {
                    self.fragment(fragment);
                }
            }
        }
    }

    /// Kept elements other than those of this ODM that are called so.
    pub fn kept_others(&mut self, kept: &Kept, names: &[&str], dialect: Dialect) {
        for fragment in &kept.elements {
            if !root_is(fragment, names, dialect) {
                self.fragment(fragment);
            }
        }
    }

    pub fn finish(mut self) -> io::Result<W> {
        while !self.open.is_empty() {
            self.end();
        }
        self.buffer.push(b'\n');
        self.hand_on();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.out),
        }
    }

    /// The bytes so far and where they go, for one who writes on with his own means.
    pub fn into_parts(mut self) -> io::Result<(W, Vec<u8>)> {
        self.close_tag();
        match self.failed {
            Some(error) => Err(error),
            None => Ok((self.out, self.buffer)),
        }
    }

    fn close_tag(&mut self) {
        if self.in_tag {
            self.buffer.push(b'>');
            self.in_tag = false;
        }
    }

    fn new_line(&mut self) {
        if self.buffer.is_empty() && self.open.is_empty() {
            return;
        }
        self.buffer.push(b'\n');
        self.buffer.extend(std::iter::repeat_n(b' ', self.open.len() * 2));
    }

    fn hand_on(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(&self.buffer).err();
        }
        self.buffer.clear();
    }
}

fn root_is(fragment: &str, names: &[&str], dialect: Dialect) -> bool {
    let name = fragment.trim_start_matches('<').split([' ', '>', '/']).next().unwrap_or_default();
    let local = name.rsplit(':').next().unwrap_or_default();
    names.contains(&local)
        && Node::parse(fragment).is_some_and(|node| *node.tag.namespace == *dialect.namespace())
}
