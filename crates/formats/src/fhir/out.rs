//! An export as FHIR resources: the study, its questionnaires, and casebook by casebook the subject, a
//! QuestionnaireResponse for each form record, and the adverse events and observations in it.

use kernel::{casebook::DatumRef, study::Design};

use super::{
    annotated::Annotated,
    answer::Words,
    collected::Collected,
    event::events,
    json::{Json, Object},
    names::Names,
    observation::observations,
    questionnaire::questionnaire_of,
    response::response,
    study::{self, research_study},
    subject::{Arms, research_subject},
};
use crate::export::{
    ExportError, ExportOptions, Exporter, Out, RecordOut, Sink, StudyOut, SubjectOut, Written,
};

/// How resources stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// One Bundle of type collection.
    Bundle,
    /// One resource on each line, as in the Bulk Data guide.
    Lines,
}

/// Writes one file, with the memory of one casebook.
pub(crate) struct FhirExporter {
    frame: Frame,
    language: String,
    begun: Option<Begun>,
}

struct Begun {
    out: Out,
    frame: Frame,
    names: Names,
    design: Design,
    annotated: Annotated,
    language: String,
    /// The version in the canonical URLs of questionnaires.
    version: String,
    study: String,
    subject: Option<Subject>,
}

/// A casebook that is not yet complete: its subject is written first, and its arm is known last.
struct Subject {
    key: String,
    site: String,
    status: String,
    numbers: [Option<String>; 2],
    dates: [Option<String>; 3],
    arms: Arms,
    resources: Vec<u8>,
}

impl FhirExporter {
    pub(crate) fn new(frame: Frame, options: &ExportOptions) -> Self {
        Self { frame, language: options.language.clone(), begun: None }
    }
}

impl Exporter for FhirExporter {
    fn one_stream(&self) -> bool {
        true
    }

    fn begin(&mut self, study: &StudyOut<'_>, sink: &mut dyn Sink) -> Result<(), ExportError> {
        let name = match self.frame {
            Frame::Bundle => "study.fhir.json",
            Frame::Lines => "study.fhir.ndjson",
        };
        let names = Names::new(study.design.version().study_oid.as_str());
        let reference = self.frame.reference("ResearchStudy", &study::id(&names));
        let mut begun = Begun {
            out: Out::create(sink, name)?,
            frame: self.frame,
            design: study.design.clone(),
            annotated: Annotated::new(study.design),
            language: self.language.clone(),
            version: study.version_hash.chars().take(12).collect(),
            study: reference,
            subject: None,
            names,
        };
        if self.frame == Frame::Bundle {
            let head = r#"{"resourceType":"Bundle","type":"collection","timestamp":"#;
            begun.out.buffer.extend_from_slice(head.as_bytes());
            Json::from(study.stamp()).write(&mut begun.out.buffer);
            begun.out.buffer.extend_from_slice(b",\"entry\":[\n");
        }
        let resource = research_study(&begun.names, study, &begun.language);
        begun.write(&resource)?;
        for form in &study.design.version().forms {
            let resource = questionnaire_of(study.design, form, &begun.version);
            begun.write(&resource.into())?;
        }
        self.begun = Some(begun);
        Ok(())
    }

    fn subject(&mut self, subject: &SubjectOut<'_>) -> Result<(), ExportError> {
        let begun = self.begun.as_mut().ok_or(ExportError::NotBegun)?;
        begun.flush()?;
        let given = |text: Option<&str>| text.map(str::to_owned);
        begun.subject = Some(Subject {
            key: subject.key.to_owned(),
            site: subject.site.to_owned(),
            status: subject.status.to_owned(),
            numbers: [subject.screening_number, subject.enrolment_number].map(given),
            dates: [subject.consented_on, subject.enrolled_on, subject.ended_on].map(given),
            arms: Arms::default(),
            resources: Vec::new(),
        });
        Ok(())
    }

    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        if record.record.removed {
            return Ok(());
        }
        self.begun.as_mut().ok_or(ExportError::NotBegun)?.record(record)
    }

    fn finish(self: Box<Self>, _: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let mut begun = self.begun.ok_or(ExportError::NotBegun)?;
        begun.flush()?;
        if begun.frame == Frame::Bundle {
            begun.out.buffer.extend_from_slice(b"\n]}\n");
        }
        Ok(vec![begun.out.finish()?])
    }
}

