//! FHIR R4 (4.0.1) as JSON: forms as questionnaires, casebooks as resources, and both back.
//!
//! [`questionnaires`] writes a study version and [`read_questionnaires`] makes one; the exporters of the
//! formats `fhir` and `fhir-ndjson` write what was collected, and [`read_data`] takes it. The mapping is
//! written down in `docs/fhir.md`. What FHIR cannot say stands in extensions and systems `urn:casebook:…`.

mod annotated;
mod answer;
mod collected;
mod concept;
mod define;
mod event;
mod json;
mod names;
mod observation;
mod out;
mod questionnaire;
mod read;
mod resources;
mod response;
mod study;
mod subject;
mod taken;
mod units;

pub(crate) use self::define::is_fhir;
pub(crate) use self::out::{FhirExporter, Frame};
pub use self::{
    define::read_questionnaires,
    questionnaire::questionnaires,
    read::{Take, read_data},
    taken::{Place, Taken, TakenCell, TakenRecord, TakenSubject},
};
pub use crate::mapping::Given;

#[cfg(test)]
mod tests;
