//! One row of clinical data: a place in a casebook, and what the file says there.

use std::{borrow::Cow, sync::Arc};

use kernel::MissingReason;

use super::{
    clinical::{Annotation, AuditRecord, Flag, Given, QueryMark, Signature, TransactionType},
    context::{CASEBOOK, Context},
    node::Node,
};

/// An element of an ODM file below ClinicalData. The innermost place that is there says what the
/// row is about: an item, else a group, form, event, or the subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClinicalRow {
    pub line: u32,
    pub study_oid: Arc<str>,
    pub version_oid: Arc<str>,
    pub subject: Arc<str>,
    pub subject_transaction: Option<TransactionType>,
    /// The OID of a location.
    pub site: Option<Arc<str>>,
    /// The OID of a user.
    pub investigator: Option<Arc<str>>,
    pub event: Option<Place>,
    pub form: Option<Place>,
    pub group: Option<Place>,
    pub item: Option<ItemGiven>,
    pub records: Records,
    /// The element had a row before; this one adds what the file says of it after its children.
    pub late: bool,
}

/// An event, form or group: which, and which occurrence of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub oid: Arc<str>,
    /// As written; `None` when the file has none.
    pub repeat: Option<Arc<str>>,
    pub transaction: Option<TransactionType>,
}

/// An item and its value as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemGiven {
    pub oid: String,
    pub given: Given,
    pub transaction: Option<TransactionType>,
    /// The OID of a measurement unit.
    pub unit: Option<String>,
    /// The type of a typed ItemData element, such as `Integer` of ItemDataInteger.
    pub typed: Option<String>,
    /// Why there is no value, if the file came from Casebook.
    pub missing: Option<MissingReason>,
}

impl ItemGiven {
    pub(super) fn read(
        ctx: &mut Context,
        node: &mut Node,
        oid: String,
        transaction: Option<TransactionType>,
    ) -> Self {
        let typed = node.name().strip_prefix("ItemData").filter(|t| !t.is_empty());
        let typed = typed.map(str::to_owned);
        let null = node.take("IsNull").is_some_and(|text| text == "Yes");
        let value = node.take("Value");
        let several: Vec<String> = node.take_all("Value").iter().map(Node::text).collect();
        let unit =
            node.take_one("MeasurementUnitRef").and_then(|mut u| u.take("MeasurementUnitOID"));
        let unit = unit.or_else(|| node.take("MeasurementUnitOID"));
        let said = value.is_some() || !several.is_empty();
        if null && said {
            ctx.warn(
                node.tag.line,
                format!("ItemData {oid}"),
                "has a value and IsNull; it is null",
            );
        }
        let removed = transaction == Some(TransactionType::Remove);
        let given = match (value, several.len()) {
            _ if null => Given::Null,
            (Some(text), _) => Given::Text(text),
            (None, 1) => several.into_iter().next().map_or(Given::Absent, Given::Text),
            (None, 2..) => Given::Several(several),
            (None, _) if typed.is_some() && !removed => Given::Text(typed_text(node)),
            (None, _) => Given::Absent,
        };
        let missing = node.take_in(CASEBOOK, "MissingReason");
        let missing = missing.and_then(|code| MissingReason::parse(&code));
        Self { oid, given, transaction, unit, typed, missing }
    }
}

/// What a file says about an element besides its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    pub audit: Option<AuditRecord<'static>>,
    pub signature: Option<Signature<'static>>,
    /// Remarks, and queries.
    pub annotations: Vec<Annotation<'static>>,
    /// Ids of records that the file keeps apart.
    pub audit_id: Option<String>,
    pub signature_id: Option<String>,
    pub annotation_id: Option<String>,
}

/// The content of a typed element; blanks count only in strings.
fn typed_text(node: &Node) -> String {
    let text = node.text();
    let as_is = matches!(node.name(), "ItemDataString" | "ItemDataAny");
    if as_is { text } else { text.trim().to_owned() }
}

impl Records {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes a record in; false when it is none, or the second of a kind that comes once.
    pub(super) fn take(&mut self, node: &mut Node) -> bool {
        match node.name() {
            "AuditRecord" if self.audit.is_none() => self.audit = Some(audit_record(node)),
            "Signature" if self.signature.is_none() => self.signature = Some(signature(node)),
            "Annotation" => self.annotations.push(annotation(node)),
            "Query" => self.annotations.push(query(node)),
            _ => return false,
        }
        true
    }

