//! A whole ODM file, read for its study definitions.

use std::io::BufRead;

use kernel::{StudyVersion, Texts};

use super::{
    context::{Context, about},
    include::{MAX_DEFINITIONS, Written, count, resolve, too_many},
    node::{Child, Node},
    parts::Parts,
    xml::{ODM_1_3, ODM_2_0, Tag, Token, Xml, is_odm},
};
use crate::{Draft, FormatError, ImportedDesign, Places};

/// Reads every study version in an ODM file, 1.0 to 1.3.2 and 2.0, with Include resolved.
///
/// The file is read once, definition by definition; clinical data in it are passed over. What
/// Casebook does not interpret goes to the nearest `Kept`; what could not be taken as written is in
/// `warnings`. Refuses what is not ODM, document type declarations, unknown encodings, and
/// definitions without an OID.
pub fn read_metadata(input: impl BufRead, file_name: &str) -> Result<ImportedDesign, FormatError> {
    let mut xml = Xml::open(input, file_name)?;
    let mut ctx = Context::new(file_name);
    let root = open_root(&mut xml, &mut ctx, &["ODM", "Study", "MetaDataVersion"])?;
    if root.get("FileType") == Some("Transactional") {
        ctx.note(
            root.line,
            "ODM",
            "the file is transactional; its definitions are read as they stand",
        );
    }
    let mut reading = Reading {
        xml,
        ctx,
        written: Vec::new(),
        definitions: 0,
        design: ImportedDesign::default(),
    };
    match root.name.as_str() {
        "Study" => reading.study(root)?,
        "MetaDataVersion" => reading.version(root, &StudyFrame::default())?,
        _ => reading.root()?,
    }
    let Reading { xml, mut ctx, written, mut design, .. } = reading;
    for prefix in xml.undeclared() {
        ctx.warn(0, "ODM", format!("the prefix '{prefix}:' is used and never declared"));
    }
    let mut findings = ctx.into_findings();
    design.versions = resolve(&written, &mut findings)?;
    design.warnings = findings;
    Ok(design)
}

/// Reads up to the root, checks that it is one of these elements of ODM and settles which ODM.
pub(super) fn open_root<R: BufRead>(
    xml: &mut Xml<R>,
    ctx: &mut Context,
    roots: &[&str],
) -> Result<Tag, FormatError> {
    let root = loop {
        match xml.next()? {
            Token::Start(tag) => break tag,
            Token::Text(text) if text.trim().is_empty() => {}
            _ => return Err(xml.refuse("there is no XML element in it", "choose an ODM file")),
        }
    };
    let known = root.namespace.starts_with("http://www.cdisc.org/ns/odm/v");
    if !roots.contains(&root.name.as_str()) || !(known || root.namespace.is_empty()) {
        let what = format!("its first element is {}, not ODM", root.name);
        return Err(xml.refuse(what, "choose an ODM file"));
    }
    let version = root.get("ODMVersion").unwrap_or_default().to_owned();
    let two =
        &*root.namespace == ODM_2_0 || (root.namespace.is_empty() && version.starts_with('2'));
    if root.namespace.is_empty() {
        ctx.warn(root.line, "ODM", "the file names no namespace and is read as ODM");
    }
    if root.name != "ODM" {
        let text = format!("the file is a fragment that starts with {}", root.name);
        ctx.warn(root.line, "ODM", text);
    } else if version.is_empty() {
        let read_as = if two { "2.0" } else { "1.3" };
        ctx.warn(root.line, "ODM", format!("ODMVersion is missing; the file is read as {read_as}"));
    }
    xml.treat(&root.namespace, if two { ODM_2_0 } else { ODM_1_3 });
    Ok(root)
}

struct Reading<R> {
    xml: Xml<R>,
    ctx: Context,
    written: Vec<Written>,
    definitions: usize,
    design: ImportedDesign,
}

/// What a study says before its versions, and what its versions leave to it.
#[derive(Default)]
struct StudyFrame {
    base: StudyVersion,
    rest: Vec<Node>,
    line: u32,
}

impl<R: BufRead> Reading<R> {
    fn root(&mut self) -> Result<(), FormatError> {
        while let Some(tag) = self.child()? {
            match tag.name.as_str() {
                "Study" if is_odm(&tag.namespace) => self.study(tag)?,
                "AdminData" if is_odm(&tag.namespace) => self.admin_data()?,
                name => {
                    let text = match name {
                        "ClinicalData" | "ReferenceData" => "holds data, not definitions",
                        _ => "is not read",
                    };
                    self.ctx.note(tag.line, name, text);
                    self.pass()?;
                }
            }
        }
        Ok(())
    }

    /// The next child element of the element that is open; `None` at its end.
    fn child(&mut self) -> Result<Option<Tag>, FormatError> {
        loop {
            match self.xml.next()? {
                Token::Start(tag) => return Ok(Some(tag)),
                Token::End | Token::Eof => return Ok(None),
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Text(_) => {
                    let line = self.xml.line();
                    self.ctx.warn(line, "ODM", "text between elements is left aside");
                }
            }
        }
    }

