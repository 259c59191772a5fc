//! One definition of a file as a small tree, from which what is understood is taken and of which
//! the rest is kept. Never a whole file: its size is limited.

use std::{io::BufRead, sync::Arc};

use kernel::study::{Kept, KeptAttribute};

use super::{
    escape::{push_attribute_value, push_text},
    xml::{Attribute, ODM_2_0, Tag, Token, XML_NAMESPACE, Xml, is_odm},
};
use crate::FormatError;

/// The most bytes of names, values and texts in one definition.
pub const MAX_DEFINITION_BYTES: usize = 32 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Child {
    Element(Node),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub tag: Tag,
    pub children: Vec<Child>,
    /// The OID that was taken out, for messages.
    pub oid: Option<String>,
}

impl Node {
    /// An empty element of ODM 2.0.
    pub fn new(name: &str) -> Self {
        let (prefix, name, attributes) = (String::new(), name.to_owned(), Vec::new());
        let tag = Tag { namespace: Arc::from(ODM_2_0), prefix, name, attributes, line: 0 };
        Self { tag, children: Vec::new(), oid: None }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let (namespace, prefix) = (Arc::from(""), String::new());
        let (name, value) = (name.to_owned(), value.into());
        self.tag.attributes.push(Attribute { namespace, prefix, name, value });
        self
    }

    pub fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    pub fn holding_text(mut self, text: &str) -> Self {
        self.children.push(Child::Text(text.to_owned()));
        self
    }

    /// The same element without what does not matter: lines, prefixes, blanks between elements.
    pub fn plain(mut self) -> Self {
        self.tag.line = 0;
        self.tag.prefix.clear();
        self.tag.attributes.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        let has_elements = self.elements().next().is_some();
        let children = std::mem::take(&mut self.children).into_iter();
        self.children = children
            .filter_map(|child| match child {
                Child::Element(node) => Some(Child::Element(node.plain())),
                Child::Text(text) if text.trim().is_empty() && has_elements => None,
                Child::Text(text) => Some(Child::Text(text.trim().to_owned())),
            })
            .collect();
        self
    }

    /// Reads what follows a start tag up to its end.
    pub fn read<R: BufRead>(tag: Tag, xml: &mut Xml<R>) -> Result<Self, FormatError> {
        let mut left = MAX_DEFINITION_BYTES;
        Self::read_within(tag, xml, &mut left)
    }

    fn read_within<R: BufRead>(
        tag: Tag,
        xml: &mut Xml<R>,
        left: &mut usize,
    ) -> Result<Self, FormatError> {
        let per_attribute = |a: &Attribute| size_of_val(a) + a.name.len() + a.value.len();
        let size = size_of::<Self>() + tag.attributes.iter().map(per_attribute).sum::<usize>();
        spend(xml, left, size)?;
        let mut children: Vec<Child> = Vec::new();
        loop {
            match xml.next()? {
                Token::Start(tag) => {
                    children.push(Child::Element(Self::read_within(tag, xml, left)?));
                }
                Token::Text(text) => {
                    spend(xml, left, text.len())?;
                    if let Some(Child::Text(last)) = children.last_mut() {
                        last.push_str(&text);
                    } else {
                        children.push(Child::Text(text));
                    }
                }
                Token::End | Token::Eof => return Ok(Self { tag, children, oid: None }),
            }
        }
    }

    /// Reads a fragment that [`Self::fragment`] wrote. `None` when it is not XML.
    pub fn parse(fragment: &str) -> Option<Self> {
        let mut xml = Xml::open(fragment.as_bytes(), "").ok()?;
        match xml.next().ok()? {
            Token::Start(tag) => Self::read(tag, &mut xml).ok(),
            _ => None,
        }
    }

    pub fn name(&self) -> &str {
        &self.tag.name
    }

    pub fn take(&mut self, name: &str) -> Option<String> {
        self.tag.take(name)
    }

    /// Whether the element is called so and belongs to ODM, 1.3 or 2.0.
    pub fn is(&self, name: &str) -> bool {
        self.tag.name == name && is_odm(&self.tag.namespace)
    }

    /// Takes the attribute of another namespace out.
    pub fn take_in(&mut self, namespace: &str, name: &str) -> Option<String> {
        let is = |a: &Attribute| *a.namespace == *namespace && a.name == name;
        let at = self.tag.attributes.iter().position(is)?;
        Some(self.tag.attributes.remove(at).value)
    }

    /// Takes the child elements of that name out. Those of the other ODM count too: it is how one
    /// version says what only the other has a word for.
    pub fn take_all(&mut self, name: &str) -> Vec<Self> {
        let mut taken = Vec::new();
        let mut kept = Vec::with_capacity(self.children.len());
        for child in std::mem::take(&mut self.children) {
            match child {
                Child::Element(node) if node.is(name) => taken.push(node),
                other => kept.push(other),
            }
        }
        self.children = kept;
        taken
    }

