//! What the protocol says of the study as a whole.
//!
//! ODM 2.0 says more in these sections than Casebook understands. A section that Casebook would
//! write otherwise than it was is kept whole beside what is understood of it, and written out again
//! as long as it still says the same.

use jiff::Span;
use kernel::{
    EpochOid, Texts,
    study::{
        Arm, Criterion, CriterionKind, Epoch, Expression, Parameter, Protocol, TimingConstraint,
    },
};

use super::{
    context::{CASEBOOK, Context},
    node::Node,
    xml::Attribute,
};

/// A part of Protocol that Casebook reads and can write.
pub(super) struct Section {
    pub element: &'static str,
    read: fn(&mut Context, Node) -> Protocol,
    /// `None` when there is nothing to say.
    pub build: fn(&Protocol) -> Option<Node>,
}

pub(super) const SECTIONS: [Section; 5] = [
    Section { element: "StudySummary", read: read_summary, build: build_summary },
    Section { element: "StudyStructure", read: read_structure, build: build_structure },
    Section { element: "StudyTimings", read: read_timings, build: build_timings },
    Section { element: "StudyObjectives", read: read_objectives, build: build_objectives },
    Section { element: "InclusionExclusionCriteria", read: read_criteria, build: build_criteria },
];

impl Section {
    /// Reads the section out of `node` into `protocol`; leaves it there when it has to be kept whole.
    pub fn take(&self, ctx: &mut Context, node: &mut Node, protocol: &mut Protocol) {
        let Some(section) = node.take_one(self.element) else { return };
        let read = (self.read)(ctx, section.clone());
        let again = (self.build)(&read).map(Node::plain);
        if again.as_ref() != Some(&section.clone().plain()) {
            node.children.push(super::node::Child::Element(section));
        }
        merge(protocol, read);
    }

    /// Whether a kept fragment is this section.
    pub fn is(&self, fragment: &str) -> bool {
        fragment.contains(self.element)
            && Node::parse(fragment).is_some_and(|node| node.is(self.element))
    }

    /// The section as it was kept, if it still says what `protocol` says; else as built anew.
    pub fn written(&self, protocol: &Protocol) -> Option<String> {
        let built = (self.build)(protocol);
        let kept = protocol.kept.elements.iter().find_map(|fragment| {
            Node::parse(fragment).filter(|node| node.is(self.element)).map(|node| (node, fragment))
        });
        if let Some((node, fragment)) = kept {
            let mut quiet = Context::new("");
            if (self.build)(&(self.read)(&mut quiet, node)) == built {
                return Some(fragment.clone());
            }
        }
        built.map(|node| node.fragment())
    }
}

fn merge(into: &mut Protocol, read: Protocol) {
    into.parameters.extend(read.parameters);
    into.arms.extend(read.arms);
    into.epochs.extend(read.epochs);
    into.timings.extend(read.timings);
    into.criteria.extend(read.criteria);
    into.objectives.extend(read.objectives);
}

fn read_summary(_: &mut Context, mut section: Node) -> Protocol {
    let mut protocol = Protocol::default();
    for mut parameter in section.take_all("StudyParameter") {
        let term = parameter.take("Term").unwrap_or_default();
        for mut value in parameter.take_all("ParameterValue") {
            let value = value.take("Value").unwrap_or_default();
            protocol.parameters.push(Parameter { term: term.clone(), value });
        }
    }
    protocol
}

fn build_summary(protocol: &Protocol) -> Option<Node> {
    let parameters = protocol.parameters.iter().enumerate().map(|(at, parameter)| {
        Node::new("StudyParameter")
            .with("OID", format!("PARAM.{}", at + 1))
            .with("Term", &parameter.term)
            .holding([Node::new("ParameterValue").with("Value", &parameter.value)])
    });
    (!protocol.parameters.is_empty()).then(|| Node::new("StudySummary").holding(parameters))
}

