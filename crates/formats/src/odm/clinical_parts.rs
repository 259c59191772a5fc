//! Audit records, signatures and annotations as they are written, in the order of the schema.

use super::{
    clinical::{Annotation, AuditRecord, Signature, TransactionType},
    escape::{push_attribute_value, push_text},
};

pub(super) fn audit_record(out: &mut Vec<u8>, audit: &AuditRecord<'_>) {
    out.extend_from_slice(b"<AuditRecord");
    optional(out, " EditPoint=\"", audit.edit_point.as_deref());
    let used = audit.used_imputation_method.map(|used| if used { "Yes" } else { "No" });
    optional(out, " UsedImputationMethod=\"", used);
    optional(out, " ID=\"", audit.id.as_deref());
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

pub(super) fn signature(out: &mut Vec<u8>, signature: &Signature<'_>) {
    out.extend_from_slice(b"<Signature");
    optional(out, " ID=\"", signature.id.as_deref());
    out.push(b'>');
    let (user, location) = (&signature.user, &signature.location);
    who_and_when(out, user, location, Some(&signature.definition), &signature.timestamp);
    if let Some(manifest) = &signature.manifest {
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

fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    push_text(out, text);
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}
