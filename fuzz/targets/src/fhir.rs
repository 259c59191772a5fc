use std::{ops::ControlFlow, sync::Arc};

use formats::fhir::{questionnaires, read_data, read_questionnaires};
use kernel::study::Design;

/// Resources of FHIR: as the questionnaires of a study, which written again have the same forms, and as
/// data of that study.
pub fn fhir(bytes: &[u8]) -> bool {
    let Ok(read) = read_questionnaires(bytes, "fuzz.json", "FUZZ") else { return false };
    let forms = |read: &formats::ImportedDesign| -> Vec<kernel::FormOid> {
        let versions = read.versions.iter().flat_map(|draft| &draft.version.forms);
        versions.map(|form| form.oid.clone()).collect()
    };
    let known = forms(&read);
    for draft in read.versions {
        let design = Design::new(Arc::new(draft.version));
        let mut rows = |_| ControlFlow::Continue(());
        let taken = read_data(bytes, "fuzz.json", &design, &mut rows);
        assert!(taken.is_ok(), "what is a definition is FHIR, and can be read as data");
        let text = questionnaires(&design);
        let again = read_questionnaires(text.as_bytes(), "again.json", "FUZZ");
        assert_eq!(again.map(|again| forms(&again)), Ok(known.clone()));
    }
    true
}
