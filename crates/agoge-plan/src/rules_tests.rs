//! Facilities by day, events as loads, and risks: each checked with an example worked out by hand
//! and with the independent checker.

use super::step::resolve_steps;
use super::tests::{START, add_race, bundled_library, runner_request, running_log};
use super::*;
use agoge_analysis::Certainty;
use agoge_load::injury::{Area, Warning, WarningRule};
use agoge_motion::Day;

fn string_set(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn make_checked_plan(request: &PlanRequest, past: &TrainingHistory) -> Plan {
    let response = LoadResponse::fit(&past.loads, &[], &ResponsePrior::default());
    let basis =
        PlanBasis { request, library: bundled_library(), past, response: &response, needs: &[] };
    let plan = make_plan_with_steps(&basis, None, 1000).unwrap();
    assert_eq!(check_plan(&plan, request, past), []);
    plan
}

#[test]
fn what_needs_a_gym_is_planned_when_there_is_one() {
    let (mut request, past) = (runner_request(6), running_log(250.0));
    request.equipment = string_set(&["band"]);
    request.sports = string_set(&["strength", "swimming"]);
    request.facilities =
        [(Weekday::Tuesday, string_set(&["gym"])), (Weekday::Saturday, string_set(&["pool"]))]
            .into();
    // The second Tuesday is a holiday: the gym is closed, and the pool open.
    let holiday = (7..14)
        .map(|d| START.plus_days(d))
        .find(|day| Weekday::from_day(*day) == Weekday::Tuesday)
        .unwrap();
    request.facilities_on = [(holiday, string_set(&["pool"]))].into();
    let plan = make_checked_plan(&request, &past);
    for session in plan.sessions.iter().filter(|session| session.equipment.contains("gym")) {
        assert!(
            Weekday::from_day(session.day) == Weekday::Tuesday && session.day != holiday,
            "{session:?}"
        );
    }
    let days = |need: &str| {
        plan.sessions.iter().filter(|session| session.equipment.contains(need)).count()
    };
    assert!(days("gym") > 0 && days("pool") > 0, "{plan:?}");
    // The checker notices a session that was moved to a day without what it needs.
    let mut moved = plan.clone();
    let session =
        moved.sessions.iter_mut().find(|session| session.equipment.contains("gym")).unwrap();
    session.day = holiday;
    let wrong = check_plan(&moved, &request, &past);
    assert!(wrong.iter().any(|wrong| wrong.0.contains("there is no gym")), "{wrong:?}");
    // Without any pool no session of the sport is possible, and the plan says why.
    request.facilities.remove(&Weekday::Saturday);
    request.facilities_on.clear();
    let notes = make_checked_plan(&request, &past).notes.join(" ");
    assert!(notes.contains("No session of swimming can be planned: they need pool."), "{notes}");
}

#[test]
fn an_event_is_a_load() {
    let (mut request, past) = (runner_request(6), running_log(250.0));
    add_race(&mut request, 8, EventPriority::B);
    request.events[0].minutes = 100.0;
    let event = &request.events[0];
    // 100 min at RPE 9 on a run, which counts as two hours of recovery.
    assert_eq!((event.load(), event.recovery_days()), (900.0, 2));
    assert_eq!(
        event.region_demands().into_keys().collect::<Vec<_>>(),
        [TissueRegion::LowerLegs, TissueRegion::Legs]
    );
    let plan = make_checked_plan(&request, &past);
    let sessions_on =
        |d: i32| plan.sessions.iter().filter(move |session| session.day == START.plus_days(d));
    let week: f64 = (7..14).flat_map(sessions_on).map(|session| session.load).sum();
    assert!((plan.weeks[1].load - week - 900.0).abs() < 1e-9);
    assert_eq!(plan.events[0].load, 900.0);
    // CTL by its definition (42 days), including the event's load.
    let keep = (-1.0f64 / 42.0).exp();
    let after = (7..14).fold(plan.weeks[0].ctl, |ctl, d| {
        let load = sessions_on(d).map(|session| session.load).sum::<f64>()
            + if d == 8 { 900.0 } else { 0.0 };
        ctl * keep + load * (1.0 - keep)
    });
    assert!((plan.weeks[1].ctl - after).abs() < 1e-9);
    // Two days of rest for the regions it strained, and nothing hard the day before; and the race
    // is longer than any run before it.
    let strains = |session: &PlannedSession| {
        session.rpe >= HARD_RPE
            || [TissueRegion::LowerLegs, TissueRegion::Legs]
                .iter()
                .any(|r| session.regions.get(r) == Some(&RegionDemand::Heavy))
    };
    assert!([7, 9, 10].into_iter().flat_map(sessions_on).all(|session| !strains(session)));
    assert!(
        plan.notes
            .iter()
            .any(|note| note.contains("takes 100 min; the longest session of its sport")),
        "{:?}",
        plan.notes
    );
    // The checker accounts for the event itself: a session moved into the rest after it is refused.
    let mut moved = plan.clone();
    let session = &mut moved.sessions[0];
    (session.day, session.rpe) = (START.plus_days(10), 8.0);
    session.regions = [(TissueRegion::Legs, RegionDemand::Heavy)].into();
    let wrong = check_plan(&moved, &request, &past)
        .into_iter()
        .map(|wrong| wrong.0)
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        wrong.contains("near the event of")
            && wrong.contains("no rest for the legs beside the event"),
        "{wrong}"
    );
}

