//! The line protocol of `agoge bench serve`.

use assert_cmd::Command;

fn serve(input: &str) -> std::io::Result<std::process::Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agoge"));
    command.args(["bench", "serve", "--threads", "2"]).write_stdin(input).output()
}

#[test]
fn each_iteration_has_a_time() {
    let output = serve("sdpa_40_16 3\n\nsdpa_40_16\nquit\nsdpa_40_16 1\n").expect("it runs");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines[0], ["READY"]);
    assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [1, 4, 2]);
    for line in &lines[1..] {
        assert_eq!(line[0], "R");
        assert!(line[1..].iter().all(|ms| ms.parse::<f64>().is_ok_and(|ms| ms >= 0.0)));
    }
}

#[test]
fn what_is_no_task_is_said() {
    for input in ["pushups 3\n", "sdpa_40_16 many\n", "sdpa_40_16 0\n"] {
        let output = serve(input).expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).expect("text");
        assert!(error.contains("agoge bench tasks") && error.contains(input.trim()), "{error}");
    }
}
