//! The protocol of the demonstration trial, and putting it together with forms.

use std::{fs, path::PathBuf};

use formats::{ImportedDesign, Severity, merge, usdm};
use kernel::{
    StudyVersion, Texts,
    study::{CriterionKind, FormDef, FormRef, StudyEventDef},
};

fn pilot() -> ImportedDesign {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../demo/data/usdm/CDISC_Pilot_Study.json");
    let bytes = fs::read(path).expect("the test data are there");
    usdm::read(bytes.as_slice(), "CDISC_Pilot_Study.json").expect("the test data are there")
}

fn pilot_version() -> StudyVersion {
    pilot().versions.remove(0).version
}

#[test]
fn the_pilot_protocol_has_its_encounters_arms_and_criteria() {
    let version = pilot_version();
    assert_eq!(version.study_oid.as_str(), "H2Q-MC-LZZT");
    assert_eq!(version.events.len(), 12);
    assert_eq!((version.protocol.arms.len(), version.protocol.epochs.len()), (3, 5));
    assert_eq!(version.protocol.arms[0].epochs.len(), 5);
    let criteria = &version.protocol.criteria;
    let inclusion = criteria.iter().filter(|c| c.kind == CriterionKind::Inclusion).count();
    assert_eq!((criteria.len(), inclusion), (31, 8));
    let week_2 = &version.events[3];
    assert_eq!((week_2.oid.as_str(), week_2.name.as_str()), ("SE.E4", "Week 2"));
    assert!(week_2.aliases.iter().any(|alias| alias.name == "Encounter_4"));
}

#[test]
fn references_in_criteria_are_replaced_by_what_they_refer_to() {
    let version = pilot_version();
    let texts: Vec<&str> =
        version.protocol.criteria.iter().filter_map(|c| c.text.in_lang("en")).collect();
    assert_eq!(texts[0], "Males and postmenopausal females at least 50 years of age.");
    assert!(texts[1].starts_with("Patients with Probable Mild to Moderate Alzheimer's Disease as"));
    assert_eq!(texts[2], "MMSE score of 10 to 23.");
    assert_eq!(texts.len(), 31);
    let markup = ["</", "/>", "usdm:", "&#"];
    assert!(texts.iter().all(|text| markup.iter().all(|mark| !text.contains(mark))));
}

#[test]
fn visits_are_due_in_days_from_the_baseline_with_their_windows() {
    let version = pilot_version();
    let due: Vec<(&str, &str, i32, u32, u32)> = version
        .protocol
        .timings
        .iter()
        .map(|t| {
            let window = (t.window_before_days, t.window_after_days);
            (t.event.as_str(), t.anchor.as_str(), t.offset_days, window.0, window.1)
        })
        .collect();
    assert_eq!(due.len(), 11);
    assert_eq!(due[0], ("SE.E1", "SE.E3", -14, 0, 0));
    assert_eq!(due[1], ("SE.E2", "SE.E3", -2, 0, 0));
    assert_eq!(due[2], ("SE.E4", "SE.E3", 14, 3, 3));
    assert_eq!(due[10], ("SE.E13", "SE.E3", 182, 3, 3));
}

#[test]
fn activities_with_concepts_are_forms_of_their_visits_and_others_are_parameters() {
    let version = pilot_version();
    let screening: Vec<&str> =
        version.events[0].forms.iter().map(|form| form.form.as_str()).collect();
    assert!(screening.contains(&"F.Demographics"), "{screening:?}");
    assert!(version.forms.iter().all(|form| !form.groups.is_empty()));
    let activities = version.protocol.parameters.iter().filter(|p| p.term == "Activity");
    assert_eq!(activities.count() + version.forms.len(), 36);
    let consent = version.protocol.parameters.iter().find(|p| p.value.starts_with("Informed"));
    assert_eq!(consent.unwrap().value, "Informed consent: Screening 1");
}

#[test]
fn what_is_not_read_is_listed_with_its_line() {
    let design = pilot();
    let amendment = design.warnings.iter().find(|w| w.text.starts_with("amendments")).unwrap();
    assert_eq!(amendment.severity, Severity::Note);
    let second_contacts =
        design.warnings.iter().filter(|w| w.text.contains("second contact")).count();
    assert_eq!(second_contacts, 4);
    let unplaced: Vec<_> = design.warnings.iter().filter(|w| w.line.is_none()).collect();
    assert_eq!(unplaced.len(), 1, "{unplaced:#?}");
    assert!(unplaced[0].text.starts_with("documentedBy (2)"));
    let settings = design.warnings.iter().find(|w| w.text.starts_with("environmentalSettings"));
    assert_eq!(settings.unwrap().about, "encounters");
    let places = &design.versions[0].places;
    assert!(places.line("StudyEventDef", "SE.E4").unwrap() > 1);
}

