//! Renders a plan for the terminal, as a table, and as a calendar.

use agoge_plan::{
    DrillEffect, EffectInterval, EventForecast, FactorEffects, Plan, PlannedSession, TodayAdvice,
    Weekday,
};
use icalendar::{Calendar, Class, Component, Event, EventLike};
use std::fmt::Write;

/// Formats a performance value.
pub(crate) fn format_performance(value: f64, percent: bool) -> String {
    if percent { format!("{value:.1} %") } else { format!("{value:.1}") }
}

/// Expected performance at an event, and what resting until then would leave.
pub(crate) fn forecast_text(event: &EventForecast, percent: bool) -> String {
    let format = |value: f64| format_performance(value, percent);
    format!(
        "expected {} (90 % of tests between {} and {}); resting until then {}",
        format(event.expected.value),
        format(event.expected.low),
        format(event.expected.high),
        format(event.resting)
    )
}

/// How far from the optimum the plan can be.
pub(crate) fn plan_quality_text(plan: &Plan) -> String {
    match plan.gap {
        Some(gap) => {
            format!(
                "No plan under these rules can be worth more than {:.1} % more than this one",
                100.0 * gap
            )
        }
        None => "How far from the best this plan is, is not known".to_owned(),
    }
}

/// How the athlete's response to load was determined.
pub(crate) fn response_text(plan: &Plan) -> String {
    let response = &plan.response;
    let mut text = match response.tests {
        0 => "the population's: too few tests of the athlete's own".to_owned(),
        n => format!("fitted to {n} tests"),
    };
    let _ = write!(
        text,
        "; fitness fades over {:.0} days, fatigue over {:.0}",
        response.fitness_days, response.fatigue_days
    );
    if let Some(error) = response.out_of_sample {
        let _ = write!(
            text,
            "; tests not yet seen were missed by {:.1}, by the last value before by {:.1} ({} forecasts)",
            error.model, error.last_value, error.tests
        );
    }
    text
}

fn session_line(session: &PlannedSession) -> String {
    format!(
        "{} ({:.0} min, RPE {}, {:.0} AU)",
        session.title, session.minutes, session.rpe, session.load
    )
}

/// Renders the plan week by week; with `explain`, also what each session serves and what would
/// change without it.
pub fn plan_terminal(plan: &Plan, explain: bool) -> String {
    let percent = plan.response.tests == 0;
    let mut out = String::new();
    for (number, week) in plan.weeks.iter().enumerate() {
        let monotony =
            week.monotony.map_or(String::new(), |monotony| format!(", monotony {monotony:.1}"));
        let phase = week.phase.name().map_or(String::new(), |name| format!(", {name}"));
        let _ = writeln!(
            out,
            "Week {} ({}){phase}: {:.0} min, {:.0} AU, {} sessions, {} hard{monotony}",
            number + 1,
            week.first,
            week.minutes,
            week.load,
            week.sessions,
            week.hard
        );
        for day in (0..7).map(|d| week.first.plus_days(d)) {
            let name = Weekday::from_day(day).short_name();
            for event in plan.events.iter().filter(|event| event.day == day) {
                let _ = writeln!(
                    out,
                    "  {name}  {} ({:?}): {}",
                    event.title,
                    event.priority,
                    forecast_text(event, percent)
                );
            }
            for session in plan.sessions.iter().filter(|session| session.day == day) {
                let _ = writeln!(out, "  {name}  {}", session_line(session));
                if explain && !session.fixed {
                    let limits = match session.held.is_empty() {
                        true => String::new(),
                        false => format!("; not longer because of: {}", session.held.join(", ")),
                    };
                    let _ = writeln!(
                        out,
                        "       serves {}; without it: {}{limits}",
                        session.serves.join(", "),
                        session.without
                    );
                }
            }
        }
    }
    let _ = writeln!(out, "\nAnswer to load: {}.", response_text(plan));
    let _ = writeln!(out, "{}.", plan_quality_text(plan));
    for risk in &plan.risks {
        let _ = writeln!(out, "- Care: {risk}.");
    }
    for note in &plan.notes {
        let _ = writeln!(out, "- {note}");
    }
    out
}

/// Renders which drills changed which finding, each with its 95 % interval.
pub fn drill_effects_terminal(all: &[FactorEffects]) -> String {
    if all.is_empty() {
        return "Nothing to say yet: no drill of drills.csv works on a factor of movement.csv (docs/guide/plan.md).\n"
            .to_owned();
    }
    let mut out = String::new();
    for moved in all {
        let unit = &moved.unit;
        let _ = writeln!(out, "{} ({} measurements)", moved.factor, moved.measurements);
        if let Some(weekly) = moved.by_itself_a_week {
            let _ = writeln!(out, "  by itself {} {unit} a week", format_interval(weekly));
        }
        let mut write_effect = |effect: &DrillEffect| {
            let _ = write!(
                out,
                "  {}, {} times: {}",
                effect.drills.join(" + "),
                effect.times,
                effect.verdict
            );
            if let (Some(each), Some(all)) = (effect.each_time, effect.in_all) {
                let _ = write!(
                    out,
                    ": {} {unit} each time, {} in all",
                    format_interval(each),
                    format_interval(all)
                );
            }
            out.push('\n');
        };
        write_effect(&moved.together);
        moved.each.iter().for_each(write_effect);
    }
    out += "Intervals hold 95 %. One athlete, and nobody drew lots: whatever else changed on the same days counts too, and one interval in twenty misses.\n";
    out
}

