//! Every method, in every role, as the table of the contract says.

use std::collections::BTreeMap;

use contract::{Role, identity::v1::rest::routes};
use identity::Settings;
use testkit::access::Place;

use crate::world::{SITE, STUDY, World, grant, here};

const NAMES: [(&str, &str); 8] = [
    ("study_oid", STUDY),
    ("site_oid", SITE),
    ("username", "hidden.nurse"),
    ("session_id", "ses_hidden.nurse"),
    ("provider_id", "hospital"),
    ("key_id", "cbk_0000000000"),
    ("delegation_id", "dlg_hidden.nurse"),
    ("day", "2026-03-02"),
];

/// Whoever calls is asked for more than a role by many of these methods; that is told otherwise.
const BODIES: [(&str, &str); 35] = [
    ("RegisterUser", r#"{"username":"new","password":"x"}"#),
    ("InviteUser", r#"{"username":"hidden.nurse","fullName":"N","email":"n@site.example"}"#),
    ("AcceptInvitation", r#"{"token":"x"}"#),
    ("DisableUser", r#"{"reason":"left"}"#),
    ("EnableUser", r#"{"reason":"back"}"#),
    ("LogIn", r#"{"username":"hidden.nurse"}"#),
    ("LogOut", "{}"),
    ("RevokeSession", "{}"),
    ("RevokeAllSessions", "{}"),
    ("ChangePassword", "{}"),
    ("RequestPasswordReset", "{}"),
    ("ResetPassword", "{}"),
    ("EnrolTotp", "{}"),
    ("ConfirmTotp", "{}"),
    ("DisableTotp", "{}"),
    ("RenewRecoveryCodes", "{}"),
    ("StartOidcLogIn", "{}"),
    ("StartOidcLink", "{}"),
    ("FinishOidc", "{}"),
    ("UnlinkOidc", "{}"),
    ("CreateServiceAccount", r#"{"username":"hidden.nurse","fullName":"N"}"#),
    ("RotateClientSecret", "{}"),
    ("IssueToken", "{}"),
    ("CreateApiKey", "{}"),
    ("RotateApiKey", "{}"),
    ("RevokeApiKey", "{}"),
    ("GrantRole", "{}"),
    ("RevokeGrant", "{}"),
    (
        "DelegateRole",
        r#"{"username":"hidden.nurse","role":"COORDINATOR","tasks":["data entry"],"from":"2026-03-02T00:00:00Z"}"#,
    ),
    ("EndDelegation", r#"{"reason":"left"}"#),
    ("AuthorizeSignature", "{}"),
    (
        "RedeemSignature",
        r#"{"ticket":"x","contentSha256":"00","username":"hidden.nurse","signingId":"1"}"#,
    ),
    ("AuthenticateToken", r#"{"token":"TOKEN"}"#),
    ("RecordAccess", r#"{"username":"hidden.nurse","decision":"REFUSED","act":"read_data"}"#),
    (
        "RecordApiUse",
        r#"{"batchId":"b1","day":"2026-03-02","uses":[{"username":"hidden.nurse","method":"a.B/C","result":"OK","count":"1"}]}"#,
    ),
];

#[tokio::test]
async fn every_method_allows_what_the_table_says_and_tells_strangers_nothing() {
    let world = World::on_sqlite(Settings::default()).await;
    let nurse = world.somebody("hidden.nurse", &[here(Role::Coordinator)]).await;
    for role in Role::ALL {
        world.add(role.name(), &[grant(role, Some(STUDY), None)]).await;
    }
    assert!(nurse.caller.session.is_some());
    // Of somebody whom no call names: what is asked before must not end this session.
    world.somebody("steady.nurse", &[here(Role::Coordinator)]).await;
    let token = world.log_in("steady.nurse", crate::world::PASSWORD, None).await.unwrap().token;
    let bodies = BODIES.map(|(name, body)| {
        let body: &'static str = String::leak(body.replace("TOKEN", &token));
        (name, body)
    });
    let place = Place {
        service: world.service.clone(),
        routes,
        study: STUDY,
        site: SITE,
        other_site: "202",
        secret: "hidden.nurse",
        names: BTreeMap::from(NAMES),
        queries: BTreeMap::new(),
        bodies: BTreeMap::from(bodies),
    };
    place.keeps_to_the_table().await;
}
