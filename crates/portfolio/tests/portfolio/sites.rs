//! Sites take part in a study.

use contract::{
    Code, Role,
    portfolio::v1::{ListSitesRequest, ListStudiesRequest, UpdateSiteRequest, site::Status},
};

use crate::world::{World, add_site, grant, manager, on_every_store, somebody};

fn update_site(study: &str, site: &str, seen_version: i32) -> UpdateSiteRequest {
    UpdateSiteRequest {
        study_oid: study.into(),
        site_oid: site.into(),
        seen_version,
        ..UpdateSiteRequest::default()
    }
}

async fn sites(world: &World, request: ListSitesRequest) -> (Vec<String>, Option<String>) {
    let answer = world.portfolio.list_sites(&manager(), request).await.unwrap();
    let oids = answer.sites.into_iter().map(|site| site.site_oid).collect();
    (oids, answer.next_page_token)
}

#[test]
fn sites_are_listed_page_by_page_in_the_order_of_their_numbers() {
    on_every_store(async |world| {
        world.create("S").await;
        for site in ["10", "9", "701", "b"] {
            world.add_site("S", site).await;
        }
        let mut request = ListSitesRequest { study_oid: "S".into(), ..ListSitesRequest::default() };
        assert_eq!(sites(&world, request.clone()).await.0, ["9", "10", "701", "b"]);
        request.page_size = Some(3);
        let (first, next) = sites(&world, request.clone()).await;
        assert_eq!(first, ["9", "10", "701"]);
        request.page_token = next;
        assert_eq!(sites(&world, request).await, (vec!["b".to_owned()], None));
        let studies =
            world.portfolio.list_studies(&manager(), ListStudiesRequest::default()).await.unwrap();
        assert_eq!(studies.studies[0].site_count, 4);
    });
}

#[test]
fn a_site_changes_by_version_and_reason() {
    on_every_store(async |world| {
        world.create("S").await;
        assert_eq!(world.add_site("S", "701").await.version, 1);
        let again = world.portfolio.add_site(&manager(), add_site("S", "701")).await.unwrap_err();
        assert_eq!((again.code(), again.reason()), (Code::AlreadyExists, "SITE_EXISTS"));
        let mut change = update_site("S", "701", 1);
        change.department = Some("Neurology".into());
        let changed = world.portfolio.update_site(&manager(), change.clone()).await.unwrap();
        assert_eq!(changed.site.unwrap().version, 2);
        let refusal = world.portfolio.update_site(&manager(), change.clone()).await.unwrap_err();
        assert_eq!(refusal.reason(), "STALE_VERSION");
        assert_eq!(refusal.detail().unwrap().json["site"]["department"], "Neurology");
        change.seen_version = 2;
        change.status = Some(Status::Open.into());
        let refusal = world.portfolio.update_site(&manager(), change.clone()).await.unwrap_err();
        assert_eq!(refusal.reason(), "REASON_MISSING");
        change.reason = Some("initiated".into());
        let changed = world.portfolio.update_site(&manager(), change).await.unwrap();
        assert_eq!(changed.site.unwrap().status(), Status::Open);
        let refusal =
            world.portfolio.update_site(&manager(), update_site("S", "9", 1)).await.unwrap_err();
        assert_eq!(refusal.reason(), "SITE_UNKNOWN");
    });
}

#[test]
fn only_open_sites_are_listed_when_only_those_are_asked_for() {
    on_every_store(async |world| {
        world.create("S").await;
        world.add_site("S", "1").await;
        let mut open = add_site("S", "2");
        open.status = Some(Status::Open.into());
        world.portfolio.add_site(&manager(), open).await.unwrap();
        let request = ListSitesRequest {
            study_oid: "S".into(),
            status: Some(Status::Open.into()),
            ..ListSitesRequest::default()
        };
        assert_eq!(sites(&world, request).await.0, ["2"]);
    });
}

#[test]
fn who_manages_one_site_changes_no_other() {
    on_every_store(async |world| {
        world.create("S").await;
        world.add_site("S", "1").await;
        world.add_site("S", "2").await;
        let own = vec![grant(Role::InstitutionManager, Some("S"), Some("1"))];
        let manager = somebody("of.one", own);
        let mut change = update_site("S", "1", 1);
        change.department = Some("Neurology".into());
        world.portfolio.update_site(&manager, change.clone()).await.unwrap();
        change.site_oid = "2".into();
        let refusal = world.portfolio.update_site(&manager, change).await.unwrap_err();
        assert_eq!(refusal.reason(), "NOT_PERMITTED");
        let refusal = world.portfolio.add_site(&manager, add_site("S", "3")).await.unwrap_err();
        assert_eq!(refusal.reason(), "NOT_PERMITTED");
    });
}
