//! Programs: API keys, client credentials, and what their bearers may not do.

use crate::world::{STUDY, World, anonymous, grant, here, on_every_store, reason};
use contract::{Act, Context, Role, Scope, identity::v1 as p};

fn key(label: &str) -> p::CreateApiKeyRequest {
    p::CreateApiKeyRequest { label: label.to_owned(), ..p::CreateApiKeyRequest::default() }
}

async fn keys(world: &World, context: &Context) -> Vec<p::ApiKey> {
    let request = p::ListApiKeysRequest { username: None };
    world.service.list_api_keys(context, request).await.unwrap().api_keys
}

#[test]
fn a_key_is_shown_once_and_kept_as_its_hash() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[here(Role::Monitor)]).await;
        let made = world.service.create_api_key(&one, key("nightly")).await.unwrap();
        assert!(!format!("{made:?}").contains(&made.key));
        let about = made.api_key.unwrap();
        assert!(made.key.starts_with(&about.key_id) && about.key_id.starts_with("cbk_"));
        assert!(!world.everything().await.contains(&made.key));
        let bearer = world.bearer(&made.key).await.unwrap();
        assert_eq!((bearer.caller.user.as_str(), bearer.caller.session), ("one", None));
        assert_eq!(reason(world.bearer(&made.key.replace("cbk", "cbs")).await), "UNAUTHENTICATED");
    });
}

#[test]
fn a_key_reaches_no_further_than_its_scopes_and_its_owner() {
    on_every_store(async |world| {
        let grants = [grant(Role::DataManager, None, None)];
        let one = world.somebody("one", &grants).await;
        let request = p::CreateApiKeyRequest {
            acts: vec!["read_data".to_owned(), "manage_users".to_owned()],
            study_oids: vec![STUDY.to_owned()],
            ..key("reader")
        };
        let made = world.service.create_api_key(&one, request).await.unwrap();
        let caller = world.bearer(&made.key).await.unwrap().caller;
        assert!(caller.permit(Act::ReadData, Scope::study_wide(STUDY)).is_ok());
        assert!(caller.permit(Act::ReadData, Scope::study_wide("S2")).is_err());
        assert!(caller.permit(Act::LockData, Scope::study_wide(STUDY)).is_err());
        assert!(caller.permit(Act::ManageUsers, Scope::study_wide(STUDY)).is_err());
        let unknown = p::CreateApiKeyRequest { acts: vec!["all".to_owned()], ..key("x") };
        let refused = world.service.create_api_key(&one, unknown).await;
        assert_eq!(reason(refused), "INVALID_ARGUMENT");
    });
}

#[test]
fn a_key_makes_no_keys_and_changes_no_account() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let made = world.service.create_api_key(&one, key("nightly")).await.unwrap();
        let bearer = world.bearer(&made.key).await.unwrap();
        let again = world.service.create_api_key(&bearer, key("another")).await;
        assert_eq!(reason(again), "SESSION_NEEDED");
        let enrol = p::EnrolTotpRequest { password: String::new() };
        assert_eq!(reason(world.service.enrol_totp(&bearer, enrol).await), "SESSION_NEEDED");
        let out = world.service.log_out(&bearer, p::LogOutRequest {}).await;
        assert_eq!(reason(out), "SESSION_NEEDED");
    });
}

#[test]
fn a_rotated_key_stays_good_for_the_overlap_and_a_revoked_one_does_not() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let old = world.service.create_api_key(&one, key("nightly")).await.unwrap();
        let key_id = old.api_key.unwrap().key_id;
        let request = p::RotateApiKeyRequest {
            key_id: key_id.clone(),
            username: None,
            overlap_seconds: Some(600),
        };
        let new = world.service.rotate_api_key(&one, request.clone()).await.unwrap();
        let again = world.service.rotate_api_key(&one, request).await;
        assert_eq!(reason(again), "KEY_REPLACED");
        world.wait(599);
        world.bearer(&old.key).await.unwrap();
        world.bearer(&new.key).await.unwrap();
        world.wait(1);
        assert_eq!(reason(world.bearer(&old.key).await), "UNAUTHENTICATED");
        let key_id = new.api_key.unwrap().key_id;
        let request = p::RevokeApiKeyRequest { key_id, username: None };
        world.service.revoke_api_key(&one, request).await.unwrap();
        assert_eq!(reason(world.bearer(&new.key).await), "UNAUTHENTICATED");
        assert_eq!(keys(&world, &one).await, []);
    });
}

