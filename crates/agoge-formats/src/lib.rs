//! agoge-formats.
