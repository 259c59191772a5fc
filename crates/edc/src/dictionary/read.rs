//! Lists dictionaries, finds terms, and says what a code stands for.

use std::sync::Arc;

use contract::{
    Act, Context, Error, Scope, Timestamp,
    edc::v1::{
        Dictionary, GetTermRequest, GetTermResponse, ListDictionariesRequest,
        ListDictionariesResponse, SearchTermsRequest, SearchTermsResponse, Term,
    },
    page,
};
use store::{Range, Store};

use super::{
    PageKey, TermKey, Wanted,
    load::DictionaryTerm,
    log::{INSTITUTION, is_name, key, parts},
    rows::{self, DICTIONARY, DictionaryRow, TERM, WORD, decode},
    words,
};
use crate::{
    Edc,
    failure::{Failure, Result},
    wire::error::answer,
};

/// Versions of dictionaries that are listed.
const MOST_VERSIONS: u32 = 1_000;
/// Rows that one call looks at, at most; the page ends there even if it is not full.
const MOST_LOOKED_AT: usize = 5_000;
const ROWS_PER_READ: u32 = 200;
/// How far up it is looked. A dictionary of drugs has five levels.
const MOST_ANCESTORS: usize = 20;
const MOST_SOUGHT_BYTES: usize = 200;

/// Lists what is loaded.
pub(crate) async fn list(
    edc: &Edc,
    context: &Context,
    request: &ListDictionariesRequest,
) -> Result<ListDictionariesResponse> {
    permit(edc, context, &request.study_oid).await?;
    Ok(ListDictionariesResponse { dictionaries: edc.dictionaries().await? })
}

impl Edc {
    /// What is loaded: by name, then from the newest version to the oldest.
    pub async fn dictionaries(&self) -> Result<Vec<Dictionary>> {
        let mut found = versions(&*self.store, "").await?;
        found.sort_by(|(a, row), (b, other)| {
            let name = |key: &str| parts(key).map(|(name, _)| name.to_owned());
            name(a).cmp(&name(b)).then_with(|| other.completed_at_ms.cmp(&row.completed_at_ms))
        });
        let dictionaries = found.into_iter().filter_map(|(key, row)| {
            let (dictionary, version) = parts(&key)?;
            Some(Dictionary {
                dictionary: dictionary.to_owned(),
                version: version.to_owned(),
                term_count: i32::try_from(row.terms).unwrap_or(i32::MAX),
                source_sha256: row.source_sha256,
                loaded_at: Some(Timestamp::from_millisecond(row.completed_at_ms)),
            })
        });
        Ok(dictionaries.collect())
    }
}

/// Finds terms. Refuses with `DICTIONARY_UNKNOWN`.
pub(crate) async fn search(
    edc: &Edc,
    context: &Context,
    request: &SearchTermsRequest,
) -> Result<SearchTermsResponse> {
    permit(edc, context, &request.study_oid).await?;
    if request.text.len() > MOST_SOUGHT_BYTES {
        return Err(Error::invalid("text", "it is longer than 200 bytes").into());
    }
    let words = words::sought(&request.text);
    if words.is_empty() {
        return Err(Error::invalid("text", "it needs a letter or digit").into());
    }
    let sought = PageKey {
        of: wanted(&request.dictionary, request.version.as_ref()),
        words,
        after: page::after(request.page_token.as_ref())?,
        size: page::size(request.page_size)?,
    };
    let load = || {
        let (store, sought, context) = (Arc::clone(&edc.store), sought.clone(), context.clone());
        async move { answer(&context, find(&*store, &sought).await) }
    };
    let known = edc.dictionaries.pages.get_or_load(&sought, load).await;
    let known = known.map_err(|error| Error::clone(&error))?;
    known.map(Arc::unwrap_or_clone).ok_or_else(|| dictionary_unknown(&sought.of))
}

/// Returns a term. Refuses with `DICTIONARY_UNKNOWN` and `TERM_UNKNOWN`.
pub(crate) async fn get(
    edc: &Edc,
    context: &Context,
    request: &GetTermRequest,
) -> Result<GetTermResponse> {
    permit(edc, context, &request.study_oid).await?;
    let of = wanted(&request.dictionary, request.version.as_ref());
    let sought = TermKey { of, code: request.code.clone() };
    let load = || {
        let (store, sought, context) = (Arc::clone(&edc.store), sought.clone(), context.clone());
        async move { answer(&context, look_up(&*store, &sought).await) }
    };
    let known = edc.dictionaries.terms.get_or_load(&sought, load).await;
    match known.map_err(|error| Error::clone(&error))? {
        None => Err(dictionary_unknown(&sought.of)),
        Some(answer) if answer.term.is_none() => {
            let message = format!("there is no such term in version {}", answer.version);
            Err(Error::not_found("TERM_UNKNOWN", message).into())
        }
        Some(answer) => Ok(Arc::unwrap_or_clone(answer)),
    }
}

