//! Study definitions in ODM: the published examples, read and written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use formats::{ImportedDesign, odm};
use kernel::{
    DataType, StudyVersion, Texts,
    study::{EditCheck, Expression, GroupRepeat, ItemGroupRef},
};

fn data(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/odm").join(folder)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(data(folder))
        .expect("the test data are there")
        .map(|entry| entry.expect("the test data are there").path())
        .collect();
    files.sort();
    files
}

fn read(path: &PathBuf) -> ImportedDesign {
    let name = path.file_name().expect("the test data are there").to_string_lossy().into_owned();
    let bytes = fs::read(path).expect("the test data are there");
    odm::read_metadata(bytes.as_slice(), &name).unwrap_or_else(|error| panic!("{error}"))
}

/// Events, forms, groups, items, code lists, methods, conditions, units.
fn counts(file: &str) -> [usize; 8] {
    let design = read(&data(file));
    let version = &design.versions[0].version;
    [
        version.events.len(),
        version.forms.len(),
        version.item_groups.len(),
        version.items.len(),
        version.code_lists.len(),
        version.methods.len(),
        version.conditions.len(),
        version.units.len(),
    ]
}

#[test]
fn every_published_example_is_read_without_an_error_finding() {
    let paths = [files("v1"), files("v2")].concat();
    assert_eq!(paths.len(), 19);
    for path in paths {
        let design = read(&path);
        assert_eq!(design.versions.len(), 1, "{}", path.display());
        let errors = design.warnings.iter().filter(|w| w.severity == formats::Severity::Error);
        assert_eq!(errors.count(), 0, "{}", path.display());
    }
}

#[test]
fn definitions_are_counted_as_the_files_have_them() {
    assert_eq!(counts("v1/cdash.odm_updated.xml"), [0, 22, 57, 292, 44, 0, 0, 23]);
    assert_eq!(counts("v1/dave.xml"), [5, 7, 14, 63, 12, 1, 13, 7]);
    assert_eq!(counts("v1/openedc.xml"), [3, 5, 9, 28, 4, 2, 7, 5]);
    assert_eq!(counts("v2/dave.xml"), [5, 7, 14, 63, 12, 1, 13, 0]);
}

fn header() -> odm::Header {
    odm::Header {
        file_oid: "FILE.1".into(),
        created: "2026-01-02T03:04:05Z".into(),
        ..odm::Header::default()
    }
}

#[test]
fn what_is_written_as_1_3_2_reads_back_the_same() {
    for path in [files("v1"), files("v2")].concat() {
        let version = read(&path).versions.remove(0).version;
        let written = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
        let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
        let again = &again.versions[0].version;
        assert_same(again, &version, &path);
    }
}

#[test]
fn what_is_written_as_2_0_reads_back_the_same() {
    for path in [files("v1"), files("v2")].concat() {
        let version = read(&path).versions.remove(0).version;
        let written = odm::write_metadata_v2(&version, &header(), Vec::new()).unwrap();
        let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
        assert_same(&again.versions[0].version, &version, &path);
    }
}

/// Part by part, so that a difference can be read.
fn assert_same(again: &StudyVersion, version: &StudyVersion, path: &Path) {
    let path = path.display();
    assert_eq!(again.protocol, version.protocol, "{path}");
    assert_eq!(again.events, version.events, "{path}");
    assert_eq!(again.forms, version.forms, "{path}");
    assert_eq!(again.item_groups, version.item_groups, "{path}");
    assert_eq!(again.items, version.items, "{path}");
    assert_eq!(again.code_lists, version.code_lists, "{path}");
    assert_eq!(again.kept, version.kept, "{path}");
    assert_eq!(again, version, "{path}");
}

