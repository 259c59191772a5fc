//! A record is signed with a ticket of the identity service.

use std::sync::Arc;

use contract::{
    Authenticator as _, Context, Credentials, Error, Grant, Role,
    edc::v1::{Edc, ReviewState, SignRecordRequest},
    identity::v1::{AuthorizeSignatureRequest, Identity as Contract},
};
use identity::{AddUser, DatedGrant, Hashing, Identity, Password};
use store::LogName;

use crate::{
    review::{VS, weighed, with_reason},
    world::{STUDY, World, on_every_store, unique},
};

const PASSWORD: &str = "correct horse battery";

/// The same casebooks, in a service that knows people.
struct People {
    identity: Identity,
    edc: Arc<dyn Edc>,
}

impl People {
    async fn new(world: &World) -> Self {
        let random = Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap());
        let quick = Hashing { memory_kib: 8, passes: 1, lanes: 1 };
        let store = Arc::clone(&world.store);
        let identity = Identity::new(store, world.clock.as_fn(), random, quick);
        let grant = Grant { role: Role::Investigator, study: Some(STUDY.into()), site: None };
        let user = AddUser {
            name: "pi".to_owned(),
            full_name: "王芳".to_owned(),
            password: Password::new(PASSWORD),
            grants: vec![DatedGrant { grant, from_ms: 0, until_ms: None }],
        };
        let system = Context::new(contract::Caller::system("casebook"), "system", "call-0");
        identity.add_user(&system, user).await.unwrap();
        let known: Arc<dyn Contract> = Arc::new(identity.clone());
        let edc = edc::Edc::new(Arc::clone(&world.store), world.clock.as_fn());
        Self { identity, edc: Arc::new(edc.with_identity(known)) }
    }

    /// The investigator in a session.
    async fn session(&self) -> Context {
        let open = self.identity.open_session("pi", Password::new(PASSWORD)).await.unwrap();
        let token = Credentials::Token(open.token.secret().to_owned());
        Context::new(self.identity.authenticate(token).await.unwrap(), "web", unique("call"))
    }

    async fn ticket(&self, context: &Context, content_sha256: &str) -> String {
        let request = AuthorizeSignatureRequest {
            content_sha256: content_sha256.to_owned(),
            meaning: "approval".to_owned(),
            password: PASSWORD.to_owned(),
            username: Some("pi".to_owned()),
            code: None,
        };
        let service: &dyn Contract = &self.identity;
        service.authorize_signature(context, request).await.unwrap().ticket
    }

    async fn sign(
        &self,
        context: &Context,
        request: SignRecordRequest,
    ) -> Result<ReviewState, Error> {
        Ok(self.edc.sign_record(context, request).await?.review.unwrap())
    }
}

fn signing(ticket: &str, seen_version: i32) -> SignRecordRequest {
    SignRecordRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        form_oid: "F.VS".into(),
        seen_version: Some(seen_version),
        meaning: "approval".into(),
        request_id: Some(unique("sign")),
        signing_ticket: Some(ticket.to_owned()),
        ..SignRecordRequest::default()
    }
}

#[test]
fn a_ticket_signs_in_the_printed_name_and_a_change_ends_the_signature() {
    on_every_store(async |world| {
        weighed(&world).await;
        let people = People::new(&world).await;
        let pi = people.session().await;
        let shown = world.record("S1", VS).await.signing_sha256;
        let ticket = people.ticket(&pi, &shown).await;
        let request = signing(&ticket, 1);
        assert!(people.sign(&pi, request.clone()).await.unwrap().signed);
        assert!(people.sign(&pi, request).await.unwrap().signed, "repeated, it does nothing twice");

        let log = LogName::new(STUDY, "casebook", "S1");
        let entries = world.store.read(&log, 1, 100).await.unwrap();
        let signed = entries.iter().filter(|entry| entry.view().unwrap().kind == "RecordSigned");
        let signed: Vec<_> = signed.collect();
        assert_eq!(signed.len(), 1);
        assert!(String::from_utf8_lossy(signed[0].view().unwrap().payload).contains("王芳"));

        world.send(with_reason(1, "71")).await.unwrap();
        assert!(!world.record("S1", VS).await.review.unwrap().signed);
        let spent = people.sign(&pi, signing(&ticket, 2)).await.unwrap_err();
        assert_eq!(spent.reason(), "TICKET_REFUSED", "it was for what it was");
    });
}

#[test]
fn a_ticket_for_another_content_or_meaning_signs_nothing() {
    on_every_store(async |world| {
        weighed(&world).await;
        let people = People::new(&world).await;
        let pi = people.session().await;
        let other = people.ticket(&pi, &"0".repeat(64)).await;
        let refused = people.sign(&pi, signing(&other, 1)).await.unwrap_err();
        assert_eq!(refused.reason(), "TICKET_REFUSED");
        let shown = world.record("S1", VS).await.signing_sha256;
        let ticket = people.ticket(&pi, &shown).await;
        let meaning = SignRecordRequest { meaning: "review".into(), ..signing(&ticket, 1) };
        let refused = people.sign(&pi, meaning).await.unwrap_err();
        assert_eq!(refused.violations()[0].field, "meaning");
        let forged = people.sign(&pi, signing("cbt_00", 1)).await.unwrap_err();
        assert_eq!(forged.reason(), "TICKET_REFUSED");
        let none = SignRecordRequest { signing_ticket: None, ..signing("", 1) };
        assert_eq!(people.sign(&pi, none).await.unwrap_err().reason(), "UNAUTHENTICATED");
        assert!(!world.record("S1", VS).await.review.unwrap().signed);
    });
}
