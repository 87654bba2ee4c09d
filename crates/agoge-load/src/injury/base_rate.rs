//! What a positive screening test means when few athletes are injured.

/// A screening test applied at a base rate of injury.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScreeningTest {
    /// Share of later-injured athletes that the test flags, 0 to 1.
    pub sensitivity: f64,
    /// Share of the other athletes that the test does not flag, 0 to 1.
    pub specificity: f64,
    /// Share of all athletes who get injured, 0 to 1.
    pub prevalence: f64,
}

impl ScreeningTest {
    /// LESS of 5 or more as a test for anterior cruciate ligament injury in 829 youth players, 7 of
    /// whom were injured (Padua 2015; sensitivity and specificity as reported there for that
    /// cut-off).
    pub const LESS: ScreeningTest =
        ScreeningTest { sensitivity: 0.86, specificity: 0.64, prevalence: 7.0 / 829.0 };

    /// Positive predictive value: the share of flagged athletes who get injured, by Bayes' theorem.
    ///
    /// ```
    /// use agoge_load::injury::ScreeningTest;
    /// // 90 % of 10 injured and 20 % of 90 others are flagged: 9 of 27.
    /// let test = ScreeningTest { sensitivity: 0.9, specificity: 0.8, prevalence: 0.1 };
    /// assert!((test.positive_predictive_value() - 9.0 / 27.0).abs() < 1e-12);
    /// ```
    pub fn positive_predictive_value(self) -> f64 {
        let hit = self.sensitivity * self.prevalence;
        hit / (hit + (1.0 - self.specificity) * (1.0 - self.prevalence))
    }

    /// Negative predictive value: the share of unflagged athletes who stay uninjured.
    pub fn negative_predictive_value(self) -> f64 {
        let clear = self.specificity * (1.0 - self.prevalence);
        clear / (clear + (1.0 - self.sensitivity) * self.prevalence)
    }
}

/// Explains in one paragraph, with the figures of [`ScreeningTest::LESS`], why no score here is a
/// forecast.
pub fn screening_text() -> String {
    let test = ScreeningTest::LESS;
    format!(
        "A landing test (LESS of 5 and more) found {:.0} % of the later injured in 829 youth players (Padua 2015). Because only 7 of them were injured, {:.1} % of the \
         flagged were: 1 in {:.0}. Of those not flagged, {:.1} % stayed unhurt, of all players {:.1} %. No screening test tells who will be injured (Bahr 2016). \
         Preventive training therefore goes to everyone; what follows are factors to work on.",
        100.0 * test.sensitivity,
        100.0 * test.positive_predictive_value(),
        1.0 / test.positive_predictive_value(),
        100.0 * test.negative_predictive_value(),
        100.0 * (1.0 - test.prevalence)
    )
}
