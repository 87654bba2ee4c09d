//! The problems reported for invalid movement definitions.

use agoge_kinematics::movement::{CURVES, Movement, check_definition};

const GOOD: &str = r#"name = "bend"
title = "Bend"
description = "Bend the knees."

[repetition]

[[repetition.signal]]
curve = "knee_flexion"
min_excursion = 30

[[event]]
name = "deepest"
at = "maximum"

[[phase]]
name = "down"
from = "start"
to = "deepest"

[[phase]]
name = "up"
from = "deepest"
to = "end"

[[metric]]
name = "depth"
curve = "knee_flexion"
statistic = "max"

[[check]]
metric = "depth"
below = 90
importance = 0.5
part = "knee"
title = "The {side} knee bends too little"
cue = "Touch the box."
drill = "Box squats."
source = "Usual coaching limit"
strength = "convention"
"#;

/// The problems after one replacement in the text, each as `line: text`.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    check_definition(&GOOD.replacen(from, to, 1)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_definition_has_no_problems() {
    assert_eq!(check_definition(GOOD), []);
    assert!(Movement::parse(GOOD, "bend.toml").is_ok());
}

#[test]
fn each_fault_is_named_with_its_line_key_and_a_hint() {
    let cases = [
        ("title = \"Bend\"", "titel = \"Bend\"", "2: unknown key `titel`"),
        ("title = \"Bend\"\n", "", "the key `title` is missing"),
        (
            "knee_flexion",
            "knee_flexoin",
            "8: [[repetition.signal]] 1 curve: unknown curve `knee_flexoin`; hint: did you mean `knee_flexion`?",
        ),
        (
            "min_excursion = 30",
            "min_excursion = -3",
            "9: [[repetition.signal]] 1 min_excursion: -3 is no size",
        ),
        ("at = \"maximum\"", "at = \"highest\"", "13: unknown variant `highest`"),
        ("at = \"maximum\"", "at = \"rises_through\"", "13: [[event]] 1 at: no level"),
        (
            "to = \"deepest\"",
            "to = \"end\"",
            "22: [[phase]] 2 from: it begins at `deepest` but the phase before ends at `end`",
        ),
        ("to = \"deepest\"", "to = \"bottom\"", "18: [[phase]] 1 to: unknown event `bottom`"),
        (
            "to = \"end\"",
            "to = \"start\"",
            "23: [[phase]] 2 to: it ends at `start` before it begins",
        ),
        (
            "statistic = \"max\"",
            "statistic = \"asymmetry\"",
            "25: [[metric]] 1 of: nothing to compare",
        ),
        ("statistic = \"max\"", "statistic = \"value_at\"", "25: [[metric]] 1 event: no event"),
        (
            "statistic = \"max\"",
            "statistic = \"max\"\nphase = \"middle\"",
            "29: [[metric]] 1 phase: unknown phase `middle`",
        ),
        (
            "statistic = \"max\"",
            "statistic = \"peak_gap\"",
            "25: [[metric]] 1 with: no second curve",
        ),
        (
            "statistic = \"max\"",
            "statistic = \"relative_phase\"\nwith = \"shin\"",
            "29: [[metric]] 1 with: unknown curve `shin`",
        ),
        (
            "statistic = \"max\"",
            "statistic = \"max\"\nwith = \"thigh_angle\"",
            "29: [[metric]] 1 with: not used",
        ),
        (
            "metric = \"depth\"",
            "metric = \"deep\"",
            "31: [[check]] 1 metric: unknown metric `deep`",
        ),
        ("below = 90", "", "31: [[check]] 1 metric: a check has one limit"),
        ("below = 90", "outside = [90, 80]", "32: [[check]] 1 outside: the first value"),
        (
            "importance = 0.5",
            "importance = 5",
            "33: [[check]] 1 importance: 5 is not between 0 and 1",
        ),
        (
            "part = \"knee\"",
            "part = \"tail\"",
            "34: [[check]] 1 part: `tail` is no part of the body",
        ),
        ("cue = \"Touch the box.\"", "cue = \"\"", "36: [[check]] 1 cue: empty"),
        ("name = \"bend\"", "name = \"Bend it\"", "1: name: `Bend it` is no name"),
        ("name = \"up\"", "name = \"down\"", "21: [[phase]] 2 name: `down` is there already"),
        ("title = \"Bend\"", "title = ", "2: "),
    ];
    for (from, to, expected) in cases {
        let found = problems(from, to);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{to}: {found:#?}");
        assert!(
            found.iter().all(|problem| problem.contains("; hint: ") && !problem.contains('\n')),
            "{found:#?}"
        );
    }
}

#[test]
fn all_problems_are_listed_in_order() {
    let text =
        GOOD.replace("knee_flexion", "knee_bend").replace("importance = 0.5", "importance = 2");
    let lines: Vec<usize> = check_definition(&text).iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [8, 27, 33, 35]);
}

#[test]
fn the_error_of_parse_names_the_file() {
    let error = Movement::parse("name = 1", "my.toml").unwrap_err().to_string();
    assert!(error.starts_with("my.toml:1: "), "{error}");
}

#[test]
fn the_example_of_the_handbook_is_sound() {
    let text = include_str!("../../../docs/reference/movements.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(check_definition(example), []);
}

#[test]
fn the_handbook_names_every_curve() {
    let text = include_str!("../../../docs/reference/movements.md");
    for curve in CURVES {
        assert!(text.contains(&format!("`{}`", curve.name)), "{}", curve.name);
    }
}
