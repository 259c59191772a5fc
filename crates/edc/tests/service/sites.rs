//! Sites are added to a study, opened and closed.

use contract::{
    Code, Context, Error,
    build::v1::{
        AddSiteRequest, ChangeSiteStatusRequest, change_site_status_request::Status as Wanted,
    },
    edc::v1::{ListSitesRequest, Site, site::Status},
};

use crate::world::{STUDY, World, coordinator, designer, on_every_store, save, unique, value};

fn adding(site: &str) -> AddSiteRequest {
    AddSiteRequest {
        study_oid: STUDY.into(),
        site_oid: site.into(),
        name: [("zh".to_owned(), "成都医院".to_owned())].into(),
        time_zone: "Asia/Shanghai".into(),
        country: Some("CHN".into()),
        reason: Some("approved".into()),
        request_id: Some(unique("site")),
    }
}

async fn turn(world: &World, site: &str, status: Wanted) -> Result<(), Error> {
    let request = ChangeSiteStatusRequest {
        study_oid: STUDY.into(),
        site_oid: site.into(),
        status: status.into(),
        reason: "enough participants".into(),
        request_id: None,
    };
    world.build.change_site_status(&designer(), request).await.map(|_| ())
}

pub async fn close(world: &World, site: &str) {
    turn(world, site, Wanted::Closed).await.unwrap();
}

async fn site(world: &World, oid: &str) -> Option<Site> {
    let request = ListSitesRequest { study_oid: STUDY.into(), ..ListSitesRequest::default() };
    let sites = world.edc.list_sites(&designer(), request).await.unwrap().sites;
    sites.into_iter().find(|site| site.site_oid == oid)
}

async fn refused(world: &World, context: &Context, request: AddSiteRequest) -> Error {
    world.build.add_site(context, request).await.unwrap_err()
}

#[test]
fn a_site_is_added_once_screens_and_when_closed_screens_no_more() {
    on_every_store(async |world| {
        let request = adding("028");
        world.build.add_site(&designer(), request.clone()).await.unwrap();
        world.build.add_site(&designer(), request).await.unwrap();
        let added = site(&world, "028").await.unwrap();
        assert_eq!(added.status, i32::from(Status::Active));
        assert_eq!((&*added.name["zh"], &*added.time_zone), ("成都医院", "Asia/Shanghai"));
        let again = refused(&world, &designer(), adding("028")).await;
        assert_eq!((again.code(), again.reason()), (Code::InvalidArgument, "INVALID_ARGUMENT"));

        let subject = world.screen_at("028", "").await.unwrap().subject_key;
        close(&world, "028").await;
        assert_eq!(site(&world, "028").await.unwrap().status, i32::from(Status::Closed));
        let closed = world.screen_at("028", "").await.unwrap_err();
        assert_eq!(closed.reason(), "SITE_NOT_ACTIVE");
        let weight = || save(&subject, "SE.SCR/F.VS", 0, &[value("IG.VS/I.WEIGHT", "70")]);
        assert_eq!(world.send(weight()).await.unwrap_err().reason(), "SITE_NOT_ACTIVE");
        turn(&world, "028", Wanted::Active).await.unwrap();
        world.send(weight()).await.unwrap();
        world.screen_at("028", "").await.unwrap();
        assert_eq!(site(&world, "028").await.unwrap().subject_count, 2);
    });
}

#[test]
fn of_two_who_add_the_same_site_at_once_one_is_told_that_it_is_there() {
    on_every_store(async |world| {
        let (by, too) = (designer(), designer());
        let (one, other) = tokio::join!(
            world.build.add_site(&by, adding("028")),
            world.build.add_site(&too, adding("028"))
        );
        let refused = if one.is_ok() { other } else { one };
        assert_eq!(refused.unwrap_err().violations()[0].field, "siteOid");
    });
}

#[test]
fn what_a_site_lacks_is_said_field_by_field_and_only_who_publishes_adds_it() {
    on_every_store(async |world| {
        let bad = AddSiteRequest {
            site_oid: "a/b".into(),
            name: [("en".to_owned(), " ".to_owned())].into(),
            time_zone: "Beijing".into(),
            country: Some("China".into()),
            ..adding("029")
        };
        let error = refused(&world, &designer(), bad).await;
        let fields: Vec<&str> = error.violations().iter().map(|one| &*one.field).collect();
        assert_eq!(fields, ["siteOid", "name", "timeZone", "country"]);
        let denied = refused(&world, &coordinator(), adding("029")).await;
        assert_eq!(denied.code(), Code::PermissionDenied);
        assert!(site(&world, "029").await.is_none());
        let unknown = turn(&world, "029", Wanted::Closed).await.unwrap_err();
        assert_eq!(unknown.reason(), "SITE_UNKNOWN");
    });
}