#[test]
fn an_item_for_files_is_a_uri_to_others_and_reads_back_as_what_it_is() {
    let path = data("v1/openedc.xml");
    let mut version = read(&path).versions.remove(0).version;
    version.items[0].data_type = DataType::File;
    version.items[0].code_list = None;
    let v1 = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
    let v2 = odm::write_metadata_v2(&version, &header(), Vec::new()).unwrap();
    for written in [v1, v2] {
        let text = String::from_utf8(written.clone()).unwrap();
        let oid = format!("<ItemDef OID=\"{}\"", version.items[0].oid);
        let item = text.split(&oid).nth(1).unwrap().split('>').next().unwrap();
        assert!(item.contains(" DataType=\"URI\""), "{item}");
        assert!(item.contains("xmlns:casebook=\"urn:casebook:odm-extension:1\""), "{item}");
        let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
        assert_same(&again.versions[0].version, &version, &path);
    }
}

#[test]
fn rules_and_blinding_travel_with_the_definitions() {
    let mut version = read(&data("v1/openedc.xml")).versions.remove(0).version;
    version.checks.push(EditCheck {
        oid: "CHK.1".into(),
        expression: Expression {
            context: Expression::CEL.into(),
            text: "A < B && C != \"x\"".into(),
        },
        message: Texts::one("zh", "收缩压应高于舒张压"),
        ..EditCheck::default()
    });
    version.sdv.other_percent = 20;
    version.blinding.items.push("I.ARM".into());
    version.version_description.set("zh", "第一版");
    version.study_description.set("zh", "研究");
    let group = &mut version.item_groups[0];
    group.repeat = GroupRepeat::Dynamic;
    group.repeat_limit = Some(5);
    group.groups.push(ItemGroupRef { group: "IG.2".into(), ..ItemGroupRef::default() });
    group.items[0].units_item = Some("I.UNIT".into());
    version.items[0].instructions = Texts::one("en", "Ask the subject");
    let written = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
    assert_eq!(validate("schema-1.3.2/casebook-odm1-3-2.xsd", &written), Ok(()));
    let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
    assert_same(&again.versions[0].version, &version, Path::new("openedc with rules"));
}

#[test]
fn the_pilot_protocol_survives_odm_1_3_2() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../demo/data/usdm/CDISC_Pilot_Study.json");
    let bytes = fs::read(path).unwrap();
    let version = formats::usdm::read(bytes.as_slice(), "x").unwrap().versions.remove(0).version;
    let written = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
    let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
    assert_same(&again.versions[0].version, &version, Path::new("pilot"));
    assert_eq!(validate("schema-1.3.2/casebook-odm1-3-2.xsd", &written), Ok(()));
}

/// Validates with xmllint (Debian package libxml2-utils).
fn validate(schema: &str, xml: &[u8]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("the test data are there");
    let file = folder.path().join("file.xml");
    fs::write(&file, xml).expect("the test data are there");
    let schema = data("").join(schema);
    let mut command = std::process::Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema).arg(&file);
    let output = command.output().expect("xmllint is installed by `cargo xtask setup`");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn what_is_written_as_1_3_2_is_valid_to_the_official_schema() {
    for name in ["cdash-odm-test.xml", "cdash.odm_updated.xml", "dave.xml", "openedc.xml"] {
        let version = read(&data("v1").join(name)).versions.remove(0).version;
        let written = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
        assert_eq!(validate("schema-1.3.2/ODM1-3-2.xsd", &written), Ok(()), "{name}");
    }
}

#[test]
fn what_1_3_2_cannot_say_is_valid_as_a_vendor_extension() {
    for path in [files("v1"), files("v2")].concat() {
        let mut version = read(&path).versions.remove(0).version;
        if version.study_oid.as_str().is_empty() {
            version.study_oid = "ST.OF_A_FRAGMENT".into();
            version.study_name = "Fragment".into();
            version.protocol_name = "Fragment".into();
        }
        let written = odm::write_metadata_v1(&version, &header(), Vec::new()).unwrap();
        assert_eq!(
            validate("schema-1.3.2/casebook-odm1-3-2.xsd", &written),
            Ok(()),
            "{}",
            path.display()
        );
    }
}

