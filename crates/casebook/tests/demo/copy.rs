//! The casebooks of a site as PDF against the transactional ODM of the same site: other code, and
//! another reader (poppler).

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use super::trial::TRIAL;

const SITE: &str = "706";

/// The text of a document without blanks, in the order in which it was written.
fn told(document: &Path) -> String {
    let output = Command::new("pdftotext").arg("-raw").arg(document).arg("-").output();
    let output = output.expect("`cargo xtask setup` installs poppler-utils");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    plain(&String::from_utf8(output.stdout).unwrap())
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The values that each entry has put into a casebook, by subject and number of the entry.
type Changes = BTreeMap<String, BTreeMap<u64, Vec<String>>>;

fn changes(odm: &str) -> Changes {
    let document = roxmltree::Document::parse(odm).unwrap();
    let mut all = Changes::new();
    let subjects = document.descendants().filter(|node| node.has_tag_name("SubjectData"));
    for subject in subjects {
        let entries = all.entry(subject.attribute("SubjectKey").unwrap().to_owned()).or_default();
        for item in subject.descendants().filter(|node| node.has_tag_name("ItemData")) {
            let source = item.descendants().find(|node| node.has_tag_name("SourceID")).unwrap();
            let entry = source.text().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            let value = item.attribute("Value").unwrap_or_default();
            entries.entry(entry).or_default().push(plain(value));
        }
    }
    all
}

fn exported(format: &str, out: &str, options: &[&str]) {
    let all = ["--format", format, "--site", SITE, "--unblinded", "--out", out];
    TRIAL.run(&["export"], &[&all, options].concat());
}

#[test]
fn each_change_stands_in_the_copy_under_its_entry() {
    let (odm, folder) = (TRIAL.path("706.xml"), TRIAL.path("copies"));
    exported("odm-transactional", &odm, &[]);
    exported("casebook-pdf", &folder, &[]);
    let mut changed = 0;
    for (subject, entries) in changes(&fs::read_to_string(odm).unwrap()) {
        let told = told(&Path::new(&folder).join(format!("casebook-{subject}.pdf")));
        let all: usize = entries.values().map(Vec::len).sum();
        assert!(told.contains(&format!("{all}changes")), "{subject} has {all}");
        changed += all;
        for (entry, values) in entries {
            let sections: Vec<&str> = told.split(&format!("Entry{entry}·")).collect();
            let [_, section] = sections[..] else {
                panic!("entry {entry} of {subject} stands {} times", sections.len() - 1)
            };
            let mut rest = section;
            for value in values {
                // They stand in the order in which they were recorded.
                let at = rest.find(&value);
                let at = at.unwrap_or_else(|| panic!("{subject}, entry {entry}: no '{value}'"));
                rest = &rest[at + value.len()..];
            }
        }
    }
    assert!(changed > 5_000, "{changed}");
}

#[test]
fn a_copy_in_chinese_has_the_words_of_the_study_and_our_own() {
    let folder = TRIAL.path("chinese");
    exported("casebook-pdf", &folder, &["--language", "zh"]);
    let document = Path::new(&folder).join("casebook-01-706-1041.pdf");
    let told = told(&document);
    for word in ["病例报告表副本（含稽查轨迹）", "参与者的年龄", "筛选访视1", "日志"]
    {
        assert!(told.contains(word), "{word}");
    }
    assert!(!told.contains('□'), "the fonts have every character of the demonstration");
}
