//! agoge-report.
