//! Everything of one athlete in one archive of open formats.

use crate::check::{files_below, is_internal};
use crate::rows::{AnalysisRow, AthleteId, LabelRow};
use crate::store::now_unix_s;
use crate::{Store, StoreError, files};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// What the archive says of itself.
const README: &str = "Everything that Agoge's library keeps of one athlete.

athlete.json      the athlete, what was agreed to, sessions, recordings, analyses in short, labels, plans; days are the athlete's own,
                  times are seconds since 1970 in UTC
recordings/       the movement: a Parquet file a recording (docs/reference/formats.md); its name has the recording's number
analyses/         the analyses, whole: a JSON file each (docs/reference/analysis.md); its name has the analysis' number
live/             live recordings that were not ended: what is needed to read them as JSON, and what arrived
load/             workouts, injuries, pain and questionnaires: CSV and TOML (docs/reference/load.md)
";

impl Store {
    /// Writes everything of an athlete to a gzipped tar archive, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an athlete; [`StoreError::Damaged`] if the file of a
    /// recording is missing; if the library cannot be read or the archive not be written.
    pub fn export_athlete(&self, id: AthleteId, to: &Path) -> Result<(), StoreError> {
        let athlete = self.load_athlete(id)?;
        let (recordings, analyses) =
            (self.list_recordings(id)?, self.list_analyses(id, usize::MAX)?);
        let mut labels: Vec<LabelRow> = Vec::new();
        for recording in &recordings {
            labels.extend(
                self.recording_labels(recording.id)?
                    .into_iter()
                    .filter(|label| !labels.contains(label))
                    .collect::<Vec<_>>(),
            );
        }
        let in_short = |row: &AnalysisRow| {
            Ok(serde_json::json!({ "analysis": row, "options": self.analysis_options(row.id)? }))
        };
        let short = analyses.iter().map(in_short).collect::<Result<Vec<_>, StoreError>>()?;
        let mut entries =
            vec![("README.txt".to_owned(), EntryContent::Bytes(README.as_bytes().to_vec()))];
        let whole = serde_json::json!({
            "schema": "agoge.athlete/1",
            "athlete": athlete,
            "consents": self.list_consents(id)?,
            "sessions": self.list_sessions(id)?,
            "recordings": recordings,
            "analyses": short,
            "labels": labels,
            "plans": self.list_plans(id)?,
        });
        entries.push((
            "athlete.json".to_owned(),
            EntryContent::Bytes(serde_json::to_vec_pretty(&whole)?),
        ));
        for recording in &recordings {
            let file = self.recording_file(recording.id)?;
            entries.push((
                format!("recordings/{}-{}.parquet", recording.day, recording.id.0),
                EntryContent::File(file),
            ));
        }
        for analysis in &analyses {
            entries.push((
                format!("analyses/{}-{}.json", analysis.day, analysis.id.0),
                EntryContent::Analysis(analysis.id),
            ));
        }
        for live in self.list_live()?.into_iter().filter(|live| live.athlete == id) {
            let name = format!("live/{}-{}", live.day, live.id.0);
            entries.push((
                format!("{name}.json"),
                EntryContent::Bytes(serde_json::to_vec_pretty(&live)?),
            ));
            entries.push((
                format!("{name}.parts"),
                EntryContent::Bytes(self.live_parts(live.id)?.concat()),
            ));
        }
        let load = self.load_folder(&athlete);
        let is_exported = |file: &PathBuf| {
            file.is_file() && !file.is_symlink() && !is_internal(&files::entry_name(file))
        };
        for file in files_below(&load)?.into_iter().filter(is_exported) {
            let name =
                file.strip_prefix(&load).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            entries.push((format!("load/{name}"), EntryContent::File(file)));
        }
        let mut failed = None;
        let written = agoge_formats::write_atomic(to, |out| {
            let mut tar = Builder::new(GzEncoder::new(out, Compression::default()));
            let added = entries.iter().try_for_each(|(name, source)| {
                let (bytes, time) = (self.entry_bytes(source)?, now_unix_s());
                append_entry(&mut tar, &format!("{}/{name}", athlete.name), &bytes, time)
                    .map_err(StoreError::io_at("write", to))
            });
            if let Err(error) = added {
                let stop =
                    agoge_formats::ReadError::cannot_write(to, io::Error::other("broken off"));
                failed = Some(error);
                return Err(stop);
            }
            let closed = tar.into_inner().and_then(GzEncoder::finish).and_then(|out| out.flush());
            closed.map_err(|error| agoge_formats::ReadError::cannot_write(to, error))
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(written?),
        }
    }

    fn entry_bytes(&self, source: &EntryContent) -> Result<Vec<u8>, StoreError> {
        match source {
            EntryContent::Bytes(bytes) => Ok(bytes.clone()),
            EntryContent::File(path) => {
                std::fs::read(path).map_err(StoreError::io_at("read", path))
            }
            EntryContent::Analysis(id) => Ok(self.analysis_json(*id)?.into_bytes()),
        }
    }
}

/// Where the content of an entry is.
enum EntryContent {
    Bytes(Vec<u8>),
    File(PathBuf),
    Analysis(crate::AnalysisId),
}

fn append_entry(
    tar: &mut Builder<impl Write>,
    name: &str,
    bytes: &[u8],
    time: i64,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(bytes.len() as u64);
    header.set_mtime(u64::try_from(time).unwrap_or(0));
    tar.append_data(&mut header, name, bytes)
}
