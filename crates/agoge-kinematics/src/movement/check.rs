//! Validation of definitions: finds problems in the text, with their lines.

use super::catalogue::nearest_name;
use super::rule::{
    CheckRule, CountedAs, EventCriterion, EventRule, MetricRule, MetricSides, RepetitionRule,
    SignalSides, Statistic,
};
use super::{CURVES, Movement, Quantity, curve_kind};
use crate::gait::{GAIT_EVENTS, GaitQuantity};
use crate::gate::{GateRule, GateSides};
use agoge_motion::Part;
use std::fmt;

/// A problem in a definition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DefinitionProblem {
    /// Line number, from 1.
    pub line: usize,
    /// The table and key, as in `[[metric]] 2 curve`; empty if the text cannot be parsed.
    pub key: String,
    /// What is wrong and, after `; hint:`, how to fix it.
    pub what: String,
}

impl fmt::Display for DefinitionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

/// Lists all problems in the text of a definition; empty if it is valid.
///
/// ```
/// use agoge_kinematics::movement::{bundled_text, check_definition};
/// let squat = bundled_text("squat").unwrap();
/// assert!(check_definition(squat).is_empty());
/// let misspelt = squat.replacen("title", "titel", 1);
/// assert!(check_definition(&misspelt)[0].what.starts_with("unknown key `titel`"));
/// ```
pub fn check_definition(text: &str) -> Vec<DefinitionProblem> {
    parse_definition(text).err().unwrap_or_default()
}

/// Parses a definition, or returns its problems (at least one) in order of lines.
pub(super) fn parse_definition(text: &str) -> Result<Movement, Vec<DefinitionProblem>> {
    let movement: Movement =
        toml::from_str(text).map_err(|error| vec![syntax_problem(text, &error)])?;
    let mut checker = DefinitionChecker { text, problems: Vec::new() };
    checker.check_movement(&movement);
    let mut problems = checker.problems;
    if problems.is_empty() {
        return Ok(movement);
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// Converts an error of the TOML parser (syntax, unknown or missing key, wrong type) to a problem
/// of one line.
fn syntax_problem(text: &str, error: &toml::de::Error) -> DefinitionProblem {
    let offset = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = 1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    let what = if let Some(rest) = message.strip_prefix("unknown field ") {
        let (key, known) = rest.split_once(", ").unwrap_or((rest, ""));
        format!("unknown key {key}; hint: {known}")
    } else if let Some(rest) = message.strip_prefix("missing field ") {
        format!("the key {rest} is missing; hint: add it to this table")
    } else {
        format!("{message}; hint: see docs/reference/movements.md for the form of this file")
    };
    DefinitionProblem { line, key: String::new(), what }
}

/// Collects the problems of a definition.
struct DefinitionChecker<'a> {
    text: &'a str,
    problems: Vec<DefinitionProblem>,
}

/// A table in the text: its header and its index among the tables with that header (from 0).
#[derive(Clone, Copy)]
struct TablePosition<'a> {
    header: &'a str,
    index: usize,
}

