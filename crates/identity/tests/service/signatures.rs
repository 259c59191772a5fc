//! Electronic signatures, identity's part (21 CFR Part 11).

use crate::world::{OTHER_PASSWORD, PASSWORD, World, here, on_every_store, reason, system};
use contract::{Context, Error, Role, identity::v1 as p};

const CONTENT: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
const OTHER_CONTENT: &str = "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9";

fn all_components() -> p::AuthorizeSignatureRequest {
    p::AuthorizeSignatureRequest {
        content_sha256: CONTENT.to_owned(),
        meaning: "approval".to_owned(),
        password: PASSWORD.to_owned(),
        username: Some("pi".to_owned()),
        code: None,
    }
}

async fn investigator(world: &World) -> Context {
    world.somebody("pi", &[here(Role::Investigator)]).await
}

async fn ticket(world: &World, context: &Context) -> String {
    world.service.authorize_signature(context, all_components()).await.unwrap().ticket
}

async fn redeem(
    world: &World,
    ticket: &str,
    content: &str,
    id: &str,
) -> Result<p::RedeemSignatureResponse, Error> {
    let request = p::RedeemSignatureRequest {
        ticket: ticket.to_owned(),
        content_sha256: content.to_owned(),
        username: "pi".to_owned(),
        signing_id: id.to_owned(),
    };
    world.service.redeem_signature(&system(), request).await
}

#[test]
fn the_first_signature_of_a_session_takes_all_components_a_later_one_the_password() {
    on_every_store(async |world| {
        let pi = investigator(&world).await;
        let only_password = || p::AuthorizeSignatureRequest { username: None, ..all_components() };
        let first = world.service.authorize_signature(&pi, only_password()).await;
        assert_eq!(reason(first), "COMPONENTS_NEEDED");
        let other =
            p::AuthorizeSignatureRequest { username: Some("mon".to_owned()), ..all_components() };
        let refused = world.service.authorize_signature(&pi, other).await;
        assert_eq!(reason(refused), "COMPONENTS_NEEDED", "nobody signs for another");
        ticket(&world, &pi).await;
        world.service.authorize_signature(&pi, only_password()).await.unwrap();
        let wrong =
            p::AuthorizeSignatureRequest { password: OTHER_PASSWORD.to_owned(), ..only_password() };
        let refused = world.service.authorize_signature(&pi, wrong).await;
        assert_eq!(reason(refused), "UNAUTHENTICATED");
        let another_session = world.session("pi").await;
        let first = world.service.authorize_signature(&another_session, only_password()).await;
        assert_eq!(reason(first), "COMPONENTS_NEEDED");
    });
}

#[test]
fn a_ticket_signs_what_it_was_given_for_and_only_once() {
    on_every_store(async |world| {
        let pi = investigator(&world).await;
        let ticket = ticket(&world, &pi).await;
        assert_eq!(reason(redeem(&world, &ticket, OTHER_CONTENT, "a").await), "TICKET_REFUSED");
        let signed = redeem(&world, &ticket, CONTENT, "a").await.unwrap();
        assert_eq!((signed.signer.as_str(), signed.printed_name.as_str()), ("pi", "The pi"));
        assert_eq!(signed.meaning, "approval");
        let at_ms = signed.authorized_at.unwrap().as_millisecond();
        assert_eq!(at_ms, world.clock.now().as_millisecond());
        assert_eq!(redeem(&world, &ticket, CONTENT, "a").await.unwrap(), signed, "repeated");
        assert_eq!(reason(redeem(&world, &ticket, CONTENT, "b").await), "TICKET_SPENT");
        assert!(!world.everything().await.contains(&ticket));
    });
}

#[test]
fn a_ticket_is_good_for_two_minutes_and_for_its_owner() {
    on_every_store(async |world| {
        let pi = investigator(&world).await;
        let ticket = ticket(&world, &pi).await;
        world.add("sub", &[here(Role::Investigator)]).await;
        let request = p::RedeemSignatureRequest {
            ticket: ticket.clone(),
            content_sha256: CONTENT.to_owned(),
            username: "sub".to_owned(),
            signing_id: "a".to_owned(),
        };
        let stolen = world.service.redeem_signature(&system(), request.clone()).await;
        assert_eq!(reason(stolen), "TICKET_REFUSED");
        let by_user = world.service.redeem_signature(&pi, request).await;
        assert_eq!(reason(by_user), "NOT_PERMITTED", "only services redeem");
        world.wait(120);
        assert_eq!(reason(redeem(&world, &ticket, CONTENT, "a").await), "TICKET_REFUSED");
    });
}

#[test]
fn a_signature_states_a_meaning_and_names_a_content() {
    on_every_store(async |world| {
        let pi = investigator(&world).await;
        let silent = p::AuthorizeSignatureRequest { meaning: " ".to_owned(), ..all_components() };
        let vague =
            p::AuthorizeSignatureRequest { content_sha256: "abc".to_owned(), ..all_components() };
        for (request, field) in [(silent, "meaning"), (vague, "contentSha256")] {
            let refused = world.service.authorize_signature(&pi, request).await.unwrap_err();
            assert_eq!(refused.violations()[0].field, field);
        }
    });
}
