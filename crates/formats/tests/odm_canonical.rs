//! What of a published definition is in what is written again: the files are compared as trees of
//! elements, by a reader that knows nothing of studies.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use formats::odm;
use roxmltree::{Document, Node};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/odm")
}

fn header() -> odm::Header {
    odm::Header {
        file_oid: "FILE.1".into(),
        created: "2026-01-02T03:04:05Z".into(),
        ..odm::Header::default()
    }
}

/// An element by what tells it from its brothers: its name, and its key where it has one.
fn name(node: Node<'_, '_>) -> String {
    let tag = node.tag_name();
    let prefix = match tag.namespace() {
        Some(odm::ODM_1_3 | odm::ODM_2_0) | None => "",
        Some(other) => other,
    };
    let is_key = |name: &str| {
        name == "OID"
            || name == "lang"
            || name == "Context"
            || name == "CodedValue"
            || name.ends_with("OID")
                && !name.starts_with("Method")
                && !name.starts_with("Collection")
    };
    let mut keys: Vec<String> = node
        .attributes()
        .filter(|attribute| is_key(attribute.name()))
        .map(|attribute| format!("{}={}", attribute.name(), attribute.value()))
        .collect();
    keys.sort();
    let keys = if keys.is_empty() { String::new() } else { format!("[{}]", keys.join(",")) };
    format!("{prefix}{}{keys}", tag.name())
}

