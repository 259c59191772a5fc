//! Nobody sees more than he may.

use std::collections::BTreeSet;

use contract::{
    Act, Authentication, Caller, Code, Context, Role,
    portfolio::v1::{
        GetStudyRequest, ListMyStudiesRequest, ListSitesRequest, ListStaffRequest,
        ListStudiesRequest,
    },
};

use crate::world::{
    World, add_site, assign, assign_at, create, grant, manager, nobody, on_every_store, somebody,
    update,
};

/// Two studies with two sites each; `li.na` works at one of them.
async fn prepare(world: &World) {
    for study in ["A", "B"] {
        world.create(study).await;
        for site in ["1", "2"] {
            world.add_site(study, site).await;
        }
    }
    world.assign(assign_at("A", "li.na", "1")).await.unwrap();
    world.assign(assign_at("A", "wang", "2")).await.unwrap();
    world.assign(assign("A", "chief")).await.unwrap();
}

async fn sites(world: &World, context: &Context) -> Vec<String> {
    let request = ListSitesRequest { study_oid: "A".into(), ..ListSitesRequest::default() };
    let answer = world.portfolio.list_sites(context, request).await.unwrap();
    answer.sites.into_iter().map(|site| site.site_oid).collect()
}

async fn staff(world: &World, context: &Context) -> Vec<String> {
    let request = ListStaffRequest { study_oid: "A".into(), ..ListStaffRequest::default() };
    let answer = world.portfolio.list_staff(context, request).await.unwrap();
    answer.staff.into_iter().map(|one| one.user).collect()
}

#[test]
fn a_list_shows_what_roles_reach_and_where_the_caller_works() {
    on_every_store(async |world| {
        prepare(&world).await;
        assert!(world.listed(&nobody("stranger")).await.is_empty());
        assert_eq!(world.listed(&nobody("li.na")).await, ["A"]);
        let monitor = vec![grant(Role::Monitor, Some("B"), Some("1"))];
        assert_eq!(world.listed(&somebody("mona", monitor.clone())).await, ["B"]);
        assert_eq!(world.listed(&somebody("li.na", monitor)).await, ["A", "B"]);
        let auditor = vec![grant(Role::Auditor, None, None)];
        assert_eq!(world.listed(&somebody("audrey", auditor)).await, ["A", "B"]);
        let participant = vec![grant(Role::Participant, Some("B"), None)];
        assert!(world.listed(&somebody("p1", participant)).await.is_empty());
        let elsewhere = vec![grant(Role::Monitor, Some("NEVER"), None)];
        assert!(world.listed(&somebody("mona", elsewhere)).await.is_empty());
    });
}

#[test]
fn whoever_works_at_one_site_sees_that_site_and_the_leaders() {
    on_every_store(async |world| {
        prepare(&world).await;
        assert_eq!(sites(&world, &nobody("li.na")).await, ["1"]);
        assert_eq!(staff(&world, &nobody("li.na")).await, ["chief", "li.na"]);
        assert_eq!(sites(&world, &nobody("chief")).await, ["1", "2"]);
        let monitor = vec![grant(Role::Monitor, Some("A"), Some("2"))];
        assert_eq!(sites(&world, &somebody("li.na", monitor)).await, ["1", "2"]);
        assert_eq!(staff(&world, &manager()).await, ["chief", "li.na", "wang"]);
    });
}

