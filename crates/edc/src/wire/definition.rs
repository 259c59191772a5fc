//! The definition of a study as a document, out and in.

use contract::{
    Act, Context, Error, FieldViolation, Scope,
    edc::v1::{
        GetDefinitionRequest, PublishDefinitionRequest, PublishDefinitionResponse,
        definition::Format,
    },
    google::api::HttpBody,
};
use formats::{
    fhir, odm, redcap,
    xlsform::{self, FormFile},
};
use futures::{StreamExt as _, stream::BoxStream};
use kernel::{
    FormOid, StudyOid, StudyVersion,
    study::{Design, Fault},
};

use super::subject::given;
use crate::{Edc, Failure, failure::Result, publish::PublishFailure};

/// Bytes that are sent at a time.
const PIECE_BYTES: usize = 64 * 1024;

type Pieces = BoxStream<'static, std::result::Result<HttpBody, Error>>;

/// Gives a study version in one of the formats that hold definitions.
pub(super) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetDefinitionRequest,
) -> Result<Pieces> {
    let study: StudyOid = request.study_oid.as_str().into();
    let hash = given(request.version_hash.as_ref());
    let version = edc.version(&context.caller, &study, hash).await?;
    let format = Format::try_from(request.format)
        .map_err(|_| Error::invalid("format", "there is no such format"))?;
    let form = given(request.form_oid.as_ref());
    if form.is_some() && !matches!(format, Format::Xlsform | Format::XlsformCsv) {
        return Err(Error::invalid("formOid", "only an XLSForm is of one form").into());
    }
    let created = (edc.clock)().to_string();
    let (content_type, document) = written(version, (format, form), created)?;
    let pieces: Vec<_> = document
        .chunks(PIECE_BYTES)
        .map(|piece| Ok(HttpBody { content_type: content_type.to_owned(), data: piece.to_vec() }))
        .collect();
    Ok(futures::stream::iter(pieces).boxed())
}

/// One form as an XLSForm, or all in an archive.
fn questionnaire(
    version: StudyVersion,
    form: Option<&str>,
    file: FormFile,
) -> Result<(&'static str, Vec<u8>)> {
    let broke = |error: std::io::Error| Failure::Broke(format!("the XLSForm: {error}"));
    let design = Design::new(std::sync::Arc::new(version));
    let Some(form) = form else {
        let (archive, _) = xlsform::archive(&design, file).map_err(broke)?;
        return Ok(("application/zip", archive));
    };
    let out = xlsform::of_form(&design, &FormOid::new(form))
        .ok_or_else(|| Error::invalid("formOid", "the study version has no such form"))?;
    Ok((file.media_type(), out.sheets.write(file).map_err(broke)?))
}

fn written(
    version: StudyVersion,
    (format, form): (Format, Option<&str>),
    created: String,
) -> Result<(&'static str, Vec<u8>)> {
    let broke = |error: std::io::Error| Failure::Broke(format!("the definition: {error}"));
    let header = odm::Header {
        file_oid: format!("{}.{}", version.study_oid, &version.hash().to_string()[..12]),
        created,
        source_system: Some("Casebook".to_owned()),
        source_system_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..odm::Header::default()
    };
    Ok(match format {
        Format::Unspecified | Format::Json => {
            let json = serde_json::to_vec(&version).expect("a study version has only text keys");
            ("application/json", json)
        }
        Format::Odm => {
            let out = odm::write_metadata_v1(&version, &header, Vec::new()).map_err(broke)?;
            ("application/xml", out)
        }
        Format::Odm2 => {
            let out = odm::write_metadata_v2(&version, &header, Vec::new()).map_err(broke)?;
            ("application/xml", out)
        }
        Format::Fhir => {
            let design = Design::new(std::sync::Arc::new(version));
            ("application/fhir+json", fhir::questionnaires(&design).into_bytes())
        }
        Format::Redcap => {
            let layout = redcap::Layout::of(&Design::new(std::sync::Arc::new(version)));
            ("text/csv; charset=utf-8", layout.dictionary.write_csv(true))
        }
        Format::Xlsform => questionnaire(version, form, FormFile::Workbook)?,
        Format::XlsformCsv => questionnaire(version, form, FormFile::Csv)?,
    })
}

/// Puts a study version in force.
pub(super) async fn publish(
    edc: &Edc,
    context: &Context,
    request: PublishDefinitionRequest,
) -> Result<PublishDefinitionResponse> {
    context.caller.permit(Act::PublishStudy, Scope::study_wide(&request.study_oid))?;
    let version: StudyVersion = serde_json::from_str(&request.definition)
        .map_err(|error| Error::invalid("definition", error.to_string()))?;
    if version.study_oid.as_str() != request.study_oid {
        let said = format!("it is the definition of study {}", version.study_oid);
        return Err(Error::invalid("definition", said).into());
    }
    match edc.publish(&context.caller, version, request.reason).await {
        Ok(published) => Ok(PublishDefinitionResponse {
            version_hash: published.hash,
            unchanged: published.unchanged,
        }),
        Err(PublishFailure::Failed(failure)) => Err(failure),
        Err(PublishFailure::DraftFaults(faults)) => {
            Err(faulty(faults.into_iter().map(|placed| placed.fault)).into())
        }
        Err(PublishFailure::Faults(faults)) => Err(faulty(faults.into_iter()).into()),
    }
}

fn faulty(faults: impl Iterator<Item = Fault>) -> Error {
    let violations = faults.map(|fault| {
        FieldViolation::new(format!("{} {}", fault.kind, fault.oid), fault.message.en)
    });
    Error::invalid_fields(violations.collect())
}