fn read_structure(ctx: &mut Context, mut section: Node) -> Protocol {
    let mut protocol = Protocol::default();
    for mut node in section.take_all("Arm") {
        let oid = node.take("OID").unwrap_or_default();
        let epochs = node.take_in(CASEBOOK, "EpochOIDs").unwrap_or_default();
        protocol.arms.push(Arm {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            description: ctx.texts(&mut node, "Description"),
            epochs: epochs.split_whitespace().map(Into::into).collect(),
            ..Arm::default()
        });
    }
    for mut node in section.take_all("Epoch") {
        let oid = node.take("OID").unwrap_or_default();
        protocol.epochs.push(Epoch {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            order: ctx.number(&mut node, "SequenceNumber"),
            description: ctx.texts(&mut node, "Description"),
            ..Epoch::default()
        });
    }
    protocol
}

fn build_structure(protocol: &Protocol) -> Option<Node> {
    let arms = protocol.arms.iter().map(|arm| {
        let node = Node::new("Arm").with("OID", arm.oid.as_str()).with("Name", &arm.name);
        let epochs: Vec<&str> = arm.epochs.iter().map(EpochOid::as_str).collect();
        with_casebook(node, "EpochOIDs", &epochs.join(" ")).holding(description(&arm.description))
    });
    let epochs = protocol.epochs.iter().map(|epoch| {
        let mut node = Node::new("Epoch").with("OID", epoch.oid.as_str()).with("Name", &epoch.name);
        if let Some(order) = epoch.order {
            node = node.with("SequenceNumber", order.to_string());
        }
        node.holding(description(&epoch.description))
    });
    let empty = protocol.arms.is_empty() && protocol.epochs.is_empty();
    (!empty).then(|| Node::new("StudyStructure").holding(arms).holding(epochs))
}

fn read_timings(ctx: &mut Context, mut section: Node) -> Protocol {
    let mut protocol = Protocol::default();
    for mut timing in section.take_all("StudyTiming") {
        for node in timing.take_all("RelativeTimingConstraint") {
            protocol.timings.extend(read_relative(ctx, node));
        }
    }
    protocol
}

/// A constraint between two events in whole days. Others are not understood, only kept.
fn read_relative(ctx: &mut Context, mut node: Node) -> Option<TimingConstraint> {
    let length = |text: Option<String>| match text {
        None => Some(0),
        Some(text) => days(&text),
    };
    let (line, offset) = (node.tag.line, node.take("TimepointRelativeTarget"));
    let (before, after) = (node.take("TimepointPreWindow"), node.take("TimepointPostWindow"));
    let (Some(offset), Some(before), Some(after)) = (length(offset), length(before), length(after))
    else {
        let name = node.take("OID").unwrap_or_default();
        ctx.warn(line, format!("Timing {name}"), "is not in whole days and is kept, not applied");
        return None;
    };
    Some(TimingConstraint {
        oid: node.take("OID").unwrap_or_default().into(),
        name: node.take("Name").unwrap_or_default(),
        event: node.take("SuccessorOID")?.into(),
        anchor: node.take("PredecessorOID")?.into(),
        offset_days: offset,
        window_before_days: before.unsigned_abs(),
        window_after_days: after.unsigned_abs(),
        description: ctx.texts(&mut node, "Description"),
        ..TimingConstraint::default()
    })
}

fn build_timings(protocol: &Protocol) -> Option<Node> {
    let timings = protocol.timings.iter().map(|timing| {
        let days = |count: i64| {
            if count < 0 { format!("-P{}D", -count) } else { format!("P{count}D") }
        };
        let relative = Node::new("RelativeTimingConstraint")
            .with("OID", timing.oid.as_str())
            .with("Name", &timing.name)
            .with("PredecessorOID", timing.anchor.as_str())
            .with("SuccessorOID", timing.event.as_str())
            .with("Type", "StartToStart")
            .with("TimepointRelativeTarget", days(timing.offset_days.into()))
            .with("TimepointPreWindow", days(timing.window_before_days.into()))
            .with("TimepointPostWindow", days(timing.window_after_days.into()))
            .holding(description(&timing.description));
        Node::new("StudyTiming")
            .with("OID", format!("ST.{}", timing.oid))
            .with("Name", &timing.name)
            .holding([relative])
    });
    (!protocol.timings.is_empty()).then(|| Node::new("StudyTimings").holding(timings))
}

/// An ISO 8601 duration as days, if it is a whole number of them.
pub(crate) fn days(duration: &str) -> Option<i32> {
    let span: Span = duration.trim().parse().ok()?;
    let hours = i64::from(span.get_hours());
    let whole = span.get_years() == 0
        && span.get_months() == 0
        && hours % 24 == 0
        && span.get_minutes() == 0
        && span.get_seconds() == 0;
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days()) + hours / 24;
    if whole { i32::try_from(days).ok() } else { None }
}