    /// Passes over the element that was just opened.
    fn pass(&mut self) -> Result<(), FormatError> {
        let depth = self.xml.depth();
        while self.xml.depth() >= depth {
            self.xml.next()?;
        }
        Ok(())
    }

    fn study(&mut self, tag: Tag) -> Result<(), FormatError> {
        let mut frame = StudyFrame { line: tag.line, ..StudyFrame::default() };
        let mut study = Node { tag, children: Vec::new(), oid: None };
        frame.base.study_oid = self.ctx.oid(&mut study)?.into();
        frame.base.study_name = study.take("StudyName").unwrap_or_default();
        frame.base.protocol_name = study.take("ProtocolName").unwrap_or_default();
        let first = self.written.len();
        while let Some(tag) = self.child()? {
            let name = if is_odm(&tag.namespace) { tag.name.clone() } else { String::new() };
            match name.as_str() {
                "GlobalVariables" => self.global_variables(tag, &mut frame)?,
                "BasicDefinitions" => self.basic_definitions(&mut frame)?,
                "MetaDataVersion" => self.version(tag, &frame)?,
                "Description" => {
                    let mut holder = Node::new("Study").holding([Node::read(tag, &mut self.xml)?]);
                    frame.base.study_description = self.ctx.texts(&mut holder, "Description");
                    frame.rest.extend(holder.elements().cloned());
                }
                "ClinicalData" | "ReferenceData" => {
                    self.ctx.warn(tag.line, name, "stands inside Study, where it is not read");
                    self.pass()?;
                }
                _ => frame.rest.push(Node::read(tag, &mut self.xml)?),
            }
        }
        study.children.extend(frame.rest.into_iter().map(Child::Element));
        if first == self.written.len() {
            let about = about(&study);
            self.ctx.warn(frame.line, about, "has no MetaDataVersion");
        }
        for written in &mut self.written[first..] {
            study.clone().keep_rest_in(&mut written.draft.version.kept);
        }
        Ok(())
    }

    fn global_variables(&mut self, tag: Tag, frame: &mut StudyFrame) -> Result<(), FormatError> {
        let mut node = Node::read(tag, &mut self.xml)?;
        let text = |node: &mut Node, name| {
            node.take_one(name).map(|node| node.text().trim().to_owned()).unwrap_or_default()
        };
        frame.base.study_name = text(&mut node, "StudyName");
        frame.base.protocol_name = text(&mut node, "ProtocolName");
        let description = text(&mut node, "StudyDescription");
        if !description.is_empty() {
            frame.base.study_description = Texts::one("", description);
        }
        let more = self.ctx.texts(&mut node, "Description");
        if !more.is_empty() {
            frame.base.study_description = more;
        }
        if !node.is_spent() {
            frame.rest.push(node);
        }
        Ok(())
    }

    fn basic_definitions(&mut self, frame: &mut StudyFrame) -> Result<(), FormatError> {
        while let Some(tag) = self.child()? {
            let node = Node::read(tag, &mut self.xml)?;
            if node.is("MeasurementUnit") {
                frame.base.units.push(self.ctx.unit(node)?);
            } else {
                frame.rest.push(node);
            }
        }
        Ok(())
    }

    fn version(&mut self, tag: Tag, frame: &StudyFrame) -> Result<(), FormatError> {
        let mut places = Places::new(self.xml.file());
        places.set("Study", frame.base.study_oid.as_str(), frame.line);
        let line = tag.line;
        let mut node = Node { tag, children: Vec::new(), oid: None };
        let mut version = frame.base.clone();
        version.version_oid = self.ctx.oid(&mut node)?.into();
        version.version_name = node.take("Name").unwrap_or_default();
        if let Some(text) = node.take("Description") {
            version.version_description = Texts::one("", text);
        }
        places.set("MetaDataVersion", version.version_oid.as_str(), line);
        let mut parts = Parts::new(version, places);
        while let Some(tag) = self.child()? {
            let child = Node::read(tag, &mut self.xml)?;
            parts.add(&mut self.ctx, child)?;
        }
        let (mut version, places, include) = parts.finish(&mut self.ctx, &mut node)?;
        version.kept = self.ctx.keep(node);
        let draft = Draft { version, places };
        self.definitions += count(&draft.version);
        if self.definitions > MAX_DEFINITIONS {
            return Err(too_many(&draft));
        }
        self.written.push(Written { draft, include });
        Ok(())
    }

    fn admin_data(&mut self) -> Result<(), FormatError> {
        while let Some(tag) = self.child()? {
            let node = Node::read(tag, &mut self.xml)?;
            if node.is("Location") {
                let site = self.ctx.location(node)?;
                self.design.sites.push(site);
            } else if node.is("User") {
                let user = self.ctx.user(node)?;
                self.design.users.push(user);
            } else if node.is("SignatureDef") {
                let definition = self.ctx.signature_def(node)?;
                self.design.signatures.push(definition);
            } else {
                self.ctx.note(node.tag.line, about(&node), "is not read");
            }
        }
        Ok(())
    }
}
