use crate::{
    DatedGrant, Identity, Password,
    event::UserEvent,
    users::{Author, is_name},
};
use contract::{Act, Context, Error, Permit, Scope};

/// A user to be added.
#[derive(Debug, Clone)]
pub struct AddUser {
    /// 1 to 64 of `a-z 0-9 . _ @ -`, beginning with a letter or digit.
    pub name: String,
    /// As it is printed beside a signature.
    pub full_name: String,
    pub password: Password,
    pub grants: Vec<DatedGrant>,
}

impl Identity {
    /// Adds a user with a password and roles. Refuses with `USER_EXISTS`, with `NOT_PERMITTED`, and
    /// with `INVALID_ARGUMENT` for a name or password that is not accepted.
    pub async fn add_user(&self, context: &Context, request: AddUser) -> Result<(), Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        let AddUser { name, full_name, password, grants } = request;
        if !is_name(&name) {
            let allowed = "1 to 64 of a-z, 0-9, dot, underscore, @ and hyphen, not a sign first";
            return Err(Error::invalid("name", allowed));
        }
        if full_name.trim().is_empty() {
            return Err(Error::invalid("full_name", "it is printed beside signatures"));
        }
        password.check(&name)?;
        let verifier = self.hasher.verifier(password, self.random_bytes()).await?;
        let created = UserEvent::UserCreated { full_name, email: None, service: false };
        let mut events = vec![created, UserEvent::PasswordSet { verifier }];
        events.extend(grants.into_iter().map(UserEvent::RoleGranted));
        let author = Author::permitted(&permit, context, self.now_ms());
        self.users
            .change(&name, &author, |user| {
                if user.is_some() {
                    let message = format!("there is already a user {name}");
                    return Err(Error::already_exists("USER_EXISTS", message));
                }
                Ok(events.clone())
            })
            .await
    }
}

impl Author {
    /// Whoever holds the permit.
    pub(crate) fn permitted(permit: &Permit, context: &Context, at_ms: i64) -> Self {
        Self {
            actor: permit.user().to_owned(),
            role: permit.role().name().to_owned(),
            on_behalf_of: permit.on_behalf_of().map(str::to_owned),
            reason: None,
            origin: context.origin.clone(),
            request_id: context.request_id.clone(),
            at_ms,
        }
    }
}

pub(crate) fn unknown(name: &str) -> Error {
    Error::not_found("USER_UNKNOWN", format!("there is no user {name}"))
}
