//! Live sessions over WebSockets.

mod camera;
mod conversation;
mod protocol;
mod recorder;
mod simulated;
mod skeleton;
mod socket;

pub(crate) use camera::serve_camera;
pub(crate) use recorder::recover_sessions;
pub(crate) use simulated::serve_simulated;
pub(crate) use skeleton::serve_skeleton;
