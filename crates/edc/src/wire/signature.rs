//! Signatures, and the calls that put them under visits and casebooks.

use contract::{
    Context, Error,
    edc::v1::{SignCasebookRequest, SignVisitRequest, Signature},
};
use kernel::casebook::RecordSignature;

use super::value;
use crate::{Edc, failure::Result, sign_whole::SignWhole, signing::SignedPart};

pub(crate) fn signature(signature: &RecordSignature, is_valid: bool) -> Signature {
    Signature {
        signer: signature.signer.clone(),
        printed_name: signature.printed_name.clone(),
        meaning: signature.meaning.clone(),
        signed_at: Some(value::at(signature.signed_at_ms)),
        is_valid,
    }
}

pub(super) async fn visit(edc: &Edc, context: &Context, r: &SignVisitRequest) -> Result<Signature> {
    let repeat = value::repeat_key(&r.study_event_repeat_key);
    let wanted = SignWhole {
        subject: r.subject_key.as_str().into(),
        part: SignedPart::Visit(r.study_event_oid.as_str().into(), repeat),
        signing_sha256: r.signing_sha256.clone(),
        meaning: r.meaning.clone(),
        ticket: r.signing_ticket.clone(),
    };
    sign(edc, context, &r.study_oid, r.request_id.as_ref(), wanted).await
}

pub(super) async fn casebook(
    edc: &Edc,
    context: &Context,
    r: &SignCasebookRequest,
) -> Result<Signature> {
    let wanted = SignWhole {
        subject: r.subject_key.as_str().into(),
        part: SignedPart::Casebook,
        signing_sha256: r.signing_sha256.clone(),
        meaning: r.meaning.clone(),
        ticket: r.signing_ticket.clone(),
    };
    sign(edc, context, &r.study_oid, r.request_id.as_ref(), wanted).await
}

async fn sign(
    edc: &Edc,
    context: &Context,
    study: &str,
    request: Option<&String>,
    wanted: SignWhole,
) -> Result<Signature> {
    if wanted.meaning.trim().is_empty() {
        return Err(Error::invalid("meaning", "a signature states its meaning").into());
    }
    let signed = edc.sign_whole(context, &study.into(), request, &wanted).await?;
    Ok(signature(&signed, true))
}
