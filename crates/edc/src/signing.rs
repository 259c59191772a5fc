//! Who signs: by the password of the call, or by a ticket for which it was given; and the note that
//! unblinded data were read.

use contract::{
    Act, Authentication, Caller, Context, Error,
    identity::v1::{AccessDecision, GetUserRequest, RecordAccessRequest, RedeemSignatureRequest},
};
use journal::{Hash, Head};
use kernel::{
    FileReference, RepeatKey, RequestId, SiteOid, StudyEventOid, SubjectKey,
    casebook::{Casebook, FormRecord, RecordKey, Refusal},
};

use crate::{
    Edc, Failure,
    book::{Shelf, lock},
    failure::Result,
    study::Study,
};

/// The name under which this service calls others.
const OURSELVES: &str = "casebook.edc.v1.Edc";

/// Whoever signs, and his name as it is printed (21 CFR 11.50(a)(1)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signer {
    pub user: String,
    pub printed_name: String,
}

/// A form record, a visit, or the whole casebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignedPart {
    Record(RecordKey),
    Visit(StudyEventOid, RepeatKey),
    Casebook,
}

/// What is signed.
#[derive(Clone, Debug)]
pub(crate) struct SigningPlace<'a> {
    pub study: &'a Study,
    pub subject: &'a SubjectKey,
    pub part: SignedPart,
}

impl SigningPlace<'_> {
    /// What a signature of a visit or casebook is authorised for. The hash of the last entry is in
    /// it, so that the digest tells nothing about values to who may not see them.
    pub fn signing_sha256(&self, casebook: &Casebook, head: Head) -> String {
        let visit = match &self.part {
            SignedPart::Visit(event, repeat) => Some((event, repeat)),
            _ => None,
        };
        let content = Hash(self.part.content(casebook)).to_string();
        let place = (self.study.oid.as_str(), self.subject.as_str(), visit);
        let signed = serde_json::to_vec(&(place, content, head.hash.to_string()));
        Hash::of(&signed.expect("plain data has JSON")).to_string()
    }
}

impl SignedPart {
    /// What the signature is bound to.
    pub fn content(&self, casebook: &Casebook) -> [u8; 32] {
        match self {
            Self::Record(key) => {
                casebook.record(key).map(|record| record.content_hash()).unwrap_or_default()
            }
            Self::Visit(event, repeat) => casebook.visit_content(event, repeat),
            Self::Casebook => casebook.content(),
        }
    }
}

impl Edc {
    /// Who signs, once he has proven it for this record, as it stands, and this meaning.
    pub(crate) async fn signer(
        &self,
        context: &Context,
        place: &SigningPlace<'_>,
        request: &RequestId,
        meaning: &str,
        ticket: Option<&str>,
    ) -> Result<Signer> {
        let user = context.caller.user.clone();
        let Some(ticket) = ticket else {
            if context.caller.authentication != Authentication::Password {
                let message = "a signature needs the password, or a signing ticket";
                return Err(Error::unauthenticated(message).into());
            }
            let printed_name = self.printed_name(context).await?;
            return Ok(Signer { user, printed_name });
        };
        let identity = self.identity.as_ref().ok_or_else(no_identity)?;
        let SigningPlace { study, subject, part } = place;
        let book = self.shelf.get(study, subject).await?;
        let (record, whole) = {
            let book = lock(&book);
            if book.casebook.requests.contains_key(request) {
                // It was carried out before: the ticket is spent, and nothing is signed again.
                return Ok(Signer { printed_name: user.clone(), user });
            }
            match part {
                SignedPart::Record(key) => {
                    let record = book.casebook.record(key).cloned();
                    (Some((key, record.ok_or(Refusal::RecordUnknown)?)), String::new())
                }
                _ => (None, place.signing_sha256(&book.casebook, book.head)),
            }
        };
        let content_sha256 = match record {
            Some((key, record)) => signing_sha256(self, study, subject, key, &record).await?,
            None => whole,
        };
        let redeem = RedeemSignatureRequest {
            ticket: ticket.to_owned(),
            content_sha256,
            username: user,
            signing_id: request.as_str().to_owned(),
        };
        let signed = identity.redeem_signature(&ours(context), redeem).await?;
        if signed.meaning != meaning.trim() {
            let message = "it is not the meaning for which the ticket was given";
            return Err(Error::invalid("meaning", message).into());
        }
        Ok(Signer { user: signed.signer, printed_name: signed.printed_name })
    }

