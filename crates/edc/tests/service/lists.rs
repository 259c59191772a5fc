//! Studies, sites and subjects in lists, and the design of a study.

use std::collections::BTreeMap;

use contract::{
    Caller, Code, Context, Grant, Role,
    edc::v1::{
        GetStudyRequest, ListSitesRequest, ListStudiesRequest, ListSubjectsRequest,
        ListSubjectsResponse, check::Scope, severity::Level, site, study_event_def::Type, subject,
    },
};
use testkit::study::version;

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, in_role, monitor, on_every_store, unique,
};

async fn subjects(
    world: &World,
    context: &Context,
    request: ListSubjectsRequest,
) -> Result<ListSubjectsResponse, contract::Error> {
    let request = ListSubjectsRequest { study_oid: STUDY.into(), ..request };
    world.edc.list_subjects(context, request).await
}

fn keys(page: &ListSubjectsResponse) -> Vec<&str> {
    page.subjects.iter().map(|subject| subject.subject_key.as_str()).collect()
}

#[test]
fn subjects_come_page_by_page_and_each_once() {
    on_every_store(async |world| {
        for (site, subject) in [(HERE, "S1"), (HERE, "S2"), (THERE, "T1"), (THERE, "T2")] {
            world.screen_at(site, subject).await.unwrap();
        }
        for size in 1..=4 {
            let mut request =
                ListSubjectsRequest { page_size: Some(size), ..ListSubjectsRequest::default() };
            let mut all = Vec::new();
            loop {
                let page = subjects(&world, &monitor(), request.clone()).await.unwrap();
                all.extend(keys(&page).into_iter().map(ToOwned::to_owned));
                match page.next_page_token {
                    Some(token) => request.page_token = Some(token),
                    None => break,
                }
            }
            assert_eq!(all, ["S1", "S2", "T1", "T2"], "in pages of {size}");
        }
    });
}

#[test]
fn subjects_are_found_by_site_and_status_and_only_where_the_caller_may_look() {
    on_every_store(async |world| {
        for (site, subject) in [(HERE, "S1"), (HERE, "S2"), (THERE, "T1")] {
            world.screen_at(site, subject).await.unwrap();
        }
        world.enrol("S2").await;
        let all = ListSubjectsRequest::default;
        let there = ListSubjectsRequest { site_oid: Some(THERE.into()), ..all() };
        assert_eq!(keys(&subjects(&world, &monitor(), there).await.unwrap()), ["T1"]);
        let enrolled = subject::Status::Enrolled.into();
        let enrolled = ListSubjectsRequest { status: Some(enrolled), ..all() };
        assert_eq!(keys(&subjects(&world, &monitor(), enrolled).await.unwrap()), ["S2"]);
        let mut both = in_role(Role::Monitor, Some(THERE));
        assert_eq!(keys(&subjects(&world, &both, all()).await.unwrap()), ["T1"]);
        let here = ListSubjectsRequest { site_oid: Some(HERE.into()), ..all() };
        let error = subjects(&world, &both, here).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        both.caller.grants.extend(in_role(Role::Monitor, Some(HERE)).caller.grants);
        assert_eq!(keys(&subjects(&world, &both, all()).await.unwrap()), ["S1", "S2", "T1"]);
        let nowhere = ListSubjectsRequest { site_oid: Some("999".into()), ..all() };
        let error = subjects(&world, &monitor(), nowhere).await.unwrap_err();
        assert_eq!(error.reason(), "SITE_UNKNOWN");
    });
}

#[test]
fn a_page_token_that_was_never_given_out_is_refused() {
    on_every_store(async |world| {
        let request = ListSubjectsRequest {
            page_token: Some("not a token".into()),
            ..ListSubjectsRequest::default()
        };
        let error = subjects(&world, &monitor(), request).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "pageToken");
    });
}

#[test]
fn a_study_is_listed_for_those_who_have_a_role_in_it() {
    on_every_store(async |world| {
        world.screen_at(HERE, "S1").await.unwrap();
        world.screen_at(THERE, "T1").await.unwrap();
        let list = async |context: &Context| {
            let request = ListStudiesRequest::default();
            world.edc.list_studies(context, request).await.unwrap().studies
        };
        let [study] = &list(&monitor()).await[..] else { panic!("there is one study") };
        assert_eq!((study.study_name.as_str(), study.site_count), ("VIGOR", 2));
        assert_eq!(study.subject_count, 2);
        assert_eq!(list(&in_role(Role::Monitor, Some(HERE))).await[0].subject_count, 1);
        let elsewhere = Grant { role: Role::Monitor, study: Some("ST.2".into()), site: None };
        let stranger = Caller { grants: vec![elsewhere], ..monitor().caller };
        assert_eq!(list(&Context::new(stranger, "web", unique("call"))).await, []);
    });
}