#[test]
fn the_use_of_a_key_is_written_seldom_however_often_it_is_used() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let made = world.service.create_api_key(&one, key("nightly")).await.unwrap();
        for _ in 0..100 {
            world.wait(12);
            world.bearer(&made.key).await.unwrap();
        }
        let kinds = world.kinds("user", "one").await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "ApiKeyUsed").count(), 2);
        assert!(keys(&world, &one).await[0].last_used_at.is_some());
        world.wait(90 * 24 * 3600);
        assert_eq!(reason(world.bearer(&made.key).await), "UNAUTHENTICATED", "it has an end");
    });
}

fn token(secret: &str, scope: Option<&str>) -> p::IssueTokenRequest {
    p::IssueTokenRequest {
        grant_type: "client_credentials".to_owned(),
        client_id: "robot".to_owned(),
        client_secret: secret.to_owned(),
        scope: scope.map(str::to_owned),
    }
}

async fn robot(world: &World) -> String {
    let admin = world.session("admin").await;
    let request = p::CreateServiceAccountRequest {
        username: "robot".to_owned(),
        full_name: "Lab import".to_owned(),
        grants: vec![p::RoleGrant {
            role: p::Role::ServiceAccount.into(),
            study_oid: Some(STUDY.to_owned()),
            ..p::RoleGrant::default()
        }],
    };
    world.service.create_service_account(&admin, request).await.unwrap().client_secret
}

#[test]
fn a_program_gets_a_token_for_its_secret_with_the_scope_it_asks_for() {
    on_every_store(async |world| {
        let secret = robot(&world).await;
        let request = token(&secret, Some("import_data study:S1"));
        let issued = world.service.issue_token(&anonymous(), request).await.unwrap();
        assert_eq!((issued.token_type.as_str(), issued.expires_in), ("Bearer", 600));
        assert_eq!(issued.scope.as_deref(), Some("import_data study:S1"));
        let caller = world.bearer(&issued.access_token).await.unwrap().caller;
        assert!(caller.permit(Act::ImportData, Scope::study_wide(STUDY)).is_ok());
        assert!(caller.permit(Act::ExportData, Scope::study_wide(STUDY)).is_err());
        world.wait(600);
        assert_eq!(reason(world.bearer(&issued.access_token).await), "UNAUTHENTICATED");

        let wrong = "cbc_".to_owned() + &"0".repeat(64);
        for request in [token(&wrong, None), token("", None), token(&issued.access_token, None)] {
            let refused = world.service.issue_token(&anonymous(), request).await;
            assert_eq!(reason(refused), "INVALID_CLIENT");
        }
        let by_password = world.log_in("robot", &secret, None).await;
        assert_eq!(reason(by_password), "UNAUTHENTICATED", "a program has no password");
        assert!(!world.everything().await.contains(&secret));
    });
}

#[test]
fn a_rotated_secret_stays_good_for_the_overlap_only() {
    on_every_store(async |world| {
        let old = robot(&world).await;
        let admin = world.session("admin").await;
        let (username, overlap_seconds) = ("robot".to_owned(), Some(60));
        let request = p::RotateClientSecretRequest { username, overlap_seconds };
        let new = world.service.rotate_client_secret(&admin, request).await.unwrap().client_secret;
        let issue = |secret: &str| {
            let request = token(secret, None);
            let service = world.service.clone();
            async move { service.issue_token(&anonymous(), request).await }
        };
        issue(&old).await.unwrap();
        world.wait(60);
        assert_eq!(reason(issue(&old).await), "INVALID_CLIENT");
        issue(&new).await.unwrap();
    });
}