#[test]
fn what_is_written_as_2_0_is_valid_to_the_official_schema() {
    let mut validated = 0;
    for path in files("v2") {
        let version = read(&path).versions.remove(0).version;
        if version.study_oid.as_str().is_empty() {
            continue;
        }
        let written = odm::write_metadata_v2(&version, &header(), Vec::new()).unwrap();
        assert_eq!(validate("schema-2.0/ODM.xsd", &written), Ok(()), "{}", path.display());
        validated += 1;
    }
    assert_eq!(validated, 7);
}

#[test]
fn include_takes_over_a_version_and_overrides_it_by_oid() {
    let bytes = fs::read(data("v1.1/include.xml")).unwrap();
    let refused = odm::read_metadata(bytes.as_slice(), "include.xml").unwrap_err();
    assert!(refused.advice.contains("<!DOCTYPE"), "{refused}");
    let doctype = b"<!DOCTYPE ODM SYSTEM \"odm1-1-0.dtd\">";
    let at = memchr::memmem::find(&bytes, doctype).unwrap();
    let bytes = [&bytes[..at], &bytes[at + doctype.len()..]].concat();
    let design = odm::read_metadata(bytes.as_slice(), "include.xml").unwrap();
    let (first, second) = (&design.versions[0].version, &design.versions[1].version);
    assert_eq!((first.items.len(), second.items.len()), (94, 94));
    assert_eq!((first.events[1].forms.len(), second.events[1].forms.len()), (3, 4));
    assert_eq!(second.events[0], first.events[0]);
    assert_eq!(design.versions[1].places.line("StudyEventDef", "SE.VISIT1"), Some(700));
    let spanish = second.items.iter().flat_map(|item| &item.range_checks);
    let spanish: Vec<&str> = spanish.filter_map(|check| check.message.in_lang("es")).collect();
    assert!(spanish.contains(&"Spanish: ¿Is the value really abnormal?"));
    let place = design.versions[1].places.line("ItemDef", first.items[0].oid.as_str());
    assert_eq!(place, design.versions[0].places.line("ItemDef", first.items[0].oid.as_str()));
    assert!(place.is_some());
}

#[test]
fn a_section_that_an_event_refers_to_becomes_a_form_and_goes_back_as_a_section() {
    let text = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0" ODMVersion="2.0" FileType="Snapshot"
        FileOID="F" CreationDateTime="2026-01-01T00:00:00Z"><Study OID="S" StudyName="S"
        ProtocolName="P"><MetaDataVersion OID="V" Name="V"><StudyEventDef OID="SE" Name="SE"
        Repeating="No" Type="Scheduled"><ItemGroupRef ItemGroupOID="IG" Mandatory="Yes"/>
        </StudyEventDef><ItemGroupDef OID="IG" Name="Vitals" Repeating="No" Type="Section"><ItemRef
        ItemOID="I" Mandatory="Yes"/></ItemGroupDef><ItemDef OID="I" Name="I" DataType="text"/>
        </MetaDataVersion></Study></ODM>"#;
    let version = odm::read_metadata(text.as_bytes(), "x").unwrap().versions.remove(0).version;
    assert_eq!((version.forms.len(), version.item_groups.len()), (1, 1));
    assert_eq!(version.forms[0].oid.as_str(), "IG");
    assert_eq!(version.forms[0].groups[0].group.as_str(), "IG.ITEMS");
    let written = odm::write_metadata_v2(&version, &header(), Vec::new()).unwrap();
    assert_eq!(memchr::memmem::find_iter(&written, b"<ItemGroupDef").count(), 1);
    assert!(memchr::memmem::find(&written, b"Type=\"Section\"").is_some());
    let again = odm::read_metadata(written.as_slice(), "again.xml").unwrap();
    assert_same(&again.versions[0].version, &version, Path::new("section"));
}
