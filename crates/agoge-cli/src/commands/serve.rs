//! `agoge serve`

use super::print_text;
use crate::args::{GlobalArgs, ServeArgs};
use crate::outcome::{CommandError, Exit};
use agoge_server::{AccessInfo, RemoteOptions, RunningServer, ServerLimits, ServerOptions};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// Serves until Ctrl-C.
pub(crate) fn run_serve(args: &ServeArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let remote =
        RemoteOptions { folder: agoge::data_folder()?.join("server"), new_token: args.new_token };
    let library = Some(args.library.resolve_folder()?);
    let config = ServerOptions {
        address: args.address,
        library,
        limits: ServerLimits::default(),
        remote: Some(remote),
    };
    agoge_server::run_server(config, |running| {
        // The token is shown only here, so it is printed even with `--quiet`.
        let has_new_token =
            running.access_info.as_ref().is_some_and(|welcome| welcome.token.is_some());
        if !shared.quiet || has_new_token {
            // Fails if standard output was closed, which does not matter.
            let _ = print_text(&greeting_text(running));
        }
    })?;
    Ok(Exit::Done)
}

fn greeting_text(running: &RunningServer) -> String {
    match &running.access_info {
        None => format!("Agoge serves http://{}/ – end with Ctrl-C\n", running.address),
        Some(welcome) => access_text(welcome),
    }
}

/// How to open the server from another machine.
fn access_text(welcome: &AccessInfo) -> String {
    let Some(first) = welcome.urls.first() else {
        return "Agoge serves, but this machine has no address in a network – end with Ctrl-C\n"
            .to_owned();
    };
    let mut text = format!("Agoge serves {first} – end with Ctrl-C\n");
    for url in &welcome.urls[1..] {
        text += &format!("         also {url}\n");
    }
    match &welcome.token {
        Some(token) => {
            text += &format!(
                "\nToken: {token}\nIt is told this once; `agoge serve --new-token` makes another.\n"
            );
            let entry_url = format!("{first}enter#{token}");
            // Drawn for light text on a dark background, as most terminals have.
            if let Ok(code) = QrCode::new(entry_url.as_bytes()) {
                let picture =
                    code.render().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
                text += &format!(
                    "\nOn a phone in the same network, point the camera at this:\n\n{picture}\n"
                );
            }
        }
        None => {
            text += "\nThe token was told at the first start; `agoge serve --new-token` makes another.\n"
        }
    }
    text += "\nA browser warns at first, because nobody else vouches for this machine. The fingerprint (SHA-256)\n";
    text += &format!("of its certificate {first}certificate is\n{}\n", welcome.fingerprint);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_is_told_with_a_picture_of_the_way_in() {
        let urls =
            vec!["https://192.168.1.7:8420/".to_owned(), "https://laptop.local:8420/".to_owned()];
        let new = AccessInfo {
            urls,
            token: Some("abcdefgh".to_owned()),
            fingerprint: "AA:BB".to_owned(),
        };
        let text = access_text(&new);
        assert!(
            text.contains("Token: abcdefgh") && text.contains('█') && text.contains("AA:BB"),
            "{text}"
        );
        let old = access_text(&AccessInfo { token: None, ..new });
        assert!(
            !old.contains("abcdefgh") && !old.contains('█') && old.contains("--new-token"),
            "{old}"
        );
    }
}
