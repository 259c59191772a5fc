//! Paths that anybody may send.

use std::{fmt::Write as _, sync::Arc};

use contract::{
    edc::v1::{self, Edc},
    rest::{Found, Router, Verb},
};
use proptest::prelude::*;

use crate::echo::Echo;

/// The router of the echo service.
pub fn router() -> Router {
    let service: Arc<dyn Edc> = Arc::new(Echo);
    let mut router = Router::default();
    for route in v1::rest::routes() {
        router.add(route.bind(service.clone()));
    }
    router
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").unwrap();
        encoded
    })
}

proptest! {
    #[test]
    fn any_text_can_be_a_value_of_a_path(study in ".+", subject in ".+") {
        let router = router();
        let path = format!(
            "/v1/studies/{}/subjects/{}:enrol",
            percent_encoded(&study),
            percent_encoded(&subject)
        );
        let Found::Route(route, values) = router.find(Verb::Post, &path) else {
            return Err(TestCaseError::fail(path));
        };
        prop_assert!(route.method.ends_with("/EnrolSubject"));
        prop_assert_eq!(values, [study, subject]);
    }

    #[test]
    fn any_path_is_found_or_not_and_nothing_else_happens(
        segments in proptest::collection::vec("(v1|studies|subjects|queries|:|%|:enrol|.{0,4})", 0..8)
    ) {
        let path = format!("/{}", segments.join("/"));
        if let Found::Route(route, values) = router().find(Verb::Get, &path) {
            prop_assert_eq!(values.len(), route.template.matches('{').count());
        }
    }
}
