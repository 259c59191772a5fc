//! The audit trail of a casebook and of a study, its review, and the proof of a casebook.

use contract::{
    Code, Context, Role,
    edc::v1::{
        AuditEntry, ListAuditReviewsRequest, ListAuditTrailRequest, ListHistoryRequest,
        ReviewAuditTrailRequest, VerifyCasebookRequest, audit_entry::Kind,
    },
};

use crate::{
    review::{VS, weighed, with_reason},
    world::{HERE, STUDY, THERE, World, in_role, monitor, on_every_store, unique, value, words},
};

pub fn history(subject: &str) -> ListHistoryRequest {
    ListHistoryRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        ..ListHistoryRequest::default()
    }
}

pub async fn told(
    world: &World,
    context: &Context,
    request: ListHistoryRequest,
) -> Vec<AuditEntry> {
    let mut request = ListHistoryRequest { page_size: Some(2), ..request };
    let mut all = Vec::new();
    loop {
        let page = world.edc.list_history(context, request.clone()).await.unwrap();
        all.extend(page.entries);
        match page.next_page_token {
            Some(token) => request.page_token = Some(token),
            None => return all,
        }
    }
}

fn kinds(entries: &[AuditEntry]) -> Vec<Kind> {
    entries.iter().map(|entry| Kind::try_from(entry.kind).unwrap()).collect()
}

#[test]
fn the_history_of_a_casebook_tells_who_did_what_when_and_why_newest_first() {
    on_every_store(async |world| {
        weighed(&world).await;
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        world.send(with_reason(1, "71")).await.unwrap();
        let all = told(&world, &monitor(), history("S1")).await;
        let count = all.len();
        assert_eq!(kinds(&all)[count - 1], Kind::SubjectScreened);
        let change = &all[0];
        assert_eq!(Kind::try_from(change.kind).unwrap(), Kind::FormSaved);
        assert!(change.reason.is_some() && !change.is_reason_missing);
        assert_eq!(
            (change.user.as_str(), change.form_oid.as_deref()),
            ("coordinator", Some("F.VS"))
        );
        assert_eq!(words(change.changes[0].old_value.as_ref()).as_deref(), Some("70"));
        assert_eq!(words(change.changes[0].new_value.as_ref()).as_deref(), Some("71"));
        assert_eq!(change.version_hash.len(), 64);
        let form = ListHistoryRequest {
            study_event_oid: Some("SE.SCR".into()),
            form_oid: Some("F.VS".into()),
            kind: Some(Kind::FormSaved.into()),
            ..history("S1")
        };
        let saves = told(&world, &monitor(), form).await;
        assert!(saves.len() >= 2 && saves.len() < count);
        let nobody = ListHistoryRequest { user: Some("nobody".into()), ..history("S1") };
        assert_eq!(told(&world, &monitor(), nobody).await, []);
        let later = ListHistoryRequest { from_date: Some("2026-03-03".into()), ..history("S1") };
        assert_eq!(told(&world, &monitor(), later).await, []);
    });
}

#[test]
fn the_history_tells_a_blinded_caller_neither_values_nor_reasons_nor_that_there_is_more() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let form = "SE.W2/F.IP";
        let lost = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", form, 0, &lost).await.unwrap();
        let mut swap = crate::world::save("S1", form, 1, &[value("IG.IP/I.KIT", "K2")]);
        swap.reason = Some("was placebo".into());
        world.send(swap).await.unwrap();
        let seen = told(&world, &monitor(), history("S1")).await;
        assert_eq!(kinds(&seen), [Kind::FormSaved, Kind::SubjectScreened]);
        assert_eq!(seen[0].changes.len(), 1, "the doses and not the kit");
        assert!(seen.iter().all(|entry| entry.sequence.is_none()));
        assert!(!format!("{seen:?}").contains("LOST") && !format!("{seen:?}").contains("placebo"));
        let open = told(&world, &in_role(Role::Pharmacist, None), history("S1")).await;
        assert!(kinds(&open).contains(&Kind::QueryOpened), "{open:?}");
        assert_eq!(open.last().unwrap().sequence, Some(1));
        let proof = VerifyCasebookRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
        let proven = world.edc.verify_casebook(&monitor(), proof).await.unwrap();
        assert!(proven.is_chain_whole && proven.entry_count.is_none());
    });
}

#[test]
fn a_casebook_is_proven_to_be_whole_and_to_be_what_is_shown() {
    on_every_store(async |world| {
        weighed(&world).await;
        let proof = VerifyCasebookRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
        let pharmacist = in_role(Role::Pharmacist, None);
        let proven = world.edc.verify_casebook(&pharmacist, proof.clone()).await.unwrap();
        assert!(proven.is_chain_whole && proven.is_view_equal, "{proven:?}");
        assert_eq!(proven.faults, Vec::<String>::new());
        let entries = told(&world, &pharmacist, history("S1")).await.len();
        assert_eq!(proven.entry_count, Some(i32::try_from(entries).unwrap()));
        assert_eq!(proven.head_hash.len(), 64);
        assert!(proven.view_row_count >= 2 && proven.checkpoint.is_none());
        let stranger = in_role(Role::Monitor, Some(THERE));
        let refused = world.edc.verify_casebook(&stranger, proof).await.unwrap_err();
        assert_eq!(refused.reason(), "SUBJECT_UNKNOWN");
    });
}

