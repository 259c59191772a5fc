//! The trace context of W3C, as its own examples have it.

use contract::Trace;

const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_traceparent_is_read_and_written_alike() {
    let trace: Trace = EXAMPLE.parse().unwrap();
    assert_eq!(trace.to_string(), EXAMPLE);
    assert!(trace.is_sampled());
    assert_eq!(trace.span_id()[0], 0xb7);
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known() {
    let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-what-comes-later";
    assert_eq!(later.parse::<Trace>().unwrap().to_string(), EXAMPLE);
}

#[test]
fn what_the_standard_forbids_is_no_trace() {
    let forbidden = [
        "",
        "00",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
    ];
    for text in forbidden {
        assert!(text.parse::<Trace>().is_err(), "{text}");
    }
}
