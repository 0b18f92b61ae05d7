//! A manifest's components, composed and compiled, from which any number of applications can be made.

use crate::compose::{self, Plug, Source};
use crate::engine::Engine;
use crate::guest::Guest;
use crate::services::{self, denied};
use anyhow::{Context as _, Result};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tradepost_manifest::Manifest;
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// How far loading has come.
#[derive(Clone, Copy, Debug)]
pub struct Loaded<'a> {
    /// The component that is ready now.
    pub component: &'a str,
    /// Whether its code came from the cache.
    pub cached: bool,
    /// How many are ready, this one included.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// Every component that has a route, with what is plugged into it, ready to be instantiated.
pub struct Compilation {
    components: HashMap<String, ServicePre<Guest>>,
}

impl Compilation {
    /// Composes and compiles what `manifest` says.
    pub fn of(manifest: &Manifest, engine: &Engine, mut progress: impl FnMut(Loaded<'_>)) -> Result<Self> {
        let linker = services::linker(engine.wasmtime()).map_err(anyhow::Error::from)?;
        let mut sources = Sources::default();
        let mut components = HashMap::new();
        let endpoints: Vec<_> = manifest.endpoints().collect();
        for (index, component) in endpoints.iter().enumerate() {
            let id = component.id.as_str();
            let (source, plugs) = sources.of(component)?;
            let compiled = engine
                .compile_made(&compose::content(&source, &plugs), || {
                    compose::compose(id, &source.bytes, &plugs)
                })
                .with_context(|| format!("compiling component {id:?}"))?;
            let mut linker = linker.clone();
            denied::define(&mut linker, &compiled.component)?;
            let pre = linker
                .instantiate_pre(&compiled.component)
                .and_then(ServicePre::new)
                .map_err(anyhow::Error::from)
                .with_context(|| format!("component {id:?} imports what this host does not offer"))?;
            components.insert(id.to_owned(), pre);
            progress(Loaded {
                component: id,
                cached: compiled.cached,
                done: index + 1,
                total: endpoints.len(),
            });
        }
        Ok(Self { components })
    }

    pub(crate) fn component(&self, id: &str) -> Option<&ServicePre<Guest>> {
        self.components.get(id)
    }
}

/// Component files, each read once.
#[derive(Default)]
struct Sources(HashMap<PathBuf, Source>);

impl Sources {
    fn read(&mut self, path: &Path) -> Result<Source> {
        if let Some(source) = self.0.get(path) {
            return Ok(source.clone());
        }
        let bytes = fs::read(path).with_context(|| {
            format!("cannot read {}; `tradepost up` without `--no-build` builds it", path.display())
        })?;
        let source = Source::new(bytes);
        self.0.insert(path.to_owned(), source.clone());
        Ok(source)
    }

    /// A component and what is plugged into it.
    fn of<'a>(&mut self, component: &'a tradepost_manifest::Component) -> Result<(Source, Vec<Plug<'a>>)> {
        let source = self.read(&component.source)?;
        let plugs = component
            .dependencies
            .iter()
            .map(|dependency| Ok(Plug { dependency, source: self.read(&dependency.path)? }))
            .collect::<Result<_>>()?;
        Ok((source, plugs))
    }
}
