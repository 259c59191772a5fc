//! Our own values inside cel: exact decimals, partial moments, code lists.

mod moment;

use std::{any::Any, fmt};

use cel::{
    ExecutionError,
    common::{
        traits::Container,
        types::{CelInt, CelString, Type},
        value::{StaticVal, Val},
    },
};
use regex::Regex;
use rust_decimal::Decimal;

pub(crate) use moment::Moment;

use crate::Facts;

static DECIMAL: Type = Type::new_unspecified_type("decimal");
static MOMENT: Type = Type::new_unspecified_type("moment");
static PATTERN: Type = Type::new_unspecified_type("pattern");
static CODE_LIST: Type = Type::new_unspecified_type("code list");

/// A decimal number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dec(pub(crate) Decimal);

impl Val for Dec {
    fn get_type(&self) -> &Type {
        &DECIMAL
    }

    fn cel_type() -> &'static Type {
        &DECIMAL
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Dec {}

impl Val for Moment {
    fn get_type(&self) -> &Type {
        &MOMENT
    }

    fn cel_type() -> &'static Type {
        &MOMENT
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Moment {}

/// A regular expression, compiled with its rule.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) Regex);

impl Val for Pattern {
    fn get_type(&self) -> &Type {
        &PATTERN
    }

    fn cel_type() -> &'static Type {
        &PATTERN
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Pattern {}

/// A code list of the facts: a container of its coded values.
#[derive(Clone, Copy)]
pub(crate) struct CodeList<'a> {
    pub(crate) facts: &'a dyn Facts,
    pub(crate) oid: &'a str,
}

impl fmt::Debug for CodeList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.oid)
    }
}

impl Val for CodeList<'_> {
    fn get_type(&self) -> &Type {
        &CODE_LIST
    }

    fn cel_type() -> &'static Type {
        &CODE_LIST
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Container for CodeList<'_> {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        if let Some(text) = value.downcast_ref::<CelString>() {
            Ok(self.facts.code_list_has(self.oid, text.inner()))
        } else if let Some(number) = value.downcast_ref::<CelInt>() {
            Ok(self.facts.code_list_has(self.oid, &number.inner().to_string()))
        } else {
            Err(ExecutionError::missing_argument_or_target())
        }
    }
}
