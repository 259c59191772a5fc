//! Accounts begin by invitation or by oneself, and passwords are changed and reset.

use crate::world::{
    OTHER_PASSWORD, PASSWORD, STUDY, anonymous, grant, here, on_every_store, reason, with,
};
use contract::{Role, identity::v1 as p};
use identity::Settings;

fn register(name: &str, password: &str) -> p::RegisterUserRequest {
    let (username, password) = (name.to_owned(), password.to_owned());
    p::RegisterUserRequest { username, password, full_name: None, email: None }
}

fn invite(name: &str) -> p::InviteUserRequest {
    p::InviteUserRequest {
        username: name.to_owned(),
        full_name: "Li Na".to_owned(),
        email: format!("{name}@site.example"),
        grants: vec![p::RoleGrant {
            role: p::Role::Coordinator.into(),
            study_oid: Some(STUDY.to_owned()),
            ..p::RoleGrant::default()
        }],
    }
}

#[test]
fn nobody_registers_unless_it_is_switched_on() {
    on_every_store(async |world| {
        let request = register("li.na", PASSWORD);
        let refused = world.service.register_user(&anonymous(), request).await;
        assert_eq!(reason(refused), "REGISTRATION_OFF");
    });
}

#[test]
fn who_registers_has_no_role_and_a_name_of_his_own() {
    let open = || Settings { registration: true, ..Settings::default() };
    with(open, async |world| {
        let request = register("li.na", PASSWORD);
        let user = world.service.register_user(&anonymous(), request.clone()).await.unwrap();
        assert_eq!(user.user.unwrap().grants, []);
        assert!(world.session("li.na").await.caller.grants.is_empty());
        let again = world.service.register_user(&anonymous(), request).await;
        assert_eq!(reason(again), "USER_EXISTS");
        for weak in ["short", "password123456", "zhaozhaozhao1"] {
            let request = register("zhao", weak);
            let refused = world.service.register_user(&anonymous(), request).await.unwrap_err();
            assert_eq!(refused.violations()[0].field, "password", "{weak}");
        }
    });
}

#[test]
fn an_invitation_sets_the_first_password_once() {
    on_every_store(async |world| {
        let admin = world.session("admin").await;
        let invited = world.service.invite_user(&admin, invite("li.na")).await.unwrap();
        let token = world.mail.token(1).await;
        assert!(!format!("{invited:?}").contains(&token), "the token is in the message only");
        assert!(!world.everything().await.contains(&token), "what is stored is its hash");

        let request = p::AcceptInvitationRequest { token, password: PASSWORD.to_owned() };
        let accepted = world.service.accept_invitation(&anonymous(), request.clone()).await;
        assert_eq!(accepted.unwrap().user.unwrap().username, "li.na");
        let again = world.service.accept_invitation(&anonymous(), request).await;
        assert_eq!(reason(again), "UNAUTHENTICATED");
        assert_eq!(world.session("li.na").await.caller.grants[0].role, Role::Coordinator);
        let second = world.service.invite_user(&admin, invite("li.na")).await;
        assert_eq!(reason(second), "USER_EXISTS");
    });
}

