//! The compiler and its cache: from the bytes of a component to code that runs, compiled once per content and
//! engine version.

use crate::compiled_functions::CompiledFunctions;
use crate::limits::Limits;
use crate::turns::Turns;
use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, process, thread};
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How long the turn of a guest is that computes without pause, which bounds how long it can hold up a neighbour on the same
/// thread.
const EPOCH: Duration = Duration::from_millis(2);

/// Tells files that are written at the same time apart.
static ASIDE: AtomicU64 = AtomicU64::new(0);

/// Compiles components and holds the memory that their instances live in. Cheap to clone; several hosts in one
/// process, as tests have them, share one.
#[derive(Clone)]
pub struct Engine {
    wasmtime: wasmtime::Engine,
    cache: PathBuf,
    /// Part of every cache key: compiled code is only good for the engine version and settings it was made with.
    compatibility: u64,
    turns: Turns,
}

/// SHA-256 of a component's bytes, or of all that they are made of.
pub(crate) type Content = [u8; 32];

/// A component ready to be instantiated.
pub struct Compiled {
    /// The code.
    pub component: Component,
    /// Whether it came from the cache.
    pub cached: bool,
}

impl Engine {
    /// An engine that keeps compiled components under `cache`, a directory that only its owner may write:
    /// whoever can replace a file in it can run native code as this process.
    pub fn new(cache: &Path, limits: &Limits) -> Result<Self> {
        Self::with(cache, &config(limits))
    }

    /// The same, but counting the fuel that guests use, about one unit an instruction: for measuring, because it slows
    /// them down.
    pub fn counting_fuel(cache: &Path, limits: &Limits) -> Result<Self> {
        Self::with(cache, config(limits).consume_fuel(true))
    }

    /// The same, but compiling each function once, of whichever components it is, and keeping what it becomes in memory: for
    /// tests, which compile many compositions of the same components. That part of wasmtime is used too little for code
    /// that others rely on.
    pub fn reusing_functions(cache: &Path, limits: &Limits) -> Result<Self> {
        let mut config = config(limits);
        let functions = Arc::new(CompiledFunctions::default());
        config.enable_incremental_compilation(functions).map_err(anyhow::Error::from)?;
        Self::with(cache, &config)
    }

    fn with(cache: &Path, config: &Config) -> Result<Self> {
        fs::create_dir_all(cache).with_context(|| format!("cannot create {}", cache.display()))?;
        let wasmtime = wasmtime::Engine::new(config).map_err(anyhow::Error::from)?;
        let mut hasher = DefaultHasher::new();
        wasmtime.precompile_compatibility_hash().hash(&mut hasher);
        let compatibility = hasher.finish();
        let weak = wasmtime.weak();
        let turns = Turns::new();
        let dealt = turns.clone();
        thread::Builder::new().name("epoch".to_owned()).spawn(move || {
            // Ends with the last clone of the engine.
            while let Some(engine) = weak.upgrade() {
                dealt.deal();
                engine.increment_epoch();
                drop(engine);
                thread::sleep(EPOCH);
            }
        })?;
        Ok(Self { wasmtime, cache: cache.to_owned(), compatibility, turns })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    /// What guests that compute queue for.
    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Turns a component's bytes into code, from the cache if this content was compiled before.
    pub fn compile(&self, bytes: &[u8]) -> Result<Compiled> {
        self.compile_made(&Sha256::digest(bytes).into(), || Ok(bytes.to_vec()))
    }

    /// Turns the bytes that `make` makes into code, from the cache if what `content` stands for was compiled before:
    /// then nothing is made.
    pub(crate) fn compile_made(
        &self,
        content: &Content,
        make: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Compiled> {
        let entry = self.cache.join(self.cache_key(content));
        if entry.exists() {
            // A file that does not load, say after a power cut, is compiled and written again below.
            if let Ok(component) = self.load(&entry) {
                return Ok(Compiled { component, cached: true });
            }
        }
        let code = self.wasmtime.precompile_component(&make()?).map_err(anyhow::Error::from)?;
        // Written aside and renamed, so that nobody ever sees half a file: no other process, and no other thread.
        let aside =
            entry.with_extension(format!("{}-{}.tmp", process::id(), ASIDE.fetch_add(1, Ordering::Relaxed)));
        fs::write(&aside, code).with_context(|| format!("cannot write {}", aside.display()))?;
        fs::rename(&aside, &entry).with_context(|| format!("cannot write {}", entry.display()))?;
        Ok(Compiled { component: self.load(&entry)?, cached: false })
    }

    fn cache_key(&self, content: &Content) -> String {
        format!("{}-{:016x}.cwasm", hex::encode(content), self.compatibility)
    }

    #[expect(unsafe_code, reason = "compiled code cannot be verified, only trusted; see the safety comment")]
    fn load(&self, entry: &Path) -> Result<Component> {
        // SAFETY: the file was written by `compile` from wasmtime's own output, under a directory that only the
        // owner of this process may write; wasmtime itself refuses one made by another version or settings. It
        // is mapped, not read, so that processes share its pages and a start touches only what it runs.
        unsafe { Component::deserialize_file(&self.wasmtime, entry) }.map_err(anyhow::Error::from)
    }
}

fn config(limits: &Limits) -> Config {
    // A composition of an endpoint, the gateway and three adapters has five modules with a memory each, and
    // about four times as many core instances counting the shims between them. The largest has twice that, and the
    // pool has room for what they have on average.
    const MODULES: u32 = 12;
    const USUAL_MODULES: u32 = 4;
    const CORE_INSTANCES: u32 = 72;
    const USUAL_CORE_INSTANCES: u32 = 24;
    let instances = limits.instances;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(instances)
        .total_core_instances(instances * USUAL_CORE_INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_component_instance_size(4 << 20)
        .total_memories(instances * USUAL_MODULES)
        .max_memories_per_component(MODULES)
        .max_memory_size(limits.instance_memory_bytes)
        .total_tables(instances * USUAL_MODULES * 2)
        .max_tables_per_component(MODULES * 4)
        .table_elements(20_000)
        .total_stacks(instances * 4)
        // What a fresh instance touches anyway is cleared by writing zeros, which is cheaper than giving the
        // pages back and faulting them in again.
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(16 << 10)
        .async_stack_keep_resident(16 << 10)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .epoch_interruption(true);
    config
}
