use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn issuer(seed: u8) -> Issuer {
    Issuer::new("gateway", SigningKey::from_bytes(&[seed; 32]), SignedDuration::from_secs(30))
}

fn verifier(issuers: &[&Issuer]) -> Verifier {
    Verifier::new("edc", issuers.iter().map(|one| (one.name.clone(), one.verifying_key())))
}

fn token() -> String {
    issuer(1).issue("edc", b"investigator", "req_1", now())
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

#[test]
fn a_token_says_who_calls() {
    let claims = verifier(&[&issuer(1)]).verify(&token(), now() + seconds(29)).unwrap();
    assert_eq!((claims.issuer.as_str(), claims.audience.as_str()), ("gateway", "edc"));
    assert_eq!(
        (claims.caller.as_slice(), claims.request_id.as_str()),
        (&b"investigator"[..], "req_1")
    );
    assert!(token().bytes().all(|byte| byte.is_ascii_graphic()), "fit for a header");
}

#[test]
fn an_expired_token_is_refused() {
    let verifier = verifier(&[&issuer(1)]);
    assert_eq!(verifier.verify(&token(), now() + seconds(30)), Err(Refused::Expired));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_the_skew() {
    let verifier = verifier(&[&issuer(1)]);
    assert!(verifier.verify(&token(), now() - seconds(5)).is_ok());
    assert_eq!(verifier.verify(&token(), now() - seconds(6)), Err(Refused::NotYetValid));
}

#[test]
fn a_token_for_another_service_is_refused() {
    let other = issuer(1).issue("identity", b"investigator", "req_1", now());
    assert_eq!(verifier(&[&issuer(1)]).verify(&other, now()), Err(Refused::OtherAudience));
}

#[test]
fn an_unknown_key_is_refused() {
    assert_eq!(verifier(&[&issuer(2)]).verify(&token(), now()), Err(Refused::UnknownKey));
}

#[test]
fn a_service_cannot_speak_in_the_name_of_another() {
    let stranger = Verifier::new("edc", [("epro".to_owned(), issuer(1).verifying_key())]);
    assert_eq!(stranger.verify(&token(), now()), Err(Refused::OtherIssuer));
}

#[test]
fn a_token_that_would_be_valid_for_longer_is_refused() {
    let lasting = Issuer::new("gateway", SigningKey::from_bytes(&[1; 32]), seconds(3600));
    let cut = lasting.issue("edc", b"", "req_1", now());
    assert_eq!(verifier(&[&lasting]).verify(&cut, now() + seconds(60)), Err(Refused::Expired));
    let mut claims = Claims::clone(&verifier(&[&lasting]).verify(&cut, now()).unwrap());
    claims.expires_ms += 1;
    let longer = lasting.sign(&claims);
    assert_eq!(verifier(&[&lasting]).verify(&longer, now()), Err(Refused::ValidTooLong));
}

#[test]
fn while_a_key_is_replaced_both_are_accepted() {
    let (old, new) = (issuer(1), issuer(2));
    let verifier = verifier(&[&old, &new]);
    for issuer in [&old, &new] {
        assert!(verifier.verify(&issuer.issue("edc", b"", "req_1", now()), now()).is_ok());
    }
}

#[test]
fn a_signature_for_another_purpose_is_refused() {
    let key = SigningKey::from_bytes(&[1; 32]);
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(token()).unwrap();
    let body = bytes.len() - SIGNATURE_LENGTH;
    let signature = key.sign(&bytes[..body]);
    bytes.truncate(body);
    bytes.extend(signature.to_bytes());
    let bare = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    assert_eq!(verifier(&[&issuer(1)]).verify(&bare, now()), Err(Refused::Forged));
}

#[test]
fn a_token_is_used_again_for_half_of_its_life() {
    let (issuer, at) = (issuer(1), |after| now() + seconds(after));
    let first = issuer.issue_reusable("edc", b"a", now());
    assert_eq!(issuer.issue_reusable("edc", b"a", at(14)), first);
    assert_ne!(issuer.issue_reusable("edc", b"b", at(14)), first, "another caller");
    assert_ne!(issuer.issue_reusable("epro", b"a", at(14)), first, "another audience");
    let second = issuer.issue_reusable("edc", b"a", at(15));
    assert_ne!(second, first);
    assert_ne!(issuer.issue_reusable("edc", b"a", at(-60)), second, "the clock went back");
    assert!(verifier(&[&issuer]).verify(&second, at(44)).is_ok());
}

#[test]
fn a_token_that_was_verified_expires_all_the_same() {
    let verifier = verifier(&[&issuer(1)]);
    assert!(verifier.verify(&token(), now()).is_ok());
    assert!(verifier.verify(&token(), now() + seconds(29)).is_ok());
    assert_eq!(verifier.verify(&token(), now() + seconds(30)), Err(Refused::Expired));
    assert_eq!(verifier.verify(&token(), now() - seconds(6)), Err(Refused::NotYetValid));
}

#[test]
fn no_key_is_shown_in_logs() {
    assert_eq!(format!("{:?}", issuer(1)), "Issuer { name: \"gateway\", .. }");
}

proptest! {
    #[test]
    fn a_changed_bit_is_refused(bit in 0_usize..1000) {
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(token()).unwrap();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let changed = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let refused = verifier(&[&issuer(1)]).verify(&changed, now()).unwrap_err();
        prop_assert!(matches!(refused, Refused::Forged | Refused::UnknownKey));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        prop_assert!(verifier(&[&issuer(1)]).verify(&text, now()).is_err());
    }
}