#[test]
fn sites_tell_how_many_subjects_they_have() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.screen("S2").await;
        world.enrol("S2").await;
        let mut request = ListSitesRequest {
            study_oid: STUDY.into(),
            page_size: Some(1),
            ..ListSitesRequest::default()
        };
        let first = world.edc.list_sites(&coordinator(), request.clone()).await.unwrap();
        let here = &first.sites[0];
        assert_eq!((here.site_oid.as_str(), here.subject_count, here.enrolled_count), (HERE, 2, 1));
        assert_eq!(here.time_zone, "Asia/Shanghai");
        assert_eq!(here.status, i32::from(site::Status::Active));
        request.page_token = first.next_page_token;
        let second = world.edc.list_sites(&coordinator(), request.clone()).await.unwrap();
        assert_eq!((second.sites[0].site_oid.as_str(), second.next_page_token), (THERE, None));
        request.page_token = None;
        let only = in_role(Role::Coordinator, Some(THERE));
        let seen = world.edc.list_sites(&only, request).await.unwrap();
        assert_eq!((seen.sites.len(), seen.sites[0].site_oid.as_str()), (1, THERE));
    });
}

#[test]
fn the_design_is_told_in_all_languages_with_its_rules() {
    on_every_store(async |world| {
        let request = GetStudyRequest { study_oid: STUDY.into(), version_hash: None };
        let study = world.edc.get_study(&monitor(), request).await.unwrap();
        assert_eq!(study.description["zh-CN"], "静息活力");
        assert_eq!(study.version_hash, version().hash().to_string());
        let kit = study.items.iter().find(|item| item.item_oid == "I.KIT").unwrap();
        assert!(kit.blinded);
        let weight = study.items.iter().find(|item| item.item_oid == "I.WEIGHT").unwrap();
        assert!(weight.verification_required && !kit.verification_required);
        assert_eq!(weight.range_checks[0].severity, i32::from(Level::Soft));
        let week_2 = &study.study_events[1];
        assert_eq!(week_2.r#type, i32::from(Type::Scheduled));
        let window = week_2.window.as_ref().unwrap();
        assert_eq!((window.target_day, window.days_before, window.days_after), (14, 2, 3));
        let vital = study.item_groups.iter().find(|g| g.item_group_oid == "IG.VS").unwrap();
        assert!(vital.items[3].derivation.as_ref().unwrap().starts_with("round_half_up("));
        let demography = study.item_groups.iter().find(|g| g.item_group_oid == "IG.DM").unwrap();
        let exception = demography.items[2].collection_exception.as_deref();
        assert_eq!(exception, Some("SEX == \"M\""));
        let far = study.checks.iter().find(|check| check.check_oid == "CK.FAR").unwrap();
        assert_eq!(far.scope, i32::from(Scope::Subject));
        assert_eq!(study.criteria[1].expression, None);
    });
}

#[test]
fn an_earlier_version_is_found_by_its_hash() {
    on_every_store(async |world| {
        let earlier = version().hash().to_string();
        let mut next = version();
        next.version_name = "Version 2".into();
        let admin = Caller::system("casebook");
        world.service.publish(&admin, next, Some("amendment".into())).await.unwrap();
        let named = async |hash: Option<String>| {
            let request = GetStudyRequest { study_oid: STUDY.into(), version_hash: hash };
            world.edc.get_study(&monitor(), request).await
        };
        assert_eq!(named(None).await.unwrap().meta_data_version_name, "Version 2");
        assert_eq!(named(Some(earlier)).await.unwrap().meta_data_version_name, "Version 1");
        let error = named(Some("00".into())).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "VERSION_UNKNOWN"));
    });
}

#[test]
fn a_site_in_a_time_zone_that_there_is_not_is_refused() {
    on_every_store(async |world| {
        let site = edc::SiteAdded {
            site: "303".into(),
            name: BTreeMap::new(),
            time_zone: "Moon/Tranquility".into(),
            country: None,
        };
        let admin = Caller::system("casebook");
        let refused = world.service.add_site(&admin, &STUDY.into(), site).await.unwrap_err();
        assert!(refused.to_string().contains("Moon/Tranquility"), "{refused}");
    });
}