/// Formats a number with its interval.
fn format_interval(interval: EffectInterval) -> String {
    format!("{:+.2} ({:+.2} to {:+.2})", interval.value, interval.low, interval.high)
}

/// Renders which sessions are allowed today.
pub fn today_terminal(today: &TodayAdvice) -> String {
    let mut out = format!(
        "{} {}: what may be done, one of these\n",
        Weekday::from_day(today.day).short_name(),
        today.day
    );
    for range in &today.kinds {
        let [low, high] = range.load;
        let span = if high > low { format!("{low:.0} to {high:.0}") } else { format!("{low:.0}") };
        let _ = writeln!(
            out,
            "  {:10} {span:>10} AU  {}",
            range.kind.label(),
            range.sessions.join(", ")
        );
    }
    if today.kinds.is_empty() {
        let _ = writeln!(out, "  nothing: rest");
    }
    let refused: Vec<String> = today
        .refused
        .iter()
        .map(|refused| match refused.rules.is_empty() {
            true => refused.title.clone(),
            false => {
                let rules: Vec<&str> = refused.rules.iter().map(|rule| rule.label()).collect();
                format!("{} ({})", refused.title, rules.join(", "))
            }
        })
        .collect();
    if !refused.is_empty() {
        let _ = writeln!(
            out,
            "Not today (without a rule named: no time, not there, pain or care, or an event is near): {}",
            refused.join("; ")
        );
    }
    out
}

/// Compares two plans week by week, with the expected performance at their events.
pub fn plan_comparison_terminal(a: &Plan, b: &Plan) -> String {
    let mut out = String::from("week        minutes A → B     load A → B    hard A → B\n");
    for (week, other) in a.weeks.iter().zip(&b.weeks) {
        let _ = writeln!(
            out,
            "{}  {:>7.0} → {:<7.0} {:>6.0} → {:<6.0} {:>5} → {}",
            week.first, week.minutes, other.minutes, week.load, other.load, week.hard, other.hard
        );
    }
    for (name, plan) in [("A", a), ("B", b)] {
        for event in &plan.events {
            let _ = writeln!(
                out,
                "{name}: {} {}: {}",
                event.day,
                event.title,
                forecast_text(event, plan.response.tests == 0)
            );
        }
    }
    let is_in_both = |session: &&PlannedSession| {
        b.sessions.iter().any(|other| (other.day, &other.title) == (session.day, &session.title))
    };
    let kept_count = a.sessions.iter().filter(is_in_both).count();
    let _ = writeln!(
        out,
        "{kept_count} of {} sessions of A are in B, which has {}",
        a.sessions.len(),
        b.sessions.len()
    );
    out
}

/// Renders the sessions as CSV.
pub fn plan_csv(plan: &Plan) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out =
        String::from("day,kind,sport,session,title,minutes,rpe,load_au,fixed,do,serves,without\n");
    for session in &plan.sessions {
        let _ = writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{}",
            session.day,
            session.kind.label(),
            quoted(&session.sport),
            session.name,
            quoted(&session.title),
            session.minutes,
            session.rpe,
            session.load,
            session.fixed,
            quoted(&session.what),
            quoted(&session.serves.join("; ")),
            quoted(&session.without)
        );
    }
    out
}

/// Renders the sessions and events as an iCalendar file (RFC 5545): all-day entries, marked
/// private, with identifiers that stay the same when a plan is revised.
pub fn plan_calendar(plan: &Plan) -> String {
    let mut calendar = Calendar::new();
    calendar.name("Agoge plan");
    let mut add_event = |day: agoge_motion::Day, title: &str, text: &str, number: usize| {
        let (year, month, day_of_month) = day.year_month_day();
        let Some(date) = chrono::NaiveDate::from_ymd_opt(year, month, day_of_month) else { return };
        // The timestamp follows from the plan, so that the same plan gives the same file.
        let stamp = date.and_time(chrono::NaiveTime::MIN).and_utc();
        let mut event = Event::new();
        event
            .uid(&format!("{day}-{number}@agoge"))
            .timestamp(stamp)
            .summary(title)
            .description(text)
            .all_day(date);
        event.class(Class::Private);
        calendar.push(event.done());
    };
    let mut previous_day = None;
    let mut number = 0;
    for session in &plan.sessions {
        number = if previous_day == Some(session.day) { number + 1 } else { 1 };
        previous_day = Some(session.day);
        let description =
            if session.what.is_empty() { String::new() } else { format!("{}\n", session.what) };
        let text = format!(
            "{description}{}. Serves: {}.",
            session_line(session),
            session.serves.join(", ")
        );
        add_event(session.day, &session.title, &text, number);
    }
    for event in &plan.events {
        add_event(event.day, &event.title, &forecast_text(event, plan.response.tests == 0), 0);
    }
    calendar.to_string()
}
