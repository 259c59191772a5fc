use crate::{
    Identity, Password, add_user::unknown, authenticate::Second, event::UserEvent, users::Author,
};
use contract::{Act, Context, Error, Scope};

impl Identity {
    /// Gives a user another password, takes his second factor away, and ends his sessions and a
    /// lock-out: he may have lost all of it. Refuses with
    /// `USER_UNKNOWN`, with `NOT_PERMITTED`, and with `INVALID_ARGUMENT` for a password that is not
    /// accepted.
    pub async fn reset_password(
        &self,
        context: &Context,
        name: &str,
        password: Password,
    ) -> Result<(), Error> {
        let permit = context.caller.permit(Act::ManageUsers, Scope::system())?;
        let author = Author::permitted(&permit, context, self.now_ms());
        self.set_password(name, password, &author, true).await
    }

    /// Changes one's own password, which takes the old one. Refuses with `UNAUTHENTICATED`, and with
    /// `INVALID_ARGUMENT` for a password that is not accepted.
    pub async fn change_password(
        &self,
        name: &str,
        old: Password,
        new: Password,
    ) -> Result<(), Error> {
        self.prove(name, old, Second::NotAsked).await?;
        self.set_password(name, new, &Author::oneself(name, self.now_ms()), false).await
    }

    async fn set_password(
        &self,
        name: &str,
        password: Password,
        author: &Author,
        without_second_factor: bool,
    ) -> Result<(), Error> {
        password.check(name)?;
        let verifier = self.hasher.verifier(password, self.random_bytes()).await?;
        let set = UserEvent::PasswordSet { verifier };
        self.users
            .change(name, author, |user| match user {
                Some(user) if !user.is_service => {
                    let disabled = without_second_factor && user.totp.is_some();
                    let disabled = disabled.then_some(UserEvent::TotpDisabled);
                    Ok(disabled.into_iter().chain([set.clone()]).collect())
                }
                _ => Err(unknown(name)),
            })
            .await
    }
}