fn trail() -> ListAuditTrailRequest {
    ListAuditTrailRequest { study_oid: STUDY.into(), ..ListAuditTrailRequest::default() }
}

async fn listed(
    world: &World,
    context: &Context,
    request: ListAuditTrailRequest,
) -> Vec<AuditEntry> {
    let mut request = ListAuditTrailRequest { page_size: Some(3), ..request };
    let mut all = Vec::new();
    loop {
        let page = world.edc.list_audit_trail(context, request.clone()).await.unwrap();
        all.extend(page.entries);
        match page.next_page_token {
            Some(token) => request.page_token = Some(token),
            None => return all,
        }
    }
}

#[test]
fn the_audit_trail_spans_casebooks_and_the_study_and_keeps_to_sites() {
    on_every_store(async |world| {
        weighed(&world).await;
        world.screen_at(THERE, "T1").await.unwrap();
        let all = listed(&world, &monitor(), trail()).await;
        assert_eq!(all[0].subject_key.as_deref(), Some("T1"), "newest first");
        let studied = |all: &[AuditEntry]| all.iter().filter(|e| e.subject_key.is_none()).count();
        assert!(kinds(&all).contains(&Kind::VersionPublished) && studied(&all) >= 5);
        let there = in_role(Role::Monitor, Some(THERE));
        let own = listed(&world, &there, trail()).await;
        assert!(own.iter().all(|entry| entry.subject_key.as_deref().is_none_or(|s| s == "T1")));
        let here = ListAuditTrailRequest { site_oid: Some(HERE.into()), ..trail() };
        let refused = world.edc.list_audit_trail(&there, here.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let at_site = listed(&world, &monitor(), here).await;
        assert!(at_site.iter().all(|entry| entry.site_oid.as_deref() == Some(HERE)));
        let administrator = in_role(Role::Administrator, None);
        let plain = listed(&world, &administrator, trail()).await;
        assert!(plain.iter().all(|entry| entry.subject_key.is_none()), "no clinical data");
        let early = ListAuditTrailRequest { until_date: Some("2026-03-01".into()), ..trail() };
        assert_eq!(listed(&world, &monitor(), early).await, []);
    });
}

#[test]
fn a_review_of_the_audit_trail_is_an_entry_that_covers_what_was_looked_at() {
    on_every_store(async |world| {
        weighed(&world).await;
        let saves = ListAuditTrailRequest { kind: Some(Kind::FormSaved.into()), ..trail() };
        let looked = listed(&world, &monitor(), saves.clone()).await;
        let request = ReviewAuditTrailRequest {
            study_oid: STUDY.into(),
            kind: Some(Kind::FormSaved.into()),
            reviewed_until: looked[0].recorded_at,
            finding: "nothing to object to".into(),
            request_id: Some(unique("review")),
            ..ReviewAuditTrailRequest::default()
        };
        let first = world.edc.review_audit_trail(&monitor(), request.clone()).await.unwrap();
        let again = world.edc.review_audit_trail(&monitor(), request).await.unwrap();
        assert_eq!(first, again, "repeated, it states nothing twice");
        let review = first.review.unwrap();
        assert_eq!(review.entry_count, i32::try_from(looked.len()).unwrap());
        assert!(review.is_blinded, "a monitor does not see everything");
        world.clock.advance(jiff::SignedDuration::from_secs(60));
        world.send(with_reason(1, "71")).await.unwrap();
        let left = ListAuditTrailRequest { unreviewed: Some(true), ..saves.clone() };
        let left = listed(&world, &monitor(), left).await;
        assert_eq!(left.len(), 1, "only what came later is left: {left:?}");
        let all = listed(&world, &monitor(), saves).await;
        assert_eq!(all[1].review_ids, std::slice::from_ref(&review.review_id));
        let reviews = ListAuditReviewsRequest { study_oid: STUDY.into(), ..Default::default() };
        let reviews = world.edc.list_audit_reviews(&monitor(), reviews).await.unwrap().reviews;
        assert_eq!(reviews, [review]);
    });
}

#[test]
fn a_change_without_a_reason_is_found_in_the_trail() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        // While the form is not complete, a value may be corrected without one.
        world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "71")]).await.unwrap();
        let bare = ListAuditTrailRequest { reason_missing: Some(true), ..trail() };
        let found = listed(&world, &monitor(), bare).await;
        assert_eq!(found.len(), 1);
        assert!(found[0].is_reason_missing);
    });
}
