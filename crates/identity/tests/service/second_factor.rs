//! The second factor: enrolled, asked for, not replayed, and replaced by recovery codes.

use crate::world::{OTHER_PASSWORD, PASSWORD, World, on_every_store, reason, system};
use contract::{Authenticator as _, Context, Credentials, identity::v1 as p};
use totp_rs::TOTP;

async fn enrol(world: &World, context: &Context) -> (TOTP, Vec<String>) {
    let request = p::EnrolTotpRequest { password: PASSWORD.to_owned() };
    let enrolment = world.service.enrol_totp(context, request).await.unwrap();
    let totp = TOTP::from_url(&enrolment.otpauth_uri).unwrap();
    assert_eq!(totp.get_secret_base32(), enrolment.secret);
    let request = p::ConfirmTotpRequest { code: code(world, &totp) };
    let confirmed = world.service.confirm_totp(context, request).await.unwrap();
    (totp, confirmed.recovery_codes)
}

fn code(world: &World, totp: &TOTP) -> String {
    totp.generate(u64::try_from(world.clock.now().as_second()).unwrap())
}

#[test]
fn who_has_a_second_factor_needs_it_through_every_door() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (totp, _) = enrol(&world, &one).await;
        assert_eq!(reason(world.log_in("one", PASSWORD, None).await), "CODE_NEEDED");
        let wrong = world.log_in("one", "not this password", None).await;
        assert_eq!(reason(wrong), "UNAUTHENTICATED", "only who has the password learns of it");
        let basic = Credentials::Password { user: "one".to_owned(), password: PASSWORD.to_owned() };
        assert_eq!(reason(world.identity.authenticate(basic).await), "CODE_NEEDED");
        world.wait(30);
        let answer = world.log_in("one", PASSWORD, Some(&code(&world, &totp))).await.unwrap();
        assert_eq!(answer.session.unwrap().method, "password+totp");
        assert!(answer.user.unwrap().has_totp);
    });
}

#[test]
fn a_code_is_good_once_and_for_a_minute_around_its_time() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (totp, _) = enrol(&world, &one).await;
        let used = code(&world, &totp);
        assert_eq!(reason(world.log_in("one", PASSWORD, Some(&used)).await), "UNAUTHENTICATED");
        world.wait(60);
        let late = code(&world, &totp);
        world.wait(30);
        world.log_in("one", PASSWORD, Some(&late)).await.unwrap();
        assert_eq!(reason(world.log_in("one", PASSWORD, Some(&late)).await), "UNAUTHENTICATED");
        let too_old = code(&world, &totp);
        world.wait(60);
        assert_eq!(reason(world.log_in("one", PASSWORD, Some(&too_old)).await), "UNAUTHENTICATED");
    });
}

#[test]
fn a_recovery_code_is_good_once_and_renewed_ones_replace_the_old() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (_, codes) = enrol(&world, &one).await;
        assert_eq!(codes.len(), 10);
        let typed = codes[0].to_uppercase().replace('-', " ");
        let answer = world.log_in("one", PASSWORD, Some(&typed)).await.unwrap();
        assert_eq!(answer.session.unwrap().method, "password+recovery_code");
        let again = world.log_in("one", PASSWORD, Some(&codes[0])).await;
        assert_eq!(reason(again), "UNAUTHENTICATED");

        let (password, code) = (PASSWORD.to_owned(), codes[1].clone());
        let request = p::RenewRecoveryCodesRequest { password, code };
        let new = world.service.renew_recovery_codes(&one, request).await.unwrap();
        let old = world.log_in("one", PASSWORD, Some(&codes[2])).await;
        assert_eq!(reason(old), "UNAUTHENTICATED");
        world.log_in("one", PASSWORD, Some(&new.recovery_codes[2])).await.unwrap();
    });
}

#[test]
fn wrong_codes_lock_out_like_wrong_passwords() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (totp, _) = enrol(&world, &one).await;
        for _ in 0..5 {
            world.wait(60);
            assert_eq!(
                reason(world.log_in("one", PASSWORD, Some("000000")).await),
                "UNAUTHENTICATED"
            );
        }
        world.wait(60);
        let right = code(&world, &totp);
        assert_eq!(reason(world.log_in("one", PASSWORD, Some(&right)).await), "UNAUTHENTICATED");
    });
}

#[test]
fn a_second_factor_is_taken_away_only_with_both() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (totp, _) = enrol(&world, &one).await;
        world.wait(30);
        let disable = |password: &str, code: &str| {
            let (password, code) = (password.to_owned(), code.to_owned());
            world.service.disable_totp(&one, p::DisableTotpRequest { password, code })
        };
        assert_eq!(reason(disable(PASSWORD, "000000").await), "UNAUTHENTICATED");
        disable(PASSWORD, &code(&world, &totp)).await.unwrap();
        world.log_in("one", PASSWORD, None).await.unwrap();
        assert_eq!(reason(disable(PASSWORD, "000000").await), "TOTP_NOT_ENROLLED");
    });
}

#[test]
fn neither_the_secret_nor_a_code_is_stored() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        let (totp, codes) = enrol(&world, &one).await;
        let everything = world.everything().await;
        let secret = totp.get_secret_base32();
        let hex: Vec<String> = totp.secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        for text in codes.iter().chain([&secret, &hex]) {
            assert!(!everything.contains(text.as_str()));
        }
    });
}

#[test]
fn an_administrators_reset_takes_a_lost_second_factor_away() {
    on_every_store(async |world| {
        let one = world.somebody("one", &[]).await;
        enrol(&world, &one).await;
        let password = identity::Password::new(OTHER_PASSWORD);
        world.identity.reset_password(&system(), "one", password).await.unwrap();
        world.log_in("one", OTHER_PASSWORD, None).await.unwrap();
    });
}
