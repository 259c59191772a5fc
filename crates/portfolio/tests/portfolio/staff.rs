//! Who works on a study, and until when.

use contract::portfolio::v1::{ListStaffRequest, StaffFunction};

use crate::world::{World, assign, assign_at, instant, manager, nobody, on_every_store};

const LATER: &str = "2026-06-01T00:00:00Z";

#[test]
fn work_begins_and_ends_on_its_dates() {
    on_every_store(async |world| {
        world.create("S").await;
        let mut request = assign("S", "li.na");
        request.from = Some(instant("2026-04-01T00:00:00Z"));
        request.until = Some(instant(LATER));
        world.assign(request).await.unwrap();
        assert!(world.listed(&nobody("li.na")).await.is_empty(), "not yet");
        world.clock.set("2026-04-01T00:00:00Z");
        assert_eq!(world.listed(&nobody("li.na")).await, ["S"]);
        world.clock.set(LATER);
        assert!(world.listed(&nobody("li.na")).await.is_empty(), "no longer");
        assert!(world.staff("S", false).await.is_empty());
        assert_eq!(world.staff("S", true).await.len(), 1);
    });
}

#[test]
fn assigning_the_same_again_changes_nothing() {
    on_every_store(async |world| {
        world.create("S").await;
        let first = world.assign(assign("S", "li.na")).await.unwrap();
        world.clock.set(LATER);
        assert_eq!(world.assign(assign("S", "li.na")).await.unwrap(), first);
        assert_eq!(world.kinds("S").await, ["StudyCreated", "StaffAssigned"]);
    });
}

#[test]
fn dates_change_only_with_a_reason() {
    on_every_store(async |world| {
        world.create("S").await;
        world.assign(assign("S", "li.na")).await.unwrap();
        let mut request = assign("S", "li.na");
        request.until = Some(instant(LATER));
        assert_eq!(world.assign(request.clone()).await.unwrap_err().reason(), "REASON_MISSING");
        request.reason = Some("maternity leave".into());
        let changed = world.assign(request.clone()).await.unwrap();
        assert_eq!(changed.until, Some(instant(LATER)));
        request.until = Some(instant("2026-01-01T00:00:00Z"));
        assert_eq!(world.assign(request).await.unwrap_err().violations()[0].field, "until");
        assert_eq!(world.staff("S", true).await, [changed]);
    });
}

#[test]
fn whoever_is_removed_sees_the_study_no_more() {
    on_every_store(async |world| {
        world.create("S").await;
        world.assign(assign("S", "li.na")).await.unwrap();
        world.clock.set(LATER);
        let ended = world.remove("S", "li.na").await.unwrap().unwrap();
        assert_eq!(ended.until, Some(instant(LATER)));
        assert!(world.listed(&nobody("li.na")).await.is_empty());
        assert_eq!(world.remove("S", "li.na").await.unwrap_err().reason(), "STAFF_UNKNOWN");
        let entries = world.entries("S").await;
        assert_eq!(entries[2].2.as_deref(), Some("left the company"));
        world.clock.set("2026-07-01T00:00:00Z");
        world.assign(assign("S", "li.na")).await.unwrap();
        assert_eq!(world.staff("S", true).await.len(), 2, "the earlier time is kept");
        assert_eq!(world.listed(&nobody("li.na")).await, ["S"]);
    });
}

#[test]
fn work_that_had_not_begun_leaves_nothing_when_it_is_removed() {
    on_every_store(async |world| {
        world.create("S").await;
        let mut request = assign("S", "li.na");
        request.from = Some(instant(LATER));
        world.assign(request).await.unwrap();
        assert_eq!(world.remove("S", "li.na").await.unwrap(), None);
        assert!(world.staff("S", true).await.is_empty());
        assert!(world.service.verify_views().await.unwrap().faults.is_empty());
    });
}

#[test]
fn nobody_is_assigned_to_what_is_not_there() {
    on_every_store(async |world| {
        assert_eq!(world.assign(assign("S", "a")).await.unwrap_err().reason(), "STUDY_UNKNOWN");
        world.create("S").await;
        let refusal = world.assign(assign_at("S", "a", "701")).await.unwrap_err();
        assert_eq!(refusal.reason(), "SITE_UNKNOWN");
        let mut request = assign("S", "Wang Fang");
        request.function = StaffFunction::Unspecified.into();
        let refusal = world.assign(request).await.unwrap_err();
        let named: Vec<&str> = refusal.violations().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(named, ["user", "function"]);
        assert_eq!(world.kinds("S").await, ["StudyCreated"]);
    });
}

#[test]
fn staff_are_listed_page_by_page() {
    on_every_store(async |world| {
        world.create("S").await;
        world.add_site("S", "1").await;
        for user in ["c", "a", "b"] {
            world.assign(assign("S", user)).await.unwrap();
        }
        world.assign(assign_at("S", "a", "1")).await.unwrap();
        let mut request = ListStaffRequest { study_oid: "S".into(), ..Default::default() };
        request.page_size = Some(3);
        let first = page(&world, &request).await;
        assert_eq!(first.0, ["a@-", "a@1", "b@-"]);
        request.page_token = first.1;
        assert_eq!(page(&world, &request).await, (vec!["c@-".to_owned()], None));
        let at_one = ListStaffRequest {
            study_oid: "S".into(),
            site_oid: Some("1".into()),
            ..Default::default()
        };
        assert_eq!(page(&world, &at_one).await.0, ["a@1"]);
    });
}

async fn page(world: &World, request: &ListStaffRequest) -> (Vec<String>, Option<String>) {
    let answer = world.portfolio.list_staff(&manager(), request.clone()).await.unwrap();
    let told = answer.staff.iter().map(|one| {
        let site = one.site_oid.as_deref().unwrap_or("-");
        format!("{}@{site}", one.user)
    });
    (told.collect(), answer.next_page_token)
}
