//! Compares what a service allows with what its contract says: every method, in every role, at the
//! place itself, in another study and at another site.
//!
//! Who is not allowed must not learn either whether there is what he asks for: the answer is compared
//! with that for something made up.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use contract::{
    Access, Authentication, Caller, Code, Context, Error, Grant, Method, Reach, Role,
    rest::{Answer, Request, Route},
};
use futures::StreamExt as _;

/// Something of the service that is there, and what its requests need.
pub struct Place<S: ?Sized> {
    pub service: Arc<S>,
    pub routes: fn() -> Vec<Route<S>>,
    /// A study, a site of it, and another site of it.
    pub study: &'static str,
    pub site: &'static str,
    pub other_site: &'static str,
    /// What tells that an answer is about what is at the site, such as the key of a subject.
    pub secret: &'static str,
    /// The values of paths by the names of their variables.
    pub names: BTreeMap<&'static str, &'static str>,
    /// The queries of methods that need one, by the names of the methods.
    pub queries: BTreeMap<&'static str, &'static str>,
    /// The bodies of methods that have one, as JSON, by the names of the methods.
    pub bodies: BTreeMap<&'static str, &'static str>,
}

/// What stands for the study, or for what is at the site, when it is made up.
const MADE_UP: &str = "MADE-UP";

/// Reasons by which a caller is refused as such.
const DENIALS: [&str; 5] =
    ["NOT_PERMITTED", "UNAUTHENTICATED", "STUDY_UNKNOWN", "SUBJECT_UNKNOWN", "SITE_UNKNOWN"];

impl<S: ?Sized + Send + Sync + 'static> Place<S> {
    /// Calls every method in every role and panics at the first difference from the table.
    pub async fn keeps_to_the_table(&self) {
        for route in (self.routes)() {
            let method = Method::find(route.method).expect("a route is one of a method");
            for role in Role::ALL {
                self.allows_as_the_table_says(&route, method, role).await;
                // Without the role it is all the same where; one such role stands for all.
                if method.is_for(role) || role == Role::Participant {
                    self.tells_strangers_nothing(&route, method, role).await;
                }
            }
        }
    }

    async fn allows_as_the_table_says(&self, route: &Route<S>, method: &Method, role: Role) {
        let (study, site) = match method.access {
            Access::Act(_, Reach::System) => (None, None),
            Access::Act(_, Reach::Study) => (Some(self.study), None),
            _ => (Some(self.study), Some(self.site)),
        };
        let answer = self.ask(route, &context(role, study, site), None).await;
        let is_denied = answer.as_ref().is_err_and(is_denial);
        let says = format!("{role} calls {route:?}: {answer:?}");
        assert_eq!(is_denied, !method.is_for(role), "{says}");
    }

    /// Neither with a role in another study nor with one at another site.
    async fn tells_strangers_nothing(&self, route: &Route<S>, method: &Method, role: Role) {
        let foreign = context(role, Some("ANOTHER-STUDY"), None);
        let elsewhere = context(role, Some(self.study), Some(self.other_site));
        for (caller, made_up) in [(foreign, self.study), (elsewhere, self.secret)] {
            let real = self.ask(route, &caller, None).await;
            let other = self.ask(route, &caller, Some(made_up)).await;
            let says = format!("{role} elsewhere calls {route:?}: {real:?} / {other:?}");
            match (&real, &other) {
                (Err(real), Err(other)) => {
                    let known = format!("{real:?}").replace(made_up, MADE_UP);
                    assert_eq!(known, format!("{other:?}"), "{says}");
                    let is_open = matches!(method.access, Access::Public | Access::SignedIn);
                    assert!(
                        is_open || is_denial(real) || self.is_own_site(&caller, real),
                        "{says}"
                    );
                }
                (Ok(text), _) => {
                    assert!(!text.contains(self.secret), "{says}");
                    assert!(made_up != self.study || !text.contains(self.study), "{says}");
                }
                (Err(_), Ok(_)) => panic!("{says}"),
            }
        }
    }

    /// Who names his own site in a request is refused for other reasons, or not at all.
    fn is_own_site(&self, caller: &Context, error: &Error) -> bool {
        let site = caller.caller.grants[0].site.as_deref();
        site == Some(self.other_site) && error.code() != Code::PermissionDenied
    }

    /// The answer as text; with one thing replaced by something that is not there.
    async fn ask(
        &self,
        route: &Route<S>,
        context: &Context,
        made_up: Option<&str>,
    ) -> Result<String, Error> {
        let replaced =
            |text: &str| made_up.map_or_else(|| text.to_owned(), |m| text.replace(m, MADE_UP));
        let variables = route.template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let value = |name| {
            let value = self.names.get(name);
            replaced(value.unwrap_or_else(|| panic!("what is {name} of {route:?}?")))
        };
        let name = route.method.rsplit('/').next().unwrap_or_default();
        let body = self.bodies.get(name).map_or_else(String::new, |body| replaced(body));
        let request = Request {
            path: variables.map(value).collect(),
            query: self.queries.get(name).copied().unwrap_or_default().to_owned(),
            content_type: Some("application/json".to_owned()),
            body: body.into(),
        };
        match (route.call)(self.service.clone(), context.clone(), request).await? {
            Answer::Json(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Answer::Stream { mut pieces, .. } => {
                let mut text = String::new();
                while let Some(piece) = pieces.next().await {
                    text.push_str(&String::from_utf8_lossy(&piece?));
                }
                Ok(text)
            }
        }
    }
}

fn is_denial(error: &Error) -> bool {
    DENIALS.contains(&error.reason())
}

fn context(role: Role, study: Option<&str>, site: Option<&str>) -> Context {
    // A call with the id of an earlier one would be taken for that one.
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let grant = Grant { role, study: study.map(str::to_owned), site: site.map(str::to_owned) };
    let caller = Caller::new(role.name(), Authentication::Password, vec![grant]);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    Context::new(caller, "api", format!("access-{number}"))
}

impl<S: ?Sized> std::fmt::Debug for Place<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("study", &self.study).finish_non_exhaustive()
    }
}
