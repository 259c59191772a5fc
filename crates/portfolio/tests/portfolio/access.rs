//! Every method allows what its contract says, in every role, and tells strangers nothing.

use std::collections::BTreeMap;

use contract::portfolio::v1::rest::routes;
use testkit::access::Place;

use crate::world::{World, assign_at, runtime};

#[test]
fn every_method_allows_whom_its_contract_names() {
    runtime().block_on(async {
        let world = World::on_sqlite();
        world.create("S.REAL").await;
        world.add_site("S.REAL", "701").await;
        world.add_site("S.REAL", "702").await;
        world.assign(assign_at("S.REAL", "hidden.nurse", "701")).await.unwrap();
        let place = Place {
            service: world.portfolio.clone(),
            routes,
            study: "S.REAL",
            site: "701",
            other_site: "702",
            secret: "hidden.nurse",
            names: BTreeMap::from([("study_oid", "S.REAL"), ("site_oid", "701")]),
            queries: BTreeMap::new(),
            bodies: BTreeMap::from([
                ("CreateStudy", r#"{"studyOid":"S.REAL","studyName":"again"}"#),
                ("UpdateStudy", r#"{"seenVersion":1}"#),
                ("AddSite", r#"{"siteOid":"701","institution":"again"}"#),
                ("UpdateSite", r#"{"seenVersion":1}"#),
                ("AssignStaff", r#"{"user":"hidden.nurse","function":"MONITOR","siteOid":"701"}"#),
                (
                    "RemoveStaff",
                    r#"{"user":"hidden.nurse","function":"CODER","siteOid":"701","reason":"x"}"#,
                ),
            ]),
        };
        place.keeps_to_the_table().await;
    });
}
