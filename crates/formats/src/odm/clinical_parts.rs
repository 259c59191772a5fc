//! Audit records, signatures and annotations as they are written, in the order of the schema.

use super::{
    clinical::{Annotation, AuditRecord, Signature, TransactionType},
    emit::Dialect,
    escape::{push_attribute_value, push_text},
};

pub(super) fn audit_record(out: &mut Vec<u8>, audit: &AuditRecord<'_>, dialect: Dialect) {
    out.extend_from_slice(b"<AuditRecord");
    optional(out, " EditPoint=\"", audit.edit_point.as_deref());
    let used = audit.used_imputation_method.map(|used| if used { "Yes" } else { "No" });
    match dialect {
        Dialect::V1 => {
            optional(out, " UsedImputationMethod=\"", used);
            optional(out, " ID=\"", audit.id.as_deref());
        }
        Dialect::V2 => optional(out, " UsedMethod=\"", used),
    }
    out.push(b'>');
    who_and_when(out, &audit.user, &audit.location, None, &audit.timestamp);
    if let Some(reason) = &audit.reason {
        element(out, "ReasonForChange", reason);
    }
    if let Some(source) = &audit.source_id {
        element(out, "SourceID", source);
    }
    out.extend_from_slice(b"</AuditRecord>");
}

/// A query as ODM 2.0 has it; nothing for an annotation that is none, or has no time.
pub(super) fn query(out: &mut Vec<u8>, annotation: &Annotation<'_>) {
    let Some(query) = &annotation.query else { return };
    let Some(updated) = &query.updated else { return };
    let (source, kind) = match query.by_system {
        Some(true) => ("System", "System"),
        Some(false) | None => ("Data Management", "Manual"),
    };
    attribute(out, "<Query OID=\"", &query.oid);
    attribute(out, " Source=\"", source);
    attribute(out, " Type=\"", kind);
    attribute(out, " State=\"", &in_title_case(&query.state));
    attribute(out, " LastUpdateDatetime=\"", updated);
    out.push(b'>');
    element(out, "Value", annotation.comment.as_deref().unwrap_or_default());
    out.extend_from_slice(b"</Query>");
}

/// `OPEN` as `Open`.
fn in_title_case(code: &str) -> String {
    let lower = code.to_ascii_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn signature(out: &mut Vec<u8>, signature: &Signature<'_>, dialect: Dialect) {
    out.extend_from_slice(b"<Signature");
    optional(out, " ID=\"", signature.id.as_deref());
    out.push(b'>');
    let (user, location) = (&signature.user, &signature.location);
    who_and_when(out, user, location, Some(&signature.definition), &signature.timestamp);
    if let Some(manifest) = &signature.manifest
        && dialect == Dialect::V1
    {
        element(out, "CryptoBindingManifest", manifest);
    }
    out.extend_from_slice(b"</Signature>");
}

fn who_and_when(
    out: &mut Vec<u8>,
    user: &str,
    location: &str,
    definition: Option<&str>,
    timestamp: &str,
) {
    attribute(out, "<UserRef UserOID=\"", user);
    attribute(out, "/><LocationRef LocationOID=\"", location);
    if let Some(definition) = definition {
        attribute(out, "/><SignatureRef SignatureOID=\"", definition);
    }
    out.extend_from_slice(b"/>");
    element(out, "DateTimeStamp", timestamp);
}

pub(super) fn annotation(out: &mut Vec<u8>, annotation: &Annotation<'_>) {
    attribute(out, "<Annotation SeqNum=\"", &annotation.sequence.to_string());
    optional(out, " TransactionType=\"", annotation.transaction.map(TransactionType::as_odm));
    optional(out, " ID=\"", annotation.id.as_deref());
    if let Some(query) = &annotation.query {
        attribute(out, " casebook:QueryOID=\"", &query.oid);
        attribute(out, " casebook:QueryState=\"", &query.state);
    }
    out.push(b'>');
    if let Some(comment) = &annotation.comment {
        out.extend_from_slice(b"<Comment");
        optional(out, " SponsorOrSite=\"", annotation.comment_by.as_deref());
        out.push(b'>');
        push_text(out, comment);
        out.extend_from_slice(b"</Comment>");
    }
    for flag in &annotation.flags {
        attribute(out, "<Flag><FlagValue CodeListOID=\"", &flag.value_list);
        out.push(b'>');
        push_text(out, &flag.value);
        out.extend_from_slice(b"</FlagValue>");
        if let Some(kind) = &flag.kind {
            let list = flag.kind_list.as_deref().unwrap_or_default();
            attribute(out, "<FlagType CodeListOID=\"", list);
            out.push(b'>');
            push_text(out, kind);
            out.extend_from_slice(b"</FlagType>");
        }
        out.extend_from_slice(b"</Flag>");
    }
    out.extend_from_slice(b"</Annotation>");
}

fn optional(out: &mut Vec<u8>, opening: &str, value: Option<&str>) {
    if let Some(value) = value {
        attribute(out, opening, value);
    }
}

fn attribute(out: &mut Vec<u8>, opening: &str, value: &str) {
    out.extend_from_slice(opening.as_bytes());
    push_attribute_value(out, value);
    out.push(b'"');
}

pub(super) fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    push_text(out, text);
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}
