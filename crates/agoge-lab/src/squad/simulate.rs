//! Simulates a squad with a known hazard: load → fatigue → injury, or load and injuries that are
//! unrelated.

use super::windows::AthleteDays;
use agoge_load::ewma_weight;

/// Settings of a simulated squad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedSquad {
    /// Number of athletes.
    pub athletes: usize,
    /// Number of days of each athlete.
    pub days: usize,
    /// How much the log odds of an injury rise with the log of the acute:chronic ratio (exponential
    /// means of 7 and 28 days); 0 is a squad in which load has no effect.
    pub effect: f64,
    /// Injuries per year of an athlete at risk at the usual load.
    pub injuries_per_year: f64,
    /// Share of the days that are not reported.
    pub missing_share: f64,
    /// Random seed.
    pub seed: u64,
}

/// A simulated athlete: the reported days, and what only the simulator knows.
#[derive(Clone, Debug)]
pub struct SimulatedAthlete {
    /// Days as the athlete reports them.
    pub days: AthleteDays,
    /// Log odds of an injury on the next day, `[day]`: the oracle.
    pub log_odds: Vec<f64>,
}

impl Default for SimulatedSquad {
    /// A hundred athletes over three years; two and a half injuries a year; an effect under which
    /// the odds are 2.7 times as high at a ratio of 1.5 as at 1.
    fn default() -> SimulatedSquad {
        SimulatedSquad {
            athletes: 100,
            days: 3 * 365,
            effect: 2.5,
            injuries_per_year: 2.5,
            missing_share: 0.07,
            seed: 1,
        }
    }
}

impl SimulatedSquad {
    /// Simulates all athletes. The same squad gives the same athletes.
    pub fn simulate_athletes(&self) -> Vec<SimulatedAthlete> {
        (0..self.athletes).map(|athlete| self.simulate_athlete(athlete)).collect()
    }

    /// Simulates one athlete. Any number may be given: further athletes follow the same hazard.
    pub fn simulate_athlete(&self, athlete: usize) -> SimulatedAthlete {
        let mut random = SplitMix64::new(self.seed, athlete);
        let level = 300.0 * (0.3 * random.next_normal()).exp();
        let week: Vec<f64> =
            (0..7).map(|day| if day == 0 { 0.0 } else { 0.5 + random.next_uniform() }).collect();
        let (fast, slow) = (ewma_weight(7.0), ewma_weight(28.0));
        let (mut acute, mut chronic, mut movement) = (0.6 * level, 0.6 * level, 0.0);
        let base = (self.injuries_per_year / 365.0).ln();
        let mut life = SimulatedAthlete { days: AthleteDays::default(), log_odds: Vec::new() };
        let (mut days_out, mut block, mut block_left) = (0u32, 1.0, 0u32);
        let mut log_odds = base;
        for day in 0..self.days {
            // Training blocks: most are usual, some are camps, some are holidays.
            if block_left == 0 {
                let kind = random.next_uniform();
                (block, block_left) = match kind {
                    _ if kind < 0.12 => (1.7, 7 + (7.0 * random.next_uniform()) as u32),
                    _ if kind < 0.22 => (0.25, 5 + (8.0 * random.next_uniform()) as u32),
                    _ => (
                        1.0 + 0.15 * random.next_normal(),
                        14 + (14.0 * random.next_uniform()) as u32,
                    ),
                };
            }
            block_left -= 1;
            // The injury of this day was decided by the days before it.
            let at_risk = days_out == 0;
            let injured =
                at_risk && day > 0 && random.next_uniform() < 1.0 / (1.0 + (-log_odds).exp());
            if injured {
                days_out = 5 + (20.0 * random.next_uniform()) as u32;
            }
            let part = if days_out > 0 { 0.15 } else { block.max(0.0) };
            days_out = days_out.saturating_sub(1);
            let load = (level * week[day % 7] * part * (1.0 + 0.3 * random.next_normal())).max(0.0);
            acute += fast * (load - acute);
            chronic += slow * (load - chronic);
            movement += 0.05 * random.next_normal() - 0.01 * movement;
            let ratio = ((acute + 1.0) / (chronic + 1.0)).ln();
            log_odds = base + self.effect * ratio;
            let wellness = 7.0 - 2.0 * ratio + random.next_normal();
            let is_reported = random.next_uniform() >= self.missing_share;
            let or_missing = |value: f64| if is_reported { value } else { f64::NAN };
            life.days.load.push(or_missing(load.round()));
            life.days.wellness.push(or_missing(wellness));
            life.days.movement.push(movement);
            life.days.injured.push(injured);
            life.days.at_risk.push(at_risk);
            life.log_odds.push(log_odds);
        }
        life
    }
}

/// SplitMix64 random numbers (Steele, Lea & Flood 2014): one stream per athlete, identical on every
/// machine.
struct SplitMix64(u64);

impl SplitMix64 {
    fn new(seed: u64, athlete: usize) -> SplitMix64 {
        let mut random = SplitMix64(
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                ^ (athlete as u64).wrapping_mul(0xD1B5_4A32_D192_ED03),
        );
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn next_uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box & Muller 1958).
    fn next_normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.next_uniform(), self.next_uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
