//! One version of a file while its definitions come in.

use std::mem;

use kernel::{StudyVersion, study::Protocol};

use super::{
    context::{CASEBOOK, Context, about},
    include::Include,
    node::{Child, Node},
    protocol::SECTIONS,
    schedule::build_groups,
    xml::{ODM_1_3, is_odm},
};
use crate::{FormatError, Places};

/// A version while its definitions come in.
#[derive(Default)]
pub(super) struct Parts {
    version: StudyVersion,
    places: Places,
    include: Option<Include>,
    group_defs: Vec<Node>,
    group_refs: Vec<Node>,
    rest: Vec<Node>,
    /// What neither ODM can say.
    beyond: StudyVersion,
}

impl Parts {
    pub fn new(version: StudyVersion, places: Places) -> Self {
        Self { version, places, ..Self::default() }
    }

    pub fn add(&mut self, ctx: &mut Context, node: Node) -> Result<(), FormatError> {
        if !is_odm(&node.tag.namespace) {
            return self.foreign(ctx, node);
        }
        let name = node.name().to_owned();
        let is_form = name == "FormDef" || (name == "ItemGroupDef" && self.is_form(&node));
        let kind = if is_form { "FormDef" } else { name.as_str() };
        let oid = node.tag.get("OID").unwrap_or_default().to_owned();
        if !oid.is_empty() {
            if let Some(first) = self.places.line(kind, &oid) {
                let again = format!("is defined twice, first on line {first}");
                ctx.warn(node.tag.line, format!("{kind} {oid}"), again);
            }
            self.places.set(kind, &oid, node.tag.line);
        }
        let version = &mut self.version;
        match name.as_str() {
            "Include" => self.include = Some(include(ctx, node)?),
            "Protocol" => self.protocol(ctx, node)?,
            "StudyEventDef" => version.events.push(ctx.event(node)?),
            "FormDef" => version.forms.push(ctx.form(node)?),
            "ItemGroupDef" if is_form => {
                if *node.tag.namespace == *ODM_1_3 {
                    let text = "stands where a form does and is read as one";
                    ctx.note(node.tag.line, about(&node), text);
                }
                let (form, own) = ctx.form_of_group(node)?;
                version.forms.push(form);
                version.item_groups.extend(own);
            }
            "ItemGroupDef" => version.item_groups.push(ctx.group(node)?),
            "ItemDef" => version.items.push(ctx.item(node)?),
            "CodeList" => version.code_lists.push(ctx.code_list(node)?),
            "MethodDef" => version.methods.push(ctx.method(node)?),
            "ConditionDef" => version.conditions.push(ctx.condition(node)?),
            "MeasurementUnit" => version.units.push(ctx.unit(node)?),
            "StudyEventGroupDef" => self.group_defs.push(node),
            "Description" => {
                let mut holder = Node::new("MetaDataVersion").holding([node]);
                version.version_description = ctx.texts(&mut holder, "Description");
                self.rest.extend(holder.elements().cloned());
            }
            _ => self.rest.push(node),
        }
        Ok(())
    }

    /// Whether a group of ODM 2.0 is a form: by its type, or because an event refers to it.
    fn is_form(&self, node: &Node) -> bool {
        match (node.tag.get("Type"), node.tag.get("OID")) {
            (Some("Form"), _) => true,
            (Some(_), Some(oid)) => {
                let mut refs = self.version.events.iter().flat_map(|event| &event.forms);
                refs.any(|one| one.form.as_str() == oid)
            }
            _ => false,
        }
    }

    fn foreign(&mut self, ctx: &mut Context, node: Node) -> Result<(), FormatError> {
        if &*node.tag.namespace != CASEBOOK || node.name() != "Rules" {
            self.rest.push(node);
            return Ok(());
        }
        self.beyond = super::beyond::parse(&node.text()).map_err(|error| FormatError {
            file: ctx.file.clone(),
            line: node.tag.line,
            column: 0,
            what: format!("casebook:Rules cannot be read: {error}"),
            advice: "export it again, or remove the element".to_owned(),
        })?;
        Ok(())
    }

    fn protocol(&mut self, ctx: &mut Context, mut node: Node) -> Result<(), FormatError> {
        let mut protocol =
            Protocol { description: ctx.texts(&mut node, "Description"), ..Protocol::default() };
        self.places.set("Protocol", "", node.tag.line);
        for one in node.take_all("StudyEventRef") {
            protocol.event_refs.push(ctx.event_ref(one)?);
        }
        self.group_refs = node.take_all("StudyEventGroupRef");
        for section in &SECTIONS {
            section.take(ctx, &mut node, &mut protocol);
        }
        protocol.kept = ctx.keep(node);
        self.version.protocol = protocol;
        Ok(())
    }

    /// Settles the order of events, and hands back what has to be kept as a child of `node`.
    pub fn finish(
        mut self,
        ctx: &mut Context,
        node: &mut Node,
    ) -> Result<(StudyVersion, Places, Option<Include>), FormatError> {
        let protocol = &mut self.version.protocol;
        let direct = !protocol.event_refs.is_empty();
        if !direct {
            protocol.event_refs = ctx.grouped_events(&self.group_refs, &self.group_defs)?;
        }
        let (refs, defs) = build_groups(&protocol.event_refs);
        let plain = |nodes: &[Node]| nodes.iter().cloned().map(Node::plain).collect::<Vec<_>>();
        let said =
            plain(&refs) == plain(&self.group_refs) && plain(&defs) == plain(&self.group_defs);
        if direct || !said {
            let kept = self.group_refs.iter().map(Node::fragment);
            protocol.kept.elements.extend(kept);
            node.children.extend(mem::take(&mut self.group_defs).into_iter().map(Child::Element));
        }
        node.children.extend(mem::take(&mut self.rest).into_iter().map(Child::Element));
        let version = super::beyond::complete(self.version, self.beyond);
        Ok((version, self.places, self.include))
    }
}

fn include(ctx: &Context, mut node: Node) -> Result<Include, FormatError> {
    Ok(Include {
        line: node.tag.line,
        study_oid: ctx.must(&mut node, "StudyOID")?,
        version_oid: ctx.must(&mut node, "MetaDataVersionOID")?,
    })
}