fn read_objectives(ctx: &mut Context, mut section: Node) -> Protocol {
    let objectives = section.take_all("StudyObjective").into_iter().map(|mut node| {
        let text = ctx.texts(&mut node, "Description");
        let value = text.in_lang("").unwrap_or_default().to_owned();
        Parameter { term: node.take("Name").unwrap_or_default(), value }
    });
    Protocol { objectives: objectives.collect(), ..Protocol::default() }
}

fn build_objectives(protocol: &Protocol) -> Option<Node> {
    let objectives = protocol.objectives.iter().enumerate().map(|(at, objective)| {
        Node::new("StudyObjective")
            .with("OID", format!("OBJ.{}", at + 1))
            .with("Name", &objective.term)
            .holding(description(&Texts::one("", &objective.value)))
    });
    (!protocol.objectives.is_empty()).then(|| Node::new("StudyObjectives").holding(objectives))
}

fn read_criteria(ctx: &mut Context, mut section: Node) -> Protocol {
    let mut protocol = Protocol::default();
    for (list, kind) in [
        ("InclusionCriteria", CriterionKind::Inclusion),
        ("ExclusionCriteria", CriterionKind::Exclusion),
    ] {
        for mut node in section.take_all(list).into_iter().flat_map(|mut l| l.take_all("Criterion"))
        {
            let context = node.take_in(CASEBOOK, "Context");
            let text = node.take_in(CASEBOOK, "Expression");
            protocol.criteria.push(Criterion {
                oid: node.take("OID").unwrap_or_default().into(),
                name: node.take("Name").unwrap_or_default(),
                kind,
                text: ctx.texts(&mut node, "Description"),
                expression: text
                    .map(|text| Expression { context: context.unwrap_or_default(), text }),
                ..Criterion::default()
            });
        }
    }
    protocol
}

fn build_criteria(protocol: &Protocol) -> Option<Node> {
    let list = |name, kind| {
        let criteria = protocol.criteria.iter().filter(|criterion| criterion.kind == kind);
        let nodes: Vec<Node> = criteria.map(build_criterion).collect();
        (!nodes.is_empty()).then(|| Node::new(name).holding(nodes))
    };
    let inclusion = list("InclusionCriteria", CriterionKind::Inclusion);
    let exclusion = list("ExclusionCriteria", CriterionKind::Exclusion);
    (!protocol.criteria.is_empty())
        .then(|| Node::new("InclusionExclusionCriteria").holding(inclusion).holding(exclusion))
}

/// ODM 2.0 wants a condition for each criterion; without one it is named after the criterion.
fn build_criterion(criterion: &Criterion) -> Node {
    let mut node = Node::new("Criterion")
        .with("OID", criterion.oid.as_str())
        .with("Name", &criterion.name)
        .with("ConditionOID", criterion.oid.as_str());
    if let Some(expression) = &criterion.expression {
        node = with_casebook(node, "Context", &expression.context);
        node = with_casebook(node, "Expression", &expression.text);
    }
    node.holding(description(&criterion.text))
}

/// An attribute of our own namespace, unless it would be empty.
fn with_casebook(mut node: Node, name: &str, value: &str) -> Node {
    if !value.is_empty() {
        let (namespace, prefix) = (CASEBOOK.into(), "casebook".to_owned());
        let (name, value) = (name.to_owned(), value.to_owned());
        node.tag.attributes.push(Attribute { namespace, prefix, name, value });
    }
    node
}

/// A Description of ODM 2.0, unless there is no text.
pub(super) fn description(texts: &Texts) -> Option<Node> {
    let translated = texts.0.iter().map(|(lang, text)| {
        let mut node = Node::new("TranslatedText").with("Type", "text/plain");
        if !lang.is_empty() {
            node.tag.attributes.push(Attribute {
                namespace: super::xml::XML_NAMESPACE.into(),
                prefix: "xml".to_owned(),
                name: "lang".to_owned(),
                value: lang.clone(),
            });
        }
        node.holding_text(text)
    });
    (!texts.is_empty()).then(|| Node::new("Description").holding(translated))
}
