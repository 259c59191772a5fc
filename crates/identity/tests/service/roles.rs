//! Roles for a time, and tasks that an investigator hands on.

use crate::world::{SITE, STUDY, World, grant, here, on_every_store, reason};
use contract::{Act, Context, Error, Role, Scope, Timestamp, identity::v1 as p};
use futures::TryStreamExt as _;
use identity::DatedGrant;
use proptest::prelude::*;

fn delegate(name: &str) -> p::DelegateRoleRequest {
    p::DelegateRoleRequest {
        study_oid: STUDY.to_owned(),
        site_oid: SITE.to_owned(),
        username: name.to_owned(),
        role: p::Role::Coordinator.into(),
        tasks: vec!["data entry".to_owned(), "=HYPERLINK(\"x\")".to_owned()],
        ..p::DelegateRoleRequest::default()
    }
}

async fn text(
    pieces: Result<
        impl futures::TryStream<Ok = contract::google::api::HttpBody, Error = Error>,
        Error,
    >,
) -> String {
    let pieces: Vec<_> = pieces.map_err(drop).unwrap().try_collect().await.unwrap();
    let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.data).collect();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_role_is_in_force_from_its_first_to_before_its_last_millisecond() {
    on_every_store(async |world| {
        world.add("one", &[]).await;
        let admin = world.session("admin").await;
        let at = |seconds: i64| {
            Some(Timestamp::from_millisecond(world.clock.now().as_millisecond() + seconds * 1000))
        };
        let request = p::GrantRoleRequest {
            username: "one".to_owned(),
            role: p::Role::Monitor.into(),
            study_oid: Some(STUDY.to_owned()),
            from: at(10),
            until: at(20),
            reason: Some("covers for a colleague".to_owned()),
            ..p::GrantRoleRequest::default()
        };
        world.service.grant_role(&admin, request).await.unwrap();
        let token = world.log_in("one", crate::world::PASSWORD, None).await.unwrap().token;
        let mut in_force = Vec::new();
        for wait in [9, 1, 9, 1] {
            world.wait(wait);
            in_force.push(world.bearer(&token).await.unwrap().caller.grants.len());
        }
        assert_eq!(in_force, [0, 1, 1, 0], "it is decided at each call");
    });
}

#[test]
fn a_role_is_taken_away_with_a_reason_and_at_once() {
    on_every_store(async |world| {
        world.add("one", &[here(Role::Monitor)]).await;
        let token = world.log_in("one", crate::world::PASSWORD, None).await.unwrap().token;
        let admin = world.session("admin").await;
        let request = p::RevokeGrantRequest {
            username: "one".to_owned(),
            role: p::Role::Monitor.into(),
            study_oid: Some(STUDY.to_owned()),
            site_oid: Some(SITE.to_owned()),
            reason: " ".to_owned(),
        };
        let silent = world.service.revoke_grant(&admin, request.clone()).await;
        assert_eq!(reason(silent), "INVALID_ARGUMENT");
        let request = p::RevokeGrantRequest { reason: "left the trial".to_owned(), ..request };
        world.service.revoke_grant(&admin, request).await.unwrap();
        assert!(world.bearer(&token).await.unwrap().caller.grants.is_empty());
    });
}

#[test]
fn only_the_investigator_of_a_site_delegates_and_only_there() {
    on_every_store(async |world| {
        world.add("crc", &[]).await;
        let pi = world.somebody("pi", &[here(Role::Investigator)]).await;
        let elsewhere = grant(Role::Investigator, Some(STUDY), Some("202"));
        let other = world.somebody("other", &[elsewhere]).await;
        let monitor = world.somebody("mon", &[here(Role::Monitor)]).await;
        for context in [&other, &monitor] {
            let refused = world.service.delegate_role(context, delegate("crc")).await;
            assert_eq!(reason(refused), "NOT_PERMITTED");
        }
        let own = world.service.delegate_role(&pi, delegate("pi")).await;
        assert_eq!(reason(own), "GRANT_TO_ONESELF");
        let nobody = world.service.delegate_role(&pi, delegate("nobody")).await;
        assert_eq!(reason(nobody), "USER_UNKNOWN");
        let too_much =
            p::DelegateRoleRequest { role: p::Role::Administrator.into(), ..delegate("crc") };
        let refused = world.service.delegate_role(&pi, too_much).await;
        assert_eq!(reason(refused), "INVALID_ARGUMENT");

        world.service.delegate_role(&pi, delegate("crc")).await.unwrap();
        let crc = world.session("crc").await;
        assert!(crc.caller.permit(Act::EnterData, Scope::at_site(STUDY, SITE)).is_ok());
        let further = world.service.delegate_role(&crc, delegate("mon")).await;
        assert_eq!(reason(further), "NOT_PERMITTED", "tasks are not handed on");
    });
}

