//! A manifest's components, composed and compiled, from which any number of applications can be made.

use crate::compose::{self, Plug, Source};
use crate::engine::Engine;
use crate::guest::Guest;
use crate::services::{self, denied};
use anyhow::{Context as _, Result};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use tradepost_manifest::{Component, Manifest};
use wasmtime::component::Linker;
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
#[derive(Clone)]
pub struct Compilation {
    components: HashMap<String, ServicePre<Guest>>,
}

impl Compilation {
    /// Composes and compiles what `manifest` says.
    pub fn of(manifest: &Manifest, engine: &Engine, mut progress: impl FnMut(Loaded<'_>)) -> Result<Self> {
        let mut workshop = Workshop::of(engine)?;
        let mut components = HashMap::new();
        let endpoints: Vec<_> = manifest.endpoints().collect();
        for (index, component) in endpoints.iter().enumerate() {
            let id = component.id.as_str();
            let (pre, cached) = workshop.compile(component)?;
            components.insert(id.to_owned(), pre);
            progress(Loaded { component: id, cached, done: index + 1, total: endpoints.len() });
        }
        Ok(Self { components })
    }

    /// The same with the component `changed` composed and compiled anew, as `manifest` has it. Of the others it must say
    /// what the manifest of this one said.
    pub fn with(&self, manifest: &Manifest, engine: &Engine, changed: &str) -> Result<Self> {
        let component = manifest
            .component(changed)
            .with_context(|| format!("the manifest has no component {changed:?}"))?;
        let (pre, _) = Workshop::of(engine)?.compile(component)?;
        let mut components = self.components.clone();
        components.insert(changed.to_owned(), pre);
        Ok(Self { components })
    }

    pub(crate) fn component(&self, id: &str) -> Option<&ServicePre<Guest>> {
        self.components.get(id)
    }
}

/// What compiles one component after the other.
struct Workshop<'e> {
    engine: &'e Engine,
    linker: Linker<Guest>,
    sources: Sources,
}

impl<'e> Workshop<'e> {
    fn of(engine: &'e Engine) -> Result<Self> {
        let linker = services::linker(engine.wasmtime()).map_err(anyhow::Error::from)?;
        Ok(Self { engine, linker, sources: Sources::default() })
    }

    /// The component, composed with what is plugged into it; and whether its code came from the cache.
    fn compile(&mut self, component: &Component) -> Result<(ServicePre<Guest>, bool)> {
        let id = component.id.as_str();
        let (source, plugs) = self.sources.of(component)?;
        let compiled = self
            .engine
            .compile_made(&compose::content(&source, &plugs), || compose::compose(id, &source.bytes, &plugs))
            .with_context(|| format!("compiling component {id:?}"))?;
        let mut linker = self.linker.clone();
        denied::define(&mut linker, &compiled.component)?;
        let pre = linker
            .instantiate_pre(&compiled.component)
            .and_then(ServicePre::new)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("component {id:?} imports what this host does not offer"))?;
        Ok((pre, compiled.cached))
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
    fn of<'a>(&mut self, component: &'a Component) -> Result<(Source, Vec<Plug<'a>>)> {
        let source = self.read(&component.source)?;
        let plugs = component
            .dependencies
            .iter()
            .map(|dependency| Ok(Plug { dependency, source: self.read(&dependency.path)? }))
            .collect::<Result<_>>()?;
        Ok((source, plugs))
    }
}
