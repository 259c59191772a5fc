//! The audit trail of access, read back: decisions of a day, and what happened to a user.

use crate::world::{World, grant, here, on_every_store, reason};
use contract::{AccessJournal as _, Act, Context, Role, Scope, identity::v1 as p};

const DAY: &str = "2026-03-02";

async fn decisions(world: &World, by: &Context, page_size: i32) -> Vec<p::AccessEntry> {
    let mut request =
        p::ListAccessRequest { day: DAY.to_owned(), page_size: Some(page_size), page_token: None };
    let mut all = Vec::new();
    loop {
        let page = world.service.list_access(by, request.clone()).await.unwrap();
        all.extend(page.entries);
        request.page_token = page.next_page_token;
        if request.page_token.is_none() {
            return all;
        }
    }
}

#[test]
fn what_was_refused_and_what_was_read_comes_back_newest_first_page_by_page() {
    on_every_store(async |world| {
        let auditor = world.somebody("auditor", &[grant(Role::Auditor, None, None)]).await;
        let one = world.somebody("one", &[here(Role::Monitor)]).await;
        for site in ["101", "102", "103"] {
            let scope = Scope::at_site("S1", site);
            let error = one.caller.permit(Act::LockData, scope).unwrap_err();
            world.identity.refused("one", &error).await;
        }
        for page_size in [1, 2, 100] {
            let told = decisions(&world, &auditor, page_size).await;
            let sites: Vec<_> = told.iter().filter_map(|one| one.site_oid.as_deref()).collect();
            assert_eq!(sites, ["103", "102", "101"], "{page_size} at a time");
            assert_eq!(told[0].kind, "PermissionRefused");
            assert_eq!((told[0].username.as_deref(), told[0].count), (Some("one"), 1));
            assert_eq!(told[0].act.as_deref(), Some("lock_data"));
        }
        let request = p::ListAccessRequest { day: "2026-02-30".to_owned(), ..Default::default() };
        let wrong = world.service.list_access(&auditor, request).await.unwrap_err();
        assert_eq!(wrong.violations()[0].field, "day");
        let request = p::ListAccessRequest { day: DAY.to_owned(), ..Default::default() };
        assert_eq!(reason(world.service.list_access(&one, request).await), "NOT_PERMITTED");
    });
}

#[test]
fn the_trail_of_a_user_tells_log_ins_failures_and_roles_and_nothing_secret() {
    on_every_store(async |world| {
        let auditor = world.somebody("auditor", &[grant(Role::Auditor, None, None)]).await;
        world.somebody("one", &[here(Role::Monitor)]).await;
        assert!(world.log_in("one", "not this password", None).await.is_err());
        let request =
            p::ListUserEntriesRequest { username: "one".to_owned(), ..Default::default() };
        let told = world.service.list_user_entries(&auditor, request).await.unwrap().entries;
        let kinds: Vec<&str> = told.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(kinds.first(), Some(&"LogInFailed"), "{kinds:?}");
        assert_eq!(kinds.last(), Some(&"UserCreated"), "{kinds:?}");
        let granted = told.iter().find(|one| one.kind == "RoleGranted").unwrap();
        assert_eq!(granted.about.as_deref(), Some("monitor S1 101"));
        let text = format!("{told:?}");
        assert!(!text.contains("argon2") && !text.contains("sha256"), "{text}");
        let request = p::ListUserEntriesRequest { username: "nobody".into(), ..Default::default() };
        let unknown = world.service.list_user_entries(&auditor, request).await;
        assert_eq!(reason(unknown), "USER_UNKNOWN");
    });
}