#[test]
fn a_file_that_is_not_a_study_is_refused_with_its_line() {
    let refused = usdm::read(&b"{\"study\": {\n \"versions\": [}"[..], "x.json").unwrap_err();
    assert_eq!((refused.line, refused.file.as_str()), (2, "x.json"));
    let refused = usdm::read(&b"{\"study\": {}}"[..], "x.json").unwrap_err();
    assert!(refused.what.contains("no study version"));
    let refused = usdm::read(&b"{\"study\": \"\xFF\"}"[..], "x.json").unwrap_err();
    assert!(refused.what.contains("UTF-8"));
    let deep = "[".repeat(100_000);
    assert!(usdm::read(deep.as_bytes(), "x.json").is_err());
}

fn crf() -> StudyVersion {
    let form_ref = |oid: &str| FormRef { form: oid.into(), ..FormRef::default() };
    let event = |oid: &str, name: &str| StudyEventDef {
        oid: oid.into(),
        name: name.into(),
        forms: vec![form_ref("F.VS")],
        ..StudyEventDef::default()
    };
    let form = |oid: &str, name: &str| FormDef {
        oid: oid.into(),
        name: name.into(),
        ..FormDef::default()
    };
    StudyVersion {
        study_oid: "CDISCPILOT01".into(),
        events: vec![
            event("SE.BASELINE", "BASELINE"),
            event("SE.WEEK2", "week 2"),
            event("SE.ET", "Early Termination"),
        ],
        forms: vec![form("F.VS", "Vital Signs"), form("F.DM", "Demographics")],
        ..StudyVersion::default()
    }
}

#[test]
fn events_of_protocol_and_forms_are_matched_by_name_and_keep_their_timing() {
    let merged = merge(pilot_version(), crf()).unwrap();
    let version = merged.version;
    assert_eq!(version.events.len(), 13);
    assert_eq!(version.study_oid.as_str(), "CDISCPILOT01");
    let week_2 = version.events.iter().find(|e| e.oid.as_str() == "SE.WEEK2").unwrap();
    assert_eq!(week_2.description, Texts::one("", "Day 14"));
    assert_eq!(week_2.forms[0].form.as_str(), "F.VS");
    let timing = version.protocol.timings.iter().find(|t| t.event.as_str() == "SE.WEEK2").unwrap();
    assert_eq!((timing.anchor.as_str(), timing.offset_days), ("SE.BASELINE", 14));
    assert!(version.forms.iter().any(|f| f.oid.as_str() == "F.DM"));
    assert!(!version.forms.iter().any(|f| f.oid.as_str() == "F.Demographics"));
    assert!(merged.notes.iter().any(|n| n.about == "StudyEventDef SE.WEEK2"));
}

#[test]
fn a_definition_in_both_is_taken_from_the_later_and_reported() {
    let mut over = crf();
    over.events[0].name = "Day 1".into();
    let merged = merge(crf(), over).unwrap();
    assert_eq!(merged.version.events[0].name, "Day 1");
    assert_eq!(merged.version.events.len(), 3);
    assert_eq!(merged.notes.len(), 1);
    assert_eq!(merged.notes[0].about, "StudyEventDef SE.BASELINE");
}

#[test]
fn an_event_that_could_be_two_others_is_refused() {
    let mut base = crf();
    base.events[0].name = "Week 2".into();
    base.events[0].oid = "SE.A".into();
    base.events[1].oid = "SE.B".into();
    let faults = merge(base, crf()).unwrap_err();
    assert_eq!(faults[0].about, "StudyEventDef SE.WEEK2");
    assert!(faults[0].text.contains("SE.A, SE.B"));
}

#[test]
fn the_protocol_alone_has_events_and_nothing_to_collect() {
    let version = usdm::protocol_only(pilot_version());
    assert_eq!((version.events.len(), version.forms.len(), version.items.len()), (12, 0, 0));
    assert!(version.events.iter().all(|event| event.forms.is_empty()));
}
