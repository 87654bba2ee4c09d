//! A squad with a known hazard: load → fatigue → injury, or load and injury that have nothing to do
//! with each other.

use super::windows::Days;
use crate::load::ewma_weight;

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Squad {
    /// Athletes.
    pub athletes: usize,
    /// Days of each.
    pub days: usize,
    /// How much the log odds of an injury rise with the log of the acute:chronic ratio (exponential
    /// means of 7 and 28 days); 0 is a squad in which load does nothing.
    pub effect: f64,
    /// Injuries that an athlete at risk suffers in a year at the usual load.
    pub rate: f64,
    /// Part of the days of which nothing is told.
    pub missing: f64,
    /// Seed.
    pub seed: u64,
}

/// What is known of a simulated athlete, and what only the simulator knows.
#[derive(Clone, Debug)]
pub struct Life {
    /// What the athlete tells.
    pub days: Days,
    /// Log odds of an injury on the next day, `[day]`: the oracle.
    pub log_odds: Vec<f64>,
}

impl Default for Squad {
    /// A hundred athletes over three years; two and a half injuries a year; an effect under which
    /// odds are 2.7 times as high at a ratio of 1.5 as at 1.
    fn default() -> Squad {
        Squad { athletes: 100, days: 3 * 365, effect: 2.5, rate: 2.5, missing: 0.07, seed: 1 }
    }
}

impl Squad {
    /// The athletes' lives. The same squad gives the same lives.
    pub fn lives(&self) -> Vec<Life> {
        (0..self.athletes).map(|athlete| self.life(athlete)).collect()
    }

    /// The life of one athlete, who may be any number: more athletes are simulated by the same
    /// hazard.
    pub fn life(&self, athlete: usize) -> Life {
        let mut chance = Chance::new(self.seed, athlete);
        let level = 300.0 * (0.3 * chance.normal()).exp();
        let week: Vec<f64> =
            (0..7).map(|day| if day == 0 { 0.0 } else { 0.5 + chance.uniform() }).collect();
        let (fast, slow) = (ewma_weight(7.0), ewma_weight(28.0));
        let (mut acute, mut chronic, mut movement) = (0.6 * level, 0.6 * level, 0.0);
        let base = (self.rate / 365.0).ln();
        let mut life = Life { days: Days::default(), log_odds: Vec::new() };
        let (mut out, mut block, mut block_left) = (0u32, 1.0, 0u32);
        let mut log_odds = base;
        for day in 0..self.days {
            // Blocks of training: most are usual, some are camps, some are holidays.
            if block_left == 0 {
                let kind = chance.uniform();
                (block, block_left) = match kind {
                    _ if kind < 0.12 => (1.7, 7 + (7.0 * chance.uniform()) as u32),
                    _ if kind < 0.22 => (0.25, 5 + (8.0 * chance.uniform()) as u32),
                    _ => (1.0 + 0.15 * chance.normal(), 14 + (14.0 * chance.uniform()) as u32),
                };
            }
            block_left -= 1;
            // The injury of this day was decided by the days before it.
            let at_risk = out == 0;
            let injured = at_risk && day > 0 && chance.uniform() < 1.0 / (1.0 + (-log_odds).exp());
            if injured {
                out = 5 + (20.0 * chance.uniform()) as u32;
            }
            let part = if out > 0 { 0.15 } else { block.max(0.0) };
            out = out.saturating_sub(1);
            let load = (level * week[day % 7] * part * (1.0 + 0.3 * chance.normal())).max(0.0);
            acute += fast * (load - acute);
            chronic += slow * (load - chronic);
            movement += 0.05 * chance.normal() - 0.01 * movement;
            let ratio = ((acute + 1.0) / (chronic + 1.0)).ln();
            log_odds = base + self.effect * ratio;
            let wellness = 7.0 - 2.0 * ratio + chance.normal();
            let told = chance.uniform() >= self.missing;
            let or_missing = |value: f64| if told { value } else { f64::NAN };
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

/// Numbers by chance: SplitMix64 (Steele, Lea & Flood 2014), a stream for each athlete, alike on
/// every machine.
struct Chance(u64);

impl Chance {
    fn new(seed: u64, athlete: usize) -> Chance {
        let mut own = Chance(
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                ^ (athlete as u64).wrapping_mul(0xD1B5_4A32_D192_ED03),
        );
        own.next();
        own
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