/// Whoever has a role in a study may look into dictionaries for it.
async fn permit(edc: &Edc, context: &Context, study: &str) -> Result<()> {
    let study = edc.study_for(context, &study.into(), Act::ReadStudy).await?;
    context.caller.permit(Act::ReadStudy, Scope::study_wide(study.oid.as_str()))?;
    Ok(())
}

fn wanted(dictionary: &str, version: Option<&String>) -> Wanted {
    let version = version.filter(|version| !version.is_empty()).cloned();
    Wanted { dictionary: dictionary.to_owned(), version }
}

fn dictionary_unknown(of: &Wanted) -> Failure {
    let version = of.version.as_ref().map(|version| format!(" in version {version}"));
    let version = version.unwrap_or_default();
    let message = format!("there is no dictionary {}{version}", of.dictionary);
    Error::not_found("DICTIONARY_UNKNOWN", message).into()
}

async fn find(store: &dyn Store, sought: &PageKey) -> Result<Option<Arc<SearchTermsResponse>>> {
    let Some(version) = version_of(store, &sought.of).await? else { return Ok(None) };
    let mut answer = SearchTermsResponse { version, ..SearchTermsResponse::default() };
    let [rarest, others @ ..] = sought.words.as_slice() else { return Ok(None) };
    let prefix = rows::word_prefix(&key(&sought.of.dictionary, &answer.version), rarest);
    let limit = ROWS_PER_READ.min(u32::try_from(sought.size + 1).unwrap_or(ROWS_PER_READ));
    let mut range = Range::all(WORD, INSTITUTION, limit).prefix(prefix);
    range.after.clone_from(&sought.after);
    let mut looked_at = 0;
    loop {
        let page = store.list(range.clone()).await?;
        for (key, bytes) in &page {
            if answer.terms.len() >= sought.size || looked_at >= MOST_LOOKED_AT {
                answer.next_page_token = range.after.as_deref().map(page::token);
                return Ok(Some(Arc::new(answer)));
            }
            looked_at += 1;
            let term: DictionaryTerm = decode(bytes)?;
            if is_found(&term, rows::word(key), rarest, others) {
                answer.terms.push(of_term(term));
            }
            range.after = Some(key.clone());
        }
        if page.len() < limit as usize {
            return Ok(Some(Arc::new(answer)));
        }
    }
}

/// Whether a term has all words that are sought. One that has several words with the same beginning is
/// found at the first of them only.
fn is_found(term: &DictionaryTerm, at: Option<&str>, rarest: &str, others: &[String]) -> bool {
    let words = words::of_term(&term.code, &term.text);
    let first = words.iter().find(|word| word.starts_with(rarest));
    first.map(String::as_str) == at
        && others.iter().all(|other| words.iter().any(|word| word.starts_with(other)))
}

async fn look_up(store: &dyn Store, sought: &TermKey) -> Result<Option<Arc<GetTermResponse>>> {
    let Some(version) = version_of(store, &sought.of).await? else { return Ok(None) };
    let key = key(&sought.of.dictionary, &version);
    let mut answer = GetTermResponse { version, ..GetTermResponse::default() };
    let mut next = Some(sought.code.clone());
    while let Some(code) = next.take()
        && answer.ancestors.len() < MOST_ANCESTORS
        && let Some(term) = term(store, &key, &code).await?
    {
        next.clone_from(&term.parent_code);
        match answer.term {
            None => answer.term = Some(of_term(term)),
            Some(_) => answer.ancestors.push(of_term(term)),
        }
    }
    Ok(Some(Arc::new(answer)))
}

async fn term(store: &dyn Store, key: &str, code: &str) -> Result<Option<DictionaryTerm>> {
    if code.is_empty() || code.len() > MOST_SOUGHT_BYTES || code.contains(char::is_control) {
        return Ok(None);
    }
    let row = store.view(TERM, INSTITUTION, &rows::term_key(key, code)).await?;
    row.map(|bytes| decode(&bytes)).transpose()
}

/// The version that is wanted, if it is complete: the one that was completed last if none is named.
async fn version_of(store: &dyn Store, of: &Wanted) -> Result<Option<String>> {
    if !is_name(&of.dictionary) {
        return Ok(None);
    }
    if let Some(version) = &of.version {
        let key = key(&of.dictionary, version);
        let is_there =
            is_name(version) && store.view(DICTIONARY, INSTITUTION, &key).await?.is_some();
        return Ok(Some(version.clone()).filter(|_| is_there));
    }
    let found = versions(store, &key(&of.dictionary, "")).await?;
    let newest = found.into_iter().max_by_key(|(_, row)| row.completed_at_ms);
    Ok(newest.and_then(|(key, _)| parts(&key).map(|(_, version)| version.to_owned())))
}

async fn versions(store: &dyn Store, prefix: &str) -> Result<Vec<(String, DictionaryRow)>> {
    let range = Range::all(DICTIONARY, INSTITUTION, MOST_VERSIONS).prefix(prefix);
    let rows = store.list(range).await?;
    rows.into_iter().map(|(key, bytes)| Ok((key, decode(&bytes)?))).collect()
}

fn of_term(term: DictionaryTerm) -> Term {
    Term { code: term.code, text: term.text, parent_code: term.parent_code }
}
