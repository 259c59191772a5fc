//! A small study whose records show at a glance whether they are whole: every save gives all twenty
//! items the same number, which is also the version that the record gets.

use std::{collections::BTreeMap, sync::Arc};

use contract::{Caller, Context, Grant, Role};
use edc::{Edc, ScreenSubject, SiteAdded};
use identity::{AddUser, DatedGrant, Hashing, Identity, Password};
use jiff::Timestamp;
use kernel::{
    DataType, StudyVersion, Texts,
    study::{
        CheckAction, CheckScope, EditCheck, Expression, FormDef, FormRef, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, MethodDef, StudyEventDef,
    },
};
use store::{Postgres, Sqlite, Store};
use testkit::clock::FakeClock;

use super::program::Place;

pub const STUDY: &str = "FAULTS";
pub const SITE: &str = "01";
pub const FORM: &str = "F.VS";
pub const GROUP: &str = "IG.VS";
pub const ITEMS: usize = 20;
pub const EVENTS: usize = 8;
pub const DERIVED: &str = "I.SUM";
/// While a record holds one of these numbers, its check does not hold and a query is open.
pub const ODD: std::ops::RangeInclusive<u64> = 5..=9;

pub const USER: &str = "coordinator";
pub const MANAGER: &str = "datamanager";
pub const PASSWORD: &str = "tests-only-7391-kettle";

pub fn item(number: usize) -> String {
    format!("I.N{number:02}")
}

pub fn event(number: usize) -> String {
    format!("E.{number:02}")
}

pub fn subject(number: usize) -> String {
    format!("{SITE}-{number:04}")
}

/// Publishes the study, adds the site and the user, and screens the subjects.
pub async fn fill(place: &Place, subjects: usize) {
    // The program makes the database, and records in it how its views are written.
    place.succeed(&["study", "list"]);
    let store: Arc<dyn Store> = match &place.database {
        None => Arc::new(Sqlite::open(&place.data.join("casebook.db")).unwrap()),
        Some(database) => Arc::new(Postgres::connect(database).await.unwrap()),
    };
    let clock = FakeClock::at("2026-03-02T02:00:00Z");
    let edc = Edc::new(Arc::clone(&store), clock.as_fn());
    let caller = Caller::system("tests");
    edc.publish(&caller, version(), None).await.unwrap();
    let site = SiteAdded {
        site: SITE.into(),
        name: BTreeMap::from([("en".to_owned(), "Site one".to_owned())]),
        time_zone: "Europe/Berlin".to_owned(),
        country: None,
    };
    edc.add_site(&caller, &STUDY.into(), site).await.unwrap();
    for number in 0..subjects {
        let screen = ScreenSubject {
            site: SITE.into(),
            subject: Some(subject(number).as_str().into()),
            consented_on: "2026-03-01".to_owned(),
            screened_on: None,
            took_place: false,
        };
        edc.screen(&context(format!("screen {number}")), &STUDY.into(), None, &screen)
            .await
            .unwrap();
    }
    let random = Arc::new(|bytes: &mut [u8]| getrandom::fill(bytes).unwrap());
    let identity = Identity::new(store, clock.as_fn(), random, Hashing::default());
    add_user(&identity, USER, Role::Coordinator).await;
    add_user(&identity, MANAGER, Role::DataManager).await;
}

async fn add_user(identity: &Identity, name: &str, role: Role) {
    let grant = Grant { role, study: Some(STUDY.to_owned()), site: None };
    let user = AddUser {
        name: name.to_owned(),
        full_name: name.to_owned(),
        password: Password::new(PASSWORD),
        grants: vec![DatedGrant {
            grant,
            from_ms: Timestamp::UNIX_EPOCH.as_millisecond(),
            until_ms: None,
        }],
    };
    identity.add_user(&context(format!("add {name}")), user).await.unwrap();
}

fn context(request: String) -> Context {
    Context::new(Caller::system("tests"), "system", request)
}

fn version() -> StudyVersion {
    let names: Vec<String> = (1..=ITEMS).map(item).chain([DERIVED.to_owned()]).collect();
    let odd = format!("N03 < {} || N03 > {}", ODD.start(), ODD.end());
    StudyVersion {
        study_oid: STUDY.into(),
        study_name: "Faults".to_owned(),
        version_oid: "V1".into(),
        version_name: "1".to_owned(),
        events: (0..EVENTS).map(event_def).collect(),
        forms: vec![FormDef {
            oid: FORM.into(),
            name: "Numbers".to_owned(),
            groups: vec![ItemGroupRef { group: GROUP.into(), ..ItemGroupRef::default() }],
            ..FormDef::default()
        }],
        item_groups: vec![ItemGroupDef {
            oid: GROUP.into(),
            name: "Numbers".to_owned(),
            items: names.iter().map(|name| reference(name)).collect(),
            ..ItemGroupDef::default()
        }],
        items: names.iter().map(|name| item_def(name)).collect(),
        methods: vec![MethodDef {
            oid: "MT.SUM".into(),
            name: "The first and the last together".to_owned(),
            kind: "Computation".to_owned(),
            expressions: vec![cel(&format!("N01 + N{ITEMS:02}"))],
            ..MethodDef::default()
        }],
        checks: vec![EditCheck {
            oid: "CK.ODD".into(),
            name: "CK.ODD".to_owned(),
            scope: CheckScope::Form,
            action: CheckAction::Query,
            form: FORM.into(),
            item: item(3).as_str().into(),
            expression: cel(&odd),
            message: Texts::one("en", "Please check."),
            ..EditCheck::default()
        }],
        ..StudyVersion::default()
    }
}

fn event_def(number: usize) -> StudyEventDef {
    StudyEventDef {
        oid: event(number).as_str().into(),
        name: event(number),
        forms: vec![FormRef { form: FORM.into(), ..FormRef::default() }],
        ..StudyEventDef::default()
    }
}

fn reference(oid: &str) -> ItemRef {
    let method = (oid == DERIVED).then(|| "MT.SUM".into());
    ItemRef { item: oid.into(), method, ..ItemRef::default() }
}

fn item_def(oid: &str) -> ItemDef {
    ItemDef {
        oid: oid.into(),
        name: oid.trim_start_matches("I.").to_owned(),
        data_type: DataType::Integer,
        ..ItemDef::default()
    }
}

fn cel(text: &str) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text: text.to_owned() }
}
