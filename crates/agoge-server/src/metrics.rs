//! Counters in Prometheus' text format.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A counter or gauge.
#[derive(Default)]
pub(crate) struct AtomicCount(AtomicI64);

impl AtomicCount {
    pub(crate) fn increase_by(&self, count: i64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

/// Upper bounds of the latency histogram's buckets, ms.
const LATENCY_BUCKETS_MS: [f64; 9] = [0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

#[derive(Default)]
pub(crate) struct ServerMetrics {
    pub(crate) requests: AtomicCount,
    pub(crate) refused: AtomicCount,
    pub(crate) analyses: AtomicCount,
    pub(crate) sessions: AtomicCount,
    pub(crate) active: AtomicCount,
    pub(crate) frames: AtomicCount,
    pub(crate) faults: AtomicCount,
    pub(crate) slow: AtomicCount,
    latency_buckets: [AtomicU64; LATENCY_BUCKETS_MS.len() + 1],
    latency_us: AtomicU64,
}

impl ServerMetrics {
    /// Counts a live frame in the latency histogram: the time from its receipt until its events
    /// were queued.
    pub(crate) fn count_latency(&self, time: Duration) {
        let ms = 1e3 * time.as_secs_f64();
        let class = LATENCY_BUCKETS_MS
            .iter()
            .position(|end| ms <= *end)
            .unwrap_or(LATENCY_BUCKETS_MS.len());
        self.latency_buckets[class].fetch_add(1, Ordering::Relaxed);
        self.latency_us
            .fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// All counters in Prometheus' text format.
    pub(crate) fn to_prometheus(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let mut one = |name: &str, kind: &str, help: &str, count: &AtomicCount| {
            let value = count.0.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "# HELP agoge_{name} {help}\n# TYPE agoge_{name} {kind}\nagoge_{name} {value}"
            );
        };
        one("requests_total", "counter", "Requests.", &self.requests);
        one(
            "refused_total",
            "counter",
            "Requests refused for their host, origin or rate.",
            &self.refused,
        );
        one("analyses_total", "counter", "Recordings analysed.", &self.analyses);
        one("live_sessions_total", "counter", "Live sessions begun.", &self.sessions);
        one("live_sessions", "gauge", "Live sessions now.", &self.active);
        one("live_frames_total", "counter", "Live frames taken.", &self.frames);
        one("live_faults_total", "counter", "Live messages refused.", &self.faults);
        one(
            "live_slow_total",
            "counter",
            "Live sessions closed because the client did not read.",
            &self.slow,
        );
        let name = "agoge_live_latency_ms";
        let _ = writeln!(
            text,
            "# HELP {name} From the receipt of a frame until what is said of it was handed over.\n# TYPE {name} histogram"
        );
        let mut sum = 0;
        for (class, end) in
            LATENCY_BUCKETS_MS.iter().map(f64::to_string).chain(["+Inf".to_owned()]).enumerate()
        {
            sum += self.latency_buckets[class].load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{end}\"}} {sum}");
        }
        let total_ms = self.latency_us.load(Ordering::Relaxed) as f64 / 1e3;
        let _ = writeln!(text, "{name}_sum {total_ms}\n{name}_count {sum}");
        text
    }
}