impl Begun {
    fn record(&mut self, record: &RecordOut<'_>) -> Result<(), ExportError> {
        let collected = Collected::of(record.record)
            .map_err(|source| ExportError::unreadable(record, source))?;
        let words = Words { names: &self.names, design: &self.design, language: &self.language };
        let (answered, values) = response(words, &self.version, record, &collected);
        let id = answered.text("id").unwrap_or_default();
        let reference = self.frame.reference("QuestionnaireResponse", id);
        let annotated = &self.annotated;
        let events = events(words, annotated, &self.study, record, &collected);
        let observed = observations(words, annotated, &reference, record, &collected);
        let arm = |role| arm(words, annotated, record.form, &collected, role);
        let (assigned, actual) =
            (arm("ARM").or_else(|| arm("ARMCD")), arm("ACTARM").or_else(|| arm("ACTARMCD")));
        self.out.values += values;
        let Some(subject) = &mut self.subject else { return Err(ExportError::NotBegun) };
        subject.arms.assigned = subject.arms.assigned.take().or(assigned);
        subject.arms.actual = subject.arms.actual.take().or(actual);
        for resource in [answered].into_iter().chain(events).chain(observed) {
            self.out.rows += 1;
            self.frame.push(&resource, true, &mut subject.resources);
        }
        Ok(())
    }

    /// Writes the subject whose casebook is complete, then what is in it.
    fn flush(&mut self) -> Result<(), ExportError> {
        let Some(subject) = self.subject.take() else { return Ok(()) };
        let [screening_number, enrolment_number] = subject.numbers.each_ref().map(Option::as_deref);
        let [consented_on, enrolled_on, ended_on] = subject.dates.each_ref().map(Option::as_deref);
        let out = SubjectOut {
            key: &subject.key,
            site: &subject.site,
            status: &subject.status,
            screening_number,
            enrolment_number,
            consented_on,
            enrolled_on,
            ended_on,
            ..SubjectOut::default()
        };
        let resource = research_subject(&self.names, &self.study, &out, &subject.arms);
        self.write(&resource)?;
        self.out.buffer.extend_from_slice(&subject.resources);
        self.out.settle()
    }

    fn write(&mut self, resource: &Json) -> Result<(), ExportError> {
        let follows = self.out.rows > 0;
        self.out.rows += 1;
        self.frame.push(resource, follows, &mut self.out.buffer);
        self.out.settle()
    }
}

impl Frame {
    /// How one resource of the file is named in another: in a Bundle by the URL of its entry.
    fn reference(self, of: &str, id: &str) -> String {
        match self {
            Self::Bundle => format!("urn:uuid:{id}"),
            Self::Lines => format!("{of}/{id}"),
        }
    }

    fn push(self, resource: &Json, follows: bool, out: &mut Vec<u8>) {
        match self {
            Self::Lines => {
                resource.write(out);
                out.push(b'\n');
            }
            Self::Bundle => {
                if follows {
                    out.extend_from_slice(b",\n");
                }
                let url = format!("urn:uuid:{}", resource.text("id").unwrap_or_default());
                out.extend_from_slice(b"{\"fullUrl\":");
                Json::from(url).write(out);
                out.extend_from_slice(b",\"resource\":");
                resource.write(out);
                out.push(b'}');
            }
        }
    }
}

/// The arm that a form says, by the name that the protocol gives it.
fn arm(
    words: Words<'_>,
    annotated: &Annotated,
    form: &str,
    collected: &Collected<'_>,
    role: &str,
) -> Option<String> {
    let (group, item) = annotated.find(words.design, &form.into(), "DM", role)?;
    let datum = collected.datum(group.as_str(), item.as_str())?;
    let DatumRef::Value { text, .. } = datum else { return None };
    let coding = words.coding(words.design.item(item)?, text);
    let decode = coding.text("display").unwrap_or(text);
    let mut arms = words.design.version().protocol.arms.iter();
    let is_named = |name: &str| name == text || name.eq_ignore_ascii_case(decode);
    let known = arms.find(|arm| is_named(arm.oid.as_str()) || is_named(&arm.name));
    Some(known.map_or(decode, |arm| arm.name.as_str()).to_owned())
}

/// A resource as an entry of a collection.
pub(super) fn entry(resource: Object) -> Json {
    let id = resource.get("id").and_then(Json::as_text).unwrap_or_default();
    let url = format!("urn:uuid:{id}");
    Object::default().with("fullUrl", url).with("resource", resource).into()
}
