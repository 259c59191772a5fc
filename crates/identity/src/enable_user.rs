use crate::{Identity, add_user::unknown, event::UserEvent, users::Author};
use contract::{Act, Context, Error, Scope};

impl Identity {
    /// Keeps a user from logging in, and ends his sessions. Refuses with `USER_UNKNOWN` and
    /// `NOT_PERMITTED`.
    pub async fn disable_user(&self, context: &Context, name: &str) -> Result<(), Error> {
        self.set_disabled(context, name, true, None).await
    }

    /// Lets a user log in again. Refuses with `USER_UNKNOWN` and `NOT_PERMITTED`.
    pub async fn enable_user(&self, context: &Context, name: &str) -> Result<(), Error> {
        self.set_disabled(context, name, false, None).await
    }

    pub(crate) async fn set_disabled(
        &self,
        context: &Context,
        name: &str,
        disabled: bool,
        reason: Option<String>,
    ) -> Result<(), Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        let mut author = Author::permitted(&permit, context, self.now_ms());
        author.reason = reason;
        let event = if disabled { UserEvent::UserDisabled } else { UserEvent::UserEnabled };
        self.users
            .change(name, &author, |user| match user {
                // A user who is enabled may be locked out: enabling ends that, too.
                Some(user) if user.disabled == disabled && (disabled || user.failures == 0) => {
                    Ok(Vec::new())
                }
                Some(_) => Ok(vec![event.clone()]),
                None => Err(unknown(name)),
            })
            .await
    }
}