#[test]
fn a_study_that_is_not_seen_is_like_one_that_is_not_there() {
    on_every_store(async |world| {
        prepare(&world).await;
        let caller = nobody("li.na");
        let mut told = BTreeSet::new();
        for study in ["B", "NEVER"] {
            let oid = study.to_owned();
            let get = GetStudyRequest { study_oid: oid.clone() };
            let sites = ListSitesRequest { study_oid: oid.clone(), ..Default::default() };
            let staff = ListStaffRequest { study_oid: oid, ..Default::default() };
            let refusals = [
                world.portfolio.get_study(&caller, get).await.unwrap_err(),
                world.portfolio.list_sites(&caller, sites).await.unwrap_err(),
                world.portfolio.list_staff(&caller, staff).await.unwrap_err(),
            ];
            for refusal in refusals {
                assert_eq!((refusal.code(), refusal.reason()), (Code::NotFound, "STUDY_UNKNOWN"));
                told.insert(refusal.message().replace(study, "X"));
            }
        }
        assert_eq!(told.len(), 1, "one and the same answer: {told:?}");
    });
}

#[test]
fn only_those_who_keep_the_portfolio_change_it() {
    on_every_store(async |world| {
        prepare(&world).await;
        for role in Role::ALL {
            let caller = somebody("x", vec![grant(role, None, None)]);
            let keeps = matches!(role, Role::InstitutionManager | Role::Administrator);
            let oid = format!("BY-{role}");
            let created = world.portfolio.create_study(&caller, create(&oid)).await;
            let changed = world.portfolio.update_study(&caller, update("A", 1)).await;
            let added = world.portfolio.add_site(&caller, add_site("A", &oid)).await;
            let assigned = world.portfolio.assign_staff(&caller, assign("A", "new")).await;
            let all = [created.err(), changed.err(), added.err(), assigned.err()];
            for refusal in all {
                let reason = refusal.map(|refusal| refusal.reason().to_owned());
                assert_eq!(reason.is_none(), keeps, "{role}: {reason:?}");
                assert!(keeps || reason.as_deref() == Some("NOT_PERMITTED"), "{role}: {reason:?}");
            }
        }
        let of_one = somebody("x", vec![grant(Role::InstitutionManager, Some("A"), None)]);
        let refusal = world.portfolio.create_study(&of_one, create("C")).await.unwrap_err();
        assert_eq!(refusal.reason(), "NOT_PERMITTED", "a study is made in the institution");
        let refusal = world.portfolio.update_study(&of_one, update("B", 1)).await.unwrap_err();
        assert_eq!(refusal.reason(), "NOT_PERMITTED");
    });
}

#[test]
fn whoever_has_not_proven_who_he_is_gets_nothing() {
    on_every_store(async |world| {
        prepare(&world).await;
        let caller = Context::new(Caller::anonymous(), "web", "call");
        let listed = world.portfolio.list_studies(&caller, ListStudiesRequest::default()).await;
        let mine = world.portfolio.list_my_studies(&caller, ListMyStudiesRequest::default()).await;
        let one = GetStudyRequest { study_oid: "A".into() };
        let one = world.portfolio.get_study(&caller, one).await;
        for refusal in [listed.unwrap_err(), mine.unwrap_err(), one.unwrap_err()] {
            assert_eq!(refusal.reason(), "UNAUTHENTICATED");
        }
    });
}

#[test]
fn a_key_that_is_good_for_other_acts_shows_nothing() {
    on_every_store(async |world| {
        prepare(&world).await;
        let mut context = somebody("li.na", vec![grant(Role::Auditor, None, None)]);
        context.caller.authentication = Authentication::Token;
        context.caller.acts = Some(BTreeSet::from([Act::EnterData]));
        assert!(world.listed(&context).await.is_empty());
        assert!(world.own(&context).await.is_empty());
        context.caller.acts = Some(BTreeSet::from([Act::ReadStudy]));
        assert_eq!(world.listed(&context).await, ["A", "B"]);
        assert_eq!(world.own(&context).await, ["A"]);
    });
}

#[test]
fn one_users_studies_are_not_those_of_a_user_with_a_longer_name() {
    on_every_store(async |world| {
        prepare(&world).await;
        world.assign(assign("B", "li")).await.unwrap();
        assert_eq!(world.own(&nobody("li")).await, ["B"]);
        assert_eq!(world.own(&nobody("li.na")).await, ["A"]);
    });
}
