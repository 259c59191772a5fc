//! The breakers of a channel or a server, one for each method.

use super::{Breaker, State};
use crate::clock::{Chance, Clock};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// A service of ours has some dozens. What exceeds this shares one breaker.
const MAX_METHODS: usize = 1024;

/// Breakers by the path of the method, such as `/casebook.edc.v1.Edc/SaveForm`.
#[derive(Debug)]
pub struct Breakers {
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    by_method: RwLock<BTreeMap<String, Arc<Breaker>>>,
    others: Arc<Breaker>,
}

impl Breakers {
    pub fn new(clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let others = Arc::new(Breaker::new(clock.clone(), chance.clone()));
        Self { clock, chance, by_method: RwLock::default(), others }
    }

    /// The breaker of a method, made when it is first asked for.
    pub fn of(&self, method: &str) -> Arc<Breaker> {
        let known = self.by_method.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = known.get(method) {
            return breaker.clone();
        }
        drop(known);
        let mut known = self.by_method.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_METHODS && !known.contains_key(method) {
            return self.others.clone();
        }
        let new = || Arc::new(Breaker::new(self.clock.clone(), self.chance.clone()));
        known.entry(method.to_owned()).or_insert_with(new).clone()
    }

    /// What each method's breaker is like now, for metrics and the operator.
    pub fn states(&self) -> Vec<(String, State)> {
        let known = self.by_method.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().map(|(method, breaker)| (method.clone(), breaker.state())).collect()
    }
}