    /// Takes the first child element of that name out.
    pub fn take_one(&mut self, name: &str) -> Option<Self> {
        let is = |child: &Child| matches!(child, Child::Element(node) if node.is(name));
        let at = self.children.iter().position(is)?;
        match self.children.remove(at) {
            Child::Element(node) => Some(node),
            Child::Text(_) => None,
        }
    }

    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|child| match child {
            Child::Element(node) => Some(node),
            Child::Text(_) => None,
        })
    }

    /// All text in it, that of inner elements too.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.push_texts(&mut text);
        text
    }

    fn push_texts(&self, into: &mut String) {
        for child in &self.children {
            match child {
                Child::Element(node) => node.push_texts(into),
                Child::Text(text) => into.push_str(text),
            }
        }
    }

    /// Whether anything is left in it but blanks.
    pub fn is_spent(&self) -> bool {
        self.tag.attributes.is_empty()
            && self.children.iter().all(|child| match child {
                Child::Element(_) => false,
                Child::Text(text) => text.trim().is_empty(),
            })
    }

    /// What is left: attributes, then elements, those of the standard before foreign ones.
    pub fn into_kept(mut self) -> Kept {
        let mut kept = Kept::default();
        self.keep_rest_in(&mut kept);
        kept
    }

    /// Moves what is left into `kept`.
    pub fn keep_rest_in(&mut self, kept: &mut Kept) {
        for attribute in self.tag.attributes.drain(..) {
            let same =
                |k: &KeptAttribute| k.namespace == *attribute.namespace && k.name == attribute.name;
            if kept.attributes.iter().any(same) {
                continue;
            }
            kept.attributes.push(KeptAttribute {
                namespace: attribute.namespace.to_string(),
                prefix: attribute.prefix,
                name: attribute.name,
                value: attribute.value,
            });
        }
        sort_attributes(kept);
        let own = Arc::clone(&self.tag.namespace);
        let (standard, foreign): (Vec<_>, Vec<_>) =
            self.elements().partition(|node| node.tag.namespace == own);
        kept.elements.extend(standard.into_iter().chain(foreign).map(Self::fragment));
        self.children.clear();
    }

    /// The element as XML that declares the namespaces it uses.
    pub fn fragment(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out, &mut Vec::new());
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write(&self, out: &mut Vec<u8>, scope: &mut Vec<(String, Arc<str>)>) {
        let outer = scope.len();
        let name = qualified(&self.tag.prefix, &self.tag.name);
        out.push(b'<');
        out.extend_from_slice(name.as_bytes());
        let attributes = &self.tag.attributes;
        let used = attributes.iter().filter(|a| !a.prefix.is_empty());
        let used = used.map(|a| (&a.prefix, &a.namespace));
        for (prefix, namespace) in
            std::iter::once((&self.tag.prefix, &self.tag.namespace)).chain(used)
        {
            declare(out, scope, prefix, namespace);
        }
        for attribute in attributes {
            out.push(b' ');
            out.extend_from_slice(qualified(&attribute.prefix, &attribute.name).as_bytes());
            out.extend_from_slice(b"=\"");
            push_attribute_value(out, &attribute.value);
            out.push(b'"');
        }
        if self.children.is_empty() {
            out.extend_from_slice(b"/>");
        } else {
            out.push(b'>');
            for child in &self.children {
                match child {
                    Child::Element(node) => node.write(out, scope),
                    Child::Text(text) => push_text(out, text),
                }
            }
            out.extend_from_slice(format!("</{name}>").as_bytes());
        }
        scope.truncate(outer);
    }
}

/// Their order means nothing in XML; one order makes equal things equal.
pub(crate) fn sort_attributes(kept: &mut Kept) {
    kept.attributes.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
}

fn spend<R: BufRead>(xml: &mut Xml<R>, left: &mut usize, bytes: usize) -> Result<(), FormatError> {
    match left.checked_sub(bytes) {
        Some(rest) => *left = rest,
        None => {
            return Err(
                xml.refuse("one definition is larger than 32 MiB", "split it, or leave it out")
            );
        }
    }
    Ok(())
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}:{name}") }
}

/// Writes a namespace declaration unless the prefix already stands for it.
fn declare(
    out: &mut Vec<u8>,
    scope: &mut Vec<(String, Arc<str>)>,
    prefix: &str,
    namespace: &Arc<str>,
) {
    if &**namespace == XML_NAMESPACE {
        return;
    }
    let current = scope.iter().rev().find(|(known, _)| known == prefix).map(|(_, ns)| ns);
    if current == Some(namespace) || (current.is_none() && namespace.is_empty()) {
        return;
    }
    let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    out.extend_from_slice(format!(" {name}=\"").as_bytes());
    push_attribute_value(out, namespace);
    out.push(b'"');
    scope.push((prefix.to_owned(), Arc::clone(namespace)));
}