impl DefinitionChecker<'_> {
    fn check_movement(&mut self, movement: &Movement) {
        let top = TablePosition { header: "", index: 0 };
        self.check_name(top, &movement.name);
        self.check_repetition(&movement.repetition);
        for (index, gate) in movement.gates.iter().enumerate() {
            self.check_gate(TablePosition { header: "[[gate]]", index }, gate);
        }

        let mut events: Vec<&str> = vec!["start", "end"];
        if movement.repetition.kind.gait().is_some() {
            events.extend(GAIT_EVENTS);
        }
        for (index, event) in movement.events.iter().enumerate() {
            let at = TablePosition { header: "[[event]]", index };
            self.check_name(at, &event.name);
            self.check_unique(at, &event.name, &events);
            self.check_event(at, event, &events);
            events.push(&event.name);
        }
        let keys = [
            ("counts_as", movement.counts_as == Some(CountedAs::Jump)),
            ("screen", movement.screen.is_some()),
        ];
        for (key, _) in
            keys.into_iter().filter(|(_, is_needed)| *is_needed && !events.contains(&"apex"))
        {
            self.report_problem(
                top,
                key,
                "a jump needs the event `apex`".to_owned(),
                "define it: the highest point between take-off and landing",
            );
        }
        self.check_phases(movement, &events);

        let mut metrics: Vec<&str> = Vec::new();
        for (index, metric) in movement.metrics.iter().enumerate() {
            let at = TablePosition { header: "[[metric]]", index };
            self.check_name(at, &metric.name);
            self.check_unique(at, &metric.name, &metrics);
            self.check_metric(at, metric, movement, &events);
            metrics.push(&metric.name);
        }
        for (index, check) in movement.checks.iter().enumerate() {
            self.check_limit(
                TablePosition { header: "[[check]]", index },
                check,
                movement,
                &metrics,
            );
        }
    }

    fn check_repetition(&mut self, rule: &RepetitionRule) {
        let at = TablePosition { header: "[repetition]", index: 0 };
        if rule.signals.is_empty() {
            self.report_problem(
                at,
                "signal",
                "no driving signal".into(),
                "add [[repetition.signal]] with curve and min_excursion",
            );
        }
        for (index, signal) in rule.signals.iter().enumerate() {
            let at = TablePosition { header: "[[repetition.signal]]", index };
            self.check_curve(at, "curve", &signal.curve);
            if signal.min_excursion.is_nan()
                || signal.min_excursion <= 0.0
                || signal.min_excursion.is_infinite()
            {
                let what = format!("{} is no size of a movement", signal.min_excursion);
                self.report_problem(at, "min_excursion", what, "give degrees or metres above 0");
            }
            if curve_kind(&signal.curve).is_some_and(|kind| !kind.sided)
                && signal.sides != SignalSides::Both
            {
                self.report_problem(
                    at,
                    "sides",
                    format!("`{}` has no sides", signal.curve),
                    "leave the key out",
                );
            }
        }
        if let Some(curve) = &rule.side_by {
            self.check_sided_curve(at, "side_by", curve);
        }
        if !(rule.full_share > 0.0 && rule.full_share <= 1.0) {
            self.report_problem(
                at,
                "full_share",
                format!("{} is no share", rule.full_share),
                "give a number above 0, at most 1",
            );
        }
        if !(rule.min_duration_s >= 0.0 && rule.min_duration_s < rule.max_duration_s) {
            let what = format!(
                "{} s is not below max_duration_s, {} s",
                rule.min_duration_s, rule.max_duration_s
            );
            self.report_problem(
                at,
                "min_duration_s",
                what,
                "the shortest repetition must be shorter than the longest",
            );
        }
        if !(rule.join_s >= 0.0 && rule.join_s.is_finite()) {
            self.report_problem(
                at,
                "join_s",
                format!("{} is no time", rule.join_s),
                "give seconds, 0 or more",
            );
        }
    }

    fn check_gate(&mut self, at: TablePosition<'_>, gate: &GateRule) {
        match (gate.measure.needs_curve(), &gate.curve) {
            (true, Some(curve)) => {
                if gate.measure.compares_sides() {
                    self.check_sided_curve(at, "curve", curve);
                } else {
                    self.check_curve(at, "curve", curve);
                }
                let is_scaled = |quantity| matches!(quantity, Quantity::Length | Quantity::Speed);
                if curve_kind(curve).is_some_and(|kind| is_scaled(kind.quantity)) {
                    let what = format!("`{curve}` is a length");
                    let hint = "use a measure in body heights, as wrist_highest or pelvis_drop";
                    self.report_problem(at, "curve", what, hint);
                }
            }
            (true, None) => self.report_problem(
                at,
                "curve",
                "no curve to measure".into(),
                "add curve = \"knee_flexion\" or another angle",
            ),
            (false, Some(_)) => self.report_problem(
                at,
                "curve",
                "not used".into(),
                "only measures that begin with curve_ have a curve",
            ),
            (false, None) => {}
        }
        let curve_has_sides =
            gate.curve.as_deref().and_then(curve_kind).is_some_and(|kind| kind.sided);
        if gate.sides != GateSides::Greater
            && !gate.measure.has_sides()
            && (gate.measure.compares_sides() || !curve_has_sides)
        {
            let hint = "leave the key out";
            self.report_problem(at, "sides", "this measure has no sides".into(), hint);
        }
        let bounds = [gate.at_least, gate.at_most];
        if bounds == [None, None] {
            let hint = "add at_least, at_most or both";
            self.report_problem(at, "measure", "a gate without a bound".into(), hint);
        }
        if bounds.iter().flatten().any(|bound| !bound.is_finite())
            || gate.at_least.zip(gate.at_most).is_some_and(|(low, high)| low >= high)
        {
            let hint = "at_least must be below at_most, both numbers";
            self.report_problem(at, "at_least", "no range is left".into(), hint);
        }
    }

    fn check_event(&mut self, at: TablePosition<'_>, event: &EventRule, before: &[&str]) {
        if let Some(curve) = &event.curve {
            self.check_curve(at, "curve", curve);
        }
        self.check_known(at, "from", "event", &event.from, before);
        self.check_known(at, "to", "event", &event.to, before);
        let crosses =
            matches!(event.at, EventCriterion::RisesThrough | EventCriterion::FallsThrough);
        match (crosses, event.value, event.share) {
            (true, None, None) => {
                self.report_problem(at, "at", "no level to go through".into(), "add value or share")
            }
            (_, Some(_), Some(_)) => self.report_problem(
                at,
                "share",
                "value and share together".into(),
                "keep one of them",
            ),
            (false, None, None) | (true, ..) => {}
            (false, ..) => self.report_problem(
                at,
                "at",
                "a level is given but not used".into(),
                "use rises_through or falls_through",
            ),
        }
        if event.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            self.report_problem(
                at,
                "share",
                "not between 0 and 1".into(),
                "0.9 is ninety per cent of the way up",
            );
        }
        if event.value.is_some() && event.curve.is_none() {
            self.report_problem(
                at,
                "value",
                "a value of the driving signal".into(),
                "use share, or name the curve",
            );
        }
    }

    fn check_phases(&mut self, movement: &Movement, events: &[&str]) {
        let mut expected = "start";
        let mut names: Vec<&str> = Vec::new();
        for (index, phase) in movement.phases.iter().enumerate() {
            let at = TablePosition { header: "[[phase]]", index };
            self.check_name(at, &phase.name);
            self.check_unique(at, &phase.name, &names);
            names.push(&phase.name);
            self.check_known(at, "from", "event", &phase.from, events);
            self.check_known(at, "to", "event", &phase.to, events);
            if phase.from == phase.to || phase.to == "start" {
                self.report_problem(
                    at,
                    "to",
                    format!("it ends at `{}` before it begins", phase.to),
                    "give a later event",
                );
            }
            if phase.from != expected {
                let what = format!(
                    "it begins at `{}` but the phase before ends at `{expected}`",
                    phase.from
                );
                self.report_problem(
                    at,
                    "from",
                    what,
                    "phases cover the repetition from start to end without a gap",
                );
            }
            expected = &phase.to;
        }
        if let Some(index) = movement.phases.len().checked_sub(1).filter(|_| expected != "end") {
            let what = format!("the last phase ends at `{expected}`");
            self.report_problem(
                TablePosition { header: "[[phase]]", index },
                "to",
                what,
                "let the last phase end at `end`",
            );
        }
    }

    fn check_metric(
        &mut self,
        at: TablePosition<'_>,
        metric: &MetricRule,
        movement: &Movement,
        events: &[&str],
    ) {
        let statistic = metric.statistic;
        match &metric.curve {
            Some(curve) if statistic.is_between_sides() => {
                self.check_sided_curve(at, "curve", curve)
            }
            Some(curve) => self.check_curve(at, "curve", curve),
            None if statistic == Statistic::Duration => {}
            None if statistic == Statistic::Gait => self.check_gait_metric(at, metric, movement),
            None if statistic == Statistic::TimeTo && metric.event.is_some() => {}
            None => self.report_problem(at, "curve", "no curve to measure".into(), "add curve"),
        }
        match (statistic.is_between_sides(), metric.of) {
            (true, None) => self.report_problem(
                at,
                "of",
                "nothing to compare".into(),
                "add of = \"max\" or another statistic",
            ),
            (true, Some(of)) if of.is_between_sides() => {
                self.report_problem(
                    at,
                    "of",
                    "compares a comparison".into(),
                    "use max, mean, value_at …",
                );
            }
            (false, Some(_)) => self.report_problem(
                at,
                "of",
                "not used".into(),
                "only asymmetry and difference have of",
            ),
            _ => {}
        }
        let base = metric.of.unwrap_or(statistic);
        match (base.is_between_curves(), &metric.with) {
            (true, Some(with)) => self.check_curve(at, "with", with),
            (true, None) => self.report_problem(
                at,
                "with",
                "no second curve".into(),
                "add with = \"…\", the more distal curve",
            ),
            (false, Some(_)) => {
                self.report_problem(
                    at,
                    "with",
                    "not used".into(),
                    "only relative_phase and peak_gap are of two curves",
                );
            }
            (false, None) => {}
        }
        match &metric.event {
            Some(event) => self.check_known(at, "event", "event", event, events),
            None if base == Statistic::ValueAt => {
                self.report_problem(at, "event", "no event".into(), "say at which event")
            }
            None => {}
        }
        if let Some(condition) = &metric.frames {
            self.check_curve(at, "while", &condition.curve);
            if !condition.at_most.is_finite() {
                let hint = "write while = { curve = \"knee_flexion\", at_most = 60 }";
                self.report_problem(at, "while", "at_most is no number".into(), hint);
            }
        }
        if metric.possible.is_some_and(|[low, high]| low.is_nan() || high.is_nan() || low >= high) {
            self.report_problem(
                at,
                "possible",
                "the first value is not below the second".into(),
                "write possible = [low, high]",
            );
        }
        if let Some(phase) = &metric.phase {
            let phases: Vec<&str> =
                movement.phases.iter().map(|phase| phase.name.as_str()).collect();
            self.check_known(at, "phase", "phase", phase, &phases);
        }
        let sided = metric.curve.as_deref().and_then(curve_kind).is_some_and(|kind| kind.sided);
        if !sided && metric.side != MetricSides::Each {
            self.report_problem(
                at,
                "side",
                "this measure has no sides".into(),
                "leave the key out",
            );
        }
    }

    /// Checks a metric of a stride: its name, and that the movement has strides.
    fn check_gait_metric(
        &mut self,
        at: TablePosition<'_>,
        metric: &MetricRule,
        movement: &Movement,
    ) {
        if metric.gait_quantity().is_none() {
            let names: Vec<&str> = GaitQuantity::ALL.iter().map(|kind| kind.name()).collect();
            self.report_problem(
                at,
                "name",
                format!("`{}` is no quantity of a stride", metric.name),
                &format!("one of {}", names.join(", ")),
            );
        }
        if movement.repetition.kind.gait().is_none() {
            self.report_problem(
                at,
                "statistic",
                "only walking and running have strides".into(),
                "set kind = \"walk\" or kind = \"run\" in [repetition]",
            );
        }
    }

    fn check_limit(
        &mut self,
        at: TablePosition<'_>,
        check: &CheckRule,
        movement: &Movement,
        metrics: &[&str],
    ) {
        self.check_known(at, "metric", "metric", &check.metric, metrics);
        let limits = [check.above.is_some(), check.below.is_some(), check.outside.is_some()];
        if limits.iter().filter(|given| **given).count() != 1 {
            self.report_problem(
                at,
                "metric",
                "a check has one limit".into(),
                "give one of above, below, outside = [low, high]",
            );
        }
        if check.outside.is_some_and(|[low, high]| low.is_nan() || high.is_nan() || low >= high) {
            self.report_problem(
                at,
                "outside",
                "the first value is not below the second".into(),
                "write outside = [low, high]",
            );
        }
        if let Some(usual) = &check.usual {
            if usual.low.is_nan() || usual.high.is_nan() || usual.low >= usual.high {
                let what = "low is not below high".into();
                self.report_problem(at, "usual", what, "write usual = { low = 1, high = 2, … }");
            }
            if usual.people == 0 || usual.source.trim().is_empty() {
                let what = "nobody was measured".into();
                self.report_problem(at, "usual", what, "give people and source");
            }
        }
        if !(0.0..=1.0).contains(&check.importance) {
            self.report_problem(
                at,
                "importance",
                format!("{} is not between 0 and 1", check.importance),
                "1 matters most",
            );
        }
        if Part::from_name(&check.part).is_none()
            && Part::from_name(&format!("left_{}", check.part)).is_none()
        {
            let hint = "knee, hip, ankle, shoulder, elbow, wrist, chest, spine, pelvis, head …";
            self.report_problem(
                at,
                "part",
                format!("`{}` is no part of the body", check.part),
                hint,
            );
        }
        let metric = movement.metric_rule(&check.metric);
        let sided = metric.is_some_and(|metric| {
            if let Some(quantity) = metric.gait_quantity() {
                return quantity.names_side();
            }
            let curve = metric.curve.as_deref().and_then(curve_kind);
            curve.is_some_and(|kind| kind.sided) && metric.side != MetricSides::Both
        });
        if metric.is_some() && !sided && check.title.contains("{side}") {
            self.report_problem(
                at,
                "title",
                format!("`{}` has no side", check.metric),
                "leave {side} out",
            );
        }
        for (key, text) in [
            ("title", &check.title),
            ("cue", &check.cue),
            ("drill", &check.drill),
            ("source", &check.source),
        ] {
            if text.trim().is_empty() {
                self.report_problem(
                    at,
                    key,
                    "empty".into(),
                    "write it for the coach who will read it",
                );
            }
        }
    }

    fn check_name(&mut self, at: TablePosition<'_>, name: &str) {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_allowed) {
            self.report_problem(
                at,
                "name",
                format!("`{name}` is no name"),
                "use small letters, digits and _",
            );
        }
    }

    fn check_unique(&mut self, at: TablePosition<'_>, name: &str, before: &[&str]) {
        if before.contains(&name) {
            self.report_problem(
                at,
                "name",
                format!("`{name}` is there already"),
                "give it another name",
            );
        }
    }

    fn check_curve(&mut self, at: TablePosition<'_>, key: &str, curve: &str) {
        if curve_kind(curve).is_none() {
            let names = || CURVES.iter().map(|curve| curve.name);
            let hint = match nearest_name(curve, names()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("one of {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.report_problem(at, key, format!("unknown curve `{curve}`"), &hint);
        }
    }

    fn check_sided_curve(&mut self, at: TablePosition<'_>, key: &str, curve: &str) {
        self.check_curve(at, key, curve);
        if curve_kind(curve).is_some_and(|kind| !kind.sided) {
            self.report_problem(
                at,
                key,
                format!("`{curve}` has no sides"),
                "name a curve of the arms or legs",
            );
        }
    }

    fn check_known(
        &mut self,
        at: TablePosition<'_>,
        key: &str,
        kind: &str,
        name: &str,
        known: &[&str],
    ) {
        if !known.contains(&name) {
            let hint = if known.is_empty() {
                format!("define a {kind} first")
            } else {
                format!("known: {}", known.join(", "))
            };
            self.report_problem(at, key, format!("unknown {kind} `{name}`"), &hint);
        }
    }

    fn report_problem(&mut self, at: TablePosition<'_>, key: &str, what: String, hint: &str) {
        let place = match at.header {
            "" => key.to_owned(),
            header if header.starts_with("[[") => format!("{header} {} {key}", at.index + 1),
            header => format!("{header} {key}"),
        };
        let problem = DefinitionProblem {
            line: key_line(self.text, at, key),
            key: place,
            what: format!("{what}; hint: {hint}"),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// The line (from 1) of a key in a table of the text; the line of the table's header if the table
/// lacks the key.
fn key_line(text: &str, at: TablePosition<'_>, key: &str) -> usize {
    let mut header_line = 1;
    let mut inside = at.header.is_empty();
    let mut index = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with('[') {
            let is_same = line.split('#').next().is_some_and(|header| header.trim() == at.header);
            inside = is_same && index == at.index;
            index += usize::from(is_same);
            if inside {
                header_line = number;
            }
        } else if inside && line.split_once('=').is_some_and(|(name, _)| name.trim() == key) {
            return number;
        }
    }
    header_line
}