#[test]
fn an_event_that_is_more_than_the_limits_is_no_clash() {
    // A marathon of four hours, 2160 AU, in the last days of a deload week.
    let (mut request, past) = (runner_request(4), running_log(250.0));
    add_race(&mut request, 27, EventPriority::C);
    request.events[0].minutes = 240.0;
    let plan = make_checked_plan(&request, &past);
    assert!(plan.weeks[3].load >= 2160.0);
    assert_eq!(plan.weeks[3].sessions, 0);
}

fn sample_warning(rule: WarningRule, area: Option<Area>) -> Warning {
    Warning {
        rule,
        day: START.plus_days(-1),
        area,
        what: "a warning".to_owned(),
        why: String::new(),
        action: "",
        certainty: Certainty::Moderate,
        source: "",
    }
}

#[test]
fn warnings_ask_for_care() {
    let limits = PlanLimits::default();
    let risk_for =
        |rule, area| PlanRisk::from_warning(&sample_warning(rule, area), &limits).unwrap();
    assert_eq!(
        (risk_for(WarningRule::Spike, None).spike, risk_for(WarningRule::Spike, None).ramp),
        (Some(0.0), Some(0.05))
    );
    assert_eq!(
        (
            risk_for(WarningRule::OwnLimit, None).monotony,
            risk_for(WarningRule::OwnLimit, None).rest_days
        ),
        (Some(1.5), Some(2))
    );
    assert_eq!(
        risk_for(WarningRule::Pain, Area::find("knee")).spare,
        [(TissueRegion::Legs, RegionDemand::Heavy)].into()
    );
    assert_eq!(risk_for(WarningRule::Questionnaire, None).hard_per_week, Some(1));
    assert_eq!(risk_for(WarningRule::Movement, None).ramp, Some(0.05));
    assert_eq!(
        PlanRisk::from_warning(&sample_warning(WarningRule::Pain, Area::find("head")), &limits),
        None
    );
    assert_eq!(risk_for(WarningRule::Spike, None).until, START.plus_days(13));
    assert_eq!(
        risk_for(WarningRule::Pain, Area::find("knee")).to_string(),
        format!("a warning: until {} no heavy load of the legs", START.plus_days(13))
    );
}

#[test]
fn care_is_held_and_named() {
    let (mut request, past) = (runner_request(6), running_log(250.0));
    // Long enough that any plan without care includes a run in the meantime.
    let until = START.plus_days(20);
    request.risks = vec![PlanRisk {
        what: "a sore calf".into(),
        until,
        spike: Some(0.0),
        hard_per_week: Some(0),
        spare: [(TissueRegion::LowerLegs, RegionDemand::Moderate)].into(),
        ..PlanRisk::default()
    }];
    let plan = make_checked_plan(&request, &past);
    let spared = |session: &PlannedSession| {
        session
            .regions
            .get(&TissueRegion::LowerLegs)
            .is_none_or(|demand| *demand == RegionDemand::Light)
    };
    assert!(
        plan.sessions
            .iter()
            .filter(|session| session.day <= until)
            .all(|session| spared(session) && session.rpe < HARD_RPE)
    );
    assert!(
        plan.sessions.iter().any(|session| session.day > until && !spared(session)),
        "the care ends"
    );
    let risks = plan.risks.join(" ");
    assert!(
        risks.starts_with("a sore calf: until")
            && risks.contains("only light load of the lower legs"),
        "{risks}"
    );
    assert!(risks.contains("not planned meanwhile:") && risks.contains("Easy run"), "{risks}");
    // A plan made without care is refused by the checker.
    let careless_plan =
        make_checked_plan(&PlanRequest { risks: Vec::new(), ..request.clone() }, &past);
    let wrong = check_plan(&careless_plan, &request, &past);
    assert!(
        wrong.iter().any(|wrong| wrong.0.contains("does not spare the lower legs")),
        "{wrong:?}"
    );
    assert_eq!(careless_plan.risks, Vec::<String>::new());
}

