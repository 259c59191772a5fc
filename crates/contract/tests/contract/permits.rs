//! Who may do what where.

use std::collections::BTreeSet;

use contract::{
    Act, Authentication, Caller, Code, Credentials, Grant, Role, Scope, Sites, Studies,
};

fn caller(role: Role, study: Option<&str>, site: Option<&str>) -> Caller {
    let grant = Grant { role, study: study.map(str::to_owned), site: site.map(str::to_owned) };
    Caller::new("li.na", Authentication::Password, vec![grant])
}

#[test]
fn a_permit_names_who_acts_in_which_role() {
    let caller = caller(Role::Coordinator, Some("S"), Some("701"));
    let permit = caller.permit(Act::EnterData, Scope::at_site("S", "701")).unwrap();
    assert_eq!((permit.user(), permit.role()), ("li.na", Role::Coordinator));
    assert_eq!(permit.scope().site(), Some("701"));
}

#[test]
fn a_grant_at_one_site_reaches_no_other() {
    let caller = caller(Role::Coordinator, Some("S"), Some("701"));
    for scope in [Scope::at_site("S", "702"), Scope::at_site("T", "701"), Scope::study_wide("S")] {
        let refusal = caller.permit(Act::EnterData, scope).unwrap_err();
        assert_eq!((refusal.code(), refusal.reason()), (Code::PermissionDenied, "NOT_PERMITTED"));
        assert_eq!(refusal.metadata()["act"], "enter_data");
    }
}

#[test]
fn a_grant_at_one_site_is_enough_to_read_the_design() {
    let caller = caller(Role::Monitor, Some("S"), Some("701"));
    assert!(caller.permit(Act::ReadStudy, Scope::study_wide("S")).is_ok());
    assert!(caller.permit(Act::ReadStudy, Scope::study_wide("T")).is_err());
    assert!(caller.permit(Act::ReadData, Scope::study_wide("S")).is_err());
}

#[test]
fn lists_are_cut_down_to_the_sites_of_the_caller() {
    let mut caller = caller(Role::Monitor, Some("S"), Some("701"));
    let only = Sites::Only(BTreeSet::from(["701".to_owned()]));
    assert_eq!(caller.sites(Act::ReadData, "S"), only);
    assert_eq!(caller.sites(Act::ReadData, "T"), Sites::Only(BTreeSet::new()));
    caller.grants.push(Grant { role: Role::DataManager, study: None, site: None });
    assert_eq!(caller.sites(Act::ReadData, "S"), Sites::All);
    assert_eq!(caller.sites(Act::VerifyData, "S"), only);
}

#[test]
fn lists_of_studies_are_cut_down_to_those_of_the_caller() {
    let mut caller = caller(Role::Monitor, Some("S"), Some("701"));
    let only = Studies::Only(BTreeSet::from(["S".to_owned()]));
    assert_eq!(caller.studies(Act::ReadStudy), only);
    assert_eq!(caller.studies(Act::EnterData), Studies::Only(BTreeSet::new()));
    caller.grants.push(Grant { role: Role::Auditor, study: None, site: None });
    assert_eq!(caller.studies(Act::ReadStudy), Studies::All);
    assert_eq!(caller.studies(Act::VerifyData), only);
    caller.acts = Some(BTreeSet::from([Act::ReadData]));
    assert_eq!(caller.studies(Act::ReadStudy), Studies::Only(BTreeSet::new()));
}

#[test]
fn nobody_both_manages_users_and_changes_data() {
    for role in Role::ALL {
        let caller = caller(role, None, None);
        let may = |act| caller.permit(act, Scope::at_site("S", "701")).is_ok();
        assert!(!(may(Act::ManageUsers) && may(Act::EnterData)), "{role}");
        assert!(!(may(Act::EnterData) && may(Act::VerifyData)), "{role}");
        assert!(
            !(may(Act::RaiseQueries) && may(Act::AnswerQueries)) || role == Role::ServiceAccount
        );
    }
}

#[test]
fn every_role_is_read_by_its_name() {
    for role in Role::ALL {
        assert_eq!(role.name().parse::<Role>().unwrap(), role);
        assert_eq!(serde_json::to_value(role).unwrap(), role.name());
    }
    assert!("king".parse::<Role>().is_err());
}

#[test]
fn credentials_are_never_printed() {
    let (user, password) = ("li.na".to_owned(), "plum-blossom".to_owned());
    let shown = format!("{:?}", Credentials::Password { user, password });
    assert!(!shown.contains("li.na") && !shown.contains("plum"), "{shown}");
    assert_eq!(format!("{:?}", Credentials::Token("abc".to_owned())), "Token");
}

#[test]
fn a_key_that_is_limited_to_acts_is_good_for_no_other() {
    let mut caller = caller(Role::Coordinator, Some("S"), None);
    caller.acts = Some(BTreeSet::from([Act::ReadData, Act::ManageUsers]));
    let anywhere = || Scope::at_site("S", "701");
    assert!(caller.permit(Act::ReadData, anywhere()).is_ok());
    assert!(caller.permit(Act::EnterData, anywhere()).is_err());
    assert!(caller.permit(Act::ManageUsers, anywhere()).is_err(), "it widens nothing");
    assert!(!caller.reaches(Act::EnterData, "S"));
    assert_eq!(caller.sites(Act::EnterData, "S"), Sites::Only(BTreeSet::new()));
    assert_eq!(caller.sites(Act::ReadData, "S"), Sites::All);
}

#[test]
fn every_act_is_read_by_its_name() {
    for act in Act::ALL {
        assert_eq!(act.name().parse::<Act>().unwrap(), act);
        assert_eq!(serde_json::to_value(act).unwrap(), act.name());
    }
    assert!("nothing".parse::<Act>().is_err());
}
