//! Who works in the study, and where.

use std::io::Write;

use super::emit::{Dialect::V1, Emit};
use crate::{Location, SignatureDef, User};

/// An AdminData element; nothing when there is nobody and nowhere.
pub(super) fn admin_data(
    e: &mut Emit<impl Write>,
    users: &[User],
    locations: &[Location],
    signatures: &[SignatureDef],
) {
    if users.is_empty() && locations.is_empty() && signatures.is_empty() {
        return;
    }
    e.start("AdminData");
    for one in users {
        user(e, one);
    }
    for one in locations {
        location(e, one);
    }
    for one in signatures {
        signature_def(e, one);
    }
    e.end();
}

/// An AdminData element of ODM 2.0, which names people and places in fewer words.
pub(super) fn admin_data_v2(
    e: &mut Emit<impl Write>,
    users: &[User],
    locations: &[Location],
    signatures: &[SignatureDef],
) {
    if users.is_empty() && locations.is_empty() && signatures.is_empty() {
        return;
    }
    e.start("AdminData");
    for user in users {
        e.start("User");
        e.attribute("OID", &user.oid);
        e.optional("UserType", user.kind.as_deref());
        for (name, text) in [
            ("UserName", &user.login_name),
            ("FullName", &user.full_name),
            ("GivenName", &user.first_name),
            ("FamilyName", &user.last_name),
        ] {
            if let Some(text) = text {
                e.simple(name, text);
            }
        }
        e.end();
    }
    for location in locations {
        e.start("Location");
        e.attribute("OID", &location.oid);
        e.attribute("Name", &location.name);
        e.optional("Role", location.kind.as_deref());
        versions_in_force(e, location);
        e.end();
    }
    for one in signatures {
        signature_def(e, one);
    }
    e.end();
}

fn signature_def(e: &mut Emit<impl Write>, one: &SignatureDef) {
    e.start("SignatureDef");
    e.attribute("OID", &one.oid);
    e.attribute("Methodology", if one.digital { "Digital" } else { "Electronic" });
    e.simple("Meaning", &one.meaning);
    e.simple("LegalReason", &one.legal_reason);
    e.end();
}

fn versions_in_force(e: &mut Emit<impl Write>, location: &Location) {
    for one in &location.versions {
        e.start("MetaDataVersionRef");
        e.attribute("StudyOID", &one.study_oid);
        e.attribute("MetaDataVersionOID", &one.version_oid);
        e.attribute("EffectiveDate", &one.effective_date);
        e.end();
    }
}

/// The kept elements of User before and after the phone numbers.
const BEFORE_PHONE: [&str; 3] = ["Picture", "Pager", "Fax"];

fn user(e: &mut Emit<impl Write>, user: &User) {
    e.start("User");
    e.attribute("OID", &user.oid);
    e.optional("UserType", user.kind.as_deref());
    e.kept_attributes(&user.kept, &[], V1);
    for (name, text) in [
        ("LoginName", &user.login_name),
        ("DisplayName", &user.display_name),
        ("FullName", &user.full_name),
        ("FirstName", &user.first_name),
        ("LastName", &user.last_name),
        ("Organization", &user.organization),
    ] {
        if let Some(text) = text {
            e.simple(name, text);
        }
    }
    e.kept_named(&user.kept, &["Address"], V1);
    user.emails.iter().for_each(|email| e.simple("Email", email));
    e.kept_named(&user.kept, &BEFORE_PHONE, V1);
    user.phones.iter().for_each(|phone| e.simple("Phone", phone));
    for location in &user.locations {
        e.start("LocationRef");
        e.attribute("LocationOID", location);
        e.end();
    }
    e.kept_named(&user.kept, &["Certificate"], V1);
    e.kept_others(&user.kept, &["Address", "Picture", "Pager", "Fax", "Certificate"], V1);
    e.end();
}

fn location(e: &mut Emit<impl Write>, location: &Location) {
    e.start("Location");
    e.attribute("OID", &location.oid);
    e.attribute("Name", &location.name);
    e.optional("LocationType", location.kind.as_deref());
    e.kept_attributes(&location.kept, &[], V1);
    versions_in_force(e, location);
    e.kept_others(&location.kept, &[], V1);
    e.end();
}