#[test]
fn a_request_says_all_of_it() {
    let text = r#"
        start = "2026-03-30"
        weeks = 2
        minutes = { tuesday = 60 }
        facilities = { tuesday = ["gym"], saturday = ["pool"] }
        facilities_on = { "2026-04-07" = [] }
        heed_warnings = false
        [[event]]
        day = "2026-04-05"
        title = "race"
        priority = "C"
        minutes = 50
        regions = { legs = "heavy" }
        recover = 3
        [[risk]]
        what = "sore calf"
        until = "2026-04-12"
        hard_per_week = 1
        spare = { lower_legs = "moderate" }
    "#;
    let request: PlanRequest = toml::from_str(text).unwrap();
    assert_eq!(request.find_fault(), None);
    assert_eq!(
        (request.events[0].recovery_days(), request.risks.len(), request.heed_warnings),
        (3, 1, false)
    );
    let gym = bundled_library().find_item("strength-keep").unwrap();
    let on = |day: &str| request.has_equipment_for(gym, day.parse::<Day>().unwrap());
    assert_eq!([on("2026-03-31"), on("2026-04-01"), on("2026-04-07")], [true, false, false]);
    for wrong in [
        "[[risk]]\nwhat = \"a\"\nuntil = \"2026-04-12\"\nmonotony = 0",
        "[[event]]\nday = \"2026-04-05\"\ntitle = \"a\"\npriority = \"C\"\nminutes = 5\nrecover = 0",
    ] {
        let request: PlanRequest =
            toml::from_str(&format!("start = \"2026-03-30\"\nweeks = 2\n{wrong}")).unwrap();
        assert!(request.find_fault().is_some());
    }
}

#[test]
fn steps_take_the_minutes_of_their_session() {
    let steps = &bundled_library().find_item("run-threshold-4x8").unwrap().steps;
    // 60 − 15 − 4 × 8 − 3 × 2.
    assert_eq!(steps.last().unwrap().minutes, Some(7.0));
    let thirds = &bundled_library().find_item("run-progression").unwrap().steps;
    assert!(thirds.iter().all(|step| step.minutes == Some(15.0)));
    let step = |minutes: Option<f64>| SessionStep { minutes, ..steps[0].clone() };
    assert!(resolve_steps(&[step(Some(50.0))], 40.0).is_err());
    assert!(resolve_steps(&[step(Some(30.0))], 40.0).is_err());
    assert!(resolve_steps(&[step(Some(40.0)), step(None)], 40.0).is_err());
    assert!(
        resolve_steps(&[SessionStep { metres: Some(100.0), ..step(Some(1.0)) }], 40.0).is_err()
    );
    assert!(resolve_steps(&[SessionStep { times: 0, ..step(Some(40.0)) }], 40.0).is_err());
    // The duration of a step measured in metres is unknown, and the next step ends when the athlete
    // says so.
    let swim =
        resolve_steps(&[SessionStep { metres: Some(100.0), ..step(None) }, step(None)], 40.0)
            .unwrap();
    assert_eq!(swim[1].minutes, None);
    for item in bundled_library().items().iter().filter(|item| {
        !item.steps.is_empty() && item.steps.iter().all(|step| step.minutes.is_some())
    }) {
        let total: f64 = item
            .steps
            .iter()
            .map(|s| f64::from(s.times) * s.minutes.unwrap() + f64::from(s.times - 1) * s.rest)
            .sum();
        assert!((total - item.minutes).abs() <= 1.0, "{} {total}", item.name);
    }
}
