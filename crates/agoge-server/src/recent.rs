//! Reports of uploads that were not stored in the library: the newest are kept in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Number of reports kept in memory; the oldest are dropped first.
const MAX_REPORTS: usize = 16;

/// A report of an upload that was not stored in the library.
struct RecentReport {
    id: u64,
    title: String,
    page: Arc<str>,
}

/// The most recent reports.
#[derive(Default)]
pub(crate) struct RecentReports(Mutex<VecDeque<RecentReport>>);

impl RecentReports {
    /// Keeps a report; returns its id.
    pub(crate) fn add_report(&self, title: String, page: String) -> u64 {
        // Below 2^52, so that every id is exact as a JSON number.
        let id = fastrand::u64(1..1 << 52);
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() >= MAX_REPORTS {
            reports.pop_front();
        }
        reports.push_back(RecentReport { id, title, page: page.into() });
        id
    }

    /// The page of a report that is still kept.
    pub(crate) fn find_page(&self, id: u64) -> Option<Arc<str>> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().find(|report| report.id == id).map(|report| report.page.clone())
    }

    /// Id and title of each report, the newest first.
    pub(crate) fn list_titles(&self) -> Vec<(u64, String)> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().rev().map(|report| (report.id, report.title.clone())).collect()
    }
}
