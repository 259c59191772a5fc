//! The rules of the demonstration trial fit its case report form and its protocol.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    sync::Arc,
};

use formats::{merge, odm, rules_toml, usdm};
use kernel::study::{Design, faults};

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo")
}

#[test]
fn the_rules_fit_the_forms_and_the_protocol_without_a_fault() {
    let open = |name: &str| BufReader::new(File::open(demo().join(name)).unwrap());
    let crf = odm::read_metadata(open("crf.odm.xml"), "crf.odm.xml").unwrap().versions.remove(0);
    let path = "data/usdm/CDISC_Pilot_Study.json";
    let protocol = usdm::read(open(path), path).unwrap().versions.remove(0);
    let protocol = usdm::protocol_only(protocol.version);
    let mut version = merge(protocol, crf.version).unwrap().version;
    let text = fs::read_to_string(demo().join("rules.toml")).unwrap();
    let rules = rules_toml::read(&text, "rules.toml").unwrap();
    let findings = rules.merge_into(&mut version);
    assert!(findings.is_empty(), "{findings:#?}");
    assert_eq!(version.checks.len(), 60 + 4 * 2, "four of the 60 checks run on three forms");
    let examples = version.checks.iter().map(|check| check.examples.len()).sum::<usize>();
    assert!(examples > 120, "{examples} examples");
    assert!(
        version
            .checks
            .iter()
            .all(|check| rules.places().line("EditCheck", check.oid.as_str()).is_some())
    );
    assert_eq!(version.protocol.arms.len(), 3);
    let computed = version.protocol.criteria.iter().filter(|c| c.expression.is_some()).count();
    assert_eq!((version.protocol.criteria.len(), computed), (31, 4));
    assert_eq!(faults(&Design::new(Arc::new(version))), []);
}
