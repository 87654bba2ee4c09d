//! The server's pages; they load nothing from outside and have no inline scripts.

mod athletes;
mod compare;
mod corrections;
mod enter;
mod label;
mod models;
mod over_time;
mod provenance;
mod start;
mod watch;

pub(crate) use athletes::{render_athlete, render_athletes};
pub(crate) use compare::{
    ComparedAnalysis, render_comparison, render_first_choice, render_not_comparable,
    render_second_choice,
};
pub(crate) use corrections::render_corrections;
pub(crate) use enter::{check_entered_token, serve_certificate, serve_enter};
pub(crate) use label::render_label;
pub(crate) use models::serve_models;
pub(crate) use over_time::{athlete_navigation, render_no_load, render_no_plan};
pub(crate) use provenance::render_provenance;
pub(crate) use start::{serve_movements, serve_not_found, serve_start};
pub(crate) use watch::serve_watch;
