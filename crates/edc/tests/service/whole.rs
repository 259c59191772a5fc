//! Visits and whole casebooks are signed; what changes below ends the signature.

use contract::{
    Error,
    edc::v1::{
        GetSubjectRequest, GetSubjectResponse, SaveFormRequest, SignCasebookRequest,
        SignVisitRequest, Signature, Visit,
    },
};

use crate::{
    review::{weighed, with_reason},
    world::{
        STUDY, World, coordinator, in_role, investigator, monitor, on_every_store, save, unique,
        value,
    },
};

async fn casebook(world: &World) -> GetSubjectResponse {
    let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
    world.edc.get_subject(&monitor(), request).await.unwrap()
}

async fn visit(world: &World) -> Visit {
    casebook(world).await.visits.into_iter().find(|v| v.study_event_oid == "SE.SCR").unwrap()
}

fn signing_visit(signing_sha256: &str) -> SignVisitRequest {
    SignVisitRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.SCR".into(),
        study_event_repeat_key: "1".into(),
        signing_sha256: signing_sha256.into(),
        meaning: "approval".into(),
        request_id: Some(unique("sign")),
        signing_ticket: None,
    }
}

async fn sign_visit(world: &World, signing_sha256: &str) -> Result<Signature, Error> {
    let request = signing_visit(signing_sha256);
    Ok(world.edc.sign_visit(&investigator(), request).await?.signature.unwrap())
}

async fn fill(world: &World) {
    weighed(world).await;
    let values = [value("IG.DM/I.SEX", "M"), value("IG.DM/I.BIRTHYR", "1980")];
    let request = SaveFormRequest { complete: Some(true), ..save("S1", "SE.SCR/F.DM", 0, &values) };
    world.edc.save_form(&coordinator(), request).await.unwrap();
}

#[test]
fn a_visit_is_signed_when_all_of_it_is_complete_and_a_change_below_ends_the_signature() {
    on_every_store(async |world| {
        weighed(&world).await;
        let early = visit(&world).await.signing_sha256.unwrap();
        let refused = sign_visit(&world, &early).await.unwrap_err();
        assert_eq!(refused.reason(), "PART_NOT_COMPLETE", "demography is missing");
        let values = [value("IG.DM/I.SEX", "M"), value("IG.DM/I.BIRTHYR", "1980")];
        let request =
            SaveFormRequest { complete: Some(true), ..save("S1", "SE.SCR/F.DM", 0, &values) };
        world.send(request).await.unwrap();
        let changed = sign_visit(&world, &early).await.unwrap_err();
        assert_eq!(changed.reason(), "CONTENT_CHANGED", "it is not what was looked at");
        let shown = visit(&world).await.signing_sha256.unwrap();
        let session = in_role(contract::Role::Investigator, None);
        let unproven = world.edc.sign_visit(&session, signing_visit(&shown)).await.unwrap_err();
        assert_eq!(unproven.reason(), "UNAUTHENTICATED");
        let signed = sign_visit(&world, &shown).await.unwrap();
        assert_eq!((signed.signer.as_str(), signed.meaning.as_str()), ("investigator", "approval"));
        assert!(visit(&world).await.signature.unwrap().is_valid);
        world.send(with_reason(1, "71")).await.unwrap();
        let broken = visit(&world).await.signature.unwrap();
        assert!(!broken.is_valid, "it stays to be seen, and is not valid");
    });
}

#[test]
fn a_casebook_is_signed_as_a_whole() {
    on_every_store(async |world| {
        fill(&world).await;
        let shown = casebook(&world).await.signing_sha256;
        let request = SignCasebookRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            signing_sha256: shown,
            meaning: "responsibility".into(),
            request_id: Some(unique("sign")),
            signing_ticket: None,
        };
        let first = world.edc.sign_casebook(&investigator(), request.clone()).await.unwrap();
        let again = world.edc.sign_casebook(&investigator(), request).await.unwrap();
        assert_eq!(first, again, "repeated, it signs nothing twice");
        assert!(casebook(&world).await.signature.unwrap().is_valid);
        world.save("S1", "SE.W2/F.VS", 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        assert!(!casebook(&world).await.signature.unwrap().is_valid);
    });
}
