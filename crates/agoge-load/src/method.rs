//! The load methods with their unit, source and criticism, so that no figure is shown without them.

use serde::{Deserialize, Serialize};

/// How a load figure was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkloadMethod {
    /// RPE × minutes.
    SessionRpe,
    /// Exponentially weighted heart rate.
    TrimpBanister,
    /// Minutes in five heart-rate zones.
    TrimpEdwards,
    /// Minutes in three zones separated by the ventilatory thresholds.
    TrimpLucia,
    /// Normalised power against threshold power.
    Tss,
    /// Distance covered on foot.
    Distance,
    /// Speed against threshold speed.
    Pace,
    /// Sets × repetitions × mass.
    StrengthVolume,
    /// Jumps counted in recordings.
    Jumps,
    /// Throws counted in recordings.
    Throws,
    /// Long exponential mean ("fitness" on training platforms).
    Ctl,
    /// Short exponential mean ("fatigue" on training platforms).
    Atl,
    /// Difference CTL − ATL, shown on the next day.
    Tsb,
    /// Mean of 7 days over the mean of the 28 days that contain them.
    AcwrCoupled,
    /// Mean of 7 days over the mean of the 21 days before them.
    AcwrUncoupled,
    /// Ratio of two exponential means.
    AcwrEwma,
    /// Mean of 7 days over their standard deviation.
    Monotony,
    /// Weekly load × monotony.
    Strain,
    /// Exponential mean over the known days only.
    Redi,
    /// One session compared with the longest of the 30 days before.
    Spike,
}

impl WorkloadMethod {
    /// Display name.
    pub fn name(self) -> &'static str {
        self.method_details().0
    }

    /// Unit. AU are arbitrary units: comparable only within one method and one athlete.
    pub fn unit(self) -> &'static str {
        self.method_details().1
    }

    /// Publication that defines it.
    pub fn source(self) -> &'static str {
        self.method_details().2
    }

    /// Known criticism.
    pub fn criticism(self) -> &'static str {
        self.method_details().3
    }

    fn method_details(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            WorkloadMethod::SessionRpe => (
                "session RPE",
                "AU",
                "Foster 1998, 2001",
                "one rating for the whole session; ask about 30 minutes after its end",
            ),
            WorkloadMethod::TrimpBanister => (
                "TRIMP (Banister)",
                "AU",
                "Banister 1991",
                "short hard efforts count little, because the heart follows slowly; other programs use 0.64 for women too",
            ),
            WorkloadMethod::TrimpEdwards => (
                "TRIMP (Edwards)",
                "AU",
                "Edwards 1993",
                "the zones and their weights were chosen, not measured",
            ),
            WorkloadMethod::TrimpLucia => {
                ("TRIMP (Lucía)", "AU", "Lucía 2003", "needs thresholds from a gas exchange test")
            }
            WorkloadMethod::Tss => (
                "TSS",
                "points",
                "Coggan 2003",
                "stands or falls with a threshold power that is up to date",
            ),
            WorkloadMethod::Distance => {
                ("distance", "m", "measured", "knows nothing of speed or hills")
            }
            WorkloadMethod::Pace => (
                "pace load",
                "points",
                "as TSS, with speed in the place of power",
                "hills and ground are left out; not validated by itself",
            ),
            WorkloadMethod::StrengthVolume => (
                "strength volume",
                "kg",
                "sets × repetitions × mass",
                "heavy and light repetitions of one volume are not one load",
            ),
            WorkloadMethod::Jumps => (
                "jumps",
                "jumps",
                "counted in recordings",
                "what was not recorded is not in it; high and low jumps count alike",
            ),
            WorkloadMethod::Throws => (
                "throws",
                "throws",
                "counted in recordings",
                "what was not recorded is not in it; hard and soft throws count alike",
            ),
            WorkloadMethod::Ctl => (
                "CTL (42 days)",
                "AU a day",
                "Banister 1975 without its gains",
                "no unit of performance; published time constants reach from 4 to 74 days (Vermeire 2022)",
            ),
            WorkloadMethod::Atl => (
                "ATL (7 days)",
                "AU a day",
                "Banister 1975 without its gains",
                "no unit of fatigue; see CTL",
            ),
            WorkloadMethod::Tsb => (
                "TSB",
                "AU a day",
                "CTL − ATL of the evening before",
                "a difference of two means of load, not a measured freshness",
            ),
            WorkloadMethod::AcwrCoupled => (
                "ACWR, coupled 7:28",
                "ratio",
                "Gabbett 2016",
                "the week is in both halves, which alone makes them go together (Lolli 2017: r about 0.5); tells injuries no better than the week's load (Impellizzeri 2020)",
            ),
            WorkloadMethod::AcwrUncoupled => (
                "ACWR, uncoupled 7:21",
                "ratio",
                "Windt and Gabbett 2019",
                "as ill-founded as the coupled ratio (Impellizzeri 2020)",
            ),
            WorkloadMethod::AcwrEwma => (
                "ACWR, EWMA",
                "ratio",
                "Williams 2017",
                "weights 2/(N+1), which are not those of CTL and ATL; as ill-founded as the other ratios (Impellizzeri 2020)",
            ),
            WorkloadMethod::Monotony => (
                "monotony",
                "ratio",
                "Foster 1998",
                "grows without bound for equal days: shown at most 10; population SD, other programs use the sample's",
            ),
            WorkloadMethod::Strain => (
                "strain",
                "AU",
                "Foster 1998",
                "common limits (6000) are copied from product to product; only the athlete's own are used here",
            ),
            WorkloadMethod::Redi => {
                ("REDI", "AU a day", "Moussa 2019", "the decay is chosen, not fitted")
            }
            WorkloadMethod::Spike => (
                "single-session spike",
                "ratio",
                "Frandsen 2025",
                "shown for running distance in 5205 adult runners; for other sports it is a guess",
            ),
        }
    }
}
