//! What reading a definition needs besides the definition: how to read a word, and where to report
//! what was not understood.

use kernel::{
    Texts,
    study::{Alias, Kept},
};

use super::node::{Child, Node};
use crate::{Finding, FormatError, Severity};

/// The most findings that are listed; the rest is counted.
const MAX_FINDINGS: usize = 1000;

/// The namespace of what neither ODM can say.
pub const CASEBOOK: &str = "urn:casebook:odm-extension:1";

pub(super) struct Context {
    pub file: String,
    findings: Vec<Finding>,
    unlisted: usize,
}

impl Context {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), findings: Vec::new(), unlisted: 0 }
    }

    pub fn warn(&mut self, line: u32, about: impl Into<String>, text: impl Into<String>) {
        self.report(Severity::Warning, line, about.into(), text.into());
    }

    pub fn note(&mut self, line: u32, about: impl Into<String>, text: impl Into<String>) {
        self.report(Severity::Note, line, about.into(), text.into());
    }

    fn report(&mut self, severity: Severity, line: u32, about: String, text: String) {
        if self.findings.len() == MAX_FINDINGS {
            self.unlisted += 1;
            return;
        }
        let (file, line) = (self.file.clone(), Some(line));
        self.findings.push(Finding { severity, file, line, about, text });
    }

    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub fn into_findings(mut self) -> Vec<Finding> {
        if self.unlisted > 0 {
            self.findings.push(Finding {
                severity: Severity::Warning,
                file: self.file,
                line: None,
                about: "file".to_owned(),
                text: format!("{} more findings are not listed", self.unlisted),
            });
        }
        self.findings
    }

    /// The OID without which a definition is of no use.
    pub fn oid(&self, node: &mut Node) -> Result<String, FormatError> {
        let oid = self.must(node, "OID")?;
        node.oid = Some(oid.clone());
        Ok(oid)
    }

    pub fn must(&self, node: &mut Node, attribute: &str) -> Result<String, FormatError> {
        node.take(attribute).ok_or_else(|| FormatError {
            file: self.file.clone(),
            line: node.tag.line,
            column: 0,
            what: format!("{} has no {attribute}", node.name()),
            advice: "give it one where the file was made".to_owned(),
        })
    }

    pub fn yes(&mut self, node: &mut Node, attribute: &str) -> bool {
        match node.take(attribute).as_deref() {
            None | Some("No") => false,
            Some("Yes") => true,
            Some(other) => {
                self.warn_of(node, format!("{attribute}=\"{other}\" is read as No"));
                false
            }
        }
    }

    pub fn number(&mut self, node: &mut Node, attribute: &str) -> Option<u32> {
        let text = node.take(attribute)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.warn_of(node, format!("{attribute}=\"{text}\" is not a count and is left aside"));
        }
        number
    }

    /// One of the words that the standard has; the default when absent, with a warning when other.
    pub fn word<T: Copy>(
        &mut self,
        node: &mut Node,
        attribute: &str,
        words: &[(&str, T)],
        default: T,
    ) -> T {
        let Some(text) = node.take(attribute) else { return default };
        if let Some((_, word)) = words.iter().find(|(spelled, _)| *spelled == text) {
            return *word;
        }
        let first = words.iter().map(|(spelled, _)| *spelled).collect::<Vec<_>>().join(", ");
        self.warn_of(node, format!("{attribute}=\"{text}\" is none of {first} and is left aside"));
        default
    }

    fn warn_of(&mut self, node: &Node, text: String) {
        self.warn(node.tag.line, about(node), text);
    }

    /// Takes the texts of a child such as Description; what else is in it stays with `owner`.
    pub fn texts(&mut self, owner: &mut Node, name: &str) -> Texts {
        let Some(mut wrapper) = owner.take_one(name) else { return Texts::default() };
        let mut texts = Texts::default();
        let translated = wrapper.take_all("TranslatedText");
        if translated.is_empty() {
            let text = wrapper.text();
            if !text.trim().is_empty() && wrapper.elements().next().is_none() {
                texts.set("", text.trim());
            }
        }
        for one in translated {
            self.add_text(&mut texts, &one, owner, name);
        }
        let rest = wrapper.children.drain(..).filter(|child| matches!(child, Child::Element(_)));
        owner.children.extend(rest);
        texts
    }

    fn add_text(&mut self, texts: &mut Texts, one: &Node, owner: &Node, name: &str) {
        let line = one.tag.line;
        if one.elements().next().is_some() {
            self.warn(
                line,
                about(owner),
                format!("of the mark-up in {name} only the text is read"),
            );
        }
        let lang = one.tag.attributes.iter().find(|a| a.prefix == "xml" && a.name == "lang");
        let mut lang = lang.map_or_else(String::new, |attribute| attribute.value.clone());
        if texts.0.contains_key(&lang) {
            let again = format!("{name} has a second text in the same or no language");
            self.warn(line, about(owner), again + "; it is kept under a private language tag");
            let base = if lang.is_empty() { "und".to_owned() } else { lang };
            let mut number = 2;
            while texts.0.contains_key(&format!("{base}-x-{number}")) {
                number += 1;
            }
            lang = format!("{base}-x-{number}");
        }
        texts.set(lang, one.text().trim());
    }

    pub fn aliases(owner: &mut Node) -> Vec<Alias> {
        let mut kept_back = Vec::new();
        let mut aliases = Vec::new();
        for mut node in owner.take_all("Alias") {
            match (node.tag.get("Context"), node.tag.get("Name")) {
                (Some(_), Some(_)) if node.tag.attributes.len() == 2 => {
                    let context = node.take("Context").unwrap_or_default();
                    aliases.push(Alias { context, name: node.take("Name").unwrap_or_default() });
                }
                _ => kept_back.push(Child::Element(node)),
            }
        }
        owner.children.extend(kept_back);
        aliases
    }

    /// What was not taken of a definition.
    pub fn keep(&mut self, node: Node) -> Kept {
        let is_stray = |c: &Child| matches!(c, Child::Text(text) if !text.trim().is_empty());
        if node.children.iter().any(is_stray) {
            self.warn_of(&node, "text between its elements is left aside".to_owned());
        }
        node.into_kept()
    }
}

/// How a finding names an element.
pub(super) fn about(node: &Node) -> String {
    match node.oid.as_deref().or_else(|| node.tag.get("OID")) {
        Some(oid) => format!("{} {oid}", node.name()),
        None => node.name().to_owned(),
    }
}
