//! The embedded host of Tradepost: it runs the components that `spin.toml` composes, and implements what they
//! import and nothing more.
//!
//! The way of a request: [`server`] accepts the connection, [`app`] finds the component and watches the limits,
//! an instance made by [`guest`] answers, calling back into [`services`] through the [`seam`].

pub mod adapter;
pub mod admin_key;
mod answer;
pub mod app;
mod assembly;
mod bindings;
pub mod cli;
pub mod compilation;
mod compiled_functions;
pub mod component_build;
mod compose;
mod database;
pub mod engine;
pub mod guest;
pub mod inputs;
pub mod limits;
mod logging;
pub mod networks;
mod pace;
pub mod rebuild;
pub mod request;
pub mod seam;
mod seed;
pub mod server;
mod services;
pub mod tick;
mod turns;
mod up;