fn text(node: Node<'_, '_>) -> String {
    let own: String =
        node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
    own.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All that a tree says, each by its path: elements, attributes, texts. Brothers of one name are
/// numbered.
fn said(node: Node<'_, '_>, path: &str, all: &mut BTreeMap<String, String>) {
    all.insert(path.to_owned(), text(node));
    for attribute in node.attributes() {
        if (attribute.name(), attribute.value()) == ("IsReferenceData", "No") {
            // The same as nothing, by the standard.
            continue;
        }
        let space = match attribute.namespace() {
            None => "",
            Some(XML) => "xml:",
            Some(other) => other,
        };
        all.insert(format!("{path}/@{space}{}", attribute.name()), attribute.value().to_owned());
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for child in node.children().filter(Node::is_element) {
        let name = name(child);
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        let number = if *number == 1 { String::new() } else { format!("#{number}") };
        said(child, &format!("{path}/{name}{number}"), all);
    }
}

/// What is said of the first study, or of a version that stands alone.
fn of_study(bytes: &str) -> BTreeMap<String, String> {
    // One file of odmlib has a prefix that it does not declare.
    let declared = bytes.replace(" xs:schemaLocation=", " schemaLocation=");
    let document = Document::parse(&declared).expect("it is XML");
    let is_version = |node: &Node<'_, '_>| node.tag_name().name() == "MetaDataVersion";
    let version = document.descendants().find(is_version).expect("there is a version");
    let mut all = BTreeMap::new();
    match version.parent_element().filter(|parent| parent.tag_name().name() == "Study") {
        Some(study) => said(study, "", &mut all),
        None => said(version, &format!("/{}", name(version)), &mut all),
    }
    all
}

/// What the second does not say as the first does.
fn lost(first: &BTreeMap<String, String>, second: &BTreeMap<String, String>) -> BTreeSet<String> {
    let is_lost = |(path, value): &(&String, &String)| second.get(*path) != Some(*value);
    let line = |(path, value): (&String, &String)| match second.get(path) {
        Some(other) => format!("{path}: {value:?} became {other:?}"),
        None => format!("{path}: {value:?}"),
    };
    first.iter().filter(is_lost).map(line).collect()
}

/// A file and its version written again in the same ODM, and what reading it told.
fn written_again(path: &Path) -> (String, String, Vec<String>) {
    let before = fs::read_to_string(path).expect("the test data are there");
    let file = path.file_name().expect("it is a file").to_string_lossy();
    let design = odm::read_metadata(before.as_bytes(), &file).unwrap_or_else(|e| panic!("{e}"));
    let version = &design.versions[0].version;
    let after = if before.contains(odm::ODM_2_0) {
        odm::write_metadata_v2(version, &header(), Vec::new())
    } else {
        odm::write_metadata_v1(version, &header(), Vec::new())
    };
    let told = design.warnings.iter().map(ToString::to_string).collect();
    let after = after.expect("a vector takes everything");
    (before, String::from_utf8(after).expect("XML is text"), told)
}

/// Where a file and what is written of it differ: the beginnings of paths, and the words in which the
/// reader tells of it, or why nothing is lost.
enum Difference {
    Told(&'static str, &'static str),
    Same(&'static str),
}

use Difference::{Same, Told};

/// The example of a matrix form has the structure of ODM 2.0 under the name of 1.3.2.
const MATRIX: [Difference; 7] = [
    Told("/ClinicalData", "stands inside Study, where it is not read"),
    Told("/MetaDataVersion[OID=MV.1.0]/ItemGroupDef[OID=FO.", "is read as one"),
    Told("/MetaDataVersion[OID=MV.1.0]/StudyEventDef[OID=SE.MH]/ItemGroupRef", "is read as one"),
    // 1.3.2 knows Yes and No; that it is static is there as an extension.
    Same(
        "/MetaDataVersion[OID=MV.1.0]/ItemGroupDef[OID=IG.MH_TERM_FAMILY_RELATIONSHIP]/@Repeating",
    ),
    // There as an extension.
    Same(
        "/MetaDataVersion[OID=MV.1.0]/ItemGroupDef[OID=IG.MH_TERM_FAMILY_RELATIONSHIP]\
         /ItemRef[ItemOID=I.MHTERM]/@Repeat",
    ),
    // Empty.
    Same("/BasicDefinitions"),
    Same("/MetaDataVersion[OID=MV.1.0]/ItemGroupDef[OID=FO.HYPERCHOLESTEROLEMIA"),
];

fn differences(path: &Path) -> &'static [Difference] {
    const MARK_UP: [Difference; 1] = [Told(
        "/MetaDataVersion[OID=MV.001]/ItemGroupDef[OID=IG.MH]/Description/TranslatedText[lang=en]",
        "of the mark-up in Description only the text is read",
    )];
    if path.ends_with("v1/hypercholesterolemia.xml") {
        &MATRIX
    } else if path.ends_with("v2/fhir_integration.xml") {
        &MARK_UP
    } else {
        &[]
    }
}

fn published() -> Vec<PathBuf> {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let folders = ["odm/v1", "odm/v2", "redcap"].map(|folder| tests.join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("it is there"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it is there").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    paths.sort();
    paths
}

#[test]
fn nothing_of_a_published_definition_is_lost_without_a_word() {
    let paths = published();
    assert_eq!(paths.len(), 21);
    for path in paths {
        let (before, after, told) = written_again(&path);
        let (before, after) = (of_study(&before), of_study(&after));
        assert!(before.len() > 20, "{}: {} statements", path.display(), before.len());
        let mut lost = lost(&before, &after);
        for difference in differences(&path) {
            let (Same(place) | Told(place, _)) = difference;
            let explained = lost.iter().filter(|line| line.starts_with(place)).count();
            assert!(explained > 0, "{}: there is no difference at {place}", path.display());
            if let Told(_, words) = difference {
                assert!(
                    told.iter().any(|line| line.contains(words)),
                    "{words} is not among {told:?}"
                );
            }
        }
        lost.retain(|line| {
            !differences(&path).iter().any(|(Same(place) | Told(place, _))| line.starts_with(place))
        });
        assert!(lost.is_empty(), "{}: {lost:#?}", path.display());
    }
}

/// The comparison finds what is missing, different or elsewhere.
#[test]
fn a_loss_is_seen() {
    let (before, after, _) = written_again(&folder().join("v1/cdash-odm-test.xml"));
    let before = of_study(&before);
    for (from, to) in [
        ("DataType=\"integer\"", "DataType=\"float\""),
        (" Mandatory=\"Yes\"", ""),
        ("Weight", "Height"),
        ("<CodeListRef ", "<MethodRef "),
    ] {
        assert!(after.contains(from), "{from}");
        assert!(!lost(&before, &of_study(&after.replacen(from, to, 1))).is_empty(), "{from}");
    }
}