    pub(super) fn take_ids(&mut self, node: &mut Node) {
        self.audit_id = node.take("AuditRecordID");
        self.signature_id = node.take("SignatureID");
        self.annotation_id = node.take("AnnotationID");
    }
}

impl ClinicalRow {
    pub(super) fn at(line: u32, study: &Arc<str>, version: &Arc<str>, records: Records) -> Self {
        let (study_oid, version_oid) = (Arc::clone(study), Arc::clone(version));
        Self { line, study_oid, version_oid, records, ..Self::default() }
    }
}

fn owned(text: Option<String>) -> Option<Cow<'static, str>> {
    text.map(Cow::Owned)
}

/// The text of a child element.
fn child(node: &mut Node, name: &str) -> Option<Cow<'static, str>> {
    node.take_one(name).map(|child| Cow::Owned(child.text()))
}

fn timestamp(node: &mut Node) -> Cow<'static, str> {
    let stamp = node.take_one("DateTimeStamp").map(|child| child.text().trim().to_owned());
    Cow::Owned(stamp.unwrap_or_default())
}

/// The attribute of a child element that refers to something.
fn referred(node: &mut Node, name: &str, attribute: &str) -> Cow<'static, str> {
    let oid = node.take_one(name).and_then(|mut child| child.take(attribute));
    Cow::Owned(oid.unwrap_or_default())
}

pub(super) fn audit_record(node: &mut Node) -> AuditRecord<'static> {
    let used = node.take("UsedImputationMethod").or_else(|| node.take("UsedMethod"));
    AuditRecord {
        id: owned(node.take("ID")),
        edit_point: owned(node.take("EditPoint")),
        used_imputation_method: used.map(|text| text == "Yes"),
        user: referred(node, "UserRef", "UserOID"),
        location: referred(node, "LocationRef", "LocationOID"),
        timestamp: timestamp(node),
        reason: child(node, "ReasonForChange"),
        source_id: child(node, "SourceID"),
    }
}

pub(super) fn signature(node: &mut Node) -> Signature<'static> {
    Signature {
        id: owned(node.take("ID")),
        user: referred(node, "UserRef", "UserOID"),
        location: referred(node, "LocationRef", "LocationOID"),
        definition: referred(node, "SignatureRef", "SignatureOID"),
        timestamp: timestamp(node),
        manifest: child(node, "CryptoBindingManifest"),
    }
}

pub(super) fn annotation(node: &mut Node) -> Annotation<'static> {
    let comment = node.take_one("Comment");
    let by = comment.as_ref().and_then(|c| c.tag.get("SponsorOrSite").map(str::to_owned));
    let oid = node.take_in(CASEBOOK, "QueryOID");
    let state = node.take_in(CASEBOOK, "QueryState").unwrap_or_default();
    let flags = node.take_all("Flag").into_iter().map(|mut flag| {
        let (value, kind) = (flag.take_one("FlagValue"), flag.take_one("FlagType"));
        let list =
            |node: &Node| Cow::Owned(node.tag.get("CodeListOID").unwrap_or_default().to_owned());
        Flag {
            value_list: value.as_ref().map(list).unwrap_or_default(),
            value: Cow::Owned(value.map(|v| v.text().trim().to_owned()).unwrap_or_default()),
            kind_list: kind.as_ref().map(list),
            kind: kind.map(|kind| Cow::Owned(kind.text().trim().to_owned())),
        }
    });
    Annotation {
        flags: flags.collect(),
        id: owned(node.take("ID")),
        sequence: node.take("SeqNum").and_then(|text| text.trim().parse().ok()).unwrap_or_default(),
        transaction: node.take("TransactionType").and_then(|text| TransactionType::parse(&text)),
        comment: comment.map(|comment| Cow::Owned(comment.text())),
        comment_by: owned(by),
        query: oid.map(|oid| QueryMark {
            oid: Cow::Owned(oid),
            state: Cow::Owned(state),
            ..QueryMark::default()
        }),
    }
}

/// A query of ODM 2.0, as an annotation with its text.
fn query(node: &mut Node) -> Annotation<'static> {
    let oid = Cow::Owned(node.take("OID").unwrap_or_default());
    let state = Cow::Owned(node.take("State").unwrap_or_default());
    Annotation {
        comment: child(node, "Value"),
        query: Some(QueryMark {
            oid,
            state,
            by_system: node.take("Type").map(|kind| kind == "System"),
            updated: owned(node.take("LastUpdateDatetime")),
        }),
        ..Annotation::default()
    }
}
