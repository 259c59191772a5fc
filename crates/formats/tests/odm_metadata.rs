//! Study definitions in ODM: the published examples, read and written.

use std::{fs, path::PathBuf};

use formats::{ImportedDesign, odm};

fn data(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/odm").join(folder)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(data(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn read(path: &PathBuf) -> ImportedDesign {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let bytes = fs::read(path).unwrap();
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
