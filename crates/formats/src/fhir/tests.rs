mod defined;
mod published;
mod read;
mod schema;
mod written;

use std::{ops::ControlFlow, sync::Arc};

use kernel::{StudyVersion, study::Design};

use super::{Taken, read_data};
use crate::{odm, rules_toml};

/// The demonstration trial as it is designed.
fn demo() -> Design {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/crf.odm.xml");
    let file = std::io::BufReader::new(std::fs::File::open(file).unwrap());
    let mut imported = odm::read_metadata(file, "crf.odm.xml").unwrap();
    let mut version: StudyVersion = imported.versions.remove(0).version;
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/rules.toml");
    let rules = std::fs::read_to_string(rules).unwrap();
    rules_toml::read(&rules, "rules.toml").unwrap().merge_into(&mut version);
    Design::new(Arc::new(version))
}

/// What a text of resources comes to.
fn taken(design: &Design, text: &str) -> Vec<Taken> {
    let mut all = Vec::new();
    read_data(text.as_bytes(), "x.json", design, &mut |taken| {
        all.push(taken);
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

/// The reasons for which something was not taken.
fn reasons(taken: &[Taken]) -> Vec<&str> {
    let reason = |taken: &&Taken| matches!(taken, Taken::Skipped { .. } | Taken::Refused { .. });
    let reasons = taken.iter().filter(reason).map(|taken| match taken {
        Taken::Skipped { reason, .. } | Taken::Refused { reason, .. } => reason.as_str(),
        Taken::Record(_) | Taken::Subject(_) => "",
    });
    reasons.collect()
}