async fn end(
    world: &World,
    context: &Context,
    id: &str,
    why: &str,
) -> Result<p::EndDelegationResponse, Error> {
    let request = p::EndDelegationRequest {
        study_oid: STUDY.to_owned(),
        site_oid: SITE.to_owned(),
        delegation_id: id.to_owned(),
        reason: why.to_owned(),
    };
    world.service.end_delegation(context, request).await
}

#[test]
fn a_delegation_that_was_ended_stays_in_the_log() {
    on_every_store(async |world| {
        world.add("crc", &[]).await;
        let pi = world.somebody("pi", &[here(Role::Investigator)]).await;
        let made = world.service.delegate_role(&pi, delegate("crc")).await.unwrap();
        let id = made.delegation.unwrap().delegation_id;
        world.wait(60);
        assert_eq!(reason(end(&world, &pi, &id, "").await), "INVALID_ARGUMENT");
        assert_eq!(reason(end(&world, &pi, "dlg_0", "left").await), "DELEGATION_UNKNOWN");
        end(&world, &pi, &id, "left").await.unwrap();
        assert_eq!(reason(end(&world, &pi, &id, "left").await), "ALREADY_SO");
        assert!(world.session("crc").await.caller.grants.is_empty());

        let place = || (STUDY.to_owned(), SITE.to_owned());
        let (study_oid, site_oid) = place();
        let request = p::ListDelegationsRequest { study_oid, site_oid, ..Default::default() };
        let listed = world.service.list_delegations(&pi, request).await.unwrap().delegations;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].ended_by.as_deref(), Some("pi"));

        let (study_oid, site_oid) = place();
        let request = p::ExportDelegationLogRequest { study_oid, site_oid };
        let log = text(world.service.export_delegation_log(&pi, request).await).await;
        let mut lines = log.lines();
        assert!(lines.next().unwrap().starts_with("delegation,study,site,user,"));
        let line = lines.next().unwrap();
        assert!(line.contains("The crc,coordinator,") && line.ends_with("pi,pi,left"), "{line}");
        assert!(line.contains("2026-03-02T02:01:00Z"), "in force until it was ended: {line}");
    });
}

#[test]
fn the_review_of_access_says_who_may_do_what_where_and_since_when() {
    on_every_store(async |world| {
        world.add("one", &[here(Role::Monitor), grant(Role::Coder, Some("S2"), None)]).await;
        let auditor = world.somebody("aud", &[grant(Role::Auditor, None, None)]).await;
        let request = p::ExportAccessReviewRequest { study_oid: None };
        let all = text(world.service.export_access_review(&auditor, request).await).await;
        let line = all.lines().find(|line| line.contains("monitor")).unwrap();
        let expected = "one,The one,person,false,monitor,S1,101,1970-01-01T00:00:00Z,,casebook,";
        assert_eq!(line, expected);
        assert!(all.contains("aud,The aud,person,false,auditor,*,*,"), "{all}");

        let request = p::ExportAccessReviewRequest { study_oid: Some(STUDY.to_owned()) };
        let study = text(world.service.export_access_review(&auditor, request.clone()).await).await;
        assert!(study.contains("monitor") && !study.contains("coder"), "{study}");
        let monitor = world.session("one").await;
        let own = world.service.export_access_review(&monitor, request).await;
        assert!(own.is_err(), "a monitor of one site sees no review of the study");
    });
}

proptest! {
    #[test]
    fn a_dated_role_is_in_force_exactly_within_its_dates(
        from_ms in -1_000i64..1_000, lasts_ms in prop::option::of(0i64..1_000), now_ms in -2_000i64..2_000,
    ) {
        let until_ms = lasts_ms.map(|lasts_ms| from_ms + lasts_ms);
        let dated = DatedGrant { grant: here(Role::Monitor), from_ms, until_ms };
        let expected = now_ms >= from_ms && until_ms.is_none_or(|until_ms| now_ms < until_ms);
        prop_assert_eq!(dated.is_in_force(now_ms), expected);
        // It begins once and ends once: in force twice, it is in force in between.
        if dated.is_in_force(now_ms) {
            prop_assert!(dated.is_in_force(from_ms));
            prop_assert!((from_ms..=now_ms).step_by(97).all(|at_ms| dated.is_in_force(at_ms)));
        }
    }
}
