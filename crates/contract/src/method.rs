//! What every method says about itself, as data: for doors, balancers, tests and the manual.

use std::{collections::HashMap, sync::LazyLock};

use prost::encoding::{self, WireType};

use crate::{Act, Role};

static BY_NAME: LazyLock<HashMap<&'static str, &'static Method>> =
    LazyLock::new(|| METHODS.iter().map(|method| (method.full_name(), method)).collect());

/// A method of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// How gRPC calls it: `/casebook.edc.v1.Edc/SaveForm`. Without the first slash it is
    /// [`rest::Route::method`](crate::rest::Route::method).
    pub path: &'static str,
    /// Such as `casebook.edc.v1.Edc`.
    pub service: &'static str,
    /// Such as `SaveForm`.
    pub name: &'static str,
    pub access: Access,
    pub repeat: Repeat,
    pub priority: Priority,
    /// The answer comes in pieces.
    pub streams: bool,
    /// The number of the field of the request that names the study, where there is one.
    pub study_field: Option<u32>,
}

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without having proven who he is.
    Public,
    /// Anybody who has proven who he is; the answer is cut down to what the caller may see.
    SignedIn,
    /// Callers with a role that allows the act.
    Act(Act, Reach),
}

/// Where an act must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In the whole system.
    System,
    /// In the study that the request names.
    Study,
    /// At the site of what the request names; lists are cut down to such sites.
    Site,
}

/// Whether a call may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It only reads, or doing it twice is doing it once.
    Safe,
    /// When the message has a `request_id`.
    WithRequestId,
    Never,
}

/// How long a method is kept when there is more work than can be done: the last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Something is to be made durable.
    Save,
    /// Somebody looks at one thing.
    Read,
    /// Somebody looks through many things.
    List,
    /// Many things are taken out.
    Export,
}

impl Method {
    /// The method that gRPC calls so, or that a route names: the first slash may be left out.
    pub fn find(path: &str) -> Option<&'static Self> {
        BY_NAME.get(path.strip_prefix('/').unwrap_or(path)).copied()
    }

    /// The full name, such as `casebook.edc.v1.Edc/SaveForm`.
    pub fn full_name(&self) -> &'static str {
        &self.path[1..]
    }

    /// The study that an encoded request names. `None` when it names none, or is no message.
    pub fn study_in(&self, mut message: &[u8]) -> Option<String> {
        let wanted = self.study_field?;
        while !message.is_empty() {
            let (number, kind) = encoding::decode_key(&mut message).ok()?;
            let context = encoding::DecodeContext::default();
            if number == wanted && kind == WireType::LengthDelimited {
                let mut study = String::new();
                encoding::string::merge(kind, &mut study, &mut message, context).ok()?;
                return Some(study);
            }
            encoding::skip_field(kind, number, &mut message, context).ok()?;
        }
        None
    }

    /// Whether a role can ever be allowed to call the method.
    pub fn is_for(&self, role: Role) -> bool {
        match self.access {
            Access::Public | Access::SignedIn => true,
            Access::Act(act, _) => act.is_allowed_for(role),
        }
    }
}

impl Priority {
    /// The name that stands in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Save => "save",
            Self::Read => "read",
            Self::List => "list",
            Self::Export => "export",
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/methods.rs"));
