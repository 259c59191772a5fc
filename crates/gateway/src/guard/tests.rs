use contract::{Authentication, Grant, Role};
use mesh::RuntimeClock;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn guard(protection: Protection) -> Guard {
    let now = || "2026-03-02T23:59:00Z".parse().unwrap();
    Guard::new(protection, Arc::new(RuntimeClock), Arc::new(now))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn of_study(user: &str, study: &str) -> Caller {
    let grant = Grant { role: Role::Monitor, study: Some(study.to_owned()), site: None };
    Caller::new(user, Authentication::Token, vec![grant])
}

#[test]
fn only_a_trusted_proxy_says_from_where_a_call_comes() {
    let trusted_proxies = vec![address("127.0.0.1"), address("10.0.0.1")];
    let guard = guard(Protection { trusted_proxies, ..Protection::default() });
    let seen = |peer: &str, forwarded: &[&str]| {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED, line.parse().unwrap());
        }
        guard.address(address(peer), &headers).to_string()
    };
    assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
    assert_eq!(seen("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    assert_eq!(seen("127.0.0.1", &["6.6.6.6, 198.51.100.1, 10.0.0.1"]), "198.51.100.1");
    assert_eq!(seen("127.0.0.1", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
    assert_eq!(seen("127.0.0.1", &["198.51.100.1, nonsense"]), "127.0.0.1");
}

#[test]
fn addresses_of_one_subscriber_are_one() {
    assert_eq!(network(address("2001:db8:1:2::7")), network(address("2001:db8:1:2:ffff::1")));
    assert_ne!(network(address("2001:db8:1:2::7")), network(address("2001:db8:1:3::7")));
    assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
}

#[test]
fn a_stranger_cannot_use_up_the_limit_of_a_study() {
    let per_study = Some(Rate::new(1, SECOND, 3));
    let guard = guard(Protection { per_study, ..Protection::default() });
    let here = address("192.0.2.1");
    for _ in 0..10 {
        guard.let_in(&of_study("mallory", "OTHER"), Some("S"), here).unwrap();
    }
    for name in ["a", "b", "c"] {
        guard.let_in(&of_study(name, "S"), Some("S"), here).unwrap();
    }
    let refused = guard.let_in(&of_study("d", "S"), Some("S"), here).unwrap_err();
    assert_eq!(refused.reason(), "TOO_MANY_CALLS");
    assert_eq!(refused.metadata()["limit"], "study");
    guard.let_in(&of_study("d", "S"), None, here).unwrap();
}

#[test]
fn a_quota_counts_what_a_key_used_before_a_restart() {
    let guard = guard(Protection { key_calls_per_day: Some(10), ..Protection::default() });
    guard.restore("cbk_1", 9);
    let caller = |key: &str| Caller { key: Some(key.to_owned()), ..of_study("robot", "S") };
    let here = address("192.0.2.1");
    guard.let_in(&caller("cbk_1"), None, here).unwrap();
    let refused = guard.let_in(&caller("cbk_1"), None, here).unwrap_err();
    assert_eq!(refused.reason(), "QUOTA_USED");
    assert_eq!(refused.metadata()["retry_after_seconds"], "60", "until midnight");
    guard.let_in(&caller("cbk_2"), None, here).unwrap();
    guard.let_in(&of_study("robot", "S"), None, here).unwrap();
}
