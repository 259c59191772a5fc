//! Signs a visit or a casebook: permit, read, decide, append, answer.

use contract::{Act, Context};
use kernel::{
    RepeatKey, StudyEventOid, StudyOid, SubjectKey,
    casebook::{Casebook, Event, RecordSignature, Refusal},
};

use crate::{
    Edc,
    book::lock,
    change::{Attempt, Change, Decided, request_id},
    compiled::Compiled,
    expected::missing_forms,
    failure::Result,
    signing::{SignedPart, SigningPlace},
};

/// What somebody wants to sign, and as what.
#[derive(Clone, Debug)]
pub(crate) struct SignWhole {
    pub subject: SubjectKey,
    pub part: SignedPart,
    /// What the signer saw.
    pub signing_sha256: String,
    pub meaning: String,
    /// Needed when the call is not made with the password.
    pub ticket: Option<String>,
}

impl Edc {
    /// Signs everything below a visit or a casebook. Answers with the signature.
    pub(crate) async fn sign_whole(
        &self,
        context: &Context,
        study: &StudyOid,
        request: Option<&String>,
        wanted: &SignWhole,
    ) -> Result<RecordSignature> {
        let study = self.study_for(context, study, Act::SignData).await?;
        let permit = self.permit_at(context, &study, &wanted.subject, Act::SignData).await?;
        let change = Change {
            permit: &permit,
            origin: &context.origin,
            subject: &wanted.subject,
            request: request_id(context, request),
            reason: None,
        };
        let place =
            SigningPlace { study: &study, subject: &wanted.subject, part: wanted.part.clone() };
        let book = self.shelf.get(&study, &wanted.subject).await?;
        let seen = {
            let book = lock(&book);
            let is_new = !book.casebook.requests.contains_key(&change.request);
            if is_new && place.signing_sha256(&book.casebook, book.head) != wanted.signing_sha256 {
                return Err(Refusal::ContentChanged.into());
            }
            wanted.part.content(&book.casebook)
        };
        let ticket = wanted.ticket.as_deref();
        let signer = self.signer(context, &place, &change.request, &wanted.meaning, ticket).await?;
        let signature = RecordSignature {
            signer: signer.user,
            printed_name: signer.printed_name,
            meaning: wanted.meaning.trim().to_owned(),
            signed_at_ms: (self.clock)().as_millisecond(),
            content: seen,
        };
        let changed = self
            .change(&study, &change, |casebook, attempt| {
                if attempt == Attempt::Repeated {
                    let last = last_signature(casebook, &wanted.part);
                    return Ok(Decided::new(Vec::new(), last.cloned()));
                }
                let event = decide(study.of(casebook), casebook, &wanted.part, &signature)?;
                Ok(Decided::new(vec![event], Some(signature.clone())))
            })
            .await?;
        Ok(changed.answer.ok_or(Refusal::RecordUnknown)?)
    }
}

fn last_signature<'a>(casebook: &'a Casebook, part: &SignedPart) -> Option<&'a RecordSignature> {
    match part {
        SignedPart::Record(key) => casebook.record(key)?.signature.as_ref(),
        SignedPart::Visit(event, repeat) => {
            casebook.visit_signatures.get(&(event.clone(), repeat.clone()))
        }
        SignedPart::Casebook => casebook.signature.as_ref(),
    }
}

fn decide(
    compiled: &Compiled,
    casebook: &Casebook,
    part: &SignedPart,
    signature: &RecordSignature,
) -> Result<Event, Refusal> {
    if part.content(casebook) != signature.content {
        return Err(Refusal::ContentChanged);
    }
    let (visits, valid) = match part {
        SignedPart::Record(_) => return Err(Refusal::RecordUnknown),
        SignedPart::Visit(event, repeat) => {
            (vec![(event.clone(), repeat.clone())], casebook.valid_visit_signature(event, repeat))
        }
        SignedPart::Casebook => (visits_of(casebook), casebook.valid_signature()),
    };
    let mut records = 0;
    for (event, repeat) in &visits {
        records += complete_records(compiled, casebook, event, repeat)?;
    }
    if records == 0 {
        return Err(Refusal::RecordUnknown);
    }
    if valid.is_some_and(|one| one.signer == signature.signer) {
        return Err(Refusal::AlreadySo);
    }
    let signature = signature.clone();
    Ok(match part {
        SignedPart::Visit(event, event_repeat) => Event::VisitSigned {
            event: event.clone(),
            event_repeat: event_repeat.clone(),
            signature,
        },
        _ => Event::CasebookSigned { signature },
    })
}

/// Every visit of which something is known.
fn visits_of(casebook: &Casebook) -> Vec<(StudyEventOid, RepeatKey)> {
    let recorded = casebook.records.keys().map(|key| (key.event.clone(), key.event_repeat.clone()));
    let mut visits: Vec<_> = recorded.chain(casebook.dates.keys().cloned()).collect();
    visits.sort();
    visits.dedup();
    visits
}

/// How many records a visit has, if each is complete, no mandatory form is missing, and no query
/// waits.
fn complete_records(
    compiled: &Compiled,
    casebook: &Casebook,
    event: &StudyEventOid,
    repeat: &RepeatKey,
) -> Result<usize, Refusal> {
    let mut count = 0;
    for (key, record) in casebook.records_of(event, repeat) {
        if casebook.queries_of(key).any(|query| query.status.is_pending()) {
            return Err(Refusal::QueriesOpen);
        }
        if record.removed {
            continue;
        }
        if !record.complete {
            return Err(Refusal::PartNotComplete);
        }
        count += 1;
    }
    match missing_forms(compiled, casebook, event, repeat).next() {
        Some(_) => Err(Refusal::PartNotComplete),
        None => Ok(count),
    }
}
