//! agoge
