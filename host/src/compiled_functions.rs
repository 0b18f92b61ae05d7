//! Functions that have been compiled, for whoever compiles many compositions: they share most of theirs, since all have the
//! same gateway and many the same adapters.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use wasmtime::CacheStore;

/// The code of functions, by what it depends on.
#[derive(Default)]
pub(crate) struct CompiledFunctions(Mutex<HashMap<Box<[u8]>, Vec<u8>>>);

impl fmt::Debug for CompiledFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledFunctions").finish_non_exhaustive()
    }
}

impl CacheStore for CompiledFunctions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        functions.get(key).map(|code| Cow::Owned(code.clone()))
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        let mut functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        functions.insert(key.into(), code);
        true
    }
}