    async fn printed_name(&self, context: &Context) -> Result<String> {
        let username = context.caller.user.clone();
        let Some(identity) = &self.identity else { return Ok(username) };
        let request = GetUserRequest { username: username.clone() };
        match identity.get_user(&ours(context), request).await {
            Ok(answer) => {
                let name = answer.user.map(|user| user.full_name).filter(|name| !name.is_empty());
                Ok(name.unwrap_or(username))
            }
            // A program that calls by itself has no account.
            Err(error) if error.reason() == "USER_UNKNOWN" => Ok(username),
            Err(error) => Err(error.into()),
        }
    }

    /// Has it noted that somebody sees values which tell the treatment; without that he does not.
    pub(crate) async fn note_unblinded(
        &self,
        context: &Context,
        study: &Study,
        site: &SiteOid,
        subject: &str,
    ) -> Result<()> {
        let place = (study.oid.as_str(), Some(site.as_str().to_owned()));
        self.note_read(context, Act::ReadUnblinded, place, format!("subject {subject}")).await
    }

    /// The same for an export.
    pub(crate) async fn note_unblinded_export(&self, context: &Context, study: &str) -> Result<()> {
        self.note_read(context, Act::ReadUnblinded, (study, None), "export".to_owned()).await
    }

    /// Has it noted that somebody takes an attached file; without that he does not get it.
    pub(crate) async fn note_file_read(
        &self,
        context: &Context,
        study: &Study,
        site: &SiteOid,
        (subject, file): (&SubjectKey, &FileReference),
    ) -> Result<()> {
        // The name of a file may say too much.
        let what = format!("file {} of subject {subject}", &file.sha256[..16]);
        let place = (study.oid.as_str(), Some(site.as_str().to_owned()));
        self.note_read(context, Act::ReadData, place, what).await
    }

    async fn note_read(
        &self,
        context: &Context,
        act: Act,
        (study, site_oid): (&str, Option<String>),
        what: String,
    ) -> Result<()> {
        let Some(identity) = &self.identity else { return Ok(()) };
        let request = RecordAccessRequest {
            username: context.caller.user.clone(),
            decision: AccessDecision::SensitiveRead.into(),
            act: act.name().to_owned(),
            study_oid: Some(study.to_owned()),
            site_oid,
            what: Some(what),
        };
        identity.record_access(&ours(context), request).await?;
        Ok(())
    }
}

/// What a signature of a record is authorised for. The last entry is in it, so that the digest tells
/// nothing about values to who may not see them.
pub(crate) async fn signing_sha256(
    edc: &Edc,
    study: &Study,
    subject: &SubjectKey,
    key: &RecordKey,
    record: &FormRecord,
) -> Result<String> {
    let log = Shelf::log(&study.oid, subject);
    let entry = edc.store.entry(&log, record.last_entry).await?;
    let entry = entry.ok_or_else(|| Failure::Broke("a record names an entry not there".into()))?;
    let content = Hash(record.content_hash()).to_string();
    let signed = serde_json::to_vec(&(
        (study.oid.as_str(), subject.as_str(), key),
        (record.version, content, entry.hash.to_string()),
    ));
    let signed = signed.map_err(|error| Failure::Broke(error.to_string()))?;
    Ok(Hash::of(&signed).to_string())
}

/// The context in which this service asks another one for a call.
fn ours(context: &Context) -> Context {
    Context { caller: Caller::system(OURSELVES), ..context.clone() }
}

fn no_identity() -> Failure {
    Error::unavailable("signing tickets cannot be redeemed here").into()
}