#[test]
fn an_invitation_that_is_too_old_is_sent_again() {
    on_every_store(async |world| {
        let admin = world.session("admin").await;
        world.service.invite_user(&admin, invite("li.na")).await.unwrap();
        let old = world.mail.token(1).await;
        world.wait(7 * 24 * 3600);
        let accept = |token: &str| p::AcceptInvitationRequest {
            token: token.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let refused = world.service.accept_invitation(&anonymous(), accept(&old)).await;
        assert_eq!(reason(refused), "UNAUTHENTICATED");

        let admin = world.session("admin").await;
        world.service.invite_user(&admin, invite("li.na")).await.unwrap();
        let new = world.mail.token(2).await;
        let refused = world.service.accept_invitation(&anonymous(), accept(&old)).await;
        assert_eq!(reason(refused), "UNAUTHENTICATED");
        world.service.accept_invitation(&anonymous(), accept(&new)).await.unwrap();
    });
}

#[test]
fn a_reset_answers_the_same_for_everybody_and_ends_all_sessions() {
    on_every_store(async |world| {
        let admin = world.session("admin").await;
        world.service.invite_user(&admin, invite("li.na")).await.unwrap();
        let token = world.mail.token(1).await;
        let request = p::AcceptInvitationRequest { token, password: PASSWORD.to_owned() };
        world.service.accept_invitation(&anonymous(), request).await.unwrap();
        let session = world.log_in("li.na", PASSWORD, None).await.unwrap().token;

        let ask = |name: &str| {
            let request = p::RequestPasswordResetRequest { username: name.to_owned() };
            let service = world.service.clone();
            async move { service.request_password_reset(&anonymous(), request).await.unwrap() }
        };
        assert_eq!(ask("li.na").await, ask("nobody").await);
        assert_eq!(ask("li.na").await, ask("admin").await, "who has no address gets nothing");
        let token = world.mail.token(2).await;
        assert_eq!(world.mail.messages()[1].to, "li.na@site.example");

        let new_password = OTHER_PASSWORD.to_owned();
        let request = p::ResetPasswordRequest { token, new_password };
        world.service.reset_password(&anonymous(), request.clone()).await.unwrap();
        assert_eq!(reason(world.bearer(&session).await), "UNAUTHENTICATED");
        assert_eq!(reason(world.log_in("li.na", PASSWORD, None).await), "UNAUTHENTICATED");
        world.log_in("li.na", OTHER_PASSWORD, None).await.unwrap();
        let again = world.service.reset_password(&anonymous(), request).await;
        assert_eq!(reason(again), "UNAUTHENTICATED");

        ask("li.na").await;
        assert_eq!(world.mail.messages().len(), 2, "no second message within five minutes");
        world.wait(5 * 60);
        ask("li.na").await;
        assert_ne!(world.mail.token(3).await, "", "a message after five minutes");
        assert_eq!(world.mail.messages().len(), 3, "and only one for all that was asked before");
    });
}

#[test]
fn others_are_there_only_for_who_shares_a_study_and_a_site() {
    on_every_store(async |world| {
        let monitor = world.somebody("mon", &[here(Role::Monitor)]).await;
        world.add("crc", &[here(Role::Coordinator), grant(Role::Monitor, Some("S2"), None)]).await;
        world.add("far", &[grant(Role::Coordinator, Some("S2"), None)]).await;
        let get = |name: &str| {
            let request = p::GetUserRequest { username: name.to_owned() };
            world.service.get_user(&monitor, request)
        };
        let colleague = get("crc").await.unwrap().user.unwrap();
        assert_eq!(colleague.full_name, "The crc");
        assert_eq!(colleague.grants.len(), 1, "not what he is elsewhere");
        assert_eq!((colleague.email, colleague.last_log_in_at), (None, None));
        let hidden = get("far").await.unwrap_err();
        world.add("next.door", &[grant(Role::Coordinator, Some(STUDY), Some("202"))]).await;
        assert_eq!(get("next.door").await.unwrap_err().reason(), "USER_UNKNOWN");
        world.add("sponsor", &[grant(Role::DataManager, Some(STUDY), None)]).await;
        assert_eq!(get("sponsor").await.unwrap().user.unwrap().grants.len(), 1);
        let absent = get("nobody").await.unwrap_err();
        assert_eq!(hidden.reason(), "USER_UNKNOWN");
        assert_eq!(hidden.message().replace("far", "nobody"), absent.message());
        assert!(get("mon").await.unwrap().user.unwrap().last_log_in_at.is_some());
    });
}

#[test]
fn the_caller_learns_who_he_is() {
    on_every_store(async |world| {
        let monitor = world.somebody("mon", &[here(Role::Monitor)]).await;
        let answer = world.service.get_caller(&monitor, p::GetCallerRequest {}).await.unwrap();
        assert_eq!(answer.authentication, "token");
        assert!(answer.session_id.unwrap().starts_with("ses_"));
        let user = answer.user.unwrap();
        assert_eq!((user.username.as_str(), user.grants.len()), ("mon", 1));
        assert_eq!(user.grants[0].granted_by, "casebook");
    });
}

#[test]
fn a_password_is_changed_only_with_the_old_one() {
    on_every_store(async |world| {
        let monitor = world.somebody("mon", &[here(Role::Monitor)]).await;
        let change = |old: &str, new: &str| {
            let (old_password, new_password) = (old.to_owned(), new.to_owned());
            let request = p::ChangePasswordRequest { old_password, new_password };
            world.service.change_password(&monitor, request)
        };
        assert_eq!(
            reason(change("not the old one at all", OTHER_PASSWORD).await),
            "UNAUTHENTICATED"
        );
        assert_eq!(reason(change(PASSWORD, "short").await), "INVALID_ARGUMENT");
        change(PASSWORD, OTHER_PASSWORD).await.unwrap();
        world.log_in("mon", OTHER_PASSWORD, None).await.unwrap();
    });
}
